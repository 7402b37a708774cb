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
  std::set<std::string> projects_removed;    // their project.json goes
  // "<module>/<type>/<name>", or "<module>/<type>" of a singleton → the collections that the plan delivers it to.
  std::map<std::string, std::set<std::string>> resources;
  std::set<std::string> resources_removed;
  std::vector<stoker::Change> changes;  // below config/resources alone
};
stoker::Result<Footprint> footprint(const stoker::Plan& plan, const Assignment& assignment);

// The parts of a path below config/resources, and how a resource is called.
std::vector<std::string_view> parts_of(std::string_view path);
bool is_named(std::string_view resource);  // not a singleton

}  // namespace ignition
