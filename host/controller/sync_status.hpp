// What the status of a GatewaySync says, made from what is known: the Sync, what its ref resolved to, and the records
// of its targets. Pure and level-based: the same state gives the same status. [any thread]
#pragma once

#include "host/controller/rollout.hpp"
#include "host/controller/sync_troubles.hpp"
#include "host/values/target_conditions.hpp"

namespace stoker::host {

// One target of the Sync and what is known of it. `record`: null when nothing was ever assigned to it.
struct StatusTarget {
  std::string name, profile, pod;
  bool wants_verification = true;  // false: `verify: none`
  const TargetRecord* record = nullptr;
  const Trouble* trouble = nullptr;  // that it has alone
};

struct StatusInput {
  const SyncSpec* sync = nullptr;  // null: it cannot be used
  std::optional<Error> unusable;   // why it cannot be used
  std::int64_t generation = 0;     // of the object
  std::optional<ResolvedRef> resolved;
  const Trouble* trouble = nullptr;  // of the Sync: its ref cannot be resolved
  std::vector<StatusTarget> targets;
  std::string looked;  // SyncSpec::look of the last look that has ended
  std::int64_t now_ms = 0;
};

// As state_of a record, and at the revision that the ref means now.
TargetState state_of(const StatusTarget& target, const std::optional<ResolvedRef>& resolved);

// The status as JSON text. `before`: the status that is stored, whose times stay where nothing changed; empty: none.
std::string sync_status(const StatusInput& input, std::string_view before);

}  // namespace stoker::host
