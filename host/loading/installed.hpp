// The plugins on this machine, by their manifests. No plugin code runs. Used by the commands.
#pragma once

#include "host/config/config.hpp"
#include "host/loading/plugin_manifest.hpp"

#include <iosfwd>
#include <map>

namespace stoker::host {

// The folders beside the program (../plugins of a build, ../lib/stoker/plugins of an installation).
std::vector<std::filesystem::path> plugin_folders();
// Everything in the folders, and the libraries that a configuration names; prints to `err` what is
// broken.
std::vector<Manifest> installed_plugins(const std::vector<std::filesystem::path>& folders,
                                        const std::vector<std::filesystem::path>& named, std::ostream& err);
PluginSchemas schemas_of(const std::vector<Manifest>& manifests);
// By plugin id: why this host would not load it, as far as the manifest tells.
std::map<std::string, std::string> objections_to(const std::vector<Manifest>& manifests);

}  // namespace stoker::host
