// stoker config check and stoker config schema. What is installed comes from the plugin manifests, read by the caller.
#pragma once

#include "host/config/config.hpp"

#include <filesystem>
#include <iosfwd>

namespace stoker::host {

struct ConfigCheck {
  std::filesystem::path file;
  PluginSchemas plugins;
};

// Prints every mistake to `err` and answers 2, or one line to `out` and 0.
int config_check(const ConfigCheck& check, std::ostream& out, std::ostream& err);
int config_schema(const PluginSchemas& plugins, std::ostream& out);

}  // namespace stoker::host
