// The configured modules: their libraries, loaded before there are threads, and the making of instances from them.
// Owned by the role that wires; outlives every instance.
#pragma once

#include "host/calls/notifier_instance.hpp"
#include "host/calls/platform_instance.hpp"
#include "host/calls/source_instance.hpp"
#include "host/calls/strategy_instance.hpp"
#include "host/calls/trigger_instance.hpp"
#include "host/calls/verifier_instance.hpp"
#include "host/config/config.hpp"
#include "host/loading/plugin_library.hpp"
#include "host/offered/plugin_host.hpp"

namespace stoker::host {

// The services of the host that every instance uses.
struct Services {
  Log& log;
  const Clock& clock;
  Metrics& metrics;
  const stoker_kinds* kinds = nullptr;  // for platforms; null: no plugin gets them
};

class ModuleFactory {
 public:
  ModuleFactory(const Config& config, Services services) : config_(config), services_(services) {}

  // Loads the library of each enabled module. If a module does not load, this is logged when the module
  // is not required, and returned when it is. On the main thread, before any other thread exists.
  std::vector<Error> load(const std::vector<Manifest>& installed);
  // The enabled module of this name has its library in the program already; the library outlives this. For tests.
  void link(const std::string& module, PluginLibrary& library) { loaded_[module] = &library; }

  // Enabled modules that offer a kind, in the configured order.
  std::vector<const ModuleConfig*> of_kind(std::string_view kind) const;

  // `use` is a JSON text (docs/documents.md). The instance's log lines and metrics carry the module's name.
  Async<std::unique_ptr<SourceInstance>> source(Workers& workers, const ModuleConfig& module, std::string use);
  Async<std::unique_ptr<StrategyInstance>> strategy(Workers& workers, const ModuleConfig& module, std::string use);
  Async<std::unique_ptr<VerifierInstance>> verifier(Workers& workers, const ModuleConfig& module, std::string use);
  Async<std::unique_ptr<TriggerInstance>> trigger(Workers& workers, const ModuleConfig& module, std::string use);
  Async<std::unique_ptr<NotifierInstance>> notifier(Workers& workers, const ModuleConfig& module, std::string use);
  Async<std::unique_ptr<PlatformInstance>> platform(Workers& workers, const ModuleConfig& module, std::string use);
  // Does the plugin's schema accept this `use`? A verifier that needs a gateway refuses a target without one in this
  // way.
  bool fits(const ModuleConfig& module, const std::string& use) const;
  // What a loaded module says of its `use`, as the text of a JSON Schema.
  const std::string& use_schema(const ModuleConfig& module) const;
  // The settings of a module that is loaded, with the texts of its secrets, as a plugin gets them. Reads the disk.
  // [worker]
  Result<std::string> settings_of(const ModuleConfig& module) const;
  bool loaded(const ModuleConfig& module) const { return loaded_.contains(module.name); }

 private:
  template <class T>
  Async<std::unique_ptr<T>> make(Workers& workers, const ModuleConfig& module, std::string use, std::string_view kind);
  std::shared_ptr<PluginHost> host_for(const ModuleConfig& module, const Manifest& manifest) const;
  Async<std::string> open(Workers& workers, PluginLibrary& library, std::shared_ptr<PluginHost> host,
                          const ModuleConfig& module, std::string use) const;

  const Config& config_;
  Services services_;
  PluginLibraries libraries_;
  std::map<std::string, PluginLibrary*> loaded_;  // by module name
};

}  // namespace stoker::host
