// `stoker diff`: what one Run of a target changed, or a dry run would change. The document of a Run is what its target
// keeps beside its memory (host/run/run_diffs.hpp), or what the status of a SyncTarget says of its last Run, in the
// same form. Pure. [any thread]
#pragma once

#include <cstdint>
#include <string>

namespace stoker::host {

// The Run that people mean when they name none: the last one that changed files. Empty: none is remembered.
std::string last_changing_run(const std::string& target);
// Of the last Run of the SyncTarget, when that is `run`; its first 50 changes. Empty: its status is about another Run.
std::string changes_in_status(const std::string& target, const std::string& run);
// Of the newest dry run: one that somebody asked for, or the one of work that waits. Empty: none is remembered.
std::string newest_plan(const std::string& target);

// `document`: {"id", "target", "fromCommit", "toCommit", "filesAdded", …, "changes": [{"path", "action", "checksum"}]}
std::string changes_text(const std::string& document, std::int64_t now_ms);

}  // namespace stoker::host
