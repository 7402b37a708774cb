// `stoker sync`: does one Run of each target and prints the results. Called once, by main.
#pragma once

#include "host/roles/process.hpp"

#include <iosfwd>
#include <string>

namespace stoker::host {

struct SyncOptions : ProcessOptions {
  std::string target;  // empty: all
  bool dry_run = false, json = false;
  bool all = false;     // of a dry run: print every change, not only the first
  bool repair = false;  // put back what was changed at the targets
};

// Exit codes: ok, failed, bad usage (the configuration is wrong, or there is no such target), held (also when
// a repository does not answer). A dry run has the code that the Run would have: failed when it would be refused, held
// when it would wait.
int sync(SyncOptions options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
