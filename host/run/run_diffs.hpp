// The files <data>/.stoker/diffs/<run>.json: what each of the last Runs changed. The lane writes them; nothing that
// Stoker decides is read from them. [event loop; the functions that block say so]
#pragma once

#include "host/run/target.hpp"
#include "host/values/run_diff.hpp"

namespace stoker::host {

inline constexpr std::size_t run_diffs_kept = 10, run_diff_bytes_max = 2 * 1024 * 1024;

// Durable when it returns. Older files are removed then.
Async<void> keep_run_diff(Target& target, const RunDiff& diff);

// Both block. `folder`: Stoker's own at the data root of a target (state_folder).
Result<void> write_run_diff(const std::filesystem::path& folder, const RunDiff& diff);
// The document, as it was written. not_found: there is no such Run, or it is too long ago ("diff.not-found").
Result<std::string> read_run_diff(const std::filesystem::path& folder, const std::string& run);

// Where the host serves such a document: {"stoker", "v1", "targets", <target>, "diffs", <run>}.
struct RunDiffPath {
  std::string target, run;
  std::vector<std::string> steps() const { return {"stoker", "v1", "targets", target, "diffs", run}; }
};
// Of "/stoker/v1/targets/press-1/diffs/<run>"; nothing for another path.
std::optional<RunDiffPath> run_diff_path(std::string_view path);

}  // namespace stoker::host
