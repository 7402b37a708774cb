// `stoker history`: the Runs that a target, or all targets of a Sync, remember. Called once, by main.
#pragma once

#include "host/commands/host_client.hpp"

namespace stoker::host {

struct HistoryOptions : ClientOptions {
  std::string what;    // as in WhyOptions
  bool watch = false;  // go on, with a line for each Run
};

// Exit codes: ok, not found or bad usage, timeout, denied, unavailable.
int history(const HistoryOptions& options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
