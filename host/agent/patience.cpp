#include "host/agent/patience.hpp"

#include <algorithm>

namespace stoker::host {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A time in the past, or nearly now, would let the Runs follow each other without a pause.
milliseconds Patience::with_floor(milliseconds wait) {
  static constexpr seconds soonest{5}, soonest_max{60};
  if (wait >= soonest) {
    early_ = 0;
    return wait;
  }
  return std::min<milliseconds>(soonest * (1u << std::min(early_++, 4u)), soonest_max);
}

std::optional<milliseconds> Patience::after(const Report& report, const Memory& memory, std::int64_t now_ms,
                                            double jitter) {
  static constexpr seconds failed[] = {seconds(30), seconds(60), seconds(120), seconds(240), seconds(300)};
  static constexpr std::int64_t day_ms =
      24 * 3600 * 1000;  // a plugin may name any time, but it is asked at least once a day
  if (report.earlier) return milliseconds(0);
  // A failed Run leaves the files of an earlier Run in place, and perhaps nobody has verified those yet. So does one
  // whose revision is held; where what runs is held too, or was overwritten, a look would bring nothing new.
  const bool behind_hold = report.outcome == Outcome::held && report.hold && report.hold->name == "revision" &&
                           memory.running && !memory.holds(memory.running->key) && !memory.overwritten;
  const bool leaves = report.outcome == Outcome::failed || behind_hold;
  const bool unjudged = memory.in_flight || (leaves && !memory.unverified.empty());
  const bool waits = report.outcome == Outcome::applied && !report.verified && !report.settled;
  const bool doubt = waits || (unjudged && !memory.quarantine);
  if (report.outcome == Outcome::failed && report.error && report.error->retryable) {
    const seconds base = failed[std::min<std::size_t>(failures_++, std::size(failed) - 1)];
    const milliseconds wait = std::max<milliseconds>(base, std::min(report.error->retry_after, milliseconds(day_ms)));
    return milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) * (1 + jitter)));
  }
  failures_ = 0;
  const bool applied_with_hold = report.outcome == Outcome::applied && !report.verified && report.hold;
  if ((report.outcome == Outcome::held || applied_with_hold) && report.hold) {
    if (report.hold->again_at_ms > 0)
      return with_floor(milliseconds(std::clamp<std::int64_t>(report.hold->again_at_ms - now_ms, 0, day_ms)));
    if (report.hold->name == "starting" || report.hold->name == "commissioning") return seconds(5);
  }
  early_ = 0;
  if (doubt) return std::min<milliseconds>(seconds(5) * (1u << std::min(unverified_++, 6u)), seconds(300));
  unverified_ = 0;
  return std::nullopt;
}

}  // namespace stoker::host
