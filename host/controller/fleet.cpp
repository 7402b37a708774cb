#include "host/controller/fleet.hpp"

namespace stoker::host {

namespace {

constexpr std::size_t again_max = 10;  // targets of one look that are decided about once more

RolloutTarget described(const TargetConfig& config) {
  RolloutTarget target;
  target.name = config.name;
  target.pod = config.pod;
  target.profile = config.profile;
  target.labels = config.labels;
  target.ordinal = config.ordinal;
  return target;
}

}  // namespace

// Each target is decided about at the moment before its own Assignment is put: others may have put one while the
// exchange took those of the targets before it.
Async<void> assign(Fleet& fleet, std::string sync, std::uint64_t token, bool asked) {
  std::vector<std::string> names;  // the directory may change while the exchange answers
  for (const TargetConfig* config : fleet.targets.of_sync(sync)) names.push_back(config->name);
  Result<void> first;
  std::size_t again = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = names[i];
    auto last = co_await fleet.exchange.newest(name);
    const TargetConfig* config = fleet.targets.find(name);
    const auto spec = fleet.syncs.find(sync);
    if (!config || config->sync != sync || spec == fleet.syncs.end()) continue;
    if (!last) {
      if (first) first = std::move(last).error();
      continue;
    }
    // What the target has only on its volume, because its object is lost or older, is assigned anew with a higher
    // token. It has a Run too, whose Report tells how it stands.
    const TargetRecord* known = fleet.exchange.known(name);
    const bool is_stored = known && known->assignment && (!*last || known->assignment->token >= (*last)->token);
    const bool anew = last->has_value() && !is_stored;
    RolloutTarget target = described(*config);
    target.last = std::move(last).value();
    target.wishes = fleet.exchange.wishes(name);
    const auto found = fleet.resolved.find(sync);
    const std::optional<ResolvedRef> ref = found == fleet.resolved.end() ? std::nullopt : std::optional(found->second);
    std::vector<RolloutTarget> one;
    one.push_back(std::move(target));
    for (Assignment& assignment : rollout(spec->second, ref, one, token, asked || anew, fleet.plans[sync])) {
      assignment.dry_run = assignment.dry_run || fleet.dry_run;
      assignment.repair_now = fleet.repair;
      auto put = co_await fleet.exchange.put(std::move(assignment));
      const bool is_overtaken = !put && put.error() == errc::conflict;  // somebody put one meanwhile: decide anew
      if (is_overtaken && again++ < again_max)
        names.push_back(name);
      else if (first && !put)
        first = std::move(put);
    }
  }
  co_return first;
}

}  // namespace stoker::host
