// One function for each step: take an Assignment, run it, report, wait.
#include "host/agent/target_lane.hpp"

#include "host/run/run_diffs.hpp"

#include <algorithm>

namespace stoker::host {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t planned_max = 1000, planned_bytes_max = 128u << 10;  // of a plan that somebody asked for

// How long to wait before a failed call of the exchange is tried again.
milliseconds back_off(unsigned failures) { return seconds(1) * (1u << std::min(failures, 6u)); }

// Of a Run that did not begin, because its Assignment could not be stored on the volume of the target.
Report not_kept(const Assignment& assignment, std::int64_t now_ms, Error why) {
  Report report(assignment);
  report.id = "not-kept-" + std::to_string(now_ms);
  report.started_at_ms = now_ms;
  // Not found: the data folder is not there now, perhaps because its volume is not mounted.
  if (why == errc::denied || why == errc::not_found)
    report.held(Stage::recover, blocked_hold(why));
  else
    report.failed(Stage::recover, std::move(why));
  return report;
}

// What runs after the Run, and what is not applied again.
void add_memory(Report& report, const Memory& memory) {
  report.running.reset();
  report.bad_revisions.clear();
  if (const auto& running = memory.running)
    report.running =
        RunningNow{running->revision, running->ref, running->verified(), running->settled, running->since_ms};
  for (const Held& held : memory.held) report.bad_revisions.push_back({held.revision, held.error, held.since_ms});
}

}  // namespace

TargetLane::TargetLane(std::unique_ptr<Target> target, Assignment known, Exchange& exchange, const Clock& clock,
                       ModuleLog log)
    : target_(std::move(target)),
      known_(std::move(known)),
      exchange_(exchange),
      clock_(clock),
      log_(std::move(log)),
      wakeup_(target_->workers.loop(), clock),
      changed_(target_->workers.loop(), clock),
      bell_(exchange.changed(target_->name, [this] { changed_.ring(); })) {}

TargetLane::~TargetLane() = default;

// ---------------------------------------------------------------- what is assigned

asio::awaitable<void> TargetLane::follow(std::stop_token stop) {
  unsigned failures = 0;
  while (!stop.stop_requested()) {
    std::optional<std::int64_t> again;
    const bool pulled = co_await pull();
    if (pulled)
      failures = 0;
    else
      again = clock_.monotonic_ms() + back_off(failures++).count();
    if (pulled && next_send_) {  // the exchange is there, so Reports that it did not take need not wait
      next_send_ = clock_.monotonic_ms();
      wakeup_.ring();
    }
    co_await changed_.until(again, stop);
  }
}

asio::awaitable<bool> TargetLane::pull() {
  auto newest = co_await exchange_.newest(name());
  if (!newest) {
    log_.warning("the newest assignment could not be read; it is tried again",
                 {{"target", name()}, {"why", newest.error().message}});
    co_return false;
  }
  if (!*newest || !take(std::move(**newest))) co_return true;
  AgentStand stand;
  stand.wants_verification = target_->is_verified;
  auto told = co_await exchange_.tell_stand(name(), std::move(stand));
  if (!told)
    log_.warning("that a newer assignment was seen could not be stored",
                 {{"target", name()}, {"why", told.error().message}});
  co_return told || told.error() == errc::invalid;  // that is never taken
}

// An Assignment with the same work is only acknowledged, unless somebody asked for a look or forgot the target. False:
// what is known of the target says enough, because it runs what is assigned, and a Run whose Report says all is due.
bool TargetLane::take(Assignment newest) {
  const bool same = wanted_ && wanted_->same_work(newest);
  const bool asked = wanted_ && newest.asked > wanted_->asked;
  if (newest.plan_due && newest.plan.asked != planned_) {
    planned_ = newest.plan.asked;
    plan_due_ = true;
    wakeup_.ring();
  }
  if (newest.waiting_due && newest.waiting.asked != tried_) {
    tried_ = newest.waiting.asked;
    waiting_due_ = true;
    wakeup_.ring();
  }
  wanted_ = std::move(newest);
  if (same && !asked && !is_forgotten()) return true;
  patience_.reset();
  run_due_ = true;
  if (running_ && !running_->same_work(*wanted_)) run_stop_.request_stop();
  wakeup_.ring();
  return !same;
}

// Somebody removed what was known of the target, and no Report of it will come by itself.
bool TargetLane::is_forgotten() const {
  const TargetRecord* known = exchange_.known(name());
  return known && known->assignment && !known->last && !running_ && !run_due_ && unsent_.empty();
}

// ---------------------------------------------------------------- Runs

asio::awaitable<void> TargetLane::work(std::stop_token stop) {
  std::stop_callback on_stop(stop, [this, loop = target_->workers.loop()] {
    asio::post(loop, [this] {
      stopping_ = true;
      run_stop_.request_stop();
    });
  });
  co_await wake_up();
  while (!stop.stop_requested()) {
    if (due())
      co_await act();
    else
      co_await wakeup_.until(due_at(), stop);
  }
}

