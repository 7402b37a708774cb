// `stoker config check` and `stoker config schema`. For stoker.yaml the caller has read the manifests of the installed
// plugins.
#pragma once

#include "host/config/config.hpp"

#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>

namespace stoker::host {

struct ConfigCheck {
  std::filesystem::path file;
  PluginSchemas plugins;
  std::map<std::string, std::string> objections = {};  // by plugin id: why this host would not load it
};

// Prints every mistake to `err` and returns 2, or prints one line to `out` and returns 0.
int config_check(const ConfigCheck& check, std::ostream& out, std::ostream& err);
int config_schema(const PluginSchemas& plugins, std::ostream& out);

// Prints what is made from the schema of a kind. `form`: json (a JSON Schema), crd (a CustomResourceDefinition) or
// markdown (the tables of the users' page).
int kind_schema(const std::string& kind, const std::string& form, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
