// Paths of a plan, taken apart as ignition 3.2 lays them out.
#include "footprint.hpp"

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

void touch_project(Footprint& plan, const std::vector<std::string_view>& parts, Change::Op op) {
  if (parts.size() < 3 || parts[1].starts_with('.')) return;
  const std::string name(parts[1]);
  plan.projects.insert(name);
  if (parts.size() != 3 || parts[2] != "project.json") return;
  if (op == Change::Op::add) plan.projects_made.insert(name);
  if (op == Change::Op::remove) plan.projects_removed.insert(name);
}

// A resource is judged where its resource.json or config.json stands:
// config/resources/<collection>/<module>/<type>/[<name>/].
void touch_resource(Footprint& plan, const std::vector<std::string_view>& parts, const Change& change) {
  if (parts.size() < 6 || parts[1] != "resources") return;
  plan.changes.push_back(change);
  if (parts.size() > 7 || (parts.back() != "resource.json" && parts.back() != "config.json")) return;
  std::string name = std::string(parts[3]) + "/" + std::string(parts[4]);
  if (parts.size() == 7) name += "/" + std::string(parts[5]);
  (change.op == Change::Op::remove ? plan.resources_removed : plan.resources).insert(name);
}

void touch(Footprint& plan, const Change& change) {
  const auto parts = parts_of(change.path);
  plan.empty = false;
  if (parts.front() == "projects") {
    plan.areas.insert(ScanArea::projects);
    touch_project(plan, parts, change.op);
  } else if (parts.front() == "config") {
    plan.areas.insert(ScanArea::config);
    touch_resource(plan, parts, change);
  }
}

// An empty plan is judged over everything below the destinations; a placeholder may become either area.
void touch_destination(Footprint& plan, std::string_view destination) {
  while (destination.starts_with("./") || destination.starts_with('/'))
    destination.remove_prefix(1 + (destination[0] == '.'));
  const std::string_view first = destination.substr(0, destination.find('/'));
  const bool either = first.empty() || first == "." || first.find("{{") != std::string_view::npos;
  if (either || first == "projects") plan.areas.insert(ScanArea::projects);
  if (either || first == "config") plan.areas.insert(ScanArea::config);
}

bool lies_there(const Footprint& plan, const std::filesystem::path& data, const std::string& path) {
  for (const Change& change : plan.changes)
    if (change.path == path) return change.op != Change::Op::remove;
  std::error_code error;
  return std::filesystem::exists(data / path, error);
}

std::string singleton_path(std::string_view collection, std::string_view singleton) {
  return "config/resources/" + std::string(collection) + "/" + std::string(singleton) + "/resource.json";
}

bool is_mode(std::string_view collection) {
  return collection != "external" && collection != "core" && collection != "local" && collection != "system" &&
         !collection.starts_with('.');
}

std::set<std::string> modes(const Footprint& plan, const std::filesystem::path& data) {
  std::set<std::string> found;
  std::error_code error;
  for (std::filesystem::directory_iterator at(data / "config/resources", error), end; !error && at != end;
       at.increment(error))
    if (is_mode(at->path().filename().string())) found.insert(at->path().filename().string());
  for (const Change& change : plan.changes)
    if (const auto parts = parts_of(change.path); is_mode(parts[2])) found.emplace(parts[2]);
  return found;
}

}  // namespace

stoker::Result<Footprint> footprint(const stoker::Plan& plan, const Assignment& assignment) {
  Footprint made;
  auto listed = plan.changes([&](const Change& change) {
    if (!change.path.empty()) touch(made, change);
    return stoker::Result<void>();
  });
  if (!listed) return std::move(listed).error();
  if (made.empty)
    for (const std::string& destination : assignment.destinations) touch_destination(made, destination);
  for (const std::string& gone : made.projects_removed) made.projects.erase(gone);
  for (const std::string& gone : made.resources_removed) made.resources.erase(gone);
  return made;
}

std::optional<std::string> singleton_fault(const Footprint& plan, const std::filesystem::path& data) {
  std::set<std::string> singletons;
  for (const Change& change : plan.changes)
    if (const auto parts = parts_of(change.path); parts.size() == 6 && parts[5] == "resource.json")
      singletons.insert(std::string(parts[3]) + "/" + std::string(parts[4]));
  if (singletons.empty()) return std::nullopt;
  const std::set<std::string> collections = modes(plan, data);
  for (const std::string& singleton : singletons) {
    if (lies_there(plan, data, singleton_path("core", singleton))) continue;
    if (lies_there(plan, data, singleton_path("external", singleton))) continue;
    for (const std::string& mode : collections)
      if (lies_there(plan, data, singleton_path(mode, singleton)))
        return "singleton " + singleton + " would exist only in mode '" + mode +
               "', which keeps the gateway from starting; put it into core or external too";
  }
  return std::nullopt;
}

std::optional<std::string> key_fault(const Footprint& plan, std::string_view key_name) {
  for (const Change& change : plan.changes) {
    const auto parts = parts_of(change.path);
    const bool ours = parts.size() == 7 && parts[3] == "ignition" && parts[4] == "api-token" && parts[5] == key_name;
    if (!ours || change.op == Change::Op::add || change.op == Change::Op::chmod) continue;
    if (change.op == Change::Op::replace && parts[6] != "config.json") continue;
    return change.path + " is API key '" + std::string(key_name) +
           "', which Stoker itself uses; deliver a new key under another name, change the secret, then remove this one";
  }
  return std::nullopt;
}

}  // namespace ignition
