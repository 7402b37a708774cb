// What the controller's parts share: which Syncs and targets there are, what the refs resolved to, what is asked for.
// The Controller owns it. [event loop]
#pragma once

#include "host/config/target_directory.hpp"
#include "host/controller/hints.hpp"
#include "host/controller/rollout.hpp"
#include "host/exchange/exchange.hpp"

namespace stoker::host {

struct Fleet {
  Fleet(Exchange& e, const TargetDirectory& t) : exchange(e), targets(t) {}

  Exchange& exchange;
  const TargetDirectory& targets;
  Hints hints;
  std::map<std::string, SyncSpec> syncs;        // by name
  std::map<std::string, ResolvedRef> resolved;  // by Sync
  bool dry_run = false;                         // of `stoker sync --dry-run`
};

// Puts the rollout's answer for one Sync into the exchange. `asked`: somebody asked for this look, not a timer alone.
// The first failure is answered; the other targets have theirs. Costs what the Sync has of targets.
Async<void> assign(Fleet& fleet, std::string sync, std::uint64_t token, bool asked);

}  // namespace stoker::host
