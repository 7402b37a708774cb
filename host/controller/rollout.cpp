// Decides for each target on its own; targets do not wait for each other yet.
#include "host/controller/rollout.hpp"

#include "host/base/utf8.hpp"

#include <algorithm>

namespace stoker::host {
namespace {

// " by alice: the shift changes"
std::string by_whom(const std::string& by, const std::string& because) {
  return (by.empty() ? "" : " by " + by) + (because.empty() ? "" : ": " + because);
}

Hold paused(const SyncSpec& sync, const RolloutTarget& target) {
  Hold hold;
  hold.name = "paused";
  if (sync.paused) {
    hold.reason = "Sync " + sync.name + " is paused" + by_whom(sync.paused_by, sync.paused_because);
    hold.ended_by = "spec.paused: false";
  } else if (target.wishes.paused) {
    hold.reason =
        "target " + target.name + " is paused" + by_whom(target.wishes.paused_by, target.wishes.paused_because);
    hold.ended_by = "stoker resume " + sync.name + " --target " + target.name;
  } else {
    hold.reason = "profile " + target.profile + " of Sync " + sync.name + " is paused";
    hold.ended_by = "spec.sync.profiles." + target.profile + ".paused: false";
  }
  return hold;
}

// A revision of the one is a revision of the other.
bool is_same_repository(SourceSpec one, const SourceSpec& other) {
  one.lfs = other.lfs;
  one.submodules = other.submodules;
  return one.delivers_as(other);
}

// A wish that is gone, because its object was made anew, is no new text: that would free what is held.
std::string retry_for(const SyncSpec& sync, const RolloutTarget& target) {
  const std::string& wish = target.wishes.retry;
  if (!wish.empty()) return sync.retry + "/" + wish;
  const bool had_one = target.last && target.last->retry.starts_with(sync.retry + "/");
  return had_one ? target.last->retry : sync.retry;
}

Assignment next_for(const SyncSpec& sync, const SyncProfile& profile, const RolloutTarget& target) {
  Assignment next;
  next.sync = sync.name;
  next.name_space = sync.name_space;
  next.sync_uid = sync.uid;
  next.target = target.name;
  next.pod = target.pod;
  next.labels = target.labels;
  next.ordinal = target.ordinal;
  next.dry_run = profile.dry_run;
  next.retry = retry_for(sync, target);
  next.repair = sync.repair;
  next.profile = profile.profile;
  next.auto_rollback = sync.auto_rollback;
  next.source = sync.source;
  return next;
}

// "target press-4: no such file; and 2 more targets". Empty: none refused.
std::string problem_of(const FirstDryRuns& first) {
  if (first.refused.empty()) return {};
  const auto& [target, why] = *first.refused.begin();
  std::string text = "target " + target + ": " + why.message + (why.code.empty() ? "" : " [" + why.code + "]");
  text = beginning(text, WaitingWork::problem_bytes_max);
  const std::size_t more = first.refused.size() - 1;
  if (more > 0) text += "; and " + std::to_string(more) + (more == 1 ? " more target" : " more targets");
  return text;
}

// What the target keeps while the next work waits. What people ask of it, and what restrains it, counts at once.
Assignment standing_of(const Assignment& last, const Assignment& next) {
  Assignment standing = next;
  standing.revision = last.revision;
  standing.ref = last.ref;
  standing.source = last.source;
  standing.profile = last.profile;
  return standing;
}

// A target that was assigned nothing before is held until then.
Assignment waiting_for(const Assignment& next, const RolloutTarget& target, const FirstDryRuns& first) {
  WaitingWork waiting;
  waiting.asked = first.ask.at(target.name);
  waiting.revision = next.revision;
  waiting.ref = next.ref;
  waiting.problem = problem_of(first);
  waiting.source = next.source;
  waiting.profile = next.profile;
  Assignment standing = has_work(target) ? standing_of(*target.last, next) : next;
  if (!has_work(target)) {
    Hold hold;
    hold.name = first_dry_runs_hold;
    hold.reason = waiting.problem.empty() ? "each target of Sync " + next.sync + " plans the revision first"
                                          : "a dry run stands against the revision: " + waiting.problem;
    standing.hold = std::move(hold);
  }
  standing.waiting = std::move(waiting);
  return standing;
}

}  // namespace

std::optional<Assignment> next_work(const SyncSpec& sync, const std::optional<ResolvedRef>& resolved,
                                    const RolloutTarget& target) {
  const auto found = sync.profiles.find(target.profile);
  if (found == sync.profiles.end()) return std::nullopt;
  const bool ours = target.last && target.last->sync == sync.name && target.last->name_space == sync.name_space;
  if (sync.paused || found->second.paused || target.wishes.paused) {
    if (!ours) return std::nullopt;
    Assignment standing = *target.last;  // all of it, because nothing new is assigned while the Sync is paused
    standing.waiting = WaitingWork();
    if (has_work(target)) standing.hold = paused(sync, target);  // else it waits for its first dry run as before
    return standing;
  }
  Assignment next = next_for(sync, found->second, target);
  if (resolved) {
    next.revision = resolved->revision;
    next.ref = resolved->ref;
  } else if (ours && is_same_repository(target.last->source, sync.source)) {
    // Not resolved yet, perhaps because the source is away. A changed profile does not wait for that.
    next.revision = target.last->revision;
    next.ref = target.last->ref;
  } else {
    return std::nullopt;
  }
  return next;
}

// Nothing is assigned when the target has it already: who watches it would be woken for nothing. The token grows with
// each work that has to be done, and only then, so that a Report with this token says that it was done.
std::vector<Assignment> rollout(const SyncSpec& sync, const std::optional<ResolvedRef>& resolved,
                                const std::vector<RolloutTarget>& targets, std::uint64_t token, bool asked,
                                const WantedPlan& plan, const FirstDryRuns& first) {
  std::vector<Assignment> assignments;
  for (const RolloutTarget& target : targets) {
    std::optional<Assignment> next = next_work(sync, resolved, target);
    if (!next) continue;
    const bool waits = !first.done && first.ask.contains(target.name) && is_new_work(*next, target);
    if (waits) next = waiting_for(*next, target, first);
    const std::optional<Assignment>& last = target.last;
    const bool same = last && last->same_work(*next) && !asked;
    next->token = !last ? token : same ? last->token : std::max(token, last->token + 1);
    next->plan = plan.asked.empty() && last ? last->plan : plan;
    next->asked = asked ? next->token : last ? last->asked : 0;
    if (same && to_json(*next) == to_json(*last)) continue;
    assignments.push_back(std::move(*next));
  }
  return assignments;
}

}  // namespace stoker::host
