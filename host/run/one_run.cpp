// The order of a Run's steps, and the small parts that several of them share.
#include "host/run/one_run.hpp"

#include "host/calls/shown_tree.hpp"

#include <random>

namespace stoker::host {

namespace {

constexpr std::chrono::minutes open_deadline{10};
constexpr const char* ended_by_other_work = "stoker.io/retry, another revision or other inputs";

std::string new_run_id(std::int64_t now_ms) {
  static constexpr char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id;
  for (std::int64_t rest = now_ms; rest > 0; rest /= 36) id.insert(id.begin(), digits[rest % 36]);
  std::random_device random;
  id += '-';
  for (int i = 0; i < 6; ++i) id += digits[random() % 36];
  return id;
}

Hold quarantine_hold() {
  return make_hold("quarantine",
                   "The rollback finished, but the gateway is still unhealthy. Look at the gateway, then ask for a "
                   "retry.",
                   ended_by_other_work);
}

Hold revision_hold(const Memory& memory, const Assignment& assignment) {
  std::string why = "this revision proved bad on this target";
  if (const std::string error = memory.why_held(assignment.held_key()); !error.empty()) why += ": " + error;
  return make_hold("revision", why, "another revision, other inputs or stoker.io/retry");
}

}  // namespace

Hold make_hold(std::string name, std::string reason, std::string ended_by) {
  Hold hold;
  hold.name = std::move(name);
  hold.reason = std::move(reason);
  hold.ended_by = std::move(ended_by);
  return hold;
}

Hold hold_of(const Decision& decision) {
  Hold hold = make_hold(decision.name, decision.reason, decision.ended_by);
  hold.again_at_ms = decision.again_at_ms;
  hold.until_ms = decision.until_ms;
  return hold;
}

Hold blocked_hold(const Error& why) {
  const std::string code = why.code.empty() ? std::string() : " [" + why.code + "]";
  return make_hold("blocked", why.message + code, "the place is corrected; Stoker looks again at each sync period");
}

Hold drift_hold(const std::string& by) {
  return make_hold("drift",
                   "Delivered files were replaced after the Run, put back, and replaced again. " + by +
                       ". Find out who writes these files, then ask for a retry.",
                   ended_by_other_work);
}

PlanShown show_changes(std::string run, ChangeList changes) {
  Planned planned;
  planned.run = std::move(run);
  planned.changes = std::move(changes);
  planned.digest = planned.changes.digest();
  return PlanShown(std::make_shared<const Planned>(std::move(planned)), nullptr, {});
}

OneRun::OneRun(Target& target, Assignment assignment, bool scan_all, std::stop_token stop)
    : target_(target), briefing_(std::move(assignment)), stop_(std::move(stop)), report_(assigned()) {
  briefing_.scan_all = scan_all;
  report_.started_at_ms = target_.clock.wall_ms();
  report_.id = new_run_id(report_.started_at_ms);
  if (memory().running) report_.from = memory().running->revision;
}

// ---------------------------------------------------------------- the steps

void OneRun::show_step(Stage stage, std::int64_t now_ms) {
  if (!target_.step) target_.step.emplace().run_began_ms = now_ms;
  target_.step->stage = stage;
  target_.step->stage_began_ms = now_ms;
}

asio::awaitable<Report> OneRun::drive(Scope scope) {
  if (scope == Scope::recovery)
    co_await recover_only();
  else
    co_await follow_steps();
  co_await remember_repair();
  target_.step.reset();
  report_.duration_ms = target_.clock.wall_ms() - report_.started_at_ms;
  report_.facts = target_.facts;
  const bool looked = report_.outcome == Outcome::applied || report_.outcome == Outcome::unchanged;
  report_.settled = looked && memory().sure_for(target_.judges);
  co_return std::move(report_);
}

asio::awaitable<void> OneRun::recover_only() {
  if (co_await finish_earlier() != Next::go_on) co_return;
  leave(Outcome::unchanged, Stage::recover, memory().sure() && is_verified());
  // The last process may have been killed after it had verified, before it forgot the undo data.
  if (!memory().sure() || memory().running->run.empty()) co_return;
  // A discarded co_await with a condition before it is compiled wrongly by gcc 12: the answer gets a name.
  const auto forgotten = co_await target_.strategy.forget(memory().running->run);
  (void)forgotten;  // the next verified state forgets what is left
}

asio::awaitable<void> OneRun::follow_steps() {
  if (!assigned().dry_run && co_await finish_earlier() != Next::go_on) {
    // The Run before was taken back, so this one ended without having begun what is assigned. Unless that is the very
    // revision that is held now, the next Run comes at once (Patience).
    const bool taken_back = report_.outcome == Outcome::reverted || (report_.judged_bad && !memory().quarantine);
    report_.earlier = taken_back && !memory().holds(assigned());
    co_return;
  }
  if (co_await observe_gateway() != Next::go_on) co_return;
  if (!assigned().dry_run) {
    if (co_await free_retried() != Next::go_on) co_return;
    if (co_await judge_or_hold() != Next::go_on) co_return;
    if (memory().is_done(briefing_, target_.strategy.module_name(), target_.judges)) {
      leave(Outcome::unchanged, Stage::held, is_verified());
      co_return;
    }
  }
  co_await change_from_source();
}

asio::awaitable<OneRun::Next> OneRun::observe_gateway() {
  const Timed timed(*this, Stage::observe);
  auto facts = co_await observe(target_, briefing_, stop_);
  if (!facts) co_return fail(Stage::observe, std::move(facts).error());
  briefing_.facts = *facts;
  if (facts->hold) co_return hold(Stage::observe, *facts->hold);
  if (facts->not_ready()) {
    const std::string state(name(facts->state));
    co_return hold(Stage::observe, make_hold(state, "the gateway is " + state, "the gateway is running"));
  }
  const GatewayState applied_while = memory().running ? memory().running->applied_while : GatewayState::unknown;
  if (assigned().dry_run || applied_while == GatewayState::unknown || applied_while == facts->state)
    co_return Next::go_on;
  Memory next = after::state_seen(memory());
  co_return co_await write(std::move(next), Stage::observe);
}

// Ends a hold or a quarantine for which a retry text, or other work, has come.
asio::awaitable<OneRun::Next> OneRun::free_retried() {
  if (memory().is_quarantined(assigned())) co_return hold(Stage::held, quarantine_hold());
  std::optional<Memory> next = after::freed(memory(), assigned());
  if (next && co_await write(std::move(*next), Stage::held) != Next::go_on) co_return Next::leave;
  if (memory().drifts(assigned())) co_return hold(Stage::held, drift_hold(memory().overwritten->by));
  co_return Next::go_on;
}

// What a Run of the assignment would wait for before it plans.
std::optional<Hold> OneRun::standing_hold() const {
  if (memory().is_quarantined(assigned())) return quarantine_hold();
  const Memory freed = after::freed(memory(), assigned()).value_or(memory());
  if (freed.drifts(assigned())) return drift_hold(freed.overwritten->by);
  if (freed.holds(assigned())) return revision_hold(freed, assigned());
  return std::nullopt;
}

// A held revision is not applied. Before that is said, what is on disk is judged, if nobody has judged it yet: else a
// bad revision could stay live behind the hold of another.
asio::awaitable<OneRun::Next> OneRun::judge_or_hold() {
  if (!memory().holds(assigned())) co_return Next::go_on;
  const Facts& facts = briefing_.facts;
  const bool can_judge = !memory().unverified.empty() && memory().running &&
                         (facts.running() || facts.state == GatewayState::faulted) &&
                         memory().running->applied_while != facts.state;
  if (can_judge && !memory().holds(memory().running->key)) {
    const PlanShown nothing = show_changes(memory().running->run, {});
    const Briefing disk = on_disk(memory(), briefing_, target_.facts);
    co_await record_and_judge(nothing, disk);
    if (report_.outcome != Outcome::applied) co_return Next::leave;
  }
  co_return hold(Stage::held, revision_hold(memory(), assigned()));
}

asio::awaitable<void> OneRun::change_from_source() {
  std::shared_ptr<SourceInstance> source;
  Result<OpenTree> tree;
  {
    const Timed timed(*this, Stage::open);
    auto found = co_await target_.find_source(assigned().source);
    if (found) {
      source = std::move(found).value();
      const CallLimits limits(open_deadline, stop_);
      tree = co_await source->open(limits, assigned().revision);
    } else {
      tree = std::move(found).error();
    }
  }
  if (!tree) {
    fail(Stage::open, std::move(tree).error());
    co_return;
  }
  if (co_await take_up_waiting() == Next::go_on) co_await plan_at_most_twice(*tree);
  auto closed = co_await source->close(std::move(tree).value());
  if (!closed) report_.notes.push_back({"close", "", closed.error().message});
  const bool waits = report_.outcome == Outcome::held && memory().waiting && memory().waiting->run == report_.id;
  if (!past_apply_ && !waits && !assigned().dry_run) co_await forget_unapplied();
}

// A held Run of the same work is taken up again under its id. Staged files of other work go first.
asio::awaitable<OneRun::Next> OneRun::take_up_waiting() {
  if (assigned().dry_run || !memory().waiting) co_return Next::go_on;
  const std::string waiting = memory().waiting->run;
  if (memory().waiting->key == assigned().held_key()) {
    report_.id = waiting;
    co_return Next::go_on;
  }
  Memory next = after::waits_no_more(memory());
  if (co_await write(std::move(next), Stage::plan) != Next::go_on) co_return Next::leave;
  auto forgotten = co_await target_.strategy.forget(waiting);
  if (!forgotten) co_return fail_or_block(Stage::plan, std::move(forgotten).error());
  co_return Next::go_on;
}

asio::awaitable<void> OneRun::plan_at_most_twice(const OpenTree& tree) {
  Next next = co_await plan_and_change(tree);
  if (next == Next::conflict) next = co_await plan_and_change(tree);
  if (next == Next::conflict)
    fail(Stage::apply, Error(errc::conflict,
                             "live files changed between plan and apply, twice in a row; the Run is tried again later",
                             "run.conflict"));
}

asio::awaitable<void> OneRun::forget_unapplied() {
  if (memory().waiting && memory().waiting->run == report_.id) {
    // Durably first: a memory that waits with files that are gone would trust them.
    Memory next = after::waits_no_more(memory());
    const auto written = co_await write_memory(target_, std::move(next));
    if (!written) co_return;
  }
  const auto forgotten = co_await target_.strategy.forget(report_.id);
  (void)forgotten;  // the next recovery removes what is left
}

// A repair acts once for each text. One that is asked for again in vain, because this was not written, does no harm.
asio::awaitable<void> OneRun::remember_repair() {
  const bool done = report_.outcome == Outcome::applied || report_.outcome == Outcome::unchanged;
  const bool asked = !assigned().repair.empty() && assigned().repair != memory().repaired;
  if (!asked || !done || report_.plan_digest.empty()) co_return;
  Memory next = after::repaired(memory(), assigned());
  const auto written = co_await write_memory(target_, std::move(next));
  (void)written;
}

// ---------------------------------------------------------------- parts

// A gateway that does not answer cannot be locked or asked. The journal is finished all the same.
asio::awaitable<Facts> OneRun::observe_if_possible(const Briefing& briefing) {
  auto observed = co_await observe(target_, briefing, stop_);
  co_return observed ? std::move(observed).value() : Facts();
}

// Before files are put back or finished. They are, with the lock or without it: a mix of two revisions is worse than
// a scan that meets the renames. So a lock that is got only in part is left to run out: giving it back asks for a scan,
// which would read while the files move.
asio::awaitable<void> OneRun::lock_if_possible(const Briefing& briefing) {
  Briefing asked = briefing;
  asked.lock_only = true;
  const PlanShown nothing = show_changes(report_.id, {});
  auto locked = co_await target_.verifiers.lock(asked, nothing, &memory().last_detail, true, {});
  if (locked && locked->allows()) co_return;
  const std::string why = locked ? locked->decision.reason : locked.error().message;
  report_.notes.push_back({"unlocked", "", "went on without the gateway's lock: " + why});
}

// Giving a lock back asks the gateway for a scan.
asio::awaitable<void> OneRun::unlock(const Briefing& briefing) {
  if (target_.journal.may_be_open()) {
    report_.notes.push_back({"lock", "",
                             "The gateway's lock is not given back, it expires by itself: giving it back now would let "
                             "the gateway load files of two revisions."});
    co_return;
  }
  const Tickets tickets = memory().tickets();
  auto unlocked = co_await target_.verifiers.unlock(briefing, tickets);
  if (!unlocked) report_.notes.push_back({"unlock", "", unlocked.error().message});
}

// A memory that cannot be written ends the Run, and its lock with it.
asio::awaitable<OneRun::Next> OneRun::write(Memory next, Stage at) {
  auto written = co_await write_memory(target_, std::move(next));
  if (written) co_return Next::go_on;
  if (at == Stage::recover || at >= Stage::lock) co_await unlock(briefing_);
  const Error why = std::move(written).error();
  // Not found: the data folder is not there now, perhaps because its volume is not mounted.
  co_return why == errc::not_found ? hold(at, blocked_hold(why)) : fail_or_block(at, why);
}

// Undo data that cannot be forgotten now are forgotten at the next verified state.
asio::awaitable<void> OneRun::forget(std::string run) {
  auto forgotten = co_await target_.strategy.forget(std::move(run));
  if (!forgotten) report_.notes.push_back({"forget", "", forgotten.error().message});
}

// A cancel before the first rename is no failure: a newer assignment is there.
OneRun::Next OneRun::fail(Stage at, Error why) {
  const bool gave_up = stop_.stop_requested() && fault_of(why) == CallFault::did_not_return;
  if ((why == errc::cancelled || gave_up) && !past_apply_) return leave(Outcome::superseded, at);
  report_.failed(at, std::move(why));
  return Next::leave;
}

// What the place refuses is no fault of the revision. What a source refuses, for example Git LFS its credentials, is
// none of the place.
OneRun::Next OneRun::fail_or_block(Stage at, Error why) {
  if (why != errc::denied || why.detail == of_source) return fail(at, std::move(why));
  return hold(at, blocked_hold(why));
}

OneRun::Next OneRun::fail_bad(Stage at, Error why) {
  fail(at, std::move(why));
  report_.judged_bad = true;
  return Next::leave;
}

OneRun::Next OneRun::leave(Outcome outcome, Stage at, bool is_verified) {
  report_.ended(outcome, at, is_verified);
  return Next::leave;
}

OneRun::Next OneRun::hold(Stage at, Hold why) {
  report_.held(at, std::move(why));
  return Next::leave;
}

}  // namespace stoker::host
