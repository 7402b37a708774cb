// `stoker run`: runs the role of the configuration until SIGTERM or SIGINT. SIGHUP reads the Syncs again. Called once,
// by main.
#pragma once

#include "host/roles/process.hpp"

#include <iosfwd>

namespace stoker::host {

// Exit codes: ok, failed, bad usage (the configuration is wrong).
int run(const ProcessOptions& options, std::ostream& err);

}  // namespace stoker::host
