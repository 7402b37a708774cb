// One target's lane: takes the newest assignment, runs it, waits for what comes next. There is never more than one Run
// of a target; a newer assignment replaces any wait at once and stops the Run that is under way. Owned by the wiring,
// lives on the event loop.
#pragma once

#include "host/run/pipeline.hpp"

namespace stoker::host {

// When to look again by itself, after what a Run ended in. Pure; the lane waits.
class Patience {
 public:
  // Milliseconds from now, or nothing: only a hint, another assignment or a change of the target starts a Run.
  std::optional<std::chrono::milliseconds> after(const Report& report, const Memory& memory, std::int64_t now_ms,
                                                 double jitter);
  void reset() { failures_ = later_ = 0; }

 private:
  unsigned failures_ = 0;  // retryable ones in a row
  unsigned later_ = 0;     // applied but not verified, in a row
};

class TargetLane {
 public:
  // `tell` is awaited with every finished Run before the next may begin, on the loop.
  using Tell = std::function<asio::awaitable<void>(const Report&)>;
  TargetLane(std::unique_ptr<Target> target, Assignment first, Tell tell);
  ~TargetLane();

  // The newest assignment. `timer`: it comes from a timed look; equal work is then acknowledged and not run again.
  void assign(Assignment assignment, bool timer);
  // The source that assignments are opened from, from the next Run on.
  void use(SourceInstance* source) { target_->source = source; }
  const std::string& name() const { return target_->name; }
  const std::optional<Report>& last() const { return last_; }
  const std::optional<Assignment>& assignment() const { return wanted_; }
  bool awake() const { return awake_; }
  // What is live is one whole revision, or untouched.
  bool whole() const { return awake_ && !target_->journal_open; }
  Target& target() { return *target_; }

  // Wakes the target, then runs what is assigned until `stop`; a Run under way is finished or cleanly given up.
  asio::awaitable<void> work(std::stop_token stop);

 private:
  asio::awaitable<void> one_run(std::stop_token stop);
  asio::awaitable<bool> target_changed(std::stop_token stop);
  asio::awaitable<void> wait(std::stop_token stop);
  void nudge();

  std::unique_ptr<Target> target_;
  Assignment first_;  // what is known of the target before there is an assignment
  Tell tell_;
  std::optional<Assignment> wanted_, running_;
  std::optional<Report> last_;
  std::stop_source run_stop_;
  std::shared_ptr<asio::steady_timer> timer_;
  Patience patience_;
  std::optional<std::chrono::steady_clock::time_point> next_run_;
  std::chrono::steady_clock::time_point next_look_;
  bool due_ = false, awake_ = false, scan_all_ = false;
};

}  // namespace stoker::host
