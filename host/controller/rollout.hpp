// The rollout decides which revision each target of a Sync is to run. It is pure and level-based: it looks only at the
// current state, so it gives the right next step at any time and after any crash. It is minimal for now: the newest
// revision to all targets, pause, retry. [any thread]
#pragma once

#include "host/exchange/exchange.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stoker::host {

// The revision that the ref of a Sync resolved to.
struct ResolvedRef {
  std::string revision, ref;
};

// A target of the Sync, and its last Assignment.
struct RolloutTarget {
  std::string name, pod, profile;
  std::map<std::string, std::string> labels;
  std::int64_t ordinal = 0;
  std::optional<Assignment> last;
  TargetWishes wishes = {};
};

// The Assignments, in the order of `targets`. A target gets none, and keeps what it runs, when there is no revision for
// it (nothing is resolved yet, or it was paused before its first Assignment), when the Sync does not have its profile,
// or when it has the same already. A token grows with each work that has to be done. `asked`: somebody asked for this
// look, so each target has a Run even when nothing differs. `plan`: the newest one that was asked for in this process;
// without it a target keeps the one that it has.
std::vector<Assignment> rollout(const SyncSpec& sync, const std::optional<ResolvedRef>& resolved,
                                const std::vector<RolloutTarget>& targets, std::uint64_t token, bool asked,
                                const WantedPlan& plan = {});

}  // namespace stoker::host
