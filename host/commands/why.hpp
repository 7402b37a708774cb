// `stoker why`: what stands in the way of a target, a Sync or the fleet. Called once, by main.
#pragma once

#include "host/commands/host_client.hpp"

namespace stoker::host {

struct WhyOptions : ClientOptions {
  std::string what;    // "press-1", "line-a", "st/press-1", "gs/line-a"; empty: the fleet
  bool watch = false;  // answer again whenever the answer is another one
};

// Exit codes: ok, also when something is wrong; not found or bad usage, timeout, denied, unavailable.
int why(const WhyOptions& options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
