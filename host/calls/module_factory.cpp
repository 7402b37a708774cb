#include "host/calls/module_factory.hpp"

#include "host/calls/last_calls.hpp"
#include "host/calls/process_guard.hpp"
#include "host/config/validation.hpp"

#include <boost/json.hpp>

#include <unistd.h>

#include <algorithm>

namespace stoker::host {

namespace json = boost::json;

std::vector<Error> ModuleFactory::load(const std::vector<Manifest>& installed) {
  std::vector<Error> failures;
  for (const ModuleConfig& module : config_.modules) {
    if (!module.enabled) continue;
    Result<Manifest> manifest = Error(
        errc::not_found,
        "plugin " + module.plugin + " is not installed; `stoker plugin list` shows the installed plugins", "STK-P001");
    if (module.library) {
      manifest = read_manifest(*module.library);
    } else {
      const auto found =
          std::find_if(installed.begin(), installed.end(), [&](const Manifest& m) { return m.id == module.plugin; });
      if (found != installed.end()) manifest = *found;
    }
    Result<void> loaded;
    if (!manifest) loaded = manifest.error();
    if (loaded) loaded = may_load(*manifest, own_offer());  // before any of its code runs
    // A library is loaded in a child process first, so that a constructor that crashes does not end the host.
    if (loaded && !libraries_.has(*manifest)) loaded = probe(*manifest);
    if (loaded) {
      const RunningCall running(module.name + ": load", "");
      auto library = libraries_.load(*manifest);
      if (const std::string changed = put_back_process(); !changed.empty())
        services_.log.module(module.name)
            .warning("loading the library changed what belongs to the whole process; it is put back",
                     {{"changed", changed}});
      if (library)
        loaded_[module.name] = *library;
      else
        loaded = library.error();
    }
    if (loaded) continue;
    Error why = std::move(loaded).error().in("module " + module.name);
    if (module.required)
      failures.push_back(std::move(why));
    else
      services_.log.module("modules").warning("module not loaded; it is not required, so stoker runs without it",
                                              {{"module", module.name}, {"why", why.message}});
  }
  return failures;
}

std::vector<const ModuleConfig*> ModuleFactory::of_kind(std::string_view kind) const {
  std::vector<const ModuleConfig*> found;
  for (const ModuleConfig& module : config_.modules) {
    const auto library = loaded_.find(module.name);
    if (library != loaded_.end() && library->second->manifest().offers(kind)) found.push_back(&module);
  }
  return found;
}

bool ModuleFactory::fits(const ModuleConfig& module, const std::string& use) const {
  return validate(json::parse(loaded_.at(module.name)->manifest().use_schema), json::parse(use)).empty();
}

const std::string& ModuleFactory::use_schema(const ModuleConfig& module) const {
  return loaded_.at(module.name)->manifest().use_schema;
}

Result<std::string> ModuleFactory::settings_of(const ModuleConfig& module) const {
  auto settings = resolve_secrets(loaded_.at(module.name)->manifest().settings_schema, module.settings, config_.state);
  if (!settings) return std::move(settings).error().in("module " + module.name);
  return settings;
}

namespace {

// The document for `create`: the settings with the text of their secrets, the `use`, and the module's folder, which is
// made here. Reads and writes the disk.
Result<std::string> create_document(const Manifest& manifest, const ModuleConfig& module,
                                    const std::filesystem::path& state_root, const std::string& use) {
  auto settings = resolve_secrets(manifest.settings_schema, module.settings, state_root);
  if (!settings) return std::move(settings).error().in("module " + module.name);
  const std::filesystem::path state = state_root / "plugins" / module.name;
  std::error_code failed;
  std::filesystem::create_directories(state, failed);
  if (failed)
    return Error(errc::denied,
                 "state folder " + state.string() + ": " + failed.message() + "; let uid " +
                     std::to_string(::geteuid()) + " write to " + state_root.string() +
                     ", or set state: to a folder that it may write to",
                 "host.state");
  return "{\"settings\":" + *settings + ",\"use\":" + use +
         ",\"state\":" + json::serialize(json::string(state.string())) + "}";
}

}  // namespace

namespace {

// The name of the target that an instance is made for; empty when it is for none.
std::string target_of(const std::string& use) {
  boost::system::error_code none;
  const json::value document = json::parse(use, none);
  if (none) return {};
  const json::value* name = document.find_pointer("/target/name", none);
  return name && name->is_string() ? std::string(name->get_string()) : std::string();
}

}  // namespace

std::shared_ptr<PluginHost> ModuleFactory::host_for(const ModuleConfig& module, const Manifest& manifest) const {
  std::vector<std::string> needs = manifest.needs;
  needs.insert(needs.end(), manifest.optional_needs.begin(), manifest.optional_needs.end());
  return std::make_shared<PluginHost>(module.name, std::move(needs), services_.log, services_.clock, services_.metrics,
                                      services_.kinds);
}

// Calls the plugin's `open` on a worker. Returns the document for `create`.
Async<std::string> ModuleFactory::open(Workers& workers, PluginLibrary& library, std::shared_ptr<PluginHost> host,
                                       const ModuleConfig& module, std::string use) const {
  std::function<Result<std::string>(const CallState&)> body = [&library, host, module, use = std::move(use),
                                                               root = config_.state](const CallState& state) {
    auto document = create_document(library.manifest(), module, root, use);
    if (!document) return document;
    const RunningCall running(state.what(), "");
    if (auto opened = library.open(host->raw(), state.raw()); !opened)
      return Result<std::string>(std::move(opened).error());
    if (state.given_up()) library.close();  // nobody else does then
    return document;
  };
  return workers.call<std::string>(module.name + ": open", CallLimits(std::chrono::seconds(30)), std::move(body));
}

template <class T>
Async<std::unique_ptr<T>> ModuleFactory::make(Workers& workers, const ModuleConfig& module, std::string use,
                                              std::string_view kind) {
  PluginLibrary& library = *loaded_.at(module.name);
  const auto* table = library.table<typename T::Table>(kind);
  if (!table)
    co_return Error(errc::internal,
                    "module " + module.name + ": its plugin has no table for the kind " + std::string(kind));

  auto host = host_for(module, library.manifest());
  auto config = co_await open(workers, library, host, module, use);
  if (!config) co_return std::move(config).error();

  auto core = std::make_shared<InstanceCore>();
  core->module = module.name;
  core->target = target_of(use);
  core->warn = [log = services_.log.module(module.name)](const std::string& changed) {
    log.warning(
        "the plugin, or one that ran at the same time, changed what belongs to the whole process; it is put back",
        {{"changed", changed}});
  };
  core->reentrant = library.manifest().concurrency == Concurrency::reentrant;
  core->host = host;
  core->close_library = [&library] { library.close(); };
  auto instance = co_await make_instance<T>(workers, core, table, host->raw(), std::move(config).value());
  host->created();
  co_return instance;
}

Async<std::unique_ptr<SourceInstance>> ModuleFactory::source(Workers& workers, const ModuleConfig& module,
                                                             std::string use) {
  return make<SourceInstance>(workers, module, std::move(use), STOKER_SOURCE_ID);
}
Async<std::unique_ptr<StrategyInstance>> ModuleFactory::strategy(Workers& workers, const ModuleConfig& module,
                                                                 std::string use) {
  return make<StrategyInstance>(workers, module, std::move(use), STOKER_STRATEGY_ID);
}
Async<std::unique_ptr<VerifierInstance>> ModuleFactory::verifier(Workers& workers, const ModuleConfig& module,
                                                                 std::string use) {
  return make<VerifierInstance>(workers, module, std::move(use), STOKER_VERIFIER_ID);
}
Async<std::unique_ptr<TriggerInstance>> ModuleFactory::trigger(Workers& workers, const ModuleConfig& module,
                                                               std::string use) {
  return make<TriggerInstance>(workers, module, std::move(use), STOKER_TRIGGER_ID);
}
Async<std::unique_ptr<NotifierInstance>> ModuleFactory::notifier(Workers& workers, const ModuleConfig& module,
                                                                 std::string use) {
  return make<NotifierInstance>(workers, module, std::move(use), STOKER_NOTIFIER_ID);
}
Async<std::unique_ptr<PlatformInstance>> ModuleFactory::platform(Workers& workers, const ModuleConfig& module,
                                                                 std::string use) {
  return make<PlatformInstance>(workers, module, std::move(use), STOKER_PLATFORM_ID);
}

}  // namespace stoker::host
