// `stoker pause`, `stoker resume` and `stoker retry`: what a person asks of a Sync, of one of its profiles, or of one
// target. They write fields and annotations of objects; the controller acts. Called once, by main.
#pragma once

#include "host/commands/host_client.hpp"

namespace stoker::host {

struct PauseOptions : ClientOptions {
  std::string sync;
  std::string profile, target;  // at most one; neither: the whole Sync
  std::string reason;           // of a pause, for people
};

// Exit codes: ok (also when it is so already), not found or bad usage, timeout, denied, unavailable.
int pause(const PauseOptions& options, std::ostream& out, std::ostream& err);
int resume(const PauseOptions& options, std::ostream& out, std::ostream& err);

struct RetryOptions : ClientOptions {
  std::string sync, target;  // without a target: all of the Sync
};
int retry(const RetryOptions& options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
