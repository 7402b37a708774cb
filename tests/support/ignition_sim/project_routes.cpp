// Projects as the last scan found them.
#include <boost/json.hpp>

#include "support/ignition_sim/lists.hpp"
#include "support/ignition_sim/pages.hpp"
#include "support/ignition_sim/web_routes.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

json::object project_json(const Project& project) {
  return {{"name", project.name},
          {"title", project.title},
          {"description", project.description},
          {"enabled", project.enabled},
          {"parent", project.parent},
          {"inheritable", project.inheritable},
          {"invalidParent", project.invalid_parent},
          {"mutable", true}};
}

json::array projects_json(const Machine& machine, bool names_only) {
  json::array items;
  for (const auto& [name, project] : machine.projects())
    items.push_back(names_only ? json::object{{"name", name}} : project_json(project));
  return items;
}

Answer find_project(const Machine& machine, const Request& request, std::string_view name) {
  const auto project = machine.projects().find(name);
  if (project == machine.projects().end())
    return html_error(404, request.path, "Project not found: " + std::string(name));
  return json_answer(project_json(project->second));
}

}  // namespace

std::optional<Answer> project_route(const Machine& machine, const Request& request, std::string_view route) {
  if (route == "projects/names" || route == "projects/list")
    return envelope(request, projects_json(machine, route.ends_with("names")));
  if (route.starts_with("projects/find/")) return find_project(machine, request, route.substr(14));
  return std::nullopt;
}

}  // namespace ignition_sim
