// stoker.yaml as typed values: the modules, the targets, the folders. The file is checked, with the schemas of the
// plugins, before anything is created, and all its mistakes are reported together. A value. [any thread]
#pragma once

#include "host/config/secret_files.hpp"
#include "host/config/sync_defaults.hpp"
#include "host/config/yaml_document.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stoker::host {

// What the configuration needs from the manifest of a plugin. `settings`: the schema of its settings as JSON text;
// empty when it has none.
struct PluginSchema {
  std::string settings;
  std::vector<std::string> kinds;
  std::string use = {};  // the schema of what an instance is for, as JSON text; empty: it is the same for each
};
using PluginSchemas = std::map<std::string, PluginSchema>;  // by plugin id

// One instance of a plugin.
struct ModuleConfig {
  std::string name, plugin;
  std::optional<std::filesystem::path> library;  // absent: found by the id of the plugin
  bool enabled = true, required = true;
  int order = 100;              // of verifiers; those that lock come last, whatever their order
  std::string settings = "{}";  // JSON with all defaults; secret references are not resolved yet
  // Of its manifest; empty when the plugin is not there, which only a module may be that is not required.
  std::vector<std::string> kinds;
  std::string use_schema;
  bool offers(std::string_view kind) const { return std::find(kinds.begin(), kinds.end(), kind) != kinds.end(); }
};

struct GatewayAccess {
  std::string url;
  std::optional<SecretRef> api_key, ca;
  std::optional<std::filesystem::path> ca_file;
};

struct TargetConfig {
  std::string name, sync, profile = "default", pod;
  std::filesystem::path data;
  std::map<std::string, std::string> labels;
  std::int64_t ordinal = 0;
  std::optional<GatewayAccess> gateway;
  bool verify = true;  // false (`verify: none`): nobody has to confirm what runs here, so no gateway is needed
  Place place;         // of the entry, for errors found later
};

struct HttpListen {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8081;
};

struct LogConfig {
  bool json = false;
  std::string level = "info";
  std::map<std::string, std::string> modules;  // level by module
};

struct Config {
  std::filesystem::path file;
  std::filesystem::path state;
  std::vector<ModuleConfig> modules;  // by order, then by name
  std::optional<HttpListen> http;
  LogConfig log;
  std::vector<TargetConfig> targets;
  std::filesystem::path syncs;
  SyncDefaults defaults;
  unsigned pool_threads = 4;
};

struct LoadedConfig {
  std::optional<Config> config;  // absent when there are errors
  ConfigErrors errors;
  std::vector<std::string> left_out;  // modules that are not required and whose plugin is not there, with their places
};

LoadedConfig load_config(const std::filesystem::path& file, const PluginSchemas& plugins);
LoadedConfig parse_config(std::string_view text, const std::string& file, const PluginSchemas& plugins);

// The libraries that modules name, so that their manifests can be read before the configuration is checked. Does
// not report mistakes; load_config does.
std::vector<std::filesystem::path> libraries_named(const std::filesystem::path& file);

// One JSON Schema of stoker.yaml with the settings of each plugin, for editors.
std::string config_schema(const PluginSchemas& plugins);

}  // namespace stoker::host
