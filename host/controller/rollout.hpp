// The rollout decides which revision each target of a Sync is to run. It is pure and level-based: it looks only at the
// current state, so it gives the right next step at any time and after any crash: the newest revision to all targets,
// pause, retry, and the dry runs that come first. [any thread]
#pragma once

#include "host/exchange/exchange.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stoker::host {

// The revision that the ref of a Sync resolved to.
struct ResolvedRef {
  std::string revision, ref;
  SourceSpec source = {};     // that was asked
  std::string question = {};  // what was asked: SyncSpec::wanted_ref
  bool answers(const SyncSpec& sync) const { return source == sync.source && question == sync.wanted_ref(); }
};

// Name of the hold of a target that gets its first work after the dry runs of all.
constexpr const char* first_dry_runs_hold = "dry-run-first";

// A target of the Sync, and its last Assignment.
struct RolloutTarget {
  std::string name, pod, profile;
  std::map<std::string, std::string> labels;
  std::int64_t ordinal = 0;
  std::optional<Assignment> last;
  TargetWishes wishes = {};
  std::string not_open = {};           // why its agent can do nothing; empty: it can
  std::optional<Report> dry_run = {};  // the newest of work that waited
};

// False: it was assigned nothing yet that it may run.
bool has_work(const RolloutTarget& target);

// Does the target get with `next` what it does not have yet?
bool is_new_work(const Assignment& next, const RolloutTarget& target);

// What the target is to run now, whatever else it waits for. Nothing: there is nothing new for it, and it keeps what it
// runs. With the hold of a pause it is what stands already.
std::optional<Assignment> next_work(const SyncSpec& sync, const std::optional<ResolvedRef>& resolved,
                                    const RolloutTarget& target);

// How the dry runs of new work stand, before any target of the Sync gets it (spec.validation.dryRunBefore).
struct FirstDryRuns {
  bool done = true;                        // each target may get its work
  std::vector<std::string> unanswered;     // targets whose dry run has not ended
  std::map<std::string, Error> refused;    // by target: its dry run failed, or was refused
  std::map<std::string, std::string> ask;  // by target: WaitingWork::asked
  FirstDryRuns() = default;                // no aggregate: see host/base/async.hpp
};
// A dry run that failed in passing is asked for again after a while, which is why the time counts.
FirstDryRuns judge_dry_runs(const SyncSpec& sync, const std::optional<ResolvedRef>& resolved,
                            const std::vector<RolloutTarget>& targets, std::int64_t now_ms);

// The Assignments, in the order of `targets`. A target gets none, and keeps what it runs, when there is no revision for
// it (nothing is resolved yet, or it was paused before its first Assignment), when the Sync does not have its profile,
// or when it has the same already. A token grows with each work that has to be done. `asked`: somebody asked for this
// look, so each target has a Run even when nothing differs. `plan`: the newest one that was asked for in this process;
// without it a target keeps the one that it has.
// `first`: how the dry runs stand; as long as they are not done, a target with new work keeps what it has.
std::vector<Assignment> rollout(const SyncSpec& sync, const std::optional<ResolvedRef>& resolved,
                                const std::vector<RolloutTarget>& targets, std::uint64_t token, bool asked,
                                const WantedPlan& plan = {}, const FirstDryRuns& first = {});

}  // namespace stoker::host
