// What a Run does when apply failed, or when what is on disk was judged bad or not judged in time.
#include "host/run/one_run.hpp"

#include "host/base/utf8.hpp"

namespace stoker::host {

// The Run's own changes are taken back from its own journal, still under the lock; those of earlier Runs stay.
asio::awaitable<OneRun::Next> OneRun::revert_failed_apply(Error why) {
  Memory next = after::apply_failed(memory(), assigned(), why, target_.clock.wall_ms());
  if (co_await write(std::move(next), Stage::apply) != Next::go_on) co_return Next::leave;
  auto reverted = co_await target_.journal.revert(report_.id);
  if (!reverted) co_return co_await quarantine(briefing_, why.message + "; " + reverted.error().message);
  report_.note(reverted->notes);
  if (briefing_.facts.running()) {  // verify gives the lock back when it judges
    const PlanShown shown = show_changes(report_.id, std::move(reverted->changes));
    const Tickets tickets = memory().tickets();
    const Judgement judgement = co_await verify(shown, briefing_, tickets);
    if (!judgement.answered()) co_await unlock(briefing_);
    next = judgement.answered() ? after::nothing_in_flight(memory()) : memory();
  } else {
    co_await unlock(briefing_);
    next = memory();
  }
  if (co_await write(std::move(next), Stage::apply) != Next::go_on) co_return Next::leave;
  co_await forget(report_.id);
  co_return fail_or_block(Stage::apply, std::move(why));
}

// What is on disk, `judged`, is bad. The hold is durable before a file is put back: a process that dies in between must
// not apply the bad revision again.
asio::awaitable<OneRun::Next> OneRun::condemn(Briefing judged, std::string why) {
  if (memory().unverified.empty()) {  // It was verified before: there is nothing to take back, and nothing to hold.
    co_await unlock(judged);
    co_return fail(
        Stage::verify,
        Error(errc::conflict, "what runs was settled before, and the gateway is unhealthy now: " + why, "run.sick"));
  }
  const bool can_go_back = memory().can_go_back(judged.assignment);
  Memory next = after::condemned(memory(), report_.id, judged.assignment, assigned(), why, target_.clock.wall_ms());
  if (co_await write(std::move(next), Stage::verify) != Next::go_on) co_return Next::leave;
  if (can_go_back) co_return co_await revert_unverified(std::move(judged), std::move(why));

  co_await unlock(judged);
  next = after::nothing_in_flight(memory());
  if (co_await write(std::move(next), Stage::verify) != Next::go_on) co_return Next::leave;
  const char* stays = judged.assignment.auto_rollback ? " (the files stay: there is no verified state to go back to)"
                                                      : " (the files stay: autoRollback is off)";
  co_return fail_bad(Stage::verify, Error(errc::invalid, why + stays, "run.unhealthy"));
}

// Takes back every Run since the last verified state, newest first.
asio::awaitable<OneRun::Next> OneRun::revert_unverified(Briefing judged, std::string why) {
  const Timed timed(*this, Stage::revert);
  auto facts = co_await observe(target_, judged, {});
  if (facts && facts->running()) co_await lock_if_possible(judged);
  ChangeList put_back;
  const std::vector<std::string> runs(memory().unverified.rbegin(), memory().unverified.rend());
  for (const std::string& run : runs) {
    auto reverted = co_await target_.journal.revert(run);
    if (!reverted && reverted.error() == errc::denied) {  // the rollback is in flight, and the next Run goes on with it
      co_await unlock(judged);
      co_return fail_or_block(Stage::revert, std::move(reverted).error());
    }
    if (!reverted) co_return co_await quarantine(judged, why + "; " + reverted.error().message);
    report_.note(reverted->notes);
    put_back.add(reverted->changes);
  }
  Memory next = after::reverted(memory(), report_.id, judged.assignment);
  if (co_await write(std::move(next), Stage::revert) != Next::go_on) co_return Next::leave;
  co_return co_await judge_reverted(std::move(judged), std::move(put_back), std::move(why));
}

// What the last verified look said is the baseline: no ticket.
asio::awaitable<OneRun::Next> OneRun::judge_reverted(Briefing judged, ChangeList put_back, std::string why) {
  report_.error = Error(errc::invalid, why, "run.unhealthy");
  report_.judged_bad = true;
  const PlanShown shown = show_changes(report_.id, std::move(put_back));
  const Briefing now = memory().running ? on_disk(memory(), briefing_, target_.facts) : judged;
  const Tickets none;
  const Judgement judgement = co_await verify(shown, now, none);
  if (judgement.bad()) co_return co_await quarantine(judged, why + "; after the rollback: " + judgement.reasons());
  if (!judgement.settles()) {
    co_await unlock(judged);
    co_return leave(Outcome::reverted, Stage::verify);
  }
  const std::string judges = judgement.healthy() ? target_.judges : std::string();
  Memory next = after::revert_verified(memory(), judgement.health.details, judges);
  if (co_await write(std::move(next), Stage::verify) != Next::go_on) co_return Next::leave;
  co_return leave(Outcome::reverted, Stage::verify);
}

// The rollback failed, or the gateway is unhealthy after it. Nothing more is tried until a person has looked.
asio::awaitable<OneRun::Next> OneRun::quarantine(Briefing judged, std::string why) {
  co_await unlock(judged);
  Memory next = after::quarantined(memory(), assigned(), target_.clock.wall_ms());
  if (co_await write(std::move(next), Stage::revert) != Next::go_on) co_return Next::leave;
  const std::string revision(memory().running ? beginning(memory().running->revision, 12) : "what was there before");
  fail(Stage::revert, Error(errc::invalid, why + "; on disk: " + revision, "run.quarantine"));
  report_.hold = make_hold("quarantine", why, "stoker.io/retry, another revision or other inputs");
  co_return Next::leave;
}

}  // namespace stoker::host
