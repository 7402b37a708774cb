// Which plugins there are on this machine: manifests only, no plugin code runs. Used by the commands.
#pragma once

#include "host/config/config.hpp"
#include "host/loading/plugin_manifest.hpp"

#include <iosfwd>

namespace stoker::host {

// Beside the program (../plugins of a build, ../lib/stoker/plugins of an installation).
std::vector<std::filesystem::path> plugin_folders();
// Everything in the folders, and the libraries that a configuration names; what is broken is said on `err`.
std::vector<Manifest> installed_plugins(const std::vector<std::filesystem::path>& folders,
                                        const std::vector<std::filesystem::path>& named, std::ostream& err);
PluginSchemas schemas_of(const std::vector<Manifest>& manifests);

}  // namespace stoker::host