asio::awaitable<void> TargetLane::wake_up() {
  const Assignment last = target_->memory.assignment().value_or(known_);
  run_stop_ = {};
  Report woken = co_await wake(*target_, last, run_stop_.get_token());
  awake_ = !target_->journal.may_be_open();  // not ready while the files may be a mix of two revisions
  scan_all_ = true;                          // files may have changed while no process was running
  if (woken.outcome != Outcome::unchanged) co_await tell(std::move(woken));
}

asio::awaitable<std::vector<Report>> TargetLane::run_once(bool dry_run, std::stop_token stop) {
  std::stop_callback on_stop(
      stop, [this, loop = target_->workers.loop()] { asio::post(loop, [this] { run_stop_.request_stop(); }); });
  std::vector<Report> reports;
  if (!dry_run) {
    const Assignment last = target_->memory.assignment().value_or(known_);
    Report woken = co_await wake(*target_, last, run_stop_.get_token());
    if (woken.outcome != Outcome::unchanged) reports.push_back(std::move(woken));
  }
  co_await pull();
  if (wanted_ && !stop.stop_requested()) {
    Assignment assignment = *wanted_;
    assignment.dry_run = assignment.dry_run || dry_run;  // what stands may be a real Run of an earlier process
    reports.push_back(co_await run(std::move(assignment), true));
  }
  for (const Report& report : reports) co_await tell(report);
  co_return reports;
}

asio::awaitable<void> TargetLane::plan_once(std::stop_token stop) {
  std::stop_callback on_stop(
      stop, [this, loop = target_->workers.loop()] { asio::post(loop, [this] { run_stop_.request_stop(); }); });
  co_await pull();
  if (waiting_due_ && wanted_ && !stop.stop_requested()) co_await plan_waiting();
}

// The Assignment is first stored on the volume of the target, because a start without a control plane needs it.
asio::awaitable<Report> TargetLane::run(Assignment assignment, bool scan_all) {
  Result<void> kept = co_await check_place(*target_);
  if (kept && !assignment.dry_run) kept = co_await keep(*target_, assignment);
  if (!kept) co_return not_kept(assignment, clock_.wall_ms(), std::move(kept).error());
  Report report = co_await host::run(*target_, assignment, scan_all, run_stop_.get_token());
  if (report.wrote) co_await keep_diff(report);
  if (!assignment.dry_run) report.further.clear();  // only a command shows them
  co_return report;
}

// What the Run changed is for people only: the Run is what it is without it.
asio::awaitable<void> TargetLane::keep_diff(const Report& report) {
  const RunDiff diff = run_diff_of(report);
  auto kept = co_await keep_run_diff(*target_, diff);
  if (!kept)
    log_.warning("what a Run changed could not be kept for stoker diff",
                 {{"target", name()}, {"run", report.id}, {"why", kept.error().message}});
}

asio::awaitable<void> TargetLane::run_wanted() {
  run_due_ = false;
  run_stop_ = {};
  if (stopping_) co_return;
  running_ = wanted_;
  const Assignment assignment = *wanted_;
  Report report = co_await run(assignment, scan_all_);
  running_.reset();
  report.further.clear();
  awake_ = awake_ || !target_->journal.may_be_open();
  if (report.settled) scan_all_ = false;
  plan_next(report, assignment);
  co_await tell(std::move(report));
}

// What a Run would do. It is for who asked and changes nothing, also not what comes next. superseded: it was stopped.
asio::awaitable<Report> TargetLane::plan(Assignment assignment, std::string asked) {
  run_stop_ = {};
  assignment.dry_run = true;
  Report report(assignment);
  auto in_place = co_await check_place(*target_);
  if (in_place)
    report = co_await host::run(*target_, assignment, true, run_stop_.get_token());
  else
    report = not_kept(assignment, clock_.wall_ms(), std::move(in_place).error());
  if (report.id.empty()) report.id = "plan-" + std::to_string(clock_.wall_ms());
  if (report.started_at_ms == 0) report.started_at_ms = clock_.wall_ms();
  std::size_t bytes = 0;
  for (Change& change : report.further) {
    bytes += change.path.size();
    if (report.changes.size() >= planned_max || bytes > planned_bytes_max) break;
    report.changes.push_back(std::move(change));
  }
  report.further.clear();
  report.answers_plan = std::move(asked);
  co_return report;
}

// The dry run that somebody asked for.
asio::awaitable<void> TargetLane::plan_wanted() {
  plan_due_ = false;
  if (stopping_) co_return;
  Assignment assignment = *wanted_;
  const WantedPlan asked = assignment.plan;
  assignment.revision = asked.revision;
  assignment.ref = asked.ref;
  if (!asked.problem.empty()) {
    Report unresolved(assignment);
    unresolved.failed(Stage::resolve, Error(errc::not_found, asked.problem));
    unresolved.id = "plan-" + std::to_string(clock_.wall_ms());
    unresolved.started_at_ms = clock_.wall_ms();
    unresolved.answers_plan = asked.asked;
    co_return co_await tell(std::move(unresolved));
  }
  Report report = co_await plan(std::move(assignment), asked.asked);
  if (report.outcome == Outcome::superseded)
    planned_.clear();  // it is asked for again, or by the next process
  else
    co_await tell(std::move(report));
}

