// `stoker plugin list` and `stoker plugin inspect`: what the libraries say of themselves. No plugin code runs. Called
// by main.
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
  std::string plugin;  // a file, or an id that is looked for in the folders
  std::vector<std::filesystem::path> folders;
  bool schema = false;  // only the schema of the settings
  bool json = false;
};

// 0, or 1 when a file in the folders is broken or would not load (it says which and why on `err`, with the code that
// `stoker explain` takes; the others are listed).
int plugin_list(const PluginListOptions& options, std::ostream& out, std::ostream& err);
// 0, or 1 when the file is no plugin, or 2 when no such plugin is there. A plugin that would not load is shown all the
// same.
int plugin_inspect(const PluginInspectOptions& options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
