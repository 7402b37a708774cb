// The rollout: which target of a Sync is to run what. Pure and level-based: run at any time and after any crash it
// gives the right next step. Now it is minimal: the newest revision to all targets, pause, retry. [any thread]
#pragma once

#include "host/values/assignment.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stoker::host {

// What the Sync's ref resolved to.
struct ResolvedRef {
  std::string revision, ref;
};

// A target of the Sync and what it was assigned last.
struct RolloutTarget {
  std::string name, pod, profile;
  std::map<std::string, std::string> labels;
  std::int64_t ordinal = 0;
  std::optional<Assignment> last;
};

// In the order of `targets`. A target without a revision (nothing resolved yet, paused before its first assignment) or
// with a profile that the Sync does not have is left out: what it runs stays. Tokens only grow. `asked`: somebody asked
// for this look; each target then has a Run also where nothing differs.
std::vector<Assignment> rollout(const SyncSpec& sync, const std::optional<ResolvedRef>& resolved,
                                const std::vector<RolloutTarget>& targets, std::uint64_t token, bool asked);

}  // namespace stoker::host
