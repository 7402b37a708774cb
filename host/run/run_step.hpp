// What a Run does at this moment, for people who wait for it; and the document in which a host tells it to others. The
// Run writes its step into its Target. Nothing is decided from it. [event loop; the functions are pure]
#pragma once

#include "host/values/report.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace stoker::host {

struct RunStep {
  Stage stage = Stage::recover;
  std::int64_t run_began_ms = 0, stage_began_ms = 0;  // monotonic
  std::uint64_t changes = 0;                          // that were planned; 0 before
};

// The same as others see it.
struct ShownStep {
  std::string target, stage;
  std::int64_t run_ms = 0, stage_ms = 0;  // for how long
  std::uint64_t changes = 0;
};
ShownStep shown(const std::string& target, const RunStep& step, std::int64_t now_ms);

// Where a host serves it: {"stoker", "v1", "runs"}.
inline constexpr const char* run_steps_path = "/stoker/v1/runs";
// {"format": 1, "runs": [{"target", "stage", "runMs", "stageMs", "changes"}]}
std::string to_json(const std::vector<ShownStep>& steps);
// What cannot be read is left out.
std::vector<ShownStep> run_steps_in(const std::string& document);

}  // namespace stoker::host
