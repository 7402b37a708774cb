// What the target's lane calls, and the writes of the target's files.
#include "host/run/one_run.hpp"

namespace stoker::host {

namespace {

constexpr std::chrono::minutes write_deadline{5};

Async<Replaced> write_by_pool(Target& target, TargetMemory::Write write) {
  std::string what = target.name + ": " + write.file.filename().string();
  auto body = [write = std::move(write)](const CallState&) -> Result<Replaced> { return write(); };
  const CallLimits limits(write_deadline);
  co_return co_await target.workers.call<Replaced>(std::move(what), limits, std::move(body));
}

// A newer token alone is not worth a write at each look.
bool differs_by_token_only(Assignment last, const Assignment& next) {
  if (next.token > last.token + unwritten_tokens_max) return false;
  last.token = next.token;
  last.asked = next.asked;
  return to_json(last) == to_json(next);
}

}  // namespace

Async<void> write_memory(Target& target, Memory next) {
  auto begun = target.memory.begin_write(next);
  if (!begun) co_return std::move(begun).error();
  auto came = co_await write_by_pool(target, std::move(begun).value());
  co_return target.memory.end_write(std::move(next), std::move(came));
}

asio::awaitable<Report> run(Target& target, Assignment assignment, bool scan_all, std::stop_token stop) {
  OneRun one(target, std::move(assignment), scan_all, std::move(stop));
  co_return co_await one.drive(OneRun::Scope::whole);
}

asio::awaitable<Report> wake(Target& target, Assignment assignment, std::stop_token stop) {
  target.journal.assume_open();
  OneRun one(target, std::move(assignment), false, std::move(stop));
  co_return co_await one.drive(OneRun::Scope::recovery);
}

Async<void> check_place(Target& target) {
  std::string what = target.name + ": its data folder";
  auto body = [check = target.memory.place_check()](const CallState&) { return check(); };
  const CallLimits limits(write_deadline);
  co_return co_await target.workers.call<void>(std::move(what), limits, std::move(body));
}

Async<void> keep(Target& target, const Assignment& assignment) {
  const std::optional<Assignment>& last = target.memory.assignment();
  if (last && differs_by_token_only(*last, assignment)) co_return Result<void>();
  auto begun = target.memory.begin_write(assignment);
  if (!begun) co_return std::move(begun).error();
  auto came = co_await write_by_pool(target, std::move(begun).value());
  co_return target.memory.end_write(assignment, std::move(came));
}

Async<Facts> observe(Target& target, const Briefing& briefing, std::stop_token stop) {
  auto facts = co_await target.verifiers.observe(briefing, stop);
  if (!facts) co_return facts;
  const std::optional<Role> known = target.memory.now().role;
  if (!facts->running() && target.facts.state != GatewayState::unknown)
    facts->role = target.facts.role;
  else if (!facts->running() && known)
    facts->role = *known;
  if (facts->running() && facts->role != known && !briefing.assignment.dry_run) {
    Memory next = after::role_seen(target.memory.now(), facts->role);
    auto written = co_await write_memory(target, std::move(next));
    if (!written) co_return std::move(written).error();
  }
  target.facts = *facts;
  if (target.observed) target.observed(*facts);
  co_return facts;
}

Async<Facts> observe_between_runs(Target& target, const Assignment& assignment, std::stop_token stop) {
  const Briefing briefing(assignment);
  co_return co_await observe(target, briefing, std::move(stop));
}

}  // namespace stoker::host
