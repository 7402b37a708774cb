#include "host/controller/fleet.hpp"

namespace stoker::host {

namespace {

Async<std::vector<RolloutTarget>> targets_of(const Fleet& fleet, const std::string& sync) {
  std::vector<RolloutTarget> targets;
  for (const TargetConfig* config : fleet.targets.of_sync(sync)) {
    RolloutTarget target;
    target.name = config->name;
    target.pod = config->pod;
    target.profile = config->profile;
    target.labels = config->labels;
    target.ordinal = config->ordinal;
    targets.push_back(std::move(target));
  }
  for (RolloutTarget& target : targets) {  // the directory may change while the exchange answers
    auto last = co_await fleet.exchange.newest(target.name);
    if (!last) co_return std::move(last).error();
    target.last = std::move(last).value();
    target.wishes = fleet.exchange.wishes(target.name);
  }
  co_return targets;
}

}  // namespace

Async<void> assign(Fleet& fleet, std::string sync, std::uint64_t token, bool asked) {
  auto targets = co_await targets_of(fleet, sync);
  if (!targets) co_return std::move(targets).error();
  const auto spec = fleet.syncs.find(sync);
  if (spec == fleet.syncs.end()) co_return Result<void>();
  const auto found = fleet.resolved.find(sync);
  const std::optional<ResolvedRef> ref = found == fleet.resolved.end() ? std::nullopt : std::optional(found->second);
  Result<void> first;
  for (Assignment& assignment : rollout(spec->second, ref, *targets, token, asked, fleet.plans[sync])) {
    assignment.dry_run = assignment.dry_run || fleet.dry_run;
    assignment.repair_now = fleet.repair;
    auto put = co_await fleet.exchange.put(std::move(assignment));
    if (first && !put) first = std::move(put);
  }
  co_return first;
}

}  // namespace stoker::host
