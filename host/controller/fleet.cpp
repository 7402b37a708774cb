#include "host/controller/fleet.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

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

std::optional<ResolvedRef> resolved(const Fleet& fleet, const std::string& sync) {
  const auto found = fleet.resolved.find(sync);
  return found == fleet.resolved.end() ? std::nullopt : std::optional(found->second);
}

// The dry runs of all targets of a Sync, as it was when they were judged.
struct JudgedSync {
  std::optional<SyncSpec> sync;
  std::optional<ResolvedRef> ref;
  FirstDryRuns first;
  JudgedSync() = default;
  bool is_about(const SyncSpec& now, const std::optional<ResolvedRef>& now_ref) const {
    const bool same_ref = ref.has_value() == now_ref.has_value() && (!ref || ref->revision == now_ref->revision);
    return same_ref && sync && *sync == now;
  }
};

// A dry run of a command changes nothing, and waits for nobody.
asio::awaitable<JudgedSync> judge(const Fleet& fleet, SyncSpec sync, std::optional<ResolvedRef> ref) {
  JudgedSync judged;
  judged.sync = sync;
  judged.ref = ref;
  if (!sync.dry_run_before || fleet.dry_run) co_return judged;
  std::vector<RolloutTarget> all;
  for (const TargetConfig* config : fleet.targets.of_sync(sync.name)) all.push_back(described(*config));
  for (RolloutTarget& target : all) {
    auto last = co_await fleet.exchange.newest(target.name);
    if (last) target.last = std::move(last).value();
    target.wishes = fleet.exchange.wishes(target.name);
    const TargetRecord* record = fleet.exchange.known(target.name);
    if (!record) continue;
    target.dry_run = record->waiting;
    if (const Condition* why = agent_trouble(*record)) target.not_open = why->message;
  }
  judged.first = judge_dry_runs(sync, ref, all, fleet.clock.wall_ms());
  co_return judged;
}

// The one that stands against new work has a trouble; the others only wait.
asio::awaitable<void> take_refusals(Fleet& fleet, std::vector<std::string> names,
                                    std::map<std::string, Error> refused) {
  for (const std::string& name : names) {
    const std::string key = trouble_of_target(name);
    const Trouble* known = fleet.troubles.of(key);
    const bool is_ours = known && known->why.code == dry_run_refused;
    const auto found = refused.find(name);
    if (found == refused.end()) {
      if (is_ours) fleet.troubles.end(key);
      continue;
    }
    const TargetRecord* record = fleet.exchange.known(name);
    if ((known && !is_ours) || (record && agent_trouble(*record))) continue;  // it has said why itself
    Error why(errc::invalid,
              "target " + name + ": its dry run stands against the new revision: " + found->second.message +
                  (found->second.code.empty() ? "" : " [" + found->second.code + "]"),
              dry_run_refused);
    why.retryable = found->second.retryable;
    co_await fleet.troubles.begin(key, std::move(why));
  }
}

// Each target is decided about at the moment before its own Assignment is put: others may have put one while the
// exchange took those of the targets before it.
Async<void> assign_each(Fleet& fleet, std::string sync, std::uint64_t token, bool asked) {
  JudgedSync judged;
  std::vector<std::string> names;  // the directory may change while the exchange answers
  for (const TargetConfig* config : fleet.targets.of_sync(sync)) names.push_back(config->name);
  Result<void> first;
  std::size_t again = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = names[i];
    const auto now = fleet.syncs.find(sync);
    if (now == fleet.syncs.end()) break;
    if (!judged.is_about(now->second, resolved(fleet, sync))) {
      JudgedSync made = co_await judge(fleet, now->second, resolved(fleet, sync));
      judged = std::move(made);
    }
    auto last = co_await fleet.exchange.newest(name);
    const TargetConfig* config = fleet.targets.find(name);
    const auto spec = fleet.syncs.find(sync);
    if (!config || config->sync != sync || spec == fleet.syncs.end()) continue;
    const std::optional<ResolvedRef> ref = resolved(fleet, sync);
    if (!judged.is_about(spec->second, ref)) {  // it has changed meanwhile
      if (again++ < again_max)
        names.push_back(name);
      else if (first)
        first = Error(errc::conflict, "Sync " + sync + " changes while its targets are assigned", "exchange.conflict");
      continue;
    }
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
    std::vector<RolloutTarget> one;
    one.push_back(std::move(target));
    for (Assignment& assignment :
         rollout(spec->second, ref, one, token, asked || anew, fleet.plans[sync], judged.first)) {
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
  if (judged.sync) co_await take_refusals(fleet, std::move(names), judged.first.refused);
  co_return first;
}

}  // namespace

// One pass over a Sync at a time: two that judge the dry runs at different moments would undo each other's Assignments.
Async<void> assign(Fleet& fleet, std::string sync, std::uint64_t token, bool asked) {
  const auto executor = co_await asio::this_coro::executor;
  while (fleet.assigning.contains(sync)) {
    const std::shared_ptr<asio::steady_timer> running = fleet.assigning.at(sync);
    co_await running->async_wait(asio::as_tuple(asio::use_awaitable));
  }
  const auto ended = std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
  fleet.assigning[sync] = ended;
  auto assigned = co_await assign_each(fleet, sync, token, asked);
  fleet.assigning.erase(sync);
  ended->cancel();
  co_return assigned;
}

}  // namespace stoker::host
