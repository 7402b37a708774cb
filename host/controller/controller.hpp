// The controller turns hints into Assignments. It listens to the triggers, follows the Syncs, lets each repository
// resolve the refs that its Syncs ask for, and puts the Assignments that the rollout makes into the exchange. It knows
// a target only by its configuration and its Assignment, and never calls an agent. The role owns it. [event loop]
#pragma once

#include "host/calls/tasks.hpp"
#include "host/controller/repository_lane.hpp"
#include "host/controller/sync_catalog.hpp"
#include "host/controller/sync_objects.hpp"
#include "host/controller/sync_statuses.hpp"
#include "host/controller/trigger_listener.hpp"

#include <list>

namespace stoker::host {

// What the controller works with. All of it has to outlive the controller.
struct ControllerParts {
  asio::any_io_executor loop;
  const Config& config;
  Services services;
  Workers& workers;
  ModuleFactory& factory;
  SourcePool& sources;
  ObjectStore& objects;
  Exchange& exchange;
  const TargetDirectory& targets;
};

class Controller {
 public:
  static constexpr std::size_t unknown_max = 100;  // names of unknown Syncs that are said

  explicit Controller(ControllerParts parts);
  ~Controller();

  // Makes the triggers. Fails when one that is required cannot be made. `open` does it unless it was done.
  Async<void> open_triggers();
  enum class Opening { to_serve, once, only_look };
  // Applies the files of the Syncs and reads the Syncs for the first time. `to_serve`: it also opens the triggers, and
  // watches the files from before the first read, because `work` will follow. `only_look`: what the files say counts in
  // this process, and no object is written. Fails when a trigger cannot be made.
  Async<void> open(Opening opening);
  // Follows files and objects, listens to triggers, resolves refs and assigns revisions, until `stop`. `tell` is told
  // of each Sync whose ref cannot be resolved.
  asio::awaitable<void> work(SyncTroubles::Tell tell, std::stop_token stop);
  // Resolves and assigns once for this Sync, without triggers. With `dry_run` the Assignments are dry runs.
  asio::awaitable<void> look_once(std::string sync, bool dry_run, std::stop_token stop);
  // Assigns what waited for the dry runs that have ended since the last look.
  Async<void> assign_after_dry_runs(std::string sync);
  // What `look_once` assigns from now on puts back what was changed at the targets.
  void ask_for_repair() { fleet_.repair = true; }
  // Writes what the statuses of the Syncs say now, for a command that ends.
  asio::awaitable<void> write_statuses();
  asio::awaitable<void> end();

  // Reads the files of the Syncs again. Called after a SIGHUP and after a change of files.
  void reload() {
    reload_asked_ = true;
    reload_.ring();
  }
  // Looks at the hint's Sync; empty: at all. An unknown Sync is ignored, which is said once.
  void hint(const Hint& hint);
  // No token below this one for the Sync: an earlier process gave it out.
  void start_from(const std::string& sync, std::uint64_t token) { fleet_.hints.start_from(sync, token); }

  // The mistakes in the files of the Syncs, one line each; empty: there is none.
  std::string mistakes() const;
  std::size_t syncs_count() const { return fleet_.syncs.size(); }
  // Why the target gets no newer revision: its profile is not there, its Sync cannot be used, or the ref could not be
  // resolved at the last look. Null: it can, or nobody has looked yet.
  const Trouble* trouble(const TargetConfig& target) const;
  // How many calls into triggers were written off.
  std::size_t written_off() const;

 private:
  struct Served {
    std::unique_ptr<RepositoryLane> lane;
    std::stop_source stop;
  };
  asio::awaitable<bool> read_syncs();
  std::set<std::string> known_names() const;
  asio::awaitable<void> take_syncs(std::set<std::string> names, bool read);
  bool take_sync(const std::string& name);
  void forget_sync(const std::string& name);
  asio::awaitable<void> judge_targets(std::string sync, bool read);
  asio::awaitable<void> judge_profile(TargetConfig target);
  Error no_sync(const std::string& name, bool read) const;
  asio::awaitable<void> follow_objects(std::stop_token stop);
  asio::awaitable<void> take_changed(std::set<std::string> changed);
  asio::awaitable<void> plan(std::string sync);
  Async<ResolvedRef> resolve_now(SourceSpec repository, std::string ref);
  std::optional<SyncStatuses::Known> known(const std::string& sync) const;
  void target_changed(const std::string& target);
  Served& repository_of(const SourceSpec& repository);
  void begin_to_serve(Served& served);
  asio::awaitable<void> serve(Served& served);
  void end_unused_repositories();
  asio::awaitable<void> keep_reading(std::stop_token stop);
  std::string watched_syncs() const;
  void say_unknown(const std::string& sync);

  ControllerParts parts_;
  ModuleLog log_;
  Tasks tasks_;
  Fleet fleet_;
  SyncCatalog catalog_;  // of the files
  SyncObjects objects_;
  SyncStatuses statuses_;
  std::map<std::string, std::string> planned_;  // by Sync: SyncSpec::plan that was answered
  std::set<std::string> planning_;              // Syncs of which a plan is being resolved
  bool reload_asked_ = false;                   // else files are only applied once more
  bool applied_ = true;                         // the files, all of them
  std::set<std::string> changed_;               // Syncs whose objects somebody changed
  std::string unassigned_why_;                  // as it was said
  std::set<std::string> unassigned_;            // Syncs with a target of which somebody wishes something else
  std::map<std::string, TargetWishes> wishes_;  // by target, as they were assigned
  std::map<std::string, std::string> tried_;    // by target: the dry run of waiting work that was answered last
  Wakeup reload_, objects_changed_;
  std::vector<std::unique_ptr<TriggerListener>> listeners_;
  std::list<Served> repositories_;
  std::map<std::string, RepositoryLane*> lane_of_;  // by Sync
  Metric resolve_seconds_;
  std::set<std::string> unknown_;  // names in hints that no Sync has, and that were said
  std::stop_token stop_;
  bool working_ = false, triggers_open_ = false;
};

}  // namespace stoker::host
