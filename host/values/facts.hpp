// What the verifiers found out about a gateway, and a named reason to wait. Values. [any thread]
#pragma once

#include <stoker/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stoker::host {

// A named reason not to go on. `again_at_ms` is when to look again, `until_ms` when the hold ends by itself: Unix times
// in milliseconds, 0 when not known. `ended_by` says what a person does to end it.
struct Hold {
  std::string name, reason, ended_by;
  std::int64_t again_at_ms = 0, until_ms = 0;
  bool operator==(const Hold&) const = default;
};

// unknown: nobody has asked yet. down: the gateway does not listen. faulted: it runs but cannot work, for example
// because of a bad configuration.
enum class GatewayState { unknown, down, starting, commissioning, running, faulted };
std::string_view name(GatewayState state);  // of `unknown`: empty
std::optional<GatewayState> gateway_state_of(std::string_view text);

// The gateway's part in a redundant pair. The master copies some of its files to its backup.
enum class Role { independent, master, backup };
std::string_view name(Role role);
std::optional<Role> role_of(std::string_view text);

struct Facts {
  GatewayState state = GatewayState::unknown;
  Role role = Role::independent;
  std::string version;
  std::string started;         // changes with each start of the gateway, as far as that can be seen
  std::optional<Hold> hold;    // what the gateway itself says against a Run
  std::optional<bool> active;  // of a redundant pair: this node is the one at work; empty when it does not say
  std::optional<std::int64_t> designers;  // how many Designers are open; empty when it does not say

  bool down() const { return state == GatewayState::down; }
  bool running() const { return state == GatewayState::running; }
  // The gateway can neither be asked nor be locked. A faulted one counts too, until it is seen in another state.
  bool nobody() const { return down() || state == GatewayState::faulted; }
  // It is starting: a Run waits.
  bool not_ready() const { return state == GatewayState::starting || state == GatewayState::commissioning; }
  bool operator==(const Facts&) const = default;
};

// The document that a verifier hands over (docs/documents.md).
Result<Facts> facts_from_json(std::string_view text);

}  // namespace stoker::host
