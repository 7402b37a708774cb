// From the open tree of a revision to renamed files: plan, admit, stage, lock, apply. Up to the renames nothing live is
// touched, and every step may leave the Run.
#include "host/run/one_run.hpp"
#include "host/values/run_diff.hpp"

namespace stoker::host {

namespace {

constexpr std::chrono::minutes plan_deadline{10}, stage_deadline{30};

Decision decision_of(const Hold& hold) {
  Decision decision = Decision::hold(hold.name, hold.reason, hold.again_at_ms);
  decision.until_ms = hold.until_ms;
  decision.ended_by = hold.ended_by;
  return decision;
}

// What stands against the plan: the rollout's own hold first, then the strategy, then the verifiers.
std::vector<Decision> join_objections(const Assignment& assignment, const Planned& plan, Admission answer) {
  std::vector<Decision> against;
  if (assignment.hold) against.push_back(decision_of(*assignment.hold));
  if (plan.decision.verdict != Decision::Verdict::allow) against.push_back(plan.decision);
  if (!answer.allows()) against.push_back(std::move(answer.decision));
  for (Decision& other : answer.others) against.push_back(std::move(other));
  return against;
}

}  // namespace

asio::awaitable<OneRun::Next> OneRun::plan_and_change(OpenTree tree) {
  const bool repair_due = memory().is_repair_due(assigned());
  briefing_.repair = briefing_.repair || !memory().good || memory().overwritten.has_value() || repair_due;
  briefing_.scan_all = briefing_.scan_all || !memory().sure_for(target_.judges) || repair_due;
  Result<Planned> planned;
  {
    const Timed timed(*this, Stage::plan);
    const CallLimits limits(plan_deadline, stop_);
    planned = co_await target_.strategy.plan(limits, report_.id, document_of(briefing_), tree);
  }
  if (!planned) co_return fail_or_block(Stage::plan, std::move(planned).error());
  constexpr std::size_t kept_max = RunDiff::changes_max - Report::changes_max;
  report_.plan(planned->changes, assigned().dry_run ? planned->changes.size() : kept_max);
  report_.note(planned->notes);
  report_.plan_digest = planned->digest;
  report_.looked_at_all = briefing_.scan_all;
  if (target_.step) target_.step->changes = planned->changes.size();
  const PlanShown shown(std::make_shared<const Planned>(std::move(planned).value()), &target_.strategy, tree);

  if (shown.plan->empty() && !assigned().dry_run) {
    auto adopted = co_await target_.strategy.adopt(report_.id);
    if (!adopted) co_return fail_or_block(Stage::plan, std::move(adopted).error());
    co_return co_await record_and_judge(shown, briefing_);
  }
  if (co_await admit(shown) != Next::go_on) co_return Next::leave;
  if (co_await stage(shown) != Next::go_on) co_return Next::leave;
  co_return co_await change(shown);
}

asio::awaitable<OneRun::Next> OneRun::admit(PlanShown shown) {
  const Timed timed(*this, Stage::admit);
  auto answer = co_await target_.verifiers.admit(briefing_, shown, stop_);
  if (!answer) co_return fail(Stage::admit, std::move(answer).error());
  std::vector<Decision> against = join_objections(assigned(), *shown.plan, std::move(answer).value());
  if (assigned().dry_run) {
    if (const std::optional<Hold> standing = standing_hold()) against.insert(against.begin(), decision_of(*standing));
    report_.decisions = std::move(against);
    co_return leave(Outcome::planned, Stage::admit);
  }
  for (const Decision& decision : against)
    if (decision.verdict == Decision::Verdict::refuse)
      co_return fail(Stage::admit, Error(errc::invalid, decision.name + ": " + decision.reason, decision.name));
  if (against.empty()) co_return Next::go_on;
  co_return hold(Stage::admit, hold_of(against.front()));
}

// Files that a held Run has staged for the same plan are used as they are.
asio::awaitable<OneRun::Next> OneRun::stage(PlanShown shown) {
  const std::optional<Waiting>& waiting = memory().waiting;
  if (waiting && waiting->run == report_.id && waiting->plan_digest == shown.plan->digest) co_return Next::go_on;
  const Timed timed(*this, Stage::stage);
  const CallLimits limits(stage_deadline, stop_);
  auto staged = co_await target_.strategy.stage(limits, report_.id, shown.tree);
  if (!staged) co_return fail_or_block(Stage::stage, std::move(staged).error());
  Memory next = after::staged(memory(), report_.id, shown.plan->digest, assigned().held_key());
  co_return co_await write(std::move(next), Stage::stage);
}

asio::awaitable<OneRun::Next> OneRun::change(PlanShown shown) {
  const bool doubt = memory().in_flight && memory().in_flight->moved;
  const std::optional<InFlight> earlier = doubt ? memory().in_flight : std::nullopt;
  if (co_await lock(shown, earlier) != Next::go_on) co_return Next::leave;
  Result<std::vector<Note>> applied;
  {
    const Timed timed(*this, Stage::apply);
    applied = co_await target_.journal.apply(report_.id);
  }
  if (applied) {
    past_apply_ = true;
    report_.wrote = true;
    report_.note(*applied);
    co_return co_await record_and_judge(std::move(shown), briefing_);
  }
  if (applied.error() != errc::conflict) {
    past_apply_ = true;
    co_return co_await revert_failed_apply(std::move(applied).error());
  }
  co_await unlock(briefing_);
  Memory next = after::stepped_back(memory(), report_.id, earlier);
  if (co_await write(std::move(next), Stage::apply) != Next::go_on) co_return Next::leave;
  co_return Next::conflict;
}

// The memory says durably that this Run is in flight before the gateway is locked: whoever finds the lock or renamed
// files later knows whose they are. `earlier`: renames of an earlier Run that nobody has judged.
asio::awaitable<OneRun::Next> OneRun::lock(PlanShown shown, const std::optional<InFlight>& earlier) {
  const Timed timed(*this, Stage::lock);
  Memory next = after::locking(memory(), report_.id, briefing_);
  if (co_await write(std::move(next), Stage::lock) != Next::go_on) co_return Next::leave;

  auto answer = co_await look_and_lock(shown);
  if (answer && answer->allows()) {
    next = after::locked(memory(), assigned(), std::move(answer->tickets));
    co_return co_await write(std::move(next), Stage::lock);
  }
  next = after::stepped_back(memory(), report_.id, earlier);
  if (co_await write(std::move(next), Stage::lock) != Next::go_on) co_return Next::leave;
  if (!answer) co_return fail(Stage::lock, std::move(answer).error());
  co_return hold(Stage::lock, hold_of(answer->decision));
}

// The gateway is asked once more: staging may have taken minutes, and what it is now decides. Then it is locked.
Async<LockAnswer> OneRun::look_and_lock(PlanShown shown) {
  auto facts = co_await observe(target_, briefing_, stop_);
  if (!facts) co_return std::move(facts).error();
  if (facts->not_ready()) {
    LockAnswer held;
    const std::string state(name(facts->state));
    held.decision = Decision::hold(state, "the gateway is " + state);
    co_return held;
  }
  if (facts->role != briefing_.facts.role) {
    const std::string change =
        "from " + std::string(name(briefing_.facts.role)) + " to " + std::string(name(facts->role));
    co_return Error(errc::conflict, "the gateway's role changed " + change + " after the plan was made", "run.role");
  }
  briefing_.facts = *facts;
  const Details* baseline = memory().doubtful() ? &memory().last_detail : nullptr;
  auto answer = co_await target_.verifiers.lock(briefing_, shown, baseline, false, stop_);
  if (answer && answer->allows() && stop_.stop_requested()) {
    co_await unlock(briefing_);
    answer = Error(errc::cancelled, "a newer assignment is there");
  }
  co_return answer;
}

}  // namespace stoker::host
