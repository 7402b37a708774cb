// One repository's lane: resolves the refs of all its Syncs in one listing when a hint asks for it, and hands what the
// rollout makes of them to the targets. A slow repository stops no other. Owned by the role that wires, lives on the
// event loop.
#pragma once

#include "host/agent/target_lane.hpp"
#include "host/config/config.hpp"
#include "host/controller/hints.hpp"
#include "host/controller/rollout.hpp"
#include "host/offered/metrics.hpp"

namespace stoker::host {

// What the controller's side shares: which Syncs there are, what they resolved to, who their targets are.
struct Fleet {
  Hints hints;
  std::map<std::string, SyncSpec> syncs;                      // by name
  std::map<std::string, ResolvedRef> resolved;                // by Sync
  std::vector<std::pair<TargetConfig, TargetLane*>> targets;  // null: cannot be opened now
  bool dry_run = false;                                       // of `stoker sync --dry-run`
};

// The rollout's answer for one Sync, handed to its targets. `timer`: nobody but a timer asked.
void assign(Fleet& fleet, const std::string& sync, std::uint64_t token, bool timer);

class RepositoryLane {
 public:
  // `of`: a Sync of it, that names it and its credentials. `made_with`: digest of the texts the source was made with.
  RepositoryLane(const SyncSpec& of, std::string made_with, std::unique_ptr<SourceInstance> source, Fleet& fleet,
                 asio::any_io_executor loop, ModuleLog log, Metric resolve_seconds);

  SourceInstance* source() { return source_.get(); }
  bool serves(const SyncSpec& sync) const { return !retired_ && sync.git == repository_; }
  const std::string& made_with() const { return made_with_; }
  void retire() { retired_ = true; }  // another one with newer credentials has its Syncs
  void nudge() { timer_->cancel(); }
  const std::optional<Error>& failing() const { return failing_; }  // why the last look failed, when it did
  // Resolves what is due and hands it on; false: it failed and is tried again later.
  asio::awaitable<bool> look(std::stop_token stop);
  asio::awaitable<void> work(std::stop_token stop);

 private:
  std::vector<std::string> due() const;

  GitRepository repository_;
  std::string made_with_;
  bool retired_ = false;
  std::unique_ptr<SourceInstance> source_;
  Fleet& fleet_;
  std::shared_ptr<asio::steady_timer> timer_;
  ModuleLog log_;
  Metric resolve_seconds_;
  unsigned failures_ = 0;
  std::optional<Error> failing_;
  std::optional<std::chrono::steady_clock::time_point> not_before_;  // after a failure
};

}  // namespace stoker::host
