#include "host/controller/repository_lane.hpp"

#include <algorithm>

namespace stoker::host {

namespace {
constexpr std::chrono::seconds resolve_deadline{120};
}

void assign(Fleet& fleet, const std::string& sync, std::uint64_t token, bool timer) {
  const auto spec = fleet.syncs.find(sync);
  const auto resolved = fleet.resolved.find(sync);
  if (spec == fleet.syncs.end()) return;
  std::vector<RolloutTarget> targets;
  std::vector<TargetLane*> lanes;
  for (const auto& [config, lane] : fleet.targets) {
    if (config.sync != sync || !lane) continue;
    RolloutTarget target;
    target.name = config.name;
    target.pod = config.pod;
    target.profile = config.profile;
    target.labels = config.labels;
    target.ordinal = config.ordinal;
    target.last = lane->assignment();
    targets.push_back(std::move(target));
    lanes.push_back(lane);
  }
  const std::optional<ResolvedRef> ref =
      resolved == fleet.resolved.end() ? std::nullopt : std::optional(resolved->second);
  for (Assignment& assignment : rollout(spec->second, ref, targets, token)) {
    assignment.dry_run = assignment.dry_run || fleet.dry_run;
    for (TargetLane* lane : lanes)
      if (lane->name() == assignment.target) lane->assign(std::move(assignment), timer);
  }
}

RepositoryLane::RepositoryLane(const SyncSpec& of, std::string made_with, std::unique_ptr<SourceInstance> source,
                               Fleet& fleet, asio::any_io_executor loop, ModuleLog log, Metric resolve_seconds)
    : repository_(of.git),
      made_with_(std::move(made_with)),
      source_(std::move(source)),
      fleet_(fleet),
      timer_(std::make_shared<asio::steady_timer>(loop)),
      log_(std::move(log)),
      resolve_seconds_(resolve_seconds) {}

std::vector<std::string> RepositoryLane::due() const {
  std::vector<std::string> mine;
  for (std::string& sync : fleet_.hints.due()) {
    const auto spec = fleet_.syncs.find(sync);
    if (spec != fleet_.syncs.end() && serves(spec->second)) mine.push_back(std::move(sync));
  }
  return mine;
}

asio::awaitable<bool> RepositoryLane::look(std::stop_token stop) {
  struct Look {
    std::string sync, ref;
    std::uint64_t token;
    bool timer;
  };
  std::vector<Look> looks;
  std::vector<std::string> refs;
  for (const std::string& sync : due()) {
    const bool timer = !fleet_.hints.pressed(sync) && fleet_.resolved.contains(sync);
    looks.push_back({sync, fleet_.syncs.at(sync).ref, fleet_.hints.begin_resolve(sync), timer});
    refs.push_back(looks.back().ref);
  }
  if (looks.empty()) co_return true;

  const auto start = std::chrono::steady_clock::now();
  const CallLimits limits(resolve_deadline, stop);
  auto answer = co_await source_->resolve(limits, refs);
  resolve_seconds_.record(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), {});
  if (!answer) {
    for (const Look& look : looks) fleet_.hints.fail_resolve(look.sync);
    if (answer.error() == errc::cancelled) co_return false;
    failing_ = answer.error();
    log_.warning("a repository could not be asked",
                 {{"syncs", std::int64_t(looks.size())}, {"why", failing_->message}});
    co_return false;
  }
  failing_.reset();
  for (const Note& note : answer->notes) log_.warning(note.text, {{"note", note.code}, {"ref", note.path}});
  for (std::size_t i = 0; i < looks.size(); ++i) {
    const Look& look = looks[i];
    Resolved& found = answer->refs[i];
    fleet_.hints.end_resolve(look.sync, look.token);
    const auto spec = fleet_.syncs.find(look.sync);
    if (spec == fleet_.syncs.end() || spec->second.ref != look.ref)
      continue;  // changed meanwhile: a hint of its own is there
    if (found.revision.empty()) {
      log_.warning("there is no such ref; what runs stays", {{"sync", look.sync}, {"ref", look.ref}});
      continue;
    }
    ResolvedRef& known = fleet_.resolved[look.sync];
    const bool moved = known.revision != found.revision;
    if (moved) log_.info("resolved", {{"sync", look.sync}, {"ref", found.ref}, {"revision", found.revision}});
    known = ResolvedRef{std::move(found.revision), std::move(found.ref)};
    assign(fleet_, look.sync, look.token, look.timer && !moved);
  }
  co_return true;
}

asio::awaitable<void> RepositoryLane::work(std::stop_token stop) {
  static constexpr std::chrono::seconds waits[] = {std::chrono::seconds(5),   std::chrono::seconds(30),
                                                   std::chrono::seconds(60),  std::chrono::seconds(120),
                                                   std::chrono::seconds(240), std::chrono::seconds(300)};
  std::stop_callback on_stop(stop,
                             [timer = timer_] { asio::post(timer->get_executor(), [timer] { timer->cancel(); }); });
  while (!stop.stop_requested()) {
    const std::vector<std::string> asked = due();
    const bool pressed =
        std::any_of(asked.begin(), asked.end(), [&](const std::string& sync) { return fleet_.hints.pressed(sync); });
    if (!asked.empty() && (pressed || !not_before_ || std::chrono::steady_clock::now() >= *not_before_)) {
      not_before_.reset();
      if (co_await look(stop))
        failures_ = 0;
      else
        not_before_ =
            std::chrono::steady_clock::now() + waits[std::min<std::size_t>(failures_++, std::size(waits) - 1)];
      continue;
    }
    timer_->expires_at(not_before_ && !asked.empty() ? *not_before_ : std::chrono::steady_clock::time_point::max());
    co_await timer_->async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

}  // namespace stoker::host
