// What an earlier Run, or a process that died, left: an open journal, a Run in flight, a rollback that was begun. It is
// finished by every Run before anything else, and needs neither the source nor the control plane.
//
// Three things are told apart here: `assigned()` is what this Run was told to do; `begun` is what the Run in flight was
// to do; and what is on disk has the name that it was applied under (on_disk).
#include "host/run/one_run.hpp"

namespace stoker::host {

asio::awaitable<OneRun::Next> OneRun::finish_earlier() {
  const std::optional<InFlight> flight = memory().in_flight;
  if (!flight && !target_.journal.may_be_open()) co_return Next::go_on;
  const Timed timed(*this, Stage::recover);
  Briefing begun = flight ? Briefing(flight->assignment) : briefing_;
  // Most starts find nothing in flight: they do not wait for a gateway that does not answer.
  if (flight) {
    begun.facts = co_await observe_if_possible(begun);
    if (begun.facts.not_ready() && !target_.journal.may_be_open()) co_return Next::go_on;
    if (begun.facts.running()) co_await lock_if_possible(begun);
  }
  const bool keeps = memory().waiting && !memory().waiting_has_begun();
  const std::string keep = keeps ? memory().waiting->run : std::string();
  auto found = co_await target_.journal.recover(keep);
  if (!found) {
    if (begun.facts.running()) co_await unlock(begun);
    co_return fail_or_block(Stage::recover, std::move(found).error());
  }
  report_.note(found->notes);
  if (!flight && found->did == Recovered::Did::nothing) co_return Next::go_on;
  if (!flight) begun.facts = co_await observe_if_possible(begun);

  // Only a finished journal names a Run that is on disk; else it is about the Run in flight.
  if (found->did != Recovered::Did::finished) found->run = flight ? flight->run : std::string();
  Memory next = after::recovered(memory(), *found, begun, target_.strategy.module_name(), target_.clock.wall_ms());
  if (co_await write(std::move(next), Stage::recover) != Next::go_on) co_return Next::leave;
  if (memory().in_flight->go_back)
    co_return co_await revert_unverified(std::move(begun), "the rollback is continued after a restart");
  const bool moved = memory().in_flight->moved;
  if (moved && begun.facts.running()) {
    PlanShown shown = show_changes(found->run, std::move(found->changes));
    co_return co_await judge_recovered(std::move(begun), std::move(shown));
  }
  if (begun.facts.running()) co_await unlock(begun);
  if (moved) co_return Next::go_on;  // It stays in flight: nobody knows what the gateway has loaded.
  next = after::nothing_in_flight(memory());
  co_return co_await write(std::move(next), Stage::recover);
}

asio::awaitable<OneRun::Next> OneRun::judge_recovered(Briefing begun, PlanShown shown) {
  const bool unverified = memory().running && !memory().running->settled;
  const Briefing disk = unverified ? on_disk(memory(), briefing_, target_.facts) : begun;
  const Tickets tickets = memory().tickets();
  const Judgement judgement = co_await verify(std::move(shown), disk, tickets);
  const bool silent = judgement.went == Judgement::Went::silent;
  if (judgement.bad() && !(silent && memory().unverified.empty()))
    co_return co_await condemn(disk, judgement.reasons());
  if (judgement.went == Judgement::Went::overwritten) {  // the plan that follows puts it back
    Memory next = after::overwritten(memory(), disk.assignment.held_key(), judgement.by);
    co_return co_await write(std::move(next), Stage::recover);
  }
  if (!judgement.settles()) {
    co_await unlock(begun);
    const bool cancelled = judgement.went == Judgement::Went::cancelled;
    if (cancelled) co_return leave(Outcome::superseded, Stage::recover);
    co_return Next::go_on;
  }
  if (memory().unverified.empty()) {
    Memory next = after::nothing_in_flight(memory());
    co_return co_await write(std::move(next), Stage::recover);
  }
  co_await remember_settled(disk, judgement);
  co_return memory().sure() ? Next::go_on : Next::leave;  // leave: it could not be written
}

}  // namespace stoker::host
