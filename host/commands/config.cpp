// Prints the result of the two commands.
#include "host/commands/config.hpp"

#include "host/commands/exit_code.hpp"
#include "host/config/sync_files.hpp"

#include <ostream>

namespace stoker::host {
namespace {

std::string counted(std::size_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

int config_check(const ConfigCheck& check, std::ostream& out, std::ostream& err) {
  const LoadedConfig loaded = load_config(check.file, check.plugins);
  err << loaded.errors.text();
  if (!loaded.config) return exit_bad_usage;
  const Config& config = *loaded.config;
  Syncs syncs;
  if (!config.syncs.empty()) syncs = load_syncs(config);
  err << syncs.errors.text();
  if (!syncs.errors.empty()) return exit_bad_usage;
  out << "ok: " << counted(config.modules.size(), "module", "modules") << ", "
      << counted(config.targets.size(), "target", "targets") << ", " << counted(syncs.good.size(), "Sync", "Syncs")
      << "\n";
  return exit_ok;
}

int config_schema(const PluginSchemas& plugins, std::ostream& out) {
  out << config_schema(plugins) << "\n";
  return exit_ok;
}

}  // namespace stoker::host
