// `stoker sync` where a host runs: it asks the host by annotations, waits for what the host writes of it, and prints
// that as a Run of its own would be printed. [main thread]
#pragma once

#include "host/commands/sync.hpp"

#include <optional>

namespace stoker::host {

// The exit code; nothing when no host listens at the socket of this configuration.
std::optional<int> sync_by_host(const SyncOptions& options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
