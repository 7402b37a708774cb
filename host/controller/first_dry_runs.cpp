// Dry runs of new work before any target of the Sync gets it. A target that is paused, or whose profile is a dry run,
// is not changed, so nobody waits for it.
#include "host/controller/rollout.hpp"

#include <algorithm>
#include <cstdlib>

namespace stoker::host {

bool has_work(const RolloutTarget& target) {
  return target.last && !(target.last->hold && target.last->hold->name == first_dry_runs_hold);
}

bool is_new_work(const Assignment& next, const RolloutTarget& target) {
  return !has_work(target) || target.last->work_key() != next.work_key();
}

namespace {

constexpr std::int64_t again_after_ms = 30 * 1000;  // of a dry run that failed in passing
constexpr std::size_t key_digits = 16;

// "1a2b3c4d5e6f7a8b/2/<retry>": the work, the number of the try, and what people asked.
std::string text_of(const std::string& key, std::uint64_t number, const std::string& retry) {
  return key + "/" + std::to_string(number) + (retry.empty() ? "" : "/" + retry);
}

// 0: it is about other work, or was asked for before the retry.
std::uint64_t number_in(const std::string& asked, const std::string& key, const std::string& retry) {
  if (!asked.starts_with(key + "/")) return 0;
  const std::uint64_t number = std::strtoull(asked.c_str() + key.size() + 1, nullptr, 10);
  return asked == text_of(key, number, retry) ? number : 0;
}

// These holds are about the revision and wait for a person. Others are of the moment, and of this target alone.
bool stands_against(const Decision& decision) {
  if (decision.verdict == Decision::Verdict::refuse) return true;
  constexpr std::string_view holds[] = {"mass-delete", "source-missing", "revision"};
  return decision.verdict == Decision::Verdict::hold && std::ranges::find(holds, decision.name) != std::end(holds);
}

// Why the work must not come to this target.
std::optional<Error> refusal(const Report& report) {
  if (report.error) return report.error;
  if (report.hold && report.hold->name == "blocked")  // nothing could be planned there
    return Error(errc::not_found, report.hold->reason).with_retry(true);
  if (report.outcome == Outcome::failed) return Error(errc::internal, "the dry run failed");
  for (const Decision& decision : report.decisions)
    if (stands_against(decision)) return Error(errc::invalid, decision.name + ": " + decision.reason);
  return std::nullopt;
}

}  // namespace

FirstDryRuns judge_dry_runs(const SyncSpec& sync, const std::optional<ResolvedRef>& resolved,
                            const std::vector<RolloutTarget>& targets, std::int64_t now_ms) {
  FirstDryRuns first;
  if (!sync.dry_run_before) return first;
  for (const RolloutTarget& target : targets) {
    const std::optional<Assignment> next = next_work(sync, resolved, target);
    if (!next || next->hold || next->dry_run || !is_new_work(*next, target)) continue;
    const std::string key = next->work_key().substr(0, key_digits);
    const Report* report = target.dry_run ? &*target.dry_run : nullptr;
    const std::uint64_t answered = report ? number_in(report->answers_plan, key, next->retry) : 0;
    std::uint64_t wanted = std::max<std::uint64_t>(answered, 1);
    if (target.last) wanted = std::max(wanted, number_in(target.last->waiting.asked, key, next->retry));
    const auto why = answered == wanted ? refusal(*report) : std::nullopt;
    if (why && why->retryable && now_ms - report->started_at_ms >= again_after_ms) ++wanted;
    first.ask[target.name] = text_of(key, wanted, next->retry);
    if (answered != wanted && !target.not_open.empty())
      first.refused.emplace(target.name, Error(errc::unreachable, target.not_open));
    else if (why)
      first.refused.emplace(target.name, *why);
    else if (answered != wanted)
      first.unanswered.push_back(target.name);
  }
  first.done = first.unanswered.empty() && first.refused.empty();
  return first;
}

}  // namespace stoker::host
