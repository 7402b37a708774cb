#include "fake_agents.hpp"

namespace bench {

using host::Assignment;
using host::Report;
namespace asio = host::asio;

FakeAgents::FakeAgents(host::Exchange& exchange, const host::TargetDirectory& targets, asio::any_io_executor loop,
                       const host::Clock& clock, host::ModuleLog log)
    : exchange_(exchange), clock_(clock), tasks_(std::move(loop), std::move(log)) {
  for (const host::TargetConfig* target : targets.all())
    bells_.push_back(exchange.changed(target->name, [this, name = target->name] { ring(name); }));
}

void FakeAgents::ring(const std::string& target) {
  due_.insert(target);
  if (working_ >= at_once) return;
  ++working_;
  tasks_.spawn("fake agents", work());
}

asio::awaitable<void> FakeAgents::work() {
  while (!due_.empty()) {
    std::string target = due_.extract(due_.begin()).value();
    co_await answer(std::move(target));
  }
  --working_;
}

asio::awaitable<void> FakeAgents::answer(std::string target) {
  auto newest = co_await exchange_.newest(target);
  if (!newest || !*newest) co_return;
  const Assignment assignment = std::move(**newest);
  const Done done{assignment.token, assignment.hold ? assignment.hold->name : ""};
  if (std::exchange(done_[target], done) == done) co_return;
  ++reports_;
  auto reported = co_await exchange_.report(target, report_of(assignment));
  if (reported) co_return;
  done_.erase(target);
  ring(target);
}

// As large as one of a real Run: with its steps and one changed file.
Report FakeAgents::report_of(const Assignment& assignment) {
  Report report(assignment);
  report.id = assignment.target + "-" + std::to_string(reports_);
  report.started_at_ms = clock_.wall_ms();
  report.duration_ms = 12;
  for (const char* step : {"recover", "observe", "open", "plan", "admit", "stage", "lock", "apply", "verify"})
    report.stages.push_back({step, 1});
  report.plan_digest = std::string(64, 'd');
  report.counts.changed = 1;
  report.settled = true;
  report.running = host::RunningNow{assignment.revision, assignment.ref, false, true, clock_.wall_ms()};
  if (assignment.hold)
    report.held(host::Stage::held, *assignment.hold);
  else
    report.ended(host::Outcome::applied, host::Stage::verify);
  report.settled = true;
  return report;
}

}  // namespace bench
