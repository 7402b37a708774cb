// One Run while it runs: what its steps share. Private to the pipeline; on the event loop.
#pragma once

#include "host/run/pipeline.hpp"

namespace stoker::host {

// Nobody is there to ask or to lock: a faulted gateway is as good as down until it has been seen in another state.
inline bool nobody(const Facts& facts) { return facts.state == "down" || facts.state == "faulted"; }
inline bool not_ready(const Facts& facts) { return facts.state == "starting" || facts.state == "commissioning"; }

Hold make_hold(std::string name, std::string reason, std::string ended_by);
// The first few reasons of a verdict, on one line.
std::string listed(const std::vector<Decision>& unhealthy);

class OneRun {
 public:
  OneRun(Target& target, Assignment assignment, std::stop_token stop);

  asio::awaitable<Report> run();
  asio::awaitable<Report> wake();

 private:
  enum class Next { go_on, leave, conflict };
  enum class Went { healthy, unhealthy, silent, later, cancelled };

  asio::awaitable<Next> finish();
  asio::awaitable<Next> observe();
  asio::awaitable<Next> retry_and_quarantine();
  asio::awaitable<Next> held();
  bool known() const;
  asio::awaitable<Next> open();
  asio::awaitable<Next> take_up_or_begin();
  asio::awaitable<Next> plan_and_change();
  asio::awaitable<Next> admit(PlanShown shown);
  asio::awaitable<Next> stage(const PlanShown& shown);
  asio::awaitable<Next> change(PlanShown shown);
  asio::awaitable<Next> lock(const PlanShown& shown);
  Async<LockAnswer> look_and_lock(const PlanShown& shown, bool doubtful);
  asio::awaitable<Next> confirm(PlanShown shown, Assignment judged);
  asio::awaitable<Next> judged_later(const Assignment& judged);
  asio::awaitable<void> close();

  asio::awaitable<Next> apply_failed(Error why);
  asio::awaitable<Next> go_back(Assignment judged, std::string why);
  asio::awaitable<Next> back(Assignment judged, std::string why);
  asio::awaitable<Next> quarantine(Assignment judged, std::string why);

  bool waiting_began() const;
  Memory as_recovered(const Assignment& judged, const Recovered& found) const;
  asio::awaitable<Next> judge_recovered(Assignment judged, const PlanShown& shown);

  asio::awaitable<Went> verify(const PlanShown& shown, const Assignment& judged, const Tickets& tickets);
  asio::awaitable<void> unlock(const Assignment& judged);
  asio::awaitable<Facts> facts_if_any(const Assignment& judged);
  asio::awaitable<bool> lock_as_well_as_possible(const Assignment& judged);
  asio::awaitable<Next> remembered(Memory next, Stage at);
  asio::awaitable<Next> nothing_in_flight(Stage at);
  asio::awaitable<Next> verified(const Assignment& judged);

  const Memory& memory() const { return target_.memory.now(); }
  Running running_of(const Assignment& a, std::string run) const;
  Assignment on_disk() const;
  void record_applied(Memory& next, Running running) const;
  void record(Memory& next, std::string_view what) const;
  Next failed(Stage at, Error why);
  Next leave(Outcome outcome, Stage at, bool is_verified = false) {
    report_.ended(outcome, at, is_verified);
    return Next::leave;
  }
  PlanShown shown_changes(std::string run, ChangeList changes) const;
  Report done();

  // Adds the time of a stage to the report.
  class Timed {
   public:
    Timed(OneRun& run, Stage stage) : run_(run), stage_(stage), start_(std::chrono::steady_clock::now()) {}
    ~Timed() {
      const auto spent = std::chrono::steady_clock::now() - start_;
      run_.report_.stages.push_back(
          {std::string(name(stage_)), std::chrono::duration_cast<std::chrono::milliseconds>(spent).count()});
    }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

   private:
    OneRun& run_;
    Stage stage_;
    std::chrono::steady_clock::time_point start_;
  };

  Target& target_;
  Assignment assignment_;
  std::stop_token stop_;
  Report report_;
  std::string id_;
  OpenTree tree_;
  bool past_apply_ = false;                // a rename may have happened in this Run
  std::optional<Health> health_;           // of the last verify
  std::optional<Error> silence_;           // why verify did not answer
  std::optional<InFlight> earlier_doubt_;  // an earlier Run's renames that nobody has judged
};

}  // namespace stoker::host
