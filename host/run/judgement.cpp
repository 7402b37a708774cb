// Asking the verifiers about what is on disk, and what follows from a good answer or from none. What follows from a bad
// one: rollback.cpp.
#include "host/run/one_run.hpp"

#include <set>

namespace stoker::host {

namespace {

constexpr std::chrono::minutes inspect_deadline{2};

}  // namespace

std::string join_reasons(const std::vector<Decision>& unhealthy) {
  std::string text;
  for (std::size_t i = 0; i < unhealthy.size() && i < 5; ++i)
    text += (i ? "; " : "") + unhealthy[i].name + (unhealthy[i].reason.empty() ? "" : ": " + unhealthy[i].reason);
  if (unhealthy.size() > 5) text += "; and " + std::to_string(unhealthy.size() - 5) + " more";
  return text;
}

std::string Judgement::reasons() const { return went == Went::silent ? error.message : join_reasons(health.unhealthy); }

// The plan is carried out, or is empty. Records it as applied when files were renamed, asks the verifiers, and does
// what follows from their answer. `judged`: what is on disk now.
asio::awaitable<OneRun::Next> OneRun::record_and_judge(PlanShown shown, Briefing judged) {
  const bool empty = shown.plan->empty();
  if (empty && memory().sure_for(target_.judges)) co_return co_await keep_unchanged(judged);
  if (!empty) {
    const std::int64_t now_ms = target_.clock.wall_ms();
    Running running = running_of(judged, report_.id, now_ms);
    Memory next = after::applied(memory(), std::move(running), target_.strategy.module_name(), now_ms);
    if (co_await write(std::move(next), Stage::apply) != Next::go_on) co_return Next::leave;
  }
  const Facts& facts = briefing_.facts;
  const bool applied_so = memory().running && memory().running->applied_while == facts.state;
  if (facts.down() || (facts.state == GatewayState::faulted && applied_so)) co_return co_await leave_unjudged(judged);
  const Tickets tickets = memory().tickets();
  const Judgement judgement = co_await verify(std::move(shown), judged, tickets);
  if (judgement.settles()) co_return co_await remember_settled(judged, judgement);
  if (judgement.went == Judgement::Went::overwritten) co_return co_await leave_overwritten(judged, judgement.by);
  if (judgement.bad()) co_return co_await condemn(judged, judgement.reasons());
  co_return co_await leave_unjudged(judged);
}

// There is nothing to change, and what runs is verified. It may have another revision now, or another Sync.
asio::awaitable<OneRun::Next> OneRun::keep_unchanged(const Briefing& judged) {
  const Running now = running_of(judged, memory().running->run, target_.clock.wall_ms());
  const Running& was = *memory().running;
  const std::string& sync = judged.assignment.sync;
  const bool same =
      was.revision == now.revision && was.inputs == now.inputs && was.vars == now.vars && memory().sync == sync;
  if (!same) {
    Memory next = after::unchanged(memory(), sync, now);
    if (co_await write(std::move(next), Stage::plan) != Next::go_on) co_return Next::leave;
  }
  co_return leave(Outcome::unchanged, Stage::plan, is_verified());
}

asio::awaitable<Judgement> OneRun::verify(PlanShown shown, Briefing judged, Tickets tickets) {
  const Timed timed(*this, Stage::verify);
  Judgement judgement;
  report_.hold.reset();  // of an earlier look in this Run
  auto all = co_await show_unverified(std::move(shown));
  if (!all) {
    leave_uninspected(judgement, all.error());
    co_return judgement;
  }
  shown = std::move(all).value();
  auto health =
      co_await target_.verifiers.verify(judged, std::move(shown), std::move(tickets), memory().last_detail, stop_);
  if (!health) {
    judgement.error = std::move(health).error();
    judgement.went = judgement.error == errc::cancelled ? Judgement::Went::cancelled : Judgement::Went::silent;
    co_return judgement;
  }
  judgement.health = std::move(health).value();
  const Health& answer = judgement.health;
  report_.note(answer.notes);
  report_.looked(answer.details);
  switch (answer.verdict) {
    case Health::Verdict::healthy:
      judgement.went = answer.asked ? Judgement::Went::healthy : Judgement::Went::unasked;
      if (!answer.asked && target_.is_verified)
        report_.notes.push_back(
            {"no-verifier", "",
             "no verifier of this target looks at its gateway, so nobody verified what was applied; "
             "enable one, or say verify: none"});
      break;
    case Health::Verdict::unhealthy:
      judgement.went = Judgement::Went::unhealthy;
      report_.decisions = answer.unhealthy;
      break;
    case Health::Verdict::later:
      judgement.went = Judgement::Went::later;
      if (answer.hold) report_.hold = hold_of(*answer.hold);
      report_.notes.push_back({"later", "", answer.why});
      break;
  }
  if (judgement.settles()) co_await look_for_overwritten(judgement);
  co_return judgement;
}

// Without that look nobody can say whose files these are.
void OneRun::leave_uninspected(Judgement& judgement, const Error& why) {
  judgement.went = why == errc::cancelled ? Judgement::Went::cancelled : Judgement::Went::later;
  report_.notes.push_back({"inspect", "", why.message});
}

// The verdict on a tree must not depend on whether the Runs before had been verified: a verifier is shown what all of
// them changed since the last verified state.
Async<PlanShown> OneRun::show_unverified(PlanShown shown) {
  const std::vector<std::string> runs = memory().unverified;
  Planned all;
  all.run = shown.plan->run;
  for (const std::string& run : runs) {
    if (run == shown.plan->run && !shown.plan->empty()) continue;
    const CallLimits limits(inspect_deadline, stop_);
    auto seen = co_await target_.strategy.inspect(limits, run);
    if (!seen) co_return std::move(seen).error();
    all.changes.add(seen->changes);
  }
  if (all.changes.empty()) co_return shown;
  all.changes.add(shown.plan->changes);
  all.digest = all.changes.digest();
  co_return PlanShown(std::make_shared<const Planned>(std::move(all)), nullptr, shown.tree);
}

// A save that waited for the gateway's lock may have replaced what was delivered. Of several Runs the newest that
// changed a path says how it should be.
asio::awaitable<void> OneRun::look_for_overwritten(Judgement& judgement) {
  const std::vector<std::string> newest_first(memory().unverified.rbegin(), memory().unverified.rend());
  std::set<std::string> changed_later;
  for (const std::string& run : newest_first) {
    const CallLimits limits(inspect_deadline, stop_);
    auto seen = co_await target_.strategy.inspect(limits, run);
    if (!seen) {
      leave_uninspected(judgement, seen.error());
      co_return;
    }
    for (const Note& note : seen->notes) {
      if (note.code != "overwritten" || changed_later.contains(note.path)) continue;
      judgement.went = Judgement::Went::overwritten;
      if (judgement.by.empty()) judgement.by = note.path + ": " + note.text;
      report_.note({note});
    }
    if (run == newest_first.back()) break;
    for (const Change& change : seen->changes) changed_later.insert(change.path);
  }
}

// What an earlier Run applied stays as that one planned it: under its role and its mappings.
asio::awaitable<OneRun::Next> OneRun::remember_settled(const Briefing& judged, const Judgement& judgement) {
  const std::optional<Running>& was = memory().running;
  const std::int64_t now_ms = target_.clock.wall_ms();
  const bool as_recorded = was && report_.plan_digest.empty();
  Running now = as_recorded ? *was : running_of(judged, was ? was->run : std::string(), now_ms);
  now.judged_by = judgement.healthy() ? target_.judges : std::string();
  Memory next = after::settled(memory(), judged.assignment.sync, target_.strategy.module_name(), now,
                               judgement.health.details, now_ms);
  if (co_await write(std::move(next), Stage::verify) != Next::go_on) co_return Next::leave;
  if (!now.run.empty()) co_await forget(now.run);  // undo data up to here
  co_return leave(Outcome::applied, Stage::verify, judgement.healthy());
}

// The next Run puts the files back once. When that is undone too, two tools fight over them: a person has to decide.
asio::awaitable<OneRun::Next> OneRun::leave_overwritten(const Briefing& judged, std::string by) {
  Memory next = after::overwritten(memory(), judged.assignment.held_key(), by);
  if (co_await write(std::move(next), Stage::verify) != Next::go_on) co_return Next::leave;
  if (memory().drifts(assigned())) report_.hold = drift_hold(memory().overwritten->by);
  co_return leave(Outcome::applied, Stage::verify);
}

// Nobody can judge now. A later Run judges what was recorded as applied. A doubt without such a record stands.
asio::awaitable<OneRun::Next> OneRun::leave_unjudged(const Briefing& judged) {
  co_await unlock(judged);
  if (!memory().unverified.empty()) {
    Memory next = after::nothing_in_flight(memory());
    if (co_await write(std::move(next), Stage::verify) != Next::go_on) co_return Next::leave;
  }
  co_return leave(Outcome::applied, Stage::verify);
}

}  // namespace stoker::host
