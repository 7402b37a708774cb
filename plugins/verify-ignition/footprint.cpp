// Paths of a plan, taken apart: projects/<project>/…, config/resources/<collection>/<module>/<type>/[<name>/]….
#include "footprint.hpp"

#include <algorithm>

namespace ignition {
namespace {

using stoker::Change;

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    parts.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(std::min(path.size(), parts.back().size() + 1));
  }
  return parts;
}

void add_project(Footprint& plan, const std::vector<std::string_view>& parts, Change::Op op) {
  if (parts.size() < 3 || parts[1].starts_with('.')) return;
  const std::string name(parts[1]);
  plan.projects.insert(name);
  if (parts.size() != 3 || parts[2] != "project.json") return;
  if (op == Change::Op::add || op == Change::Op::replace) plan.projects_delivered.insert(name);
}

// A resource is judged where its resource.json or config.json stands.
void add_resource(Footprint& plan, const Change& change) {
  const auto path = resource_path(change.path);
  if (!path) return;
  plan.config_changes.push_back(change);
  if (path->file != "resource.json" && path->file != "config.json") return;
  if (change.op == Change::Op::remove)
    plan.resources_removed.insert(path->resource());
  else
    plan.resources[path->resource()].emplace(path->collection);
}

void add_change(Footprint& plan, const Change& change) {
  const auto parts = parts_of(change.path);
  plan.empty = false;
  if (parts.front() == "projects") {
    plan.areas.insert(ScanArea::projects);
    add_project(plan, parts, change.op);
  } else if (parts.front() == "config") {
    plan.areas.insert(ScanArea::config);
    add_resource(plan, change);
  } else if (parts.size() == 2 && parts[1] == "project.json" && change.op != Change::Op::remove) {
    plan.project_outside = change.path;
  }
}

// An empty plan is judged over everything below the destinations; a placeholder may become either area.
void add_destination(Footprint& plan, std::string_view destination) {
  while (destination.starts_with("./") || destination.starts_with('/'))
    destination.remove_prefix(1 + (destination[0] == '.'));
  const std::string_view first = destination.substr(0, destination.find('/'));
  const bool either = first.empty() || first == "." || first.find("{{") != std::string_view::npos;
  if (either || first == "projects") plan.areas.insert(ScanArea::projects);
  if (either || first == "config") plan.areas.insert(ScanArea::config);
}

}  // namespace

std::optional<ResourcePath> resource_path(std::string_view path) {
  const auto parts = parts_of(path);
  if (parts.size() < 6 || parts[0] != "config" || parts[1] != "resources") return std::nullopt;
  ResourcePath found{parts[2], parts[3], parts[4], {}, parts[5]};
  if (parts.size() == 6) return found;
  found.name = parts[5];
  found.file = path.substr(static_cast<std::size_t>(parts[6].data() - path.data()));
  return found;
}

bool is_named(std::string_view resource) { return std::count(resource.begin(), resource.end(), '/') == 2; }

stoker::Result<Footprint> footprint(const stoker::Plan& plan, const Assignment& assignment) {
  Footprint made;
  auto listed = plan.changes([&](const Change& change) {
    if (!change.path.empty()) add_change(made, change);
    return stoker::Result<void>();
  });
  if (!listed) return std::move(listed).error();
  if (made.empty)
    for (const std::string& destination : assignment.destinations) add_destination(made, destination);
  return made;
}

}  // namespace ignition
