// What a command does when its configuration cannot be used: a dead process may have left the files of a gateway half
// changed, and they must not wait until the mistake is corrected.
#pragma once

#include "host/roles/process.hpp"

#include <iosfwd>

namespace stoker::host {

// Finishes open journals of all data folders that this machine has worked on, then prints why the process could not be
// made. Returns the exit code.
int leave_unusable(const ProcessOptions& options, const Error& why, std::ostream& err);

}  // namespace stoker::host