// The dry run of the work that waits until each target of the Sync has planned it.
asio::awaitable<void> TargetLane::plan_waiting() {
  waiting_due_ = false;
  if (stopping_) co_return;
  Assignment assignment = *wanted_;
  const WaitingWork waiting = assignment.waiting;
  assignment.revision = waiting.revision;
  assignment.ref = waiting.ref;
  assignment.source = waiting.source;
  assignment.profile = waiting.profile;
  assignment.hold.reset();  // it may be this dry run that is waited for
  Report report = co_await plan(std::move(assignment), waiting.asked);
  if (report.outcome == Outcome::superseded) {
    tried_.clear();
    co_return;
  }
  report.of_waiting = true;
  const Counts& counts = report.counts;
  const std::uint64_t count = counts.added + counts.changed + counts.removed + counts.chmod;
  const std::string text =
      report.error ? "DRY_RUN: it failed" : "DRY_RUN: Would have changed " + std::to_string(count) + " files";
  log_.info(text,
            {{"sync", report.sync}, {"target", name()}, {"revision", report.revision}, {"outcome", summary(report)}});
  co_await tell(std::move(report));
}

void TargetLane::plan_next(const Report& report, const Assignment& assignment) {
  const std::int64_t now = clock_.monotonic_ms();
  const double jitter = std::uniform_real_distribution<double>(0, 0.1)(random_);
  next_run_.reset();
  if (const auto wait = patience_.after(report, target_->memory.now(), clock_.wall_ms(), jitter))
    next_run_ = now + wait->count();
  next_look_ = now + milliseconds(assignment.profile.sync_period).count();
  // Nobody tells when the place was corrected.
  const bool is_blocked = report.hold && report.hold->name == "blocked";
  if (is_blocked && !next_run_) next_run_ = next_look_;
}

// ---------------------------------------------------------------- between Runs

std::optional<std::int64_t> TargetLane::due_at() const {
  std::optional<std::int64_t> first;
  for (const auto& time : {next_run_, next_look_, next_send_})
    if (time && (!first || *time < *first)) first = time;
  return first;
}

bool TargetLane::due() const {
  if (run_due_ || plan_due_ || waiting_due_) return true;
  const auto first = due_at();
  return first && clock_.monotonic_ms() >= *first;
}

asio::awaitable<void> TargetLane::act() {
  const std::int64_t now = clock_.monotonic_ms();
  if (next_send_ && now >= *next_send_) co_await send_reports();
  if (plan_due_ && wanted_) co_await plan_wanted();
  if (waiting_due_ && wanted_) co_await plan_waiting();
  if (!run_due_ && next_run_ && now >= *next_run_) run_due_ = true;
  if (!run_due_ && next_look_ && now >= *next_look_) run_due_ = co_await target_changed();
  if (run_due_ && wanted_)
    co_await run_wanted();
  else
    run_due_ = false;
}

// Checks the target between Runs. A changed role, a restart, or a state that ends a hold starts a Run.
asio::awaitable<bool> TargetLane::target_changed() {
  const Facts before = target_->facts;
  const Assignment assignment = *wanted_;
  auto facts = co_await observe_between_runs(*target_, assignment, run_stop_.get_token());
  next_look_ = clock_.monotonic_ms() + milliseconds(assignment.profile.sync_period).count();
  if (!facts) co_return false;
  const bool restarted = facts->started != before.started;
  if (restarted) scan_all_ = true;
  co_return restarted || facts->state != before.state || facts->role != before.role || facts->hold != before.hold;
}

// ---------------------------------------------------------------- Reports

asio::awaitable<void> TargetLane::tell(Report report) {
  add_memory(report, target_->memory.now());
  unsent_.push_back(std::move(report));
  if (unsent_.size() > unsent_max) {
    log_.error("a Report was dropped: the exchange has not taken any for a long time",
               {{"target", name()}, {"run", unsent_.front().id}});
    unsent_.pop_front();
  }
  co_await send_reports();
}

asio::awaitable<void> TargetLane::send_reports() {
  next_send_.reset();
  while (!unsent_.empty()) {
    const std::string id = unsent_.front().id;
    auto taken = co_await exchange_.report(name(), unsent_.front());
    if (!taken && taken.error() == errc::invalid) {  // it is never taken: those after it must not wait for it
      log_.error("a Report was dropped: it cannot be stored",
                 {{"target", name()}, {"run", id}, {"why", taken.error().message}});
    } else if (!taken) {
      if (failed_sends_ == 0)
        log_.warning("a Report could not be delivered; it is sent again",
                     {{"target", name()}, {"run", id}, {"why", taken.error().message}});
      next_send_ = clock_.monotonic_ms() + back_off(failed_sends_++).count();
      co_return;
    }
    failed_sends_ = 0;
    unsent_.pop_front();
  }
}

}  // namespace stoker::host
