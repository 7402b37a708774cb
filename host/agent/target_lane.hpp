// One target's lane: it takes the newest Assignment out of the exchange, runs it, puts the Report back, and waits for
// what comes next. A target has one Run at a time. A newer Assignment ends any wait at once and stops the Run that is
// under way, as far as a Run may be stopped.
//
// The Agent owns a lane for as long as the target exists; nobody else holds its address. What to do is in the exchange,
// what was done is in the exchange, and what decides the target's fate lies on the target's own volume
// (Target::memory). When the exchange does not answer, the lane goes on with the Assignment that it has, and keeps its
// Reports until they are acknowledged. [event loop]
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
  static constexpr std::size_t unsent_max = 20;  // Reports; past it the oldest is dropped and the log says so

  // `known`: what is known of the target while nothing was ever assigned. Clock and exchange outlive the lane.
  TargetLane(std::unique_ptr<Target> target, Assignment known, Exchange& exchange, const Clock& clock, ModuleLog log);
  ~TargetLane();

  const std::string& name() const { return target_->name; }
  // What a dead process left was finished or undone.
  bool awake() const { return awake_; }
  // What is live is one whole revision, or was never touched.
  bool whole() const { return awake_ && !target_->journal.may_be_open(); }
  Target& target() { return *target_; }

  // Wakes the target, then runs what is assigned until `stop`. A Run under way is finished, or given up before it
  // changes a file. Beside it `follow` takes over what the exchange has.
  asio::awaitable<void> work(std::stop_token stop);
  asio::awaitable<void> follow(std::stop_token stop);
  // For a command: one Run of what is assigned now. A dry run wakes nothing and remembers nothing. The Reports, of
  // what an earlier process left and of the Run; without the latter nothing is assigned.
  asio::awaitable<std::vector<Report>> run_once(bool dry_run, std::stop_token stop);

  // ---- the steps of `work` and `follow`, which tests take one by one
  asio::awaitable<void> wake_up();
  // Takes over the newest Assignment. False: the exchange did not answer.
  asio::awaitable<bool> pull();
  // Does what is due: a Run, or a look at the target whether it changed.
  asio::awaitable<void> act();
  // When something is due by the clock's monotonic_ms(); nothing: when somebody rings.
  std::optional<std::int64_t> due_at() const;
  bool due() const;

 private:
  void take(Assignment newest);
  asio::awaitable<Report> run(Assignment assignment, bool scan_all);
  asio::awaitable<void> run_wanted();
  asio::awaitable<bool> target_changed();
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
  bool run_due_ = false, awake_ = false, scan_all_ = false, stopping_ = false;
};

}  // namespace stoker::host
