// The lane of one target takes the newest Assignment from the exchange, runs it, puts the Report into the exchange, and
// waits for the next one. A target has one Run at a time. A newer Assignment ends any wait at once, and stops the
// current Run if it has not begun to change files.
//
// The Agent owns a lane for as long as the target exists; nobody else holds its address. Assignments and Reports are in
// the exchange. What must survive a loss of the exchange is on the volume of the target itself (Target::memory). When
// the exchange does not answer, the lane goes on with the Assignment that it has, and keeps its Reports until they are
// acknowledged. [event loop]
#pragma once

#include "host/agent/patience.hpp"
#include "host/calls/wakeup.hpp"
#include "host/exchange/exchange.hpp"
#include "host/offered/log.hpp"
#include "host/run/pipeline.hpp"

#include <deque>
#include <random>

namespace stoker::host {

class TargetLane {
 public:
  static constexpr std::size_t unsent_max = 20;  // Reports; when there are more, the oldest is dropped and logged

  // `known`: the Assignment to use while nothing was ever assigned. Clock and exchange have to outlive the lane.
  TargetLane(std::unique_ptr<Target> target, Assignment known, Exchange& exchange, const Clock& clock, ModuleLog log);
  ~TargetLane();

  const std::string& name() const { return target_->name; }
  // Was everything that a dead process left finished or undone?
  bool awake() const { return awake_; }
  // Are the live files one complete revision, or were they never changed?
  bool whole() const { return awake_ && !target_->journal.may_be_open(); }
  Target& target() { return *target_; }

  // Wakes the target, then runs what is assigned until `stop`. At the stop the current Run is finished, or given up if
  // it has not changed a file. `follow` runs at the same time and takes new Assignments from the exchange.
  asio::awaitable<void> work(std::stop_token stop);
  asio::awaitable<void> follow(std::stop_token stop);
  // For a command: one Run of what is assigned now. A dry run does not wake the target and stores nothing. Returns the
  // Reports of the recovery, if there was one, and of the Run, if something is assigned.
  asio::awaitable<std::vector<Report>> run_once(bool dry_run, std::stop_token stop);

  // For a command: the dry run of the work that waits, if it has none yet.
  asio::awaitable<void> plan_once(std::stop_token stop);

  // ---- the steps of `work` and `follow`, public so that tests can do them one by one
  asio::awaitable<void> wake_up();
  // Takes the newest Assignment, and says that it has seen it. False: the exchange did not answer.
  asio::awaitable<bool> pull();
  // Does what is due: a Run, or a check whether the target has changed.
  asio::awaitable<void> act();
  // When the next step is due, by monotonic_ms() of the clock. No value: only when somebody rings.
  std::optional<std::int64_t> due_at() const;
  bool due() const;

 private:
  bool take(Assignment newest);
  bool is_forgotten() const;
  asio::awaitable<Report> run(Assignment assignment, bool scan_all);
  asio::awaitable<void> run_wanted();
  asio::awaitable<void> plan_wanted();
  asio::awaitable<void> plan_waiting();
  asio::awaitable<Report> plan(Assignment assignment, std::string asked);
  asio::awaitable<bool> target_changed();
  asio::awaitable<void> keep_diff(const Report& report);
  asio::awaitable<void> tell(Report report);
  asio::awaitable<void> send_reports();
  void plan_next(const Report& report, const Assignment& assignment);

  std::unique_ptr<Target> target_;
  const Assignment known_;
  Exchange& exchange_;
  const Clock& clock_;
  ModuleLog log_;
  Wakeup wakeup_, changed_;
  Exchange::Bell bell_;
  std::optional<Assignment> wanted_, running_;
  std::stop_source run_stop_;
  Patience patience_;
  std::minstd_rand random_{std::random_device{}()};
  std::deque<Report> unsent_;  // oldest first
  unsigned failed_sends_ = 0;
  std::optional<std::int64_t> next_run_, next_look_, next_send_;  // by monotonic_ms()
  std::string tried_;                                             // the text of the newest work that waits
  std::string planned_;                                           // the text of the newest plan that was asked for
  bool run_due_ = false, plan_due_ = false, waiting_due_ = false, awake_ = false, scan_all_ = false, stopping_ = false;
};

}  // namespace stoker::host
