// One Run while it runs: what its steps share. Its functions lie in files by what they are about: one_run.cpp has the
// order of the steps, change.cpp plan to apply, judgement.cpp what verifiers say, rollback.cpp what is done about bad
// news, recovery.cpp what an earlier Run or a dead process left. Private to this room; on the event loop.
#pragma once

#include "host/run/judgement.hpp"
#include "host/run/pipeline.hpp"

namespace stoker::host {

// Asks for the facts of the target and keeps them in target.facts. A gateway that does not run cannot say its role: it
// has the one that it had.
Async<Facts> observe(Target& target, const Briefing& briefing, std::stop_token stop);
// Writes target.json durably, on the pool: a disk may hang for longer than the event loop can wait.
Async<void> write_memory(Target& target, Memory next);

Hold make_hold(std::string name, std::string reason, std::string ended_by);
Hold hold_of(const Decision& decision);
// Somebody replaces what was delivered, again and again.
Hold drift_hold(const std::string& by);
// A plan of changes that are made already, for verifiers. Content is not to be had.
PlanShown show_changes(std::string run, ChangeList changes);

class OneRun {
 public:
  // recovery: only what an earlier Run or a dead process left is finished.
  enum class Scope { recovery, whole };
  OneRun(Target& target, Assignment assignment, bool scan_all, std::stop_token stop);
  asio::awaitable<Report> drive(Scope scope);

 private:
  // go_on: the next step comes. leave: the Run is over, and the Report says how. conflict: live files are not what the
  // plan saw; nothing was done.
  enum class Next { go_on, leave, conflict };

  // ---- one_run.cpp
  asio::awaitable<void> recover_only();
  asio::awaitable<void> follow_steps();
  asio::awaitable<Next> observe_gateway();
  asio::awaitable<Next> free_retried();
  std::optional<Hold> standing_hold() const;
  asio::awaitable<Next> judge_or_hold();
  asio::awaitable<void> change_from_source();
  asio::awaitable<Next> take_up_waiting();
  asio::awaitable<void> plan_at_most_twice(const OpenTree& tree);
  asio::awaitable<void> forget_unapplied();
  asio::awaitable<void> remember_repair();

  // ---- change.cpp
  asio::awaitable<Next> plan_and_change(OpenTree tree);
  asio::awaitable<Next> admit(PlanShown shown);
  asio::awaitable<Next> stage(PlanShown shown);
  asio::awaitable<Next> change(PlanShown shown);
  asio::awaitable<Next> lock(PlanShown shown, const std::optional<InFlight>& earlier);
  Async<LockAnswer> look_and_lock(PlanShown shown);

  // ---- judgement.cpp
  asio::awaitable<Next> record_and_judge(PlanShown shown, Briefing judged);
  asio::awaitable<Next> keep_unchanged(const Briefing& judged);
  asio::awaitable<Judgement> verify(PlanShown shown, Briefing judged, Tickets tickets);
  asio::awaitable<Next> remember_settled(const Briefing& judged, const Judgement& judgement);
  void leave_uninspected(Judgement& judgement, const Error& why);
  Async<PlanShown> show_unverified(PlanShown shown);
  asio::awaitable<void> look_for_overwritten(Judgement& judgement);
  asio::awaitable<Next> leave_overwritten(const Briefing& judged, std::string by);
  asio::awaitable<Next> leave_unjudged(const Briefing& judged);

  // ---- rollback.cpp
  asio::awaitable<Next> revert_failed_apply(Error why);
  asio::awaitable<Next> condemn(Briefing judged, std::string why);
  asio::awaitable<Next> revert_unverified(Briefing judged, std::string why);
  asio::awaitable<Next> judge_reverted(Briefing judged, ChangeList put_back, std::string why);
  asio::awaitable<Next> quarantine(Briefing judged, std::string why);

  // ---- recovery.cpp
  asio::awaitable<Next> finish_earlier();
  asio::awaitable<Next> judge_recovered(Briefing begun, PlanShown shown);

  // ---- parts of several
  asio::awaitable<Facts> observe_if_possible(const Briefing& briefing);
  asio::awaitable<void> lock_if_possible(const Briefing& briefing);
  asio::awaitable<void> unlock(const Briefing& briefing);
  asio::awaitable<Next> write(Memory next, Stage at);
  asio::awaitable<void> forget(std::string run);
  Next fail(Stage at, Error why);
  Next fail_or_block(Stage at, Error why);  // of the strategy or of the target's files: `denied` is a hold
  Next fail_bad(Stage at, Error why);       // fails, and says that what was on disk was judged bad
  Next leave(Outcome outcome, Stage at, bool is_verified = false);
  Next hold(Stage at, Hold why);
  const Memory& memory() const { return target_.memory.now(); }
  // Somebody verified what runs. An older program called that so too where nobody could.
  bool is_verified() const { return memory().running->verified() && !target_.judges.empty(); }
  const Assignment& assigned() const { return briefing_.assignment; }

  // What is shown of this Run from now on.
  void show_step(Stage stage, std::int64_t now_ms);

  // Adds the time of a stage to the Report, and shows the stage meanwhile.
  class Timed {
   public:
    Timed(OneRun& run, Stage stage) : run_(run), stage_(stage), start_ms_(run.target_.clock.monotonic_ms()) {
      run.show_step(stage, start_ms_);
    }
    ~Timed() {
      const std::int64_t spent_ms = run_.target_.clock.monotonic_ms() - start_ms_;
      run_.report_.stages.push_back({std::string(name(stage_)), spent_ms});
    }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

   private:
    OneRun& run_;
    Stage stage_;
    std::int64_t start_ms_;
  };

  Target& target_;
  Briefing briefing_;  // what is assigned, and the facts that this Run goes by
  std::stop_token stop_;
  Report report_;
  bool past_apply_ = false;  // a live file may have changed in this Run
};

}  // namespace stoker::host
