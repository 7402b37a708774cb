// What a verifier's `observe` found out about a gateway, and the reason of a wait. Values. [any thread]
#pragma once

#include <stoker/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stoker::host {

// A named reason not to go on. `again_at_ms`: when to look again by itself; `until_ms`: when it ends by itself; both
// are Unix times in milliseconds, 0: not known. `ended_by`: what a person does to end it.
struct Hold {
  std::string name, reason, ended_by;
  std::int64_t again_at_ms = 0, until_ms = 0;
  bool operator==(const Hold&) const = default;
};

// Nobody observed yet: `unknown`. The gateway does not listen: `down`. It runs and cannot work, for example because of
// a bad configuration: `faulted`.
enum class GatewayState { unknown, down, starting, commissioning, running, faulted };
std::string_view name(GatewayState state);  // of `unknown`: empty
std::optional<GatewayState> gateway_state_of(std::string_view text);

// The gateway's part in a redundant pair. A backup gets from its master what the master replicates.
enum class Role { independent, master, backup };
std::string_view name(Role role);
std::optional<Role> role_of(std::string_view text);

struct Facts {
  GatewayState state = GatewayState::unknown;
  Role role = Role::independent;
  std::string version;
  std::string started;       // changes with each start of the gateway, as far as that can be seen
  std::optional<Hold> hold;  // what the gateway itself says against a Run

  bool down() const { return state == GatewayState::down; }
  bool running() const { return state == GatewayState::running; }
  // There is nobody to ask and nobody who could lock. A faulted gateway counts until it was seen in another state.
  bool nobody() const { return down() || state == GatewayState::faulted; }
  // It is on its way up: a Run waits.
  bool not_ready() const { return state == GatewayState::starting || state == GatewayState::commissioning; }
  bool operator==(const Facts&) const = default;
};

// The document that a verifier hands over (docs/documents.md).
Result<Facts> facts_from_json(std::string_view text);

}  // namespace stoker::host
