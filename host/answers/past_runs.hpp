// `stoker history`: the Runs that SyncTargets remember, newest first. Pure. [any thread]
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stoker::host {

inline constexpr std::size_t past_runs_max = 100;  // rows of the table; the JSON has all

// `targets`: documents of SyncTargets. `of_sync`: they are those of a Sync, so each row names its target.
std::string past_runs_text(const std::vector<std::string>& targets, bool of_sync, std::int64_t now_ms);
// {"format": 1, "runs": [{"target", "namespace", "id", "timestamp", "commit", …}]}
std::string past_runs_json(const std::vector<std::string>& targets);

}  // namespace stoker::host
