// The agent brings each target of this process to the revision that the exchange assigns to it. It opens each target of
// the directory, tries again when one cannot be opened, runs its lane, and ends its instances when the target leaves
// the directory or the process stops. A failure of one target does not affect another. The role owns it. [event loop]
#pragma once

#include "host/agent/gateway_metrics.hpp"
#include "host/agent/opened_target.hpp"
#include "host/calls/tasks.hpp"
#include "host/config/known_targets.hpp"
#include "host/config/target_directory.hpp"

#include <set>

namespace stoker::host {

class Agent {
 public:
  // Called when a target was opened. `token`: of the Assignment that is kept beside its memory, 0 without one. `late`:
  // the first attempt to open it failed, so the controller should look again.
  using WhenOpen = std::function<void(const TargetConfig& target, std::uint64_t token, bool late)>;
  Agent(AgentParts parts, TargetDirectory& directory, WhenOpen when_open);
  ~Agent();

  // What opening may do. A dry run must not finish what a dead process left.
  enum class Opening { recover, only_look };
  // Opens every target once, in the order of the directory, after their names are kept durably. Returns the first
  // failure; the other targets are open.
  Async<void> open_all(Opening opening);
  // Finishes journals that a dead process left in data folders of targets that are not in the directory. With
  // `forget`, those where nothing is open are forgotten. Returns the targets that could not be finished, and why.
  asio::awaitable<std::vector<std::pair<KnownTarget, Error>>> finish_others(bool forget);
  // Wakes every open target, when `work` will not: the process ends because of a mistake somewhere else.
  asio::awaitable<void> wake_all();
  // Runs every target until `stop`, also those that could not be opened yet and those that come later.
  asio::awaitable<void> work(std::stop_token stop);
  // Ends the targets that are open. Call it after `work` has returned.
  asio::awaitable<void> end();

  // Is every target of the directory open, awake and whole?
  bool ready() const;
  // Null while the target is not open.
  TargetLane* lane(const std::string& target) const;
  // Says in the exchange why the target is not open; nothing when it is.
  asio::awaitable<void> tell_why_not_open(std::string target);
  // Why the last attempt to open the target failed; null when it is open, or before the first attempt.
  const Error* why_not_open(const std::string& target) const;

 private:
  struct Served {
    std::unique_ptr<OpenedTarget> opened;
    std::optional<Error> why_not;  // why it is not open
    std::stop_source stop;
    bool serving = false, was_recovered = false;
  };
  Async<void> open(const std::string& name, bool late);
  asio::awaitable<void> keep_names();
  asio::awaitable<bool> change_known(std::function<void(std::vector<KnownTarget>&)> change);
  asio::awaitable<bool> keep_opening(std::string name, std::stop_token stop);
  asio::awaitable<void> serve(std::string name);
  void follow_directory(const std::string& name);
  void begin_to_serve(const std::string& name);
  void say_unclean_end(const Result<void>& ended) const;

  AgentParts parts_;
  TargetDirectory& directory_;
  WhenOpen when_open_;
  ModuleLog log_;
  Tasks tasks_;
  GatewayMetrics gateways_;
  std::map<std::string, Served> targets_;
  std::stop_token stop_;
  Opening opening_ = Opening::recover;
  std::set<std::filesystem::path> names_kept_;  // data folders in the list of known targets
  bool working_ = false;
};

}  // namespace stoker::host
