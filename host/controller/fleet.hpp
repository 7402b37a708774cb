// The state that the parts of the controller share: the Syncs, the targets, the revisions of the refs, and the hints.
// The Controller owns it. [event loop]
#pragma once

#include "host/config/target_directory.hpp"
#include "host/controller/hints.hpp"
#include "host/controller/rollout.hpp"
#include "host/controller/sync_troubles.hpp"
#include "host/exchange/exchange.hpp"

#include <boost/asio/steady_timer.hpp>

namespace stoker::host {

// Why one target cannot get what its Sync says is known by this name among the troubles. No Sync has such a name.
inline std::string trouble_of_target(const std::string& name) { return "target/" + name; }
// Code of the trouble of a target whose dry run stands against new work of its Sync.
constexpr const char* dry_run_refused = "rollout.dry-run";

struct Fleet {
  Fleet(Exchange& e, const TargetDirectory& t, const Clock& c, Metrics& metrics)
      : exchange(e), targets(t), clock(c), troubles(c, metrics) {}

  Exchange& exchange;
  const TargetDirectory& targets;
  const Clock& clock;
  Hints hints;
  std::map<std::string, SyncSpec> syncs;        // by name
  std::map<std::string, ResolvedRef> resolved;  // by Sync
  std::map<std::string, WantedPlan> plans;      // by Sync: the newest that was asked for
  std::map<std::string, std::string> looked;    // by Sync: SyncSpec::look of the last look that has ended
  // Called when a look at this Sync has ended, or something else that its status says has changed; may be empty.
  std::function<void(const std::string& sync)> changed;
  SyncTroubles troubles;
  // By Sync: ends when the pass that assigns has ended; the next one waits for it.
  std::map<std::string, std::shared_ptr<asio::steady_timer>> assigning;
  bool dry_run = false;  // set by `stoker sync --dry-run`
  bool repair = false;   // set by `stoker sync --repair`
};

// Puts the Assignments of one Sync, as the rollout makes them, into the exchange. `asked`: somebody asked for this
// look; it was not only a timer. When some targets fail, the others still get their Assignments, and the first failure
// is returned. The cost grows with the number of targets of this Sync, not of all.
Async<void> assign(Fleet& fleet, std::string sync, std::uint64_t token, bool asked);

}  // namespace stoker::host
