#include "host/agent/target_lane.hpp"

#include <algorithm>
#include <random>

namespace stoker::host {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<milliseconds> Patience::after(const Report& report, const Memory& memory, std::int64_t now_ms,
                                            double jitter) {
  static constexpr seconds failed[] = {seconds(30), seconds(60), seconds(120), seconds(240), seconds(300)};
  static constexpr std::int64_t day_ms = 24 * 3600 * 1000;  // a plugin may say any time: sooner than that it is asked
  if (report.earlier) return milliseconds(0);
  // a Run that failed leaves what an earlier one put there, which nobody may have judged
  const bool unjudged = memory.in_flight || (report.outcome == Outcome::failed && !memory.unverified.empty());
  const bool doubt = (report.outcome == Outcome::applied && !report.verified) || (unjudged && !memory.quarantine);
  if (report.outcome == Outcome::failed && report.error && report.error->retryable) {
    const seconds base = failed[std::min<std::size_t>(failures_++, std::size(failed) - 1)];
    const milliseconds wait = std::max<milliseconds>(base, report.error->retry_after);
    return milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) * (1 + jitter)));
  }
  failures_ = 0;
  if (report.outcome == Outcome::held && report.hold) {
    if (report.hold->again_at_ms > 0)
      return milliseconds(std::clamp<std::int64_t>(report.hold->again_at_ms - now_ms, 0, day_ms));
    if (report.hold->name == "starting" || report.hold->name == "commissioning") return seconds(5);
  }
  if (doubt) return std::min<milliseconds>(seconds(5) * (1u << std::min(later_++, 6u)), seconds(300));
  later_ = 0;
  return std::nullopt;
}

TargetLane::TargetLane(std::unique_ptr<Target> target, Assignment first, Tell tell)
    : target_(std::move(target)),
      first_(std::move(first)),
      tell_(std::move(tell)),
      timer_(std::make_shared<asio::steady_timer>(target_->workers.loop())) {}

TargetLane::~TargetLane() = default;

void TargetLane::nudge() { timer_->cancel(); }

void TargetLane::assign(Assignment assignment, bool timer) {
  const bool same = wanted_ && wanted_->same_work(assignment);
  if (same) wanted_->token = std::max(wanted_->token, assignment.token);
  if (same && timer) return;
  patience_.reset();
  due_ = true;
  if (!same) wanted_ = std::move(assignment);
  if (running_ && !running_->same_work(*wanted_)) run_stop_.request_stop();
  nudge();
}

asio::awaitable<void> TargetLane::work(std::stop_token stop) {
  std::stop_callback on_stop(stop, [this, loop = target_->workers.loop()] {
    asio::post(loop, [this] {
      run_stop_.request_stop();
      nudge();
    });
  });
  run_stop_ = {};
  const Assignment last = target_->memory.assignment().value_or(first_);
  Report woken = co_await wake(*target_, last, run_stop_.get_token());
  awake_ = !target_->journal_open;  // nobody is to be let in over a tree that is not whole
  scan_all_ = true;                 // who knows what happened while nobody looked
  if (woken.outcome != Outcome::unchanged) co_await tell_(woken);
  while (!stop.stop_requested()) {
    if (due_ && wanted_)
      co_await one_run(stop);
    else
      co_await wait(stop);
  }
}

asio::awaitable<void> TargetLane::one_run(std::stop_token stop) {
  due_ = false;
  run_stop_ = {};
  if (stop.stop_requested()) co_return;
  running_ = wanted_;
  Assignment assignment = *wanted_;
  assignment.scan_all = assignment.scan_all || scan_all_;
  auto kept = co_await keep(*target_, assignment);
  Report report(assignment);
  if (kept)
    report = co_await run(*target_, assignment, run_stop_.get_token());
  else
    report.failed(Stage::recover, std::move(kept).error());
  running_.reset();
  awake_ = awake_ || !target_->journal_open;
  if (report.verified) scan_all_ = false;
  const auto now = std::chrono::steady_clock::now();
  static thread_local std::minstd_rand random{std::random_device{}()};
  const double jitter = std::uniform_real_distribution<double>(0, 0.1)(random);
  next_run_.reset();
  if (const auto wait = patience_.after(report, target_->memory.now(), target_->now_ms(), jitter))
    next_run_ = now + *wait;
  next_look_ = now + assignment.profile.sync_period;
  last_ = std::move(report);
  co_await tell_(*last_);
}

// Between Runs: a changed role, a restart, or a state that ends a hold starts a Run.
asio::awaitable<bool> TargetLane::target_changed(std::stop_token stop) {
  const Facts before = target_->facts;
  auto facts = co_await observe(*target_, *wanted_, stop);
  next_look_ = std::chrono::steady_clock::now() + wanted_->profile.sync_period;
  if (!facts) co_return false;
  const bool restarted = facts->started != before.started;
  if (restarted) scan_all_ = true;
  co_return restarted || facts->state != before.state || facts->role != before.role || facts->hold != before.hold;
}

asio::awaitable<void> TargetLane::wait(std::stop_token stop) {
  const auto never = std::chrono::steady_clock::time_point::max();
  const auto look = wanted_ && last_ ? next_look_ : never;
  const auto run = next_run_.value_or(never);
  timer_->expires_at(std::min(look, run));
  co_await timer_->async_wait(asio::as_tuple(asio::use_awaitable));
  if (stop.stop_requested() || due_) co_return;
  const auto now = std::chrono::steady_clock::now();
  if (now >= run) {
    next_run_.reset();
    due_ = true;
  } else if (now >= look && co_await target_changed(stop)) {
    due_ = true;
  }
}

}  // namespace stoker::host
