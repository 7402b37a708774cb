// `stoker diff`: what a Run of a target changed, or its newest dry run would change. Called once, by main.
#pragma once

#include "host/commands/host_client.hpp"

namespace stoker::host {

struct DiffOptions : ClientOptions {
  std::string target;    // "press-1" or "st/press-1"
  bool planned = false;  // the newest dry run, in place of a Run
  std::string run;       // its id; empty: the last one that changed files
};

// Exit codes: ok, not found or bad usage, timeout, denied, unavailable.
int diff(const DiffOptions& options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
