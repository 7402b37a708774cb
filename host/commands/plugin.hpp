// `stoker plugin list` and `stoker plugin inspect`: show what the manifests in the libraries say. No plugin code runs.
// Called by main.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace stoker::host {

struct PluginListOptions {
  std::vector<std::filesystem::path> folders;
  bool json = false;
};

struct PluginInspectOptions {
  std::string plugin;  // a file, or an id to find in the folders
  std::vector<std::filesystem::path> folders;
  bool schema = false;  // only the schema of the settings
  bool json = false;
};

// Returns 0, or 1 when a file in the folders is broken or would not load. Then it prints to `err` which file and why,
// with the code for `stoker explain`, and lists the others.
int plugin_list(const PluginListOptions& options, std::ostream& out, std::ostream& err);
// Returns 0, or 1 when the file is not a plugin, or 2 when there is no such plugin. A plugin that would not load is
// shown too.
int plugin_inspect(const PluginInspectOptions& options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
