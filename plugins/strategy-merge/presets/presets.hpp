// Facts about the paths of an application, kept as data in the .inc files beside this one.
#pragma once

#include "../glob.hpp"

#include <vector>

namespace stoker::merge {

struct Preset {
  std::vector<Glob> protected_paths;
  std::vector<Glob> replicated, not_replicated;

  // "ignition", or anything else for none.
  static Preset named(std::string_view name);
  // Does a redundant master replicate this path to its backup?
  bool replicates(std::string_view path) const;
};

// Paths that are excluded for every Sync, whatever its profile says.
const std::vector<Glob>& always_excluded();

}  // namespace stoker::merge
