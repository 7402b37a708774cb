// Opens a target in this order: its memory (which takes the lock on its data folder), strategy, verifiers, lane.
#include "host/agent/opened_target.hpp"

#include "host/agent/data_folder.hpp"
#include "host/agent/journals.hpp"
#include "host/base/file.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds disk_deadline{60};

Result<std::string> read_ca(const GatewayAccess& gateway, const std::filesystem::path& state) {
  if (gateway.ca_file) return read_file(*gateway.ca_file, secret_bytes_max);
  if (!gateway.ca) return std::string();
  auto text = read_secret(state, *gateway.ca);
  if (!text) return std::move(text).error();
  return text->reveal();
}

// The document for `create` of a verifier (docs/documents.md). It holds secrets, so it must go to the plugin and
// nowhere else. [worker]
Result<std::string> verifier_use(const TargetConfig& target, const std::filesystem::path& state) {
  json::object use{{"target", {{"name", target.name}, {"data", target.data.string()}}}};
  if (target.gateway) {
    json::object gateway{{"url", target.gateway->url}};
    if (target.gateway->api_key) {
      auto key = read_secret(state, *target.gateway->api_key);
      if (!key) return std::move(key).error();
      gateway["apiKey"] = key->reveal();
    }
    auto ca = read_ca(*target.gateway, state);
    if (!ca) return std::move(ca).error();
    if (!ca->empty()) gateway["ca"] = *ca;
    use["gateway"] = std::move(gateway);
  }
  return json::serialize(use);
}

std::string strategy_use(const TargetConfig& target) {
  const json::object use{{"target", {{"name", target.name}, {"data", target.data.string()}}}, {"folder", state_folder}};
  return json::serialize(use);
}

// The module that changes the files of this target.
Result<ModuleConfig> strategy_for(const AgentParts& parts, const TargetConfig& config, const Memory& memory) {
  const std::vector<const ModuleConfig*> modules = parts.factory.of_kind(STOKER_STRATEGY_ID);
  if (modules.empty()) return Error(errc::invalid, "no strategy module is enabled", "config.modules");
  const ModuleConfig& module = *modules.front();
  if (memory.in_flight && !memory.strategy.empty() && memory.strategy != module.name)
    return Error(errc::incompatible,
                 "target " + config.name + ": a Run of the strategy " + memory.strategy +
                     " is not finished; enable that module until it is",
                 "config.strategy");
  return module;
}

Async<void> make_verifiers(const AgentParts& parts, const TargetConfig& config, OpenedTarget& into) {
  auto each = co_await make_each_verifier(parts, config);
  if (!each) co_return std::move(each).error();
  const ModuleLog log = parts.services.log.module("stoker");
  Result<void> first;
  for (MadeVerifier& verifier : *each) {
    if (verifier.made)
      into.verifiers.push_back(std::move(verifier.made).value());
    else if (!verifier.required)
      log.warning("a verifier is left out; it is not required, so the target runs without it",
                  {{"target", config.name}, {"module", verifier.module}, {"why", verifier.made.error().message}});
    else if (first)
      first = std::move(verifier.made).error();
  }
  co_return first;
}

// This verifier asks a gateway, and the target names none. Left out in silence, it would make what nobody looked at
// count as verified.
Error without_gateway(const TargetConfig& target, const ModuleConfig& module) {
  return Error(errc::invalid,
               "target " + target.name + ": " + module.name +
                   " needs a gateway to ask; give the target `gateway: {url: …}`, or write `verify: none` when nobody "
                   "has to confirm what runs there",
               "target.no-gateway");
}

// Makes the verifiers in their configured order, but those that lock come last.
Verifiers in_order(const OpenedTarget& target) {
  std::vector<VerifierInstance*> verifiers;
  for (const auto& verifier : target.verifiers) verifiers.push_back(verifier.get());
  std::stable_partition(verifiers.begin(), verifiers.end(), [](const VerifierInstance* v) { return !v->locks(); });
  return Verifiers(std::move(verifiers));
}

}  // namespace

