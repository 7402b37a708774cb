// The standalone role: controller, agent and notices of one machine in one process, wired over the
// objects of its platform. It
// decides nothing itself. `main` makes it through Process, runs it on the event loop, and ends it. [event loop]
#pragma once

#include "host/agent/agent.hpp"
#include "host/agent/examination.hpp"
#include "host/api/object_server.hpp"
#include "host/controller/controller.hpp"
#include "host/exchange/object_exchange.hpp"
#include "host/notices/announcer.hpp"
#include "host/objects/platform_store.hpp"
#include "host/web/pages.hpp"

namespace stoker::host {

struct SyncOnce {
  std::string target;  // empty: all
  bool dry_run = false;
  bool repair = false;  // put back what was changed at the targets
};

struct Examine {
  std::string target;  // empty: all
  bool probe = false;  // of this one target: try out how its gateway behaves
};

// What was found; `general` is of no single target.
struct Examined {
  std::vector<Finding> general;
  std::vector<std::pair<std::string, std::vector<Finding>>> targets;
};

class Standalone {
 public:
  Standalone(asio::io_context& loop, const Config& config, ModuleFactory& factory, Services services);

  // Everything until `stop`, also the objects for other processes, at socket_in the state folder: then Runs under way
  // are finished or given up before they change a file, and every instance is ended. While the objects cannot be used
  // the targets keep what they have. Fails when the configuration is wrong, or another process serves that socket.
  Async<void> run(std::stop_token stop);
  // One Run of each target, without triggers: its Reports, in the order of the configuration.
  Async<std::vector<Report>> sync_once(SyncOnce what, std::stop_token stop);

  // Finishes what a dead process left in all data folders that this machine has worked on, when the configuration
  // cannot be used. Returns how many could not be finished; they were logged.
  asio::awaitable<std::size_t> finish_journals(std::stop_token stop);

  // Looks at everything that Runs need. Runs nothing, and works beside another process that does. After `stop` it
  // answers what was found by then.
  asio::awaitable<Examined> examine(Examine what, std::stop_token stop);

  // Reads the Syncs again: files changed, or somebody sent SIGHUP.
  void reload() { controller_.reload(); }
  // Why it is not ready; empty: it is.
  std::string not_ready() const;
  // Is every target open, and its live files one whole revision? A gateway may start then, whatever else is away.
  bool targets_are_whole() const { return agent_.ready(); }
  // Empty: no call of a plugin is stuck.
  std::string unhealthy() const;
  Status status() const;
  // What the Runs that are under way do now.
  std::vector<ShownStep> run_steps() const;

 private:
  asio::awaitable<void> end_dry_runs(std::string sync, std::stop_token stop);
  asio::awaitable<std::vector<Report>> sync_target(const TargetConfig& target, bool dry_run, std::stop_token stop);
  asio::awaitable<Syncs> read_syncs(std::vector<Finding>& findings);
  Async<void> open_objects(bool only_look);
  Async<void> begin_with_objects();
  asio::awaitable<bool> keep_opening_objects(std::stop_token stop);
  asio::awaitable<void> work_with_objects(std::stop_token stop);
  void say_objects_away(const Error& why);
  asio::awaitable<void> forget_targets();
  Result<void> listen();
  Async<std::string> document_at(std::string path);
  asio::awaitable<void> serve(std::stop_token stop);
  asio::awaitable<void> take_report(const Report& report);
  asio::awaitable<std::vector<Report>> finish_others();
  asio::awaitable<void> announce_trouble(std::string sync, Trouble trouble);
  asio::awaitable<void> end();

  const Config& config_;
  ModuleFactory& factory_;
  Services services_;
  ModuleLog log_;
  Workers workers_;
  TargetDirectory targets_;
  SourcePool sources_;
  Announcer announcer_;
  PlatformStore objects_;
  ObjectExchange exchange_;
  std::unique_ptr<ObjectServer> server_;
  bool listens_later_ = false;      // the socket could not be made, and that may pass
  std::optional<Error> away_;       // why the objects cannot be used
  bool syncs_are_read_ = false;     // so that the controller may be asked
  std::vector<TargetStatus> left_;  // targets that left the configuration and cannot be finished
  Controller controller_;
  Agent agent_;
};

}  // namespace stoker::host
