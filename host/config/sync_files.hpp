// The Syncs of one machine, from a folder of GatewaySync files or one file. A bad file takes no other Sync down, and on
// reload not its own last good version either. [worker: it reads files]
#pragma once

#include "host/config/config.hpp"
#include "host/config/gateway_sync.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace stoker::host {

constexpr std::size_t sync_files_max = 10'000;

struct Syncs {
  std::map<std::string, SyncSpec> good;  // by name
  ConfigErrors errors;
};

// `last`: what was loaded before; null at start. Targets that name what is not there are errors too.
Syncs load_syncs(const std::filesystem::path& path, const std::vector<TargetConfig>& targets,
                 const Syncs* last = nullptr);

}  // namespace stoker::host
