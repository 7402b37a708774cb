// What a plan touches of a gateway, read from its paths: areas of scan, projects, resources, singletons. Pure, but for
// the look at which singletons lie on disk.
#pragma once

#include "documents.hpp"

#include <stoker/verifier.hpp>

#include <filesystem>

namespace ignition {

struct Footprint {
  bool empty = true;
  std::set<ScanArea> areas;
  std::set<std::string> projects;          // touched, and there after the plan
  std::set<std::string> projects_made;     // their project.json is added
  std::set<std::string> projects_removed;  // their project.json goes
  std::set<std::string> resources;         // "<module>/<type>/<name>" or "<module>/<type>" that is there after the plan
  std::set<std::string> resources_removed;
  std::vector<stoker::Change> changes;  // below config/resources alone
};

stoker::Result<Footprint> footprint(const stoker::Plan& plan, const Assignment& assignment);

// Why this plan would keep the gateway from starting, or lock us out; nothing when it does neither.
std::optional<std::string> singleton_fault(const Footprint& plan, const std::filesystem::path& data);
std::optional<std::string> key_fault(const Footprint& plan, std::string_view key_name);

}  // namespace ignition
