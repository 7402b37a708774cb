// The targets whose data folders this machine has worked on, in <state>/targets.json. A journal may be open in such a
// folder. The list finds it also when the target has left the configuration, or when the configuration cannot be read.
// [worker: it reads and writes files]
#pragma once

#include "host/config/config.hpp"

#include <stoker/result.hpp>

#include <functional>

namespace stoker::host {

struct KnownTarget {
  std::string name, sync;
  std::filesystem::path data;
  ModuleConfig strategy;  // what its journal is read with
};

constexpr std::size_t known_targets_max = 20'000;

// In the order of the file. No file: none.
Result<std::vector<KnownTarget>> read_known_targets(const std::filesystem::path& state);
// Reads the list, lets `change` edit it, and replaces it durably when it is another one then. Several processes may do
// so at once. A list that cannot be read stays as it is.
Result<void> change_known_targets(const std::filesystem::path& state,
                                  const std::function<void(std::vector<KnownTarget>&)>& change);

// The state folder that this configuration names, also when the file has mistakes; nothing: it names none that can be
// recognised.
std::optional<std::filesystem::path> state_folder_in(const std::filesystem::path& config_file);

}  // namespace stoker::host
