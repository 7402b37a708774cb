// What a Run does about a verdict that is bad or missing, and about what a dead process or an earlier Run left.
#include "host/run/one_run.hpp"

#include "host/base/utf8.hpp"

#include <algorithm>

namespace stoker::host {

Hold make_hold(std::string name, std::string reason, std::string ended_by) {
  Hold hold;
  hold.name = std::move(name);
  hold.reason = std::move(reason);
  hold.ended_by = std::move(ended_by);
  return hold;
}

std::string listed(const std::vector<Decision>& unhealthy) {
  std::string text;
  for (std::size_t i = 0; i < unhealthy.size() && i < 5; ++i)
    text += (i ? "; " : "") + unhealthy[i].name + (unhealthy[i].reason.empty() ? "" : ": " + unhealthy[i].reason);
  if (unhealthy.size() > 5) text += "; and " + std::to_string(unhealthy.size() - 5) + " more";
  return text;
}

// ---------------------------------------------------------------- going back

// Its own run is taken back by its own journal and no other, still under the lock.
asio::awaitable<OneRun::Next> OneRun::apply_failed(Error why) {
  Memory next = memory();
  next.waiting.reset();  // its staging goes with the journal
  if (!why.retryable)
    next.hold(assignment_.held_key(), assignment_.revision, assignment_, why.message, target_.now_ms());
  if (co_await remembered(std::move(next), Stage::apply) != Next::go_on) co_return Next::leave;
  auto reverted = co_await target_.strategy.revert(id_);
  if (!reverted) co_return co_await quarantine(assignment_, why.message + "; " + reverted.error().message);
  target_.journal_open = false;
  report_.note(reverted->notes);
  co_await unlock(assignment_);
  Went went = Went::later;
  if (assignment_.facts.running()) {
    const Tickets tickets = memory().in_flight ? memory().in_flight->tickets : Tickets();
    const PlanShown shown = shown_changes(id_, std::move(reverted->changes));
    went = co_await verify(shown, assignment_, tickets);
  }
  next = memory();
  if (went == Went::healthy || went == Went::unhealthy) next.in_flight.reset();
  if (co_await remembered(std::move(next), Stage::apply) != Next::go_on) co_return Next::leave;
  auto forgotten = co_await target_.strategy.forget(id_);
  if (!forgotten) report_.notes.push_back({"forget", "", forgotten.error().message});
  co_return failed(Stage::apply, std::move(why));
}

// The verdict on what is on disk is bad, or there is none by the deadline. The hold is durable before anything is put
// back.
asio::awaitable<OneRun::Next> OneRun::go_back(Assignment judged, std::string why) {
  if (memory().unverified.empty()) {  // what is on disk was verified once: nothing to go back to, nothing to hold
    co_await unlock(judged);
    co_return failed(Stage::verify,
                     Error(errc::conflict, "what runs was verified before and is not healthy now: " + why, "run.sick"));
  }
  const bool anchor = (memory().good || memory().adopted) && judged.auto_rollback;
  Memory next = memory();
  const std::int64_t now = target_.now_ms();
  // as it was assigned, which is not what is assigned now when an earlier Run is finished, and as it is on disk
  const std::string key = judged.held_key();
  if (key == assignment_.held_key() || (next.in_flight && key == next.in_flight->assignment.held_key()))
    next.hold(key, judged.revision, judged, why, now);
  if (next.running && !next.running->verified) next.hold(next.running->key, next.running->revision, judged, why, now);
  if (anchor) {
    if (!next.in_flight) next.in_flight = InFlight{next.running ? next.running->run : id_, judged, {}, true, true};
    next.in_flight->go_back = true;
    next.in_flight->moved = true;
    next.in_flight->assignment = judged;
  }
  record(next, anchor ? "bad, taken back" : "bad, left in place");
  if (co_await remembered(std::move(next), Stage::verify) != Next::go_on) co_return Next::leave;
  if (anchor) co_return co_await back(std::move(judged), std::move(why));

  co_await unlock(judged);
  if (co_await nothing_in_flight(Stage::verify) != Next::go_on) co_return Next::leave;
  Error error(errc::invalid,
              why + (judged.auto_rollback ? " (there is no verified state to go back to: the files stay)"
                                          : " (autoRollback is off: the files stay)"),
              "run.unhealthy");
  co_return failed(Stage::verify, std::move(error));
}

asio::awaitable<OneRun::Next> OneRun::back(Assignment judged, std::string why) {
  const Timed timed(*this, Stage::revert);
  auto facts = co_await host::observe(target_, judged, {});
  if (facts && facts->running()) co_await lock_as_well_as_possible(judged);
  ChangeList put_back;
  const std::vector<std::string> runs(memory().unverified.rbegin(), memory().unverified.rend());
  for (const std::string& run : runs) {
    target_.journal_open = true;
    auto reverted = co_await target_.strategy.revert(run);
    if (!reverted) co_return co_await quarantine(judged, why + "; " + reverted.error().message);
    target_.journal_open = false;
    report_.note(reverted->notes);
    put_back.add(reverted->changes);
  }
  Memory next = memory();
  next.running = next.good;
  next.unverified.clear();
  if (!next.in_flight) next.in_flight = InFlight{id_, judged, {}, false, true};
  next.in_flight->go_back = false;
  next.in_flight->moved = true;
  if (co_await remembered(std::move(next), Stage::revert) != Next::go_on) co_return Next::leave;

  report_.error = Error(errc::invalid, why, "run.unhealthy");
  const PlanShown shown = shown_changes(id_, std::move(put_back));
  const Assignment now = memory().running ? on_disk() : judged;
  const Tickets none;  // the last verified detail is the baseline
  const Went went = co_await verify(shown, now, none);
  if (went == Went::later || went == Went::cancelled) {
    co_await unlock(judged);
    co_return leave(Outcome::reverted, Stage::verify);
  }
  if (went != Went::healthy) {
    const std::string then = went == Went::silent ? silence_->message : listed(health_->unhealthy);
    co_return co_await quarantine(judged, why + "; after going back: " + then);
  }
  next = memory();
  next.in_flight.reset();
  next.last_detail = health_->details;
  if (co_await remembered(std::move(next), Stage::verify) != Next::go_on) co_return Next::leave;
  co_return leave(Outcome::reverted, Stage::verify);
}

asio::awaitable<OneRun::Next> OneRun::quarantine(Assignment judged, std::string why) {
  co_await unlock(judged);
  Memory next = memory();
  next.quarantine = Quarantine{assignment_.held_key(), assignment_.revision, assignment_.retry};
  record(next, "quarantine");
  if (co_await remembered(std::move(next), Stage::revert) != Next::go_on) co_return Next::leave;
  const std::string revision(memory().running ? beginning(memory().running->revision, 12) : "what was there before");
  failed(Stage::revert, Error(errc::invalid, why + "; on disk: " + revision, "run.quarantine"));
  report_.hold = make_hold("quarantine", why, "stoker.io/retry, another revision or other inputs");
  co_return Next::leave;
}

// ---------------------------------------------------------------- what a dead process left

asio::awaitable<Report> OneRun::wake() {
  target_.journal_open = true;
  const Next next = co_await finish();
  if (next == Next::go_on) leave(Outcome::unchanged, Stage::recover, memory().sure());
  if (next == Next::go_on && memory().sure() && !memory().running->run.empty())
    (void)co_await target_.strategy.forget(memory().running->run);  // a kill between verified and forget
  co_return done();
}

asio::awaitable<OneRun::Next> OneRun::finish() {
  const std::optional<InFlight> flight = memory().in_flight;
  if (!flight && !target_.journal_open) co_return Next::go_on;
  const Timed timed(*this, Stage::recover);
  Assignment judged = flight ? flight->assignment : assignment_;
  // Most starts find nothing open: they do not wait for a verifier that does not answer.
  if (flight) {
    judged.facts = co_await facts_if_any(judged);
    if (not_ready(judged.facts) && !target_.journal_open) co_return Next::go_on;
    if (judged.facts.running()) co_await lock_as_well_as_possible(judged);
  }
  const std::string keep = memory().waiting && !waiting_began() ? memory().waiting->run : std::string();
  auto recovered = co_await target_.strategy.recover(keep);
  if (!recovered) {
    target_.journal_open = true;
    if (judged.facts.running()) co_await unlock(judged);
    co_return failed(Stage::recover, std::move(recovered).error());
  }
  target_.journal_open = false;
  report_.note(recovered->notes);
  if (!flight && recovered->did == Recovered::Did::nothing) co_return Next::go_on;
  if (!flight) judged.facts = co_await facts_if_any(judged);

  if (recovered->did != Recovered::Did::finished) recovered->run = flight ? flight->run : std::string();
  Memory next = as_recovered(judged, *recovered);
  if (co_await remembered(std::move(next), Stage::recover) != Next::go_on) co_return Next::leave;
  if (memory().in_flight->go_back) co_return co_await back(std::move(judged), "taken up again after a restart");
  const bool moved = memory().in_flight->moved;
  if (moved && judged.facts.running()) {
    const PlanShown shown = shown_changes(recovered->run, std::move(recovered->changes));
    co_return co_await judge_recovered(std::move(judged), shown);
  }
  if (judged.facts.running()) co_await unlock(judged);
  if (moved) co_return Next::go_on;  // it stands: what is loaded is not known
  co_return co_await nothing_in_flight(Stage::recover);
}

// What was staged for an apply that may have begun is not taken up again.
bool OneRun::waiting_began() const {
  const Memory& m = memory();
  return m.in_flight && m.in_flight->moved && m.waiting && m.waiting->run == m.in_flight->run;
}

// The memory with what recover found out; `found.run`: the Run that it is about.
Memory OneRun::as_recovered(const Assignment& judged, const Recovered& found) const {
  Memory next = memory();
  const bool base_is_ours = next.in_flight && !found.base_run.empty() && found.base_run == next.in_flight->run;
  const bool applied = found.did == Recovered::Did::finished || base_is_ours;
  const bool recorded = (next.running && next.running->run == found.run) ||
                        std::find(next.unverified.begin(), next.unverified.end(), found.run) != next.unverified.end();
  const bool waits_no_more = waiting_began() || (applied && next.waiting && next.waiting->run == found.run);
  if (applied && !recorded) {
    Running now = running_of(judged, found.run);
    now.revision = found.base_revision;
    now.inputs = found.base_inputs;
    now.vars = found.base_vars;
    record_applied(next, std::move(now));
  }
  if (waits_no_more) next.waiting.reset();
  if (!next.in_flight) next.in_flight = InFlight{found.run, judged, {}, false, false};
  const bool nothing = found.did == Recovered::Did::nothing && found.changes.empty();
  next.in_flight->moved = next.in_flight->moved || applied || !nothing;
  return next;
}

asio::awaitable<OneRun::Next> OneRun::judge_recovered(Assignment judged, const PlanShown& shown) {
  const Assignment disk = memory().running && !memory().running->verified ? on_disk() : judged;
  switch (co_await verify(shown, disk, memory().in_flight->tickets)) {
    case Went::healthy: break;
    case Went::later: co_await unlock(judged); co_return Next::go_on;
    case Went::cancelled: co_await unlock(judged); co_return leave(Outcome::superseded, Stage::recover);
    case Went::unhealthy: co_return co_await go_back(disk, listed(health_->unhealthy));
    case Went::silent:
      if (!memory().unverified.empty()) co_return co_await go_back(disk, silence_->message);
      co_await unlock(judged);
      co_return Next::go_on;
  }
  if (memory().unverified.empty()) co_return co_await nothing_in_flight(Stage::recover);
  co_await verified(disk);
  co_return memory().sure() ? Next::go_on : Next::leave;  // leave: it could not be remembered
}

}  // namespace stoker::host
