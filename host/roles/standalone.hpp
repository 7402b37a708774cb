// The standalone role: triggers, repositories, targets and notices of one machine, wired in one process. `main` makes
// it, runs it on the event loop, and ends it; nothing registers itself.
#pragma once

#include "host/calls/module_factory.hpp"
#include "host/calls/tasks.hpp"
#include "host/config/sync_files.hpp"
#include "host/controller/repository_lane.hpp"
#include "host/notices/notices.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

namespace stoker::host {

struct SyncOnce {
  std::string target;  // empty: all
  bool dry_run = false;
};

class Standalone {
 public:
  Standalone(asio::io_context& loop, const Config& config, ModuleFactory& modules, Services services);
  ~Standalone();

  // Everything until `stop`: then Runs under way are finished or cleanly given up, and every instance is ended.
  asio::awaitable<Result<void>> run(std::stop_token stop);
  // One Run of each target, without triggers: its Reports, in the order of the configuration.
  asio::awaitable<Result<std::vector<Report>>> sync_once(SyncOnce what, std::stop_token stop);

  // Reads the Syncs again; the caller is told of changed files or got SIGHUP. [loop]
  void reload();
  bool ready() const;
  // Empty: nothing is stuck.
  std::string unhealthy() const;
  std::string status_page() const;

 private:
  struct OpenTarget;  // what one target's plugins are made of
  struct Listener;    // a trigger and its threads
  struct Receiver;    // a notifier and its queue

  asio::awaitable<Result<void>> open();
  asio::awaitable<Result<void>> open_target(std::size_t index);
  asio::awaitable<void> keep_opening(std::size_t index, std::stop_token stop);
  asio::awaitable<Result<void>> open_repositories();
  asio::awaitable<Result<void>> open_triggers();
  asio::awaitable<Result<void>> open_notifiers();
  asio::awaitable<void> close();
  asio::awaitable<std::optional<Report>> one_run(std::size_t index, bool dry_run, std::stop_token stop);
  asio::awaitable<void> listen(Listener& listener, std::stop_token stop);
  void begin_to_watch();
  bool watch_folders() const;
  asio::awaitable<void> watch_files(std::stop_token stop);
  void take_syncs(Syncs loaded);
  void start_repositories();
  RepositoryLane* repository_of(const std::string& sync) const;  // null: it cannot be used
  void point_at_sources();
  asio::awaitable<void> finished(Report report);
  asio::awaitable<void> read_syncs();
  std::string watched_syncs() const;

  asio::io_context& loop_;
  const Config& config_;
  ModuleFactory& modules_;
  Services services_;
  ModuleLog log_;
  Workers workers_;
  Tasks tasks_;
  Fleet fleet_;
  Syncs syncs_;
  std::stop_token stop_;
  std::shared_ptr<asio::posix::stream_descriptor> changes_;  // of files; null: they cannot be watched
  std::vector<std::unique_ptr<RepositoryLane>> repositories_;
  std::vector<std::unique_ptr<OpenTarget>> targets_;  // as configured; null until it could be opened
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
  Metric runs_, stage_seconds_, verified_, held_, resolve_seconds_;
  std::size_t repositories_started_ = 0;
  bool serving_ = false, reload_due_ = false;
  bool reading_ = true;  // the first time by open(): a SIGHUP that comes meanwhile waits for it
};

}  // namespace stoker::host
