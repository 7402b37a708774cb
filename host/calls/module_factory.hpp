// The configured modules: their libraries, loaded before there are threads, and the making of instances from them.
// Owned by the role that wires; outlives every instance.
#pragma once

#include "host/calls/instances.hpp"
#include "host/config/config.hpp"
#include "host/loading/plugin_library.hpp"
#include "host/offered/plugin_host.hpp"

namespace stoker::host {

// What every module instance is made with.
struct Services {
  Log& log;
  const Clock& clock;
  Metrics& metrics;
};

class Modules {
 public:
  Modules(const Config& config, Services services) : config_(config), services_(services) {}

  // Loads the library of each enabled module. A module that is not required and does not load is logged and left out;
  // of the others each failure is answered. On the main thread, before any other exists.
  std::vector<Error> load(const std::vector<Manifest>& installed);

  // Enabled modules that offer a kind, in the configured order.
  std::vector<const Module*> of_kind(std::string_view kind) const;

  // `use` is a JSON text (docs/documents.md). The instance's log lines and metrics carry the module's name.
  Async<std::unique_ptr<SourceModule>> source(Lanes& lanes, const Module& module, std::string use);
  Async<std::unique_ptr<StrategyModule>> strategy(Lanes& lanes, const Module& module, std::string use);
  Async<std::unique_ptr<VerifierModule>> verifier(Lanes& lanes, const Module& module, std::string use);
  Async<std::unique_ptr<TriggerModule>> trigger(Lanes& lanes, const Module& module, std::string use);
  Async<std::unique_ptr<NotifierModule>> notifier(Lanes& lanes, const Module& module, std::string use);
  // Does the plugin's schema of `use` accept this; a verifier that needs a gateway is not for a target without one.
  bool fits(const Module& module, const std::string& use) const;

 private:
  template <class T, class Table>
  Async<std::unique_ptr<T>> make(Lanes& lanes, const Module& module, std::string use, std::string_view kind);
  Result<std::string> document(const Module& module, const std::string& use) const;

  const Config& config_;
  Services services_;
  PluginLibraries libraries_;
  std::map<std::string, PluginLibrary*> loaded_;  // by module name
};

}  // namespace stoker::host
