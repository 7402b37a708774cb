// The path of a Run, and its judgement. What it does about what is not judged or judged bad: recovery.cpp.
#include "host/run/one_run.hpp"

#include "host/base/utf8.hpp"

#include <algorithm>
#include <random>

namespace stoker::host {

namespace {

constexpr std::chrono::minutes open_deadline{10}, plan_deadline{10}, stage_deadline{30}, memory_deadline{5};

std::string new_run_id(std::int64_t now_ms) {
  static constexpr char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id;
  for (std::int64_t rest = now_ms; rest > 0; rest /= 36) id.insert(id.begin(), digits[rest % 36]);
  std::random_device random;
  id += '-';
  for (int i = 0; i < 6; ++i) id += digits[random() % 36];
  return id;
}

Hold hold_of(const Decision& decision) {
  Hold hold;
  hold.name = decision.name;
  hold.reason = decision.reason;
  hold.ended_by = decision.ended_by;
  hold.again_at_ms = decision.again_at_ms;
  hold.until_ms = decision.until_ms;
  return hold;
}

Async<Replaced> put_by_pool(Target& target, TargetMemory::Put put) {
  std::string what = target.name + ": " + put.file.filename().string();
  auto body = [put = std::move(put)](const CallState&) -> Result<Replaced> { return put(); };
  const CallLimits limits(memory_deadline);
  co_return co_await target.workers.call<Replaced>(std::move(what), limits, std::move(body));
}

Async<void> remember(Target& target, Memory next) {
  auto put = target.memory.put(next);
  if (!put) co_return std::move(put).error();
  auto came = co_await put_by_pool(target, std::move(put).value());
  co_return target.memory.ended(std::move(next), std::move(came));
}

}  // namespace

OneRun::OneRun(Target& target, Assignment assignment, std::stop_token stop)
    : target_(target), assignment_(std::move(assignment)), stop_(std::move(stop)), report_(assignment_) {
  report_.started_at_ms = target_.now_ms();
  id_ = new_run_id(report_.started_at_ms);
  report_.id = id_;
}

// ---------------------------------------------------------------- the path

asio::awaitable<Report> OneRun::run() {
  if (!assignment_.dry_run) {
    if (co_await finish() != Next::go_on) {
      const bool taken_back = report_.outcome == Outcome::reverted ||
                              (report_.error && report_.error->code == "run.unhealthy" && !memory().quarantine);
      report_.earlier = taken_back && !memory().holds(assignment_);
      co_return done();
    }
  }
  if (co_await observe() != Next::go_on) co_return done();
  if (!assignment_.dry_run) {
    if (co_await retry_and_quarantine() != Next::go_on) co_return done();
    if (co_await held() != Next::go_on) co_return done();
    if (known()) {
      leave(Outcome::unchanged, Stage::held, true);
      co_return done();
    }
  }
  if (co_await open() != Next::go_on) co_return done();
  if (co_await take_up_or_begin() == Next::go_on) {
    Next next = co_await plan_and_change();
    if (next == Next::conflict) next = co_await plan_and_change();
    if (next == Next::conflict)
      failed(Stage::apply,
             Error(errc::conflict, "files changed under the Run twice; it looks again later", "run.conflict"));
  }
  co_await close();
  const bool left_before_apply = !past_apply_ && report_.outcome != Outcome::held && !assignment_.dry_run;
  if (left_before_apply) {
    Memory next = memory();
    const bool waits = next.waiting && next.waiting->run == id_;
    next.waiting.reset();
    // durably first: a memory that waits with files that are gone would trust them
    Result<void> kept;
    if (waits) kept = co_await remember(target_, std::move(next));
    if (kept) (void)co_await target_.strategy.forget(id_);
  }
  co_return done();
}

Report OneRun::done() {
  report_.duration_ms = target_.now_ms() - report_.started_at_ms;
  report_.facts = target_.facts;
  return std::move(report_);
}

asio::awaitable<OneRun::Next> OneRun::observe() {
  const Timed timed(*this, Stage::observe);
  auto facts = co_await host::observe(target_, assignment_, stop_);
  if (!facts) co_return failed(Stage::observe, std::move(facts).error());
  assignment_.facts = *facts;
  if (facts->hold) {
    report_.held(Stage::observe, *facts->hold);
    co_return Next::leave;
  }
  if (not_ready(*facts)) {
    report_.held(Stage::observe, make_hold(facts->state, "the gateway is " + facts->state, "the gateway is running"));
    co_return Next::leave;
  }
  if (!assignment_.dry_run && memory().running && !memory().running->at.empty() &&
      memory().running->at != facts->state) {
    Memory next = memory();
    next.running->at.clear();
    co_return co_await remembered(std::move(next), Stage::observe);
  }
  co_return Next::go_on;
}

// A retry text acts once: it frees what is assigned when it is first seen, in one write with the text.
asio::awaitable<OneRun::Next> OneRun::retry_and_quarantine() {
  Memory next = memory();
  const std::string key = assignment_.held_key();
  bool changed = false;
  const bool retry = assignment_.retry != next.retried;
  if (retry) {
    next.retried = assignment_.retry;
    if (!assignment_.retry.empty()) next.release(key);
    changed = true;
  }
  if (next.quarantine) {
    const bool same = next.quarantine->key == key && next.quarantine->retry == assignment_.retry;
    if (same) {
      report_.held(Stage::held,
                   make_hold("quarantine", "taking back a bad revision did not end healthy: look at the gateway",
                             "stoker.io/retry, another revision or other inputs"));
      co_return Next::leave;
    }
    next.quarantine.reset();
    changed = true;
  }
  if (!changed) co_return Next::go_on;
  co_return co_await remembered(std::move(next), Stage::held);
}

asio::awaitable<OneRun::Next> OneRun::held() {
  if (!memory().holds(assignment_)) co_return Next::go_on;
  // what is on disk and was never judged is judged first
  const Facts& facts = assignment_.facts;
  const bool judge = !memory().unverified.empty() && memory().running &&
                     (facts.running() || facts.state == "faulted") && memory().running->at != facts.state;
  const bool disk_held = judge && std::any_of(memory().held.begin(), memory().held.end(),
                                              [&](const Held& h) { return h.key == memory().running->key; });
  if (judge && !disk_held) {
    const PlanShown nothing = shown_changes(memory().running->run, {});
    const Assignment disk = on_disk();
    co_await confirm(nothing, disk);
    if (report_.outcome != Outcome::applied) co_return Next::leave;
  }
  std::string why = "this revision proved bad on this target";
  for (const Held& h : memory().held)
    if (h.key == assignment_.held_key() && !h.error.empty()) why += ": " + h.error;
  report_.held(Stage::held, make_hold("revision", why, "another revision, other inputs or stoker.io/retry"));
  report_.verified = false;
  co_return Next::leave;
}

bool OneRun::known() const {
  const Memory& m = memory();
  return m.sure() && !assignment_.scan_all && m.sync == assignment_.sync &&
         m.strategy == target_.strategy.module_name() && m.running->revision == assignment_.revision &&
         m.running->inputs == assignment_.inputs() && m.running->vars == assignment_.vars_digest();
}

asio::awaitable<OneRun::Next> OneRun::open() {
  const Timed timed(*this, Stage::open);
  if (!target_.source)
    co_return failed(Stage::open, Error(errc::unreachable, "the source of the Sync is not there", "run.no-source"));
  const CallLimits limits(open_deadline, stop_);
  auto tree = co_await target_.source->open(limits, assignment_.revision);
  if (!tree) co_return failed(Stage::open, std::move(tree).error());
  tree_ = std::move(tree).value();
  co_return Next::go_on;
}

asio::awaitable<void> OneRun::close() {
  if (!tree_.core()) co_return;
  auto closed = co_await target_.source->close(std::move(tree_));
  if (!closed) report_.notes.push_back({"close", "", closed.error().message});
}

// A held Run is taken up again under its id; another's staging goes first: there is one waiting Run at most.
asio::awaitable<OneRun::Next> OneRun::take_up_or_begin() {
  if (assignment_.dry_run || !memory().waiting) co_return Next::go_on;
  if (memory().waiting->key == assignment_.held_key()) {
    id_ = memory().waiting->run;
    report_.id = id_;
    co_return Next::go_on;
  }
  const std::string other = memory().waiting->run;
  Memory next = memory();
  next.waiting.reset();
  if (co_await remembered(std::move(next), Stage::plan) != Next::go_on) co_return Next::leave;
  auto forgotten = co_await target_.strategy.forget(other);
  if (!forgotten) co_return failed(Stage::plan, std::move(forgotten).error());
  co_return Next::go_on;
}

asio::awaitable<OneRun::Next> OneRun::plan_and_change() {
  assignment_.repair = assignment_.repair || !memory().good;
  assignment_.scan_all = assignment_.scan_all || !memory().sure();
  Result<Planned> planned;
  {
    const Timed timed(*this, Stage::plan);
    const CallLimits limits(plan_deadline, stop_);
    planned = co_await target_.strategy.plan(limits, id_, to_json(assignment_), tree_);
  }
  if (!planned) co_return failed(Stage::plan, std::move(planned).error());
  report_.plan(planned->changes);
  report_.note(planned->notes);
  report_.plan_digest = planned->digest;
  PlanShown shown(std::make_shared<const Planned>(std::move(planned).value()), &target_.strategy, tree_);

  if (shown.plan->empty() && !assignment_.dry_run) {
    auto adopted = co_await target_.strategy.adopt(id_);
    if (!adopted) co_return failed(Stage::plan, std::move(adopted).error());
    co_return co_await confirm(shown, assignment_);
  }
  if (co_await admit(shown) != Next::go_on) co_return Next::leave;
  if (co_await stage(shown) != Next::go_on) co_return Next::leave;
  co_return co_await change(shown);
}

asio::awaitable<OneRun::Next> OneRun::admit(PlanShown shown) {
  const Timed timed(*this, Stage::admit);
  auto answer = co_await target_.verifiers.admit(assignment_, shown, stop_);
  if (!answer) co_return failed(Stage::admit, std::move(answer).error());
  std::vector<Decision> against;
  if (assignment_.hold)
    against.push_back(Decision::hold(assignment_.hold->name, assignment_.hold->reason, assignment_.hold->again_at_ms));
  if (shown.plan->decision.verdict != Decision::Verdict::allow) against.push_back(shown.plan->decision);
  if (!answer->allows()) against.push_back(answer->decision);
  for (Decision& other : answer->others) against.push_back(std::move(other));
  if (assignment_.dry_run) {
    report_.decisions = std::move(against);
    co_return leave(Outcome::planned, Stage::admit);
  }
  for (const Decision& decision : against)
    if (decision.verdict == Decision::Verdict::refuse)
      co_return failed(Stage::admit, Error(errc::invalid, decision.name + ": " + decision.reason, decision.name));
  if (against.empty()) co_return Next::go_on;
  report_.held(Stage::admit, hold_of(against.front()));
  co_return Next::leave;
}

asio::awaitable<OneRun::Next> OneRun::stage(const PlanShown& shown) {
  const std::optional<Waiting>& waiting = memory().waiting;
  if (waiting && waiting->run == id_ && waiting->plan_digest == shown.plan->digest) co_return Next::go_on;
  const Timed timed(*this, Stage::stage);
  const CallLimits limits(stage_deadline, stop_);
  auto staged = co_await target_.strategy.stage(limits, id_, tree_);
  if (!staged) co_return failed(Stage::stage, std::move(staged).error());
  Memory next = memory();
  next.waiting = Waiting{id_, shown.plan->digest, assignment_.held_key(), {}};
  co_return co_await remembered(std::move(next), Stage::stage);
}

asio::awaitable<OneRun::Next> OneRun::change(PlanShown shown) {
  if (co_await lock(shown) != Next::go_on) co_return Next::leave;
  Result<std::vector<Note>> applied;
  {
    const Timed timed(*this, Stage::apply);
    target_.journal_open = true;
    applied = co_await target_.strategy.apply(id_);
  }
  target_.journal_open = !applied && applied.error() != errc::conflict;
  if (applied) {
    past_apply_ = true;
    report_.note(*applied);
    co_return co_await confirm(std::move(shown), assignment_);
  }
  if (applied.error() != errc::conflict) {
    past_apply_ = true;
    co_return co_await apply_failed(std::move(applied).error());
  }
  co_await unlock(assignment_);
  // nothing was done: an earlier Run's doubt stands as it stood, ours goes
  Memory next = memory();
  if (!next.in_flight || next.in_flight->run == id_) next.in_flight = std::move(earlier_doubt_);
  if (co_await remembered(std::move(next), Stage::apply) != Next::go_on) co_return Next::leave;
  co_return Next::conflict;
}

asio::awaitable<OneRun::Next> OneRun::lock(const PlanShown& shown) {
  const Timed timed(*this, Stage::lock);
  Memory next = memory();
  earlier_doubt_ = next.in_flight && next.in_flight->moved ? next.in_flight : std::nullopt;
  next.adopted = next.adopted || (assignment_.facts.running() && !next.running);
  next.in_flight = InFlight{id_, assignment_, earlier_doubt_ ? earlier_doubt_->tickets : Tickets(), false,
                            earlier_doubt_.has_value()};
  if (co_await remembered(std::move(next), Stage::lock) != Next::go_on) co_return Next::leave;

  const bool doubtful = !memory().unverified.empty() || earlier_doubt_;
  auto answer = co_await look_and_lock(shown, doubtful);
  next = memory();
  if (!answer || !answer->allows()) {
    next.in_flight = earlier_doubt_;
    if (co_await remembered(std::move(next), Stage::lock) != Next::go_on) co_return Next::leave;
    if (!answer) co_return failed(Stage::lock, std::move(answer).error());
    report_.held(Stage::lock, hold_of(answer->decision));
    co_return Next::leave;
  }
  next.in_flight->moved = true;
  next.in_flight->assignment = assignment_;
  // a ticket that stands is never replaced by a later lock's
  for (auto& [verifier, ticket] : answer->tickets) {
    // what is bad now may be the work of what nobody judged yet: without a verified detail there is no baseline
    if (doubtful && !next.last_detail.contains(verifier)) ticket.clear();
    auto& kept = next.in_flight->tickets[verifier];
    if (kept.empty()) kept = std::move(ticket);
  }
  co_return co_await remembered(std::move(next), Stage::lock);
}

// A last look: the state now decides. Then the target's own lock.
Async<LockAnswer> OneRun::look_and_lock(const PlanShown& shown, bool doubtful) {
  auto facts = co_await host::observe(target_, assignment_, stop_);
  if (!facts) co_return std::move(facts).error();
  LockAnswer hold;
  hold.decision = Decision::hold(facts->state, "the gateway is " + facts->state);
  if (not_ready(*facts)) co_return hold;
  if (facts->role != assignment_.facts.role) {
    const std::string change = "from " + assignment_.facts.role + " to " + facts->role;
    Error changed(errc::conflict, "the gateway's role went " + change + " after the plan", "run.role");
    co_return changed;
  }
  assignment_.facts = *facts;
  const Details* baseline = doubtful ? &memory().last_detail : nullptr;
  auto answer = co_await target_.verifiers.lock(assignment_, shown, baseline, false, stop_);
  if (answer && answer->allows() && stop_.stop_requested()) {
    co_await unlock(assignment_);
    answer = Error(errc::cancelled, "a newer assignment is there");
  }
  co_return answer;
}

// ---------------------------------------------------------------- judging

asio::awaitable<OneRun::Next> OneRun::confirm(PlanShown shown, Assignment judged) {
  const bool empty = shown.plan->empty();
  const Facts& facts = assignment_.facts;
  if (empty && memory().sure()) {
    Running now = running_of(judged, memory().running->run);
    now.verified = true;
    const Running& was = *memory().running;
    const bool same = was.revision == now.revision && was.inputs == now.inputs && was.vars == now.vars &&
                      memory().sync == judged.sync;
    if (!same) {
      Memory next = memory();
      next.sync = judged.sync;
      next.running = now;
      next.good = now;
      if (co_await remembered(std::move(next), Stage::plan) != Next::go_on) co_return Next::leave;
    }
    co_return leave(Outcome::unchanged, Stage::plan, true);
  }
  if (!empty) {
    Memory next = memory();
    record_applied(next, running_of(judged, id_));
    if (co_await remembered(std::move(next), Stage::apply) != Next::go_on) co_return Next::leave;
  }
  const bool seen_so = memory().running && memory().running->at == facts.state;
  if (facts.down() || (facts.state == "faulted" && seen_so)) co_return co_await judged_later(judged);
  const Tickets tickets = memory().in_flight ? memory().in_flight->tickets : Tickets();
  switch (co_await verify(shown, judged, tickets)) {
    case Went::healthy: co_return co_await verified(judged);
    case Went::unhealthy: co_return co_await go_back(judged, listed(health_->unhealthy));
    case Went::silent: co_return co_await go_back(judged, silence_->message);
    case Went::later:
    case Went::cancelled: break;
  }
  co_return co_await judged_later(judged);
}

// Nobody is there to judge. What was recorded as applied is judged by a later Run; a doubt without that stands.
asio::awaitable<OneRun::Next> OneRun::judged_later(const Assignment& judged) {
  co_await unlock(judged);
  Next next = Next::go_on;
  if (!memory().unverified.empty()) next = co_await nothing_in_flight(Stage::verify);
  if (next != Next::go_on) co_return next;
  co_return leave(Outcome::applied, Stage::verify);
}

asio::awaitable<OneRun::Went> OneRun::verify(const PlanShown& shown, const Assignment& judged, const Tickets& tickets) {
  const Timed timed(*this, Stage::verify);
  auto health = co_await target_.verifiers.verify(judged, shown, tickets, memory().last_detail, stop_);
  if (!health) {
    silence_ = health.error();
    co_return health.error() == errc::cancelled ? Went::cancelled : Went::silent;
  }
  health_ = std::move(health).value();
  if (!health_->asked)
    report_.notes.push_back({"no-verifier", "", "no verifier looks after a change: applied counts as verified"});
  report_.looked(health_->details);
  switch (health_->verdict) {
    case Health::Verdict::healthy: co_return Went::healthy;
    case Health::Verdict::unhealthy: report_.decisions = health_->unhealthy; co_return Went::unhealthy;
    case Health::Verdict::later: break;
  }
  report_.notes.push_back({"later", "", health_->why});
  co_return Went::later;
}

asio::awaitable<OneRun::Next> OneRun::verified(const Assignment& judged) {
  Memory next = memory();
  // what was applied by an earlier Run stays as that planned it: under its role and its mappings
  const bool as_recorded = next.running && report_.plan_digest.empty();
  Running now = as_recorded ? *next.running : running_of(judged, next.running ? next.running->run : std::string());
  now.verified = true;
  now.at.clear();
  next.sync = judged.sync;
  next.strategy = target_.strategy.module_name();
  next.running = now;
  next.good = now;
  next.unverified.clear();
  next.in_flight.reset();
  next.quarantine.reset();
  next.last_detail = health_->details;
  next.release(now.key);
  record(next, "verified");
  if (co_await remembered(std::move(next), Stage::verify) != Next::go_on) co_return Next::leave;
  // undo data up to here may go; what could not be forgotten now is at the next verified state
  if (!now.run.empty()) {
    auto forgotten = co_await target_.strategy.forget(now.run);
    if (!forgotten) report_.notes.push_back({"forget", "", forgotten.error().message});
  }
  co_return leave(Outcome::applied, Stage::verify, true);
}

// ---------------------------------------------------------------- parts

// No answer: there is nobody to lock or to ask, the tree is finished all the same.
asio::awaitable<Facts> OneRun::facts_if_any(const Assignment& judged) {
  auto observed = co_await host::observe(target_, judged, stop_);
  Facts facts;
  if (observed) facts = std::move(observed).value();
  co_return facts;
}

asio::awaitable<bool> OneRun::lock_as_well_as_possible(const Assignment& judged) {
  Assignment asked = judged;
  asked.looks = false;
  const PlanShown nothing = shown_changes(id_, {});
  auto locked = co_await target_.verifiers.lock(asked, nothing, &memory().last_detail, target_.journal_open, {});
  const bool allowed = locked && locked->allows();
  if (!allowed) {
    const std::string why = locked ? locked->decision.reason : locked.error().message;
    report_.notes.push_back({"unlocked", "", "went on without the target's lock: " + why});
  }
  co_return allowed;
}

// While a journal is open nothing of ours asks for a scan: the lock is left to run out.
asio::awaitable<void> OneRun::unlock(const Assignment& judged) {
  if (target_.journal_open) {
    report_.notes.push_back({"lock", "", "the target's lock is left to run out: the tree is not whole"});
    co_return;
  }
  const Tickets tickets = memory().in_flight ? memory().in_flight->tickets : Tickets();
  auto unlocked = co_await target_.verifiers.unlock(judged, tickets);
  if (!unlocked) report_.notes.push_back({"unlock", "", unlocked.error().message});
}

asio::awaitable<OneRun::Next> OneRun::remembered(Memory next, Stage at) {
  auto written = co_await remember(target_, std::move(next));
  if (written) co_return Next::go_on;
  // the Run ends here, and its lock with it
  if (at == Stage::recover || at >= Stage::lock) co_await unlock(assignment_);
  co_return failed(at, std::move(written).error());
}

asio::awaitable<OneRun::Next> OneRun::nothing_in_flight(Stage at) {
  Memory next = memory();
  next.in_flight.reset();
  co_return co_await remembered(std::move(next), at);
}

Running OneRun::running_of(const Assignment& a, std::string run) const {
  Running running;
  running.revision = a.revision;
  running.ref = a.ref;
  running.inputs = a.inputs();
  running.vars = a.vars_digest();
  running.role = a.facts.role;
  running.key = a.held_key();
  running.run = std::move(run);
  running.since_ms = target_.now_ms();
  if (nobody(a.facts)) running.at = a.facts.state;
  return running;
}

// What is on disk is judged by the name it was applied under, with the mappings as they are now.
Assignment OneRun::on_disk() const {
  Assignment judged = memory().in_flight && memory().running && memory().in_flight->run == memory().running->run
                          ? memory().in_flight->assignment
                          : assignment_;
  judged.revision = memory().running->revision;
  judged.ref = memory().running->ref;
  judged.facts = target_.facts;
  return judged;
}

void OneRun::record_applied(Memory& next, Running running) const {
  next.strategy = target_.strategy.module_name();
  next.unverified.push_back(running.run);
  next.running = std::move(running);
  next.waiting.reset();
  record(next, "applied");
}

void OneRun::record(Memory& next, std::string_view what) const {
  const std::string revision(next.running ? beginning(next.running->revision, 12) : "-");
  next.history.push_back(rfc3339(target_.now_ms()) + " " + revision + " " + std::string(what));
  if (next.history.size() > 10) next.history.erase(next.history.begin());
}

OneRun::Next OneRun::failed(Stage at, Error why) {
  if (why == errc::cancelled && !past_apply_) return leave(Outcome::superseded, at);
  report_.failed(at, std::move(why));
  return Next::leave;
}

PlanShown OneRun::shown_changes(std::string run, ChangeList changes) const {
  Planned planned;
  planned.run = std::move(run);
  planned.changes = std::move(changes);
  planned.digest = planned.changes.digest();
  return PlanShown(std::make_shared<const Planned>(std::move(planned)), nullptr, {});
}

Async<Facts> observe(Target& target, const Assignment& assignment, std::stop_token stop) {
  auto facts = co_await target.verifiers.observe(assignment, stop);
  if (!facts) co_return facts;
  const std::string& known = target.memory.now().role;
  if (!facts->running() && !target.facts.state.empty())
    facts->role = target.facts.role;
  else if (!facts->running() && !known.empty())
    facts->role = known;
  if (facts->running() && facts->role != known && !assignment.dry_run) {
    Memory next = target.memory.now();
    next.role = facts->role;
    auto kept = co_await remember(target, std::move(next));
    if (!kept) co_return std::move(kept).error();
  }
  target.facts = *facts;
  co_return facts;
}

asio::awaitable<Report> run(Target& target, Assignment assignment, std::stop_token stop) {
  OneRun one(target, std::move(assignment), std::move(stop));
  co_return co_await one.run();
}

Async<void> keep(Target& target, const Assignment& assignment) {
  const std::optional<Assignment>& last = target.memory.assignment();
  if (last && last->same_work(assignment)) co_return Result<void>();
  auto put = target.memory.put(assignment);
  if (!put) co_return std::move(put).error();
  auto came = co_await put_by_pool(target, std::move(put).value());
  co_return target.memory.ended(assignment, std::move(came));
}

asio::awaitable<Report> wake(Target& target, Assignment assignment, std::stop_token stop) {
  OneRun one(target, std::move(assignment), std::move(stop));
  co_return co_await one.wake();
}

}  // namespace stoker::host
