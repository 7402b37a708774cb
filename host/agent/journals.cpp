#include "host/agent/journals.hpp"

namespace stoker::host {

namespace {

constexpr std::chrono::seconds disk_deadline{60};

// Has anybody ever kept something in this data folder?
Async<bool> has_state(Workers& workers, std::filesystem::path data) {
  auto look = [folder = data / state_folder](const CallState&) -> Result<bool> {
    std::error_code unknown;
    const bool there = std::filesystem::exists(folder, unknown);
    if (unknown) return Error(errc::denied, folder.string() + ": " + unknown.message(), "agent.data");
    return there;
  };
  std::string what = "looking for " + data.string();
  const CallLimits limits(disk_deadline);
  co_return co_await workers.call<bool>(std::move(what), limits, std::move(look));
}

}  // namespace

asio::awaitable<bool> finish_journal(AgentParts parts, TargetConfig config, std::shared_ptr<TargetMemory> memory,
                                     StrategyInstance& strategy, Error why) {
  ModuleLog log = parts.services.log.module("stoker");
  const bool in_flight = memory->now().in_flight.has_value();
  FindSource no_source = [why](SourceSpec) -> Async<std::shared_ptr<SourceInstance>> { co_return why; };
  Target target(config.name, parts.workers, std::move(no_source), strategy, Verifiers::unavailable(why),
                std::move(*memory), parts.services.clock);
  const Assignment last = target.memory.assignment().value_or(known_of(config));
  Report report = co_await wake(target, last, {});
  const bool open = target.journal.may_be_open();
  if (open)
    log.error("the files of a target may be a mix of two revisions, and cannot be finished now",
              {{"target", config.name}, {"data", config.data.string()}, {"why", summary(report)}});
  else if (in_flight)
    log.warning("what an earlier process left in the data folder is finished; the gateway was not asked",
                {{"target", config.name}, {"data", config.data.string()}, {"why", why.message}});
  if (report.outcome != Outcome::unchanged) {
    const auto told = co_await parts.exchange.report(config.name, std::move(report));
    if (!told) log.warning("a Report is lost", {{"target", config.name}, {"why", told.error().message}});
  }
  co_return !open;
}

Async<Finished> finish_known(AgentParts parts, KnownTarget known) {
  auto there = co_await has_state(parts.workers, known.data);
  if (!there) co_return std::move(there).error();
  if (!*there) co_return Finished::absent;
  TargetConfig config;
  config.name = known.name;
  config.sync = known.sync;
  config.data = known.data;
  const std::string where = "target " + known.name + " (" + known.data.string() + "), not in the configuration: ";
  auto memory = co_await open_memory(parts.workers, config);
  if (!memory && memory.error() == errc::conflict) co_return Finished::elsewhere;
  if (!memory) co_return std::move(memory).error().in(where);
  const std::string& changed_by = (*memory)->now().strategy;
  const bool other = (*memory)->now().in_flight && !changed_by.empty() && changed_by != known.strategy.name;
  if (other || !parts.factory.loaded(known.strategy))
    co_return Error(
        errc::incompatible,
        where + "enable the module " + (other ? changed_by : known.strategy.name) + ", which changed its files",
        "agent.strategy");
  auto strategy = co_await make_strategy(parts, config, known.strategy);
  if (!strategy) co_return std::move(strategy).error().in(where);
  std::unique_ptr<StrategyInstance> instance = std::move(strategy).value();
  const Error why(errc::unreachable, "the configuration does not name this target", "agent.not-configured");
  const std::shared_ptr<TargetMemory> kept = std::move(memory).value();
  const bool closed = co_await finish_journal(parts, config, kept, *instance, why);
  auto ended = co_await instance->end();
  if (!closed)
    co_return Error(errc::conflict, where + "its files may be a mix of two revisions; put it back to finish it",
                    "agent.journal-open");
  if (!ended) co_return std::move(ended).error().in(where);
  co_return Finished::closed;
}

}  // namespace stoker::host