Async<std::shared_ptr<TargetMemory>> open_memory(Workers& workers, TargetConfig config) {
  auto open = [data = config.data, name = config.name](const CallState&) -> Result<std::shared_ptr<TargetMemory>> {
    if (auto usable = check_usable(data); !usable) return std::move(usable).error().in("target " + name);
    auto opened = TargetMemory::open(data);
    if (!opened) return std::move(opened).error().in("target " + name);
    return std::make_shared<TargetMemory>(std::move(opened).value());
  };
  std::string what = config.name + ": memory";
  const CallLimits limits(disk_deadline);
  co_return co_await workers.call<std::shared_ptr<TargetMemory>>(std::move(what), limits, std::move(open));
}

Async<std::unique_ptr<StrategyInstance>> make_strategy(const AgentParts& parts, TargetConfig config,
                                                       ModuleConfig module) {
  auto made = co_await parts.factory.strategy(parts.workers, module, strategy_use(config));
  if (!made) co_return std::move(made).error().in("target " + config.name);
  co_return made;
}

Assignment known_of(const TargetConfig& target) {
  Assignment assignment;
  assignment.sync = target.sync;
  assignment.target = target.name;
  assignment.pod = target.pod;
  assignment.labels = target.labels;
  assignment.ordinal = target.ordinal;
  assignment.profile.name = target.profile;
  return assignment;
}

Async<void> OpenedTarget::end() {
  Result<void> first;
  for (const auto& verifier : verifiers) {
    auto ended = co_await verifier->end();
    if (first && !ended) first = std::move(ended);
  }
  if (!strategy) co_return first;
  auto ended = co_await strategy->end();
  if (first && !ended) first = std::move(ended);
  co_return first;
}

Async<std::vector<MadeVerifier>> make_each_verifier(const AgentParts& parts, TargetConfig config) {
  auto read = [config, state = parts.config.state](const CallState&) { return verifier_use(config, state); };
  std::string what = config.name + ": secrets";
  const CallLimits limits(disk_deadline);
  auto use = co_await parts.workers.call<std::string>(std::move(what), limits, std::move(read));
  if (!use) co_return std::move(use).error().in("target " + config.name);
  std::vector<MadeVerifier> each;
  for (const ModuleConfig* module : parts.factory.of_kind(STOKER_VERIFIER_ID)) {
    const bool fits = config.gateway || parts.factory.fits(*module, *use);
    if (!fits && !config.verify) continue;  // nobody has to confirm what runs there, so this verifier is left out
    MadeVerifier& verifier = each.emplace_back();
    verifier.module = module->name;
    verifier.required = module->required;
    if (!fits) {
      verifier.made = without_gateway(config, *module);
      continue;
    }
    verifier.made = co_await parts.factory.verifier(parts.workers, *module, *use);
    if (!verifier.made) verifier.made = std::move(verifier.made).error().in("target " + config.name);
  }
  co_return each;
}

Async<std::unique_ptr<OpenedTarget>> open_target(const AgentParts& parts, TargetConfig config, bool may_recover) {
  auto memory = co_await open_memory(parts.workers, config);
  if (!memory) co_return std::move(memory).error();
  auto module = strategy_for(parts, config, (*memory)->now());
  if (!module) co_return std::move(module).error();
  auto strategy = co_await make_strategy(parts, config, std::move(module).value());
  if (!strategy) co_return std::move(strategy).error();
  auto opened = std::make_unique<OpenedTarget>();
  opened->strategy = std::move(strategy).value();
  auto made = co_await make_verifiers(parts, config, *opened);
  if (!made) {
    if (may_recover) {
      const bool closed = co_await finish_journal(parts, config, *memory, *opened->strategy, made.error());
      (void)closed;  // it was logged
    }
    const auto ended = co_await opened->end();
    (void)ended;  // the failure to open is returned; a failure to end adds nothing to it
    co_return std::move(made).error();
  }
  FindSource find_source = [&sources = parts.sources](SourceSpec repository) {
    return sources.get(std::move(repository));
  };
  auto target = std::make_unique<Target>(config.name, parts.workers, std::move(find_source), *opened->strategy,
                                         in_order(*opened), std::move(**memory), parts.services.clock);
  target->is_verified = config.verify;
  if (!target->judges.empty() && config.gateway) target->judges += " " + config.gateway->url;
  opened->lane = std::make_unique<TargetLane>(std::move(target), known_of(config), parts.exchange, parts.services.clock,
                                              parts.services.log.module("stoker"));
  co_return opened;
}

}  // namespace stoker::host
