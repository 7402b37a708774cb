// `stoker sync`: one Run of each target, whose results it prints. Where a host runs, the host does it; else this
// process does it itself. Called once, by main.
#pragma once

#include "host/commands/run_progress.hpp"
#include "host/roles/process.hpp"

#include <iosfwd>
#include <string>

namespace stoker::host {

struct SyncOptions : ProcessOptions {
  std::string target;  // "press-1" or "st/press-1"; empty: all
  bool dry_run = false, json = false;
  bool all = false;                       // of a dry run: print every change, not only the first
  bool repair = false;                    // put back what was changed at the targets
  std::filesystem::path socket;           // of a host; empty: that of the configuration
  std::chrono::seconds longest{15 * 60};  // for a host to answer
  RunProgress::Form progress = RunProgress::Form::none;
};

// Exit codes: ok, failed, bad usage (the configuration is wrong, or there is no such target), held (also when
// a repository does not answer), timeout, denied. A dry run has the code that the Run would have: failed when it would
// be refused, held when it would wait.
int sync(SyncOptions options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
