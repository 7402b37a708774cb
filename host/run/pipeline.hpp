// One Run of one target: the one data path, from recover to report. Called by the target's lane, one Run at a time;
// runs on the event loop and awaits the plugins. A Run does not throw: whatever happens stands in the Report.
#pragma once

#include "host/run/target_memory.hpp"
#include "host/run/verifiers.hpp"

namespace stoker::host {

// What a Run works with. Everything is owned by whoever wired the target and outlives its Runs.
struct Target {
  std::string name;
  Workers& workers;
  SourceInstance* source;  // of the Sync as it stands; may be replaced between Runs
  StrategyInstance& strategy;
  Verifiers verifiers;
  TargetMemory memory;
  std::function<std::int64_t()> now_ms;  // wall clock
  // Files may be a mix: nobody has recovered since this process woke, an apply or undo is under way or did not come
  // through.
  bool journal_open = true;
  Facts facts;  // as last observed
};

// Runs the assignment. `stop` is requested by a newer assignment or by shutdown: before apply the Run ends as
// superseded, in verify as applied and not verified; recover, apply, revert and unlock never see it.
asio::awaitable<Report> run(Target& target, Assignment assignment, std::stop_token stop);

// Keeps the assignment beside the memory, for a wake without a control plane. Before its Run.
Async<void> keep(Target& target, const Assignment& assignment);

// Finishes or undoes what a dead process left: once a process, before the first Run, with the source and the control
// plane away. `assignment` is the last one kept, or what is known of the target when there is none.
asio::awaitable<Report> wake(Target& target, Assignment assignment, std::stop_token stop);

// Facts of the target, and kept in target.facts; between Runs.
Async<Facts> observe(Target& target, const Assignment& assignment, std::stop_token stop);

}  // namespace stoker::host
