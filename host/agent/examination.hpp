// Looks at all that Runs of one target need: its Sync, ref, secrets, data folder, and what each verifier says of the
// gateway. Changes nothing, and works beside a process that has the target open. One thing that is bad stops no other.
// Made for one look, on the event loop.
#pragma once

#include "host/agent/opened_target.hpp"
#include "host/config/sync_files.hpp"

namespace stoker::host {

// One line: who looked, and what was found.
struct Finding {
  std::string by;  // a module; "stoker" is the host itself
  Check check;
  Finding() = default;
  Finding(std::string who, Check what) : by(std::move(who)), check(std::move(what)) {}
};

class Examination {
 public:
  // Everything outlives it.
  Examination(const AgentParts& parts, const TargetConfig& target, const Syncs& syncs, std::stop_token stop);

  asio::awaitable<std::vector<Finding>> look();
  // Tries out how the gateway behaves. Owns the target meanwhile, so that no Run is in the way.
  asio::awaitable<std::vector<Finding>> probe();

 private:
  void add(Check check) { findings_.emplace_back("stoker", std::move(check)); }
  void add(const char* name, Check::Status status, std::string text, std::string remedy = {});
  void check_sync();
  asio::awaitable<void> check_ref();
  asio::awaitable<void> check_files();
  asio::awaitable<void> ask_verifiers(bool probing);
  asio::awaitable<void> ask(VerifierInstance& verifier, bool probing);

  const AgentParts& parts_;
  const TargetConfig& target_;
  const SyncSpec* sync_ = nullptr;  // null: it cannot be used
  bool files_are_good_ = true;      // no file of a Sync has a mistake
  const Profile* profile_ = nullptr;
  std::stop_token stop_;
  std::vector<Finding> findings_;
};

// What all targets share: the modules, the secrets of their settings, and whether the receivers of notices can be
// reached. Nothing is sent to them.
asio::awaitable<std::vector<Finding>> examine_modules(const AgentParts& parts, std::stop_token stop);

}  // namespace stoker::host
