// The controller: from hints to Assignments. It listens to the triggers, reads the Syncs, has each repository resolve
// what its Syncs ask for, and puts the rollout's answer into the exchange. It knows targets by their configuration and
// their Assignments alone; agents it never meets. The role that wires owns it. [event loop]
#pragma once

#include "host/calls/tasks.hpp"
#include "host/controller/repository_lane.hpp"
#include "host/controller/sync_catalog.hpp"
#include "host/controller/trigger_listener.hpp"

#include <list>

namespace stoker::host {

// What the controller works with. Everything outlives it.
struct ControllerParts {
  asio::any_io_executor loop;
  const Config& config;
  Services services;
  Workers& workers;
  ModuleFactory& factory;
  SourcePool& sources;
  Exchange& exchange;
  const TargetDirectory& targets;
};

class Controller {
 public:
  explicit Controller(ControllerParts parts);
  ~Controller();

  // Reads the Syncs for the first time. `to_serve`: `work` follows, so the files are watched from before that, and the
  // triggers are opened. Fails when no Sync can be used or a trigger cannot be made.
  Async<void> open(bool to_serve);
  // Watches files, listens to triggers, resolves and assigns, until `stop`.
  asio::awaitable<void> work(std::stop_token stop);
  // One look at this Sync's repository, without triggers. Assigns as a dry run if asked to.
  asio::awaitable<void> look_once(std::string sync, bool dry_run, std::stop_token stop);
  asio::awaitable<void> end();

  // Reads the Syncs again: somebody sent SIGHUP, or files changed.
  void reload() { reload_.ring(); }
  // Looks at the hint's Sync; empty: at all. An unknown Sync is ignored.
  void hint(const Hint& hint);
  // No token below this one for the Sync: an earlier process gave it out.
  void start_from(const std::string& sync, std::uint64_t token) { fleet_.hints.start_from(sync, token); }

  std::size_t syncs_count() const { return fleet_.syncs.size(); }
  // Why the Sync's repository could not be asked at the last look; null: it could, or was not asked yet.
  const Error* failing(const std::string& sync) const;
  // Calls into triggers that had to be written off.
  std::size_t written_off() const;

 private:
  struct Served {
    std::unique_ptr<RepositoryLane> lane;
    std::stop_source stop;
  };
  void take_syncs();
  void place_syncs();
  Served& repository_of(const GitRepository& repository);
  void begin_to_serve(Served& served);
  asio::awaitable<void> serve(Served& served);
  void end_unused_repositories();
  Async<void> open_triggers();
  asio::awaitable<void> keep_reading(std::stop_token stop);
  std::string watched_syncs() const;

  ControllerParts parts_;
  ModuleLog log_;
  Tasks tasks_;
  Fleet fleet_;
  SyncCatalog catalog_;
  Wakeup reload_;
  std::vector<std::unique_ptr<TriggerListener>> listeners_;
  std::list<Served> repositories_;
  std::map<std::string, RepositoryLane*> lane_of_;  // by Sync
  Metric resolve_seconds_;
  std::stop_token stop_;
  bool working_ = false;
};

}  // namespace stoker::host
