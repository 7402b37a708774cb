// Projects by their list, touched resources one by one (ignition 2.6).
#include "read_back.hpp"

namespace ignition {

using stoker::Decision;
using stoker::errc;
using stoker::Result;

namespace {

constexpr std::size_t resources_max = 200;

std::string bad_project(const std::string& project) { return "project:" + project; }
std::string bad_resource(const std::string& resource) { return "resource:" + resource; }

std::string route(const std::string& resource) {
  const std::size_t module = resource.find('/'), type = resource.find('/', module + 1);
  if (type == std::string::npos)
    return "singleton/" + escaped(resource.substr(0, module)) + "/" + escaped(resource.substr(module + 1));
  return "find/" + escaped(resource.substr(0, module)) + "/" + escaped(resource.substr(module + 1, type - module - 1)) +
         "/" + escaped(resource.substr(type + 1));
}

Result<void> look_at(stoker::Call& call, const GatewayClient& gateway, const std::string& resource, Baseline& seen) {
  auto json = gateway.get(call, "/data/api/v1/resources/" + route(resource));
  if (!json && json.error() == errc::not_found) return {};
  if (!json) return std::move(json).error();
  auto well = healthy(*json);
  if (!well) return std::move(well).error();
  seen.resources.insert(resource);
  if (!*well) seen.bad.insert(bad_resource(resource));
  return {};
}

}  // namespace

Result<Baseline> look_back(stoker::Call& call, const GatewayClient& gateway, const Footprint& plan,
                           const std::set<std::string>& already) {
  Baseline seen;
  auto json = gateway.get(call, "/data/api/v1/projects/list?limit=-1");
  if (!json) return std::move(json).error();
  auto listed = projects(*json);
  if (!listed) return std::move(listed).error();
  for (const Project& project : *listed) {
    seen.projects.insert(project.name);
    if (project.invalid_parent) seen.bad.insert(bad_project(project.name));
  }
  for (const std::string& project : plan.projects)
    if (!seen.projects.contains(project)) seen.bad.insert(bad_project(project));
  std::set<std::string> resources = plan.resources;
  resources.insert(already.begin(), already.end());
  std::size_t looked = 0;
  for (const std::string& resource : resources) {
    if (++looked > resources_max) break;
    if (auto done = look_at(call, gateway, resource, seen); !done) return std::move(done).error();
  }
  return seen;
}

Baseline before(Baseline seen, const Footprint& plan) {
  for (const std::string& project : plan.projects_made)
    if (!seen.projects.contains(project)) seen.bad.erase(bad_project(project));
  return seen;
}

std::vector<Decision> judge(Baseline& now, const Footprint& plan, const std::optional<Baseline>& baseline) {
  std::map<std::string, std::string> why;
  for (const std::string& bad : now.bad) {
    const bool project = bad.starts_with("project:");
    const std::string what = bad.substr(bad.find(':') + 1);
    if (!baseline && !(project && plan.projects.contains(what))) continue;
    if (!project)
      why[bad] = "resource " + what + " is not healthy";
    else if (now.projects.contains(what))
      why[bad] = "project " + what + ": its parent is missing or not inheritable";
    else
      why[bad] = "project " + what + " is not listed by the gateway";
  }
  if (baseline) {
    for (const std::string& project : baseline->projects)
      if (!now.projects.contains(project) && !plan.projects_removed.contains(project))
        why.try_emplace(bad_project(project), "project " + project + " was there and is gone");
    for (const std::string& resource : baseline->resources)
      if (!now.resources.contains(resource) && !plan.resources_removed.contains(resource))
        why.try_emplace(bad_resource(resource), "resource " + resource + " was there and is gone");
  }
  std::vector<Decision> worse;
  for (const auto& [name, reason] : why) {
    now.bad.insert(name);
    if (!baseline || !baseline->bad.contains(name)) worse.push_back(Decision::unhealthy(name, reason));
  }
  return worse;
}

}  // namespace ignition
