// Prints the result of the commands.
#include "host/commands/config.hpp"

#include "host/commands/exit_code.hpp"
#include "host/config/crd.hpp"
#include "host/config/field_table.hpp"
#include "host/config/object_schemas.hpp"
#include "host/config/sync_files.hpp"
#include "host/config/validation.hpp"

#include <stoker/abi/verifier.h>

#include <boost/json.hpp>

#include <ostream>

namespace stoker::host {

namespace json = boost::json;

namespace {

std::string counted(std::size_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

// A target is refused when it is opened; here it is found before.
ConfigErrors targets_without_gateway(const Config& config) {
  ConfigErrors errors;
  for (const TargetConfig& target : config.targets) {
    const json::value use{{"target", {{"name", target.name}, {"data", target.data.string()}}}};
    for (const ModuleConfig& module : config.modules) {
      boost::system::error_code unreadable;
      const json::value schema = json::parse(module.use_schema.empty() ? "{}" : module.use_schema, unreadable);
      const bool asks = module.enabled && module.required && module.offers(STOKER_VERIFIER_ID) && !unreadable;
      if (!asks || target.gateway || !target.verify || validate(schema, use).empty()) continue;
      errors.add({target.place, "target " + target.name,
                  "gateway: {url: …} for " + module.name +
                      " to ask, or verify: none when nobody has to confirm what runs there",
                  "neither"});
    }
  }
  return errors;
}

// `run` would refuse these: no code of the plugin has to run to see it. Returns how many the configuration cannot do
// without.
std::size_t say_what_would_not_load(const Config& config, const ConfigCheck& check, std::ostream& err) {
  std::size_t count = 0;
  for (const ModuleConfig& module : config.modules) {
    const auto objection = check.objections.find(module.plugin);
    if (!module.enabled || objection == check.objections.end()) continue;
    err << check.file.string() << ": module " << module.name << (module.required ? "" : ", which is not required")
        << ": " << objection->second << "\n";
    if (module.required) ++count;
  }
  return count;
}

}  // namespace

int config_check(const ConfigCheck& check, std::ostream& out, std::ostream& err) {
  const LoadedConfig loaded = load_config(check.file, check.plugins);
  err << loaded.errors.text();
  if (!loaded.config) return exit_bad_usage;
  for (const std::string& module : loaded.left_out) err << module << "\n";
  const Config& config = *loaded.config;
  const std::size_t refused = say_what_would_not_load(config, check, err);
  Syncs syncs;
  if (!config.syncs.empty()) syncs = load_syncs(config);
  syncs.errors.add(syncs.missing);
  syncs.errors.add(targets_without_gateway(config));
  err << syncs.errors.text();
  if (!syncs.errors.empty() || refused > 0) return exit_bad_usage;
  out << "ok: " << counted(config.modules.size(), "module", "modules") << ", "
      << counted(config.targets.size(), "target", "targets") << ", " << counted(syncs.good.size(), "Sync", "Syncs")
      << "\n";
  return exit_ok;
}

int config_schema(const PluginSchemas& plugins, std::ostream& out) {
  out << config_schema(plugins) << "\n";
  return exit_ok;
}

int kind_schema(const std::string& kind, const std::string& form, std::ostream& out, std::ostream& err) {
  const Kind* found = kind_named(kind);
  if (!found) {
    std::string names;
    for (const Kind& one : kinds()) names += (names.empty() ? "" : ", ") + one.kind;
    err << "there is no kind " << describe_key(kind) << "; there are " << names << "\n";
    return exit_bad_usage;
  }
  if (form == "crd" && found->group.empty()) {
    err << found->kind << " is a kind of every cluster; it has no CustomResourceDefinition\n";
    return exit_bad_usage;
  }
  if (form == "crd")
    out << crd_of(*found);
  else if (form == "markdown")
    out << field_table(*found);
  else
    out << editor_schema(found->singular) << "\n";
  return exit_ok;
}

}  // namespace stoker::host
