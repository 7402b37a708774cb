// What a plan touches of a gateway, read from its paths: areas of scan, projects, resources. Pure. A
// plan names folders: whether the gateway would load something there, OnDisk knows.
#pragma once

#include "documents.hpp"

#include <stoker/verifier.hpp>

namespace ignition {

struct Footprint {
  bool empty = true;
  std::set<ScanArea> areas;
  std::set<std::string> projects;            // touched: a folder below projects/, which need not be a project
  std::set<std::string> projects_delivered;  // their project.json is added or replaced
  std::string project_outside;               // a project.json in a folder at the root, where no gateway looks; or empty
  // "<module>/<type>/<name>", or "<module>/<type>" of a singleton → the collections that the plan delivers it to.
  std::map<std::string, std::set<std::string>> resources;
  std::set<std::string> resources_removed;
  std::vector<stoker::Change> config_changes;  // below config/resources alone
};
stoker::Result<Footprint> footprint(const stoker::Plan& plan, const Assignment& assignment);

// A path of a resource, taken apart: config/resources/<collection>/<module>/<type>/[<name>/]<file>.
struct ResourcePath {
  std::string_view collection, module, type;
  std::string_view name;  // empty: a singleton
  std::string_view file;  // below a name it may lie deeper: the rest of the path

  std::string type_name() const { return std::string(module) + "/" + std::string(type); }
  // "<module>/<type>/<name>", or "<module>/<type>" of a singleton.
  std::string resource() const { return type_name() + (name.empty() ? "" : "/" + std::string(name)); }
};
// Nothing: it is no file of a resource.
std::optional<ResourcePath> resource_path(std::string_view path);
bool is_named(std::string_view resource);  // not a singleton

}  // namespace ignition
