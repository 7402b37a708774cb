// `stoker pause`, `stoker resume` and `stoker retry`: what a person asks of a Sync, of one of its profiles, or of one
// target. They write fields and annotations of objects; the controller acts. Called once, by main.
#pragma once

#include "host/commands/host_client.hpp"
#include "host/commands/object_text.hpp"

namespace stoker::host {

struct WishOptions : ClientOptions {
  std::string sync;    // "line-a" or "gs/line-a"; or "st/press-1", which is a target alone
  std::string target;  // "press-1" or "st/press-1": only this one of the Sync
  ObjectOutput output = ObjectOutput::text;
};

struct PauseOptions : WishOptions {
  std::string profile;  // only the targets with it; not together with a target
  std::string reason;   // of a pause, for people
};

// Exit codes: ok (also when it is so already), not found or bad usage, timeout, denied, unavailable.
int pause(const PauseOptions& options, std::ostream& out, std::ostream& err);
int resume(const PauseOptions& options, std::ostream& out, std::ostream& err);

int retry(const WishOptions& options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
