// One Run of one target, from recovery to Report. Called by the target's lane, one Run at a time; runs on the event
// loop and awaits the plugins. A Run does not throw: whatever happens stands in its Report.
#pragma once

#include "host/run/target.hpp"
#include "host/values/report.hpp"

namespace stoker::host {

// Runs the assignment. `scan_all`: the plan looks at every owned file, because something may have changed while nobody
// looked. `stop` is requested by a newer assignment or by the end of the process. Before apply the Run then ends as
// superseded, in verify as applied and not verified. Recovery, apply, revert and unlock never see it: stopped half way
// they would leave a mix of two revisions, or a locked gateway.
asio::awaitable<Report> run(Target& target, Assignment assignment, bool scan_all, std::stop_token stop);

// Finishes or undoes what a dead process left: once a process, before its first Run. It needs neither the source nor
// the control plane. `assignment` is the last one kept, or what is known of the target when there is none.
asio::awaitable<Report> wake(Target& target, Assignment assignment, std::stop_token stop);

// not_found: the data folder was moved or replaced since it was opened, and nothing must be written there.
Async<void> check_place(Target& target);

// Keeps the assignment on the target's volume, for a wake without a control plane. Called before its Run. One that
// differs by its token alone is written only after so many tokens: that many after the one on the volume may have been
// used.
inline constexpr std::uint64_t unwritten_tokens_max = 1000;
Async<void> keep(Target& target, const Assignment& assignment);

// The place refuses: rights, an immutable file, a link or a mount in the way. It is looked at again at each sync
// period.
Hold blocked_hold(const Error& why);

// Asks for the facts of the target and keeps them in target.facts.
Async<Facts> observe_between_runs(Target& target, const Assignment& assignment, std::stop_token stop);

}  // namespace stoker::host
