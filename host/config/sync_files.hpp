// The Syncs of one machine, from a folder of GatewaySync files or one file. A file with a mistake
// affects no other Sync; of the file itself nothing is taken, and on a reload its last good version stays in use.
// [worker: it reads files]
#pragma once

#include "host/config/config.hpp"
#include "host/config/gateway_sync.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace stoker::host {

constexpr std::size_t sync_files_max = 10'000;

struct Syncs {
  std::map<std::string, SyncSpec> good;  // by name
  ConfigErrors errors;
  ConfigErrors missing;   // targets whose Sync stands in no file; a command may have made it
  bool complete = false;  // each file there is was read without a mistake, and there is at least one
};

// Finds the module that is to read the source of this Sync, and checks the settings for it. Without any module that
// reads sources the Sync is kept: that none is enabled is said when somebody asks for one. False: it cannot be used.
bool choose_source(SyncSpec& sync, const std::vector<ModuleConfig>& modules, ConfigErrors& errors);

// Those of `config.syncs`. `last`: the result of the load before; null at the start. A name that stands twice belongs
// to nobody: on a reload its last good version stays in use. Each Sync gets the module of its source; one whose source
// is not clear, or does not take its settings, is refused. A target that names a profile which its Sync has not is an
// error too.
Syncs load_syncs(const Config& config, const Syncs* last = nullptr);

}  // namespace stoker::host
