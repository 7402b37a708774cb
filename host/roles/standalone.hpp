// The standalone role: controller, agent and notices of one machine in one process, wired over a local exchange. It
// decides nothing itself. `main` makes it through Process, runs it on the event loop, and ends it. [event loop]
#pragma once

#include "host/agent/agent.hpp"
#include "host/controller/controller.hpp"
#include "host/exchange/local_exchange.hpp"
#include "host/notices/announcer.hpp"
#include "host/web/pages.hpp"

namespace stoker::host {

struct SyncOnce {
  std::string target;  // empty: all
  bool dry_run = false;
};

class Standalone {
 public:
  Standalone(asio::io_context& loop, const Config& config, ModuleFactory& factory, Services services);

  // Everything until `stop`: then Runs under way are finished or given up before they change a file, and every instance
  // is ended.
  Async<void> run(std::stop_token stop);
  // One Run of each target, without triggers: its Reports, in the order of the configuration.
  Async<std::vector<Report>> sync_once(SyncOnce what, std::stop_token stop);

  // Reads the Syncs again: files changed, or somebody sent SIGHUP.
  void reload() { controller_.reload(); }
  bool ready() const { return agent_.ready(); }
  // Empty: no call of a plugin is stuck.
  std::string unhealthy() const;
  std::vector<TargetStatus> status() const;

 private:
  asio::awaitable<std::vector<Report>> sync_target(const TargetConfig& target, bool dry_run, std::stop_token stop);
  asio::awaitable<void> take_report(const Report& report);
  asio::awaitable<void> end();

  ModuleLog log_;
  Workers workers_;
  TargetDirectory targets_;
  SourcePool sources_;
  Announcer announcer_;
  LocalExchange exchange_;
  Controller controller_;
  Agent agent_;
};

}  // namespace stoker::host
