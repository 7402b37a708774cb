// `stoker history`: the Runs that SyncTargets remember, newest first. Pure. [any thread]
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stoker::host {

inline constexpr std::size_t past_runs_max = 100;  // rows of the table; the JSON has all

// One Run, or the end of several that ended alike.
struct ShownRun {
  std::string key;                 // of no other Run
  std::vector<std::string> cells;  // below past_run_heads
  std::string json;                // {"target", "namespace", "id", "timestamp", "commit", …}
};
// Newest first. `targets`: documents of SyncTargets. `of_sync`: they are those of a Sync, so each row names its target.
std::vector<ShownRun> past_runs(const std::vector<std::string>& targets, bool of_sync, std::int64_t now_ms);
std::vector<std::string> past_run_heads(bool of_sync);

std::string past_runs_text(const std::vector<std::string>& targets, bool of_sync, std::int64_t now_ms);
// {"format": 1, "runs": […]}
std::string past_runs_json(const std::vector<std::string>& targets);

}  // namespace stoker::host
