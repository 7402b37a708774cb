// StatusPing, gwinfo and redundancy, put together (ignition 2.2, 2.5, 5). `started` is left out: what the gateway says
// of its uptime has no documented unit.
#include "facts.hpp"

namespace ignition {

using stoker::errc;
using stoker::Error;
using stoker::Result;

std::optional<State> state_of(const Error& error) {
  if (error.code == code_down) return State::down;
  if (error.code == code_starting) return State::starting;
  if (error.code == code_commissioning) return State::commissioning;
  return std::nullopt;
}

Error not_there(State state) {
  switch (state) {
    case State::down: return Error(errc::unreachable, "ignition: the gateway is down", std::string(code_down));
    case State::commissioning:
      return Error(errc::unreachable, "ignition: the gateway waits to be commissioned",
                   std::string(code_commissioning));
    case State::starting:
    case State::running:
    case State::faulted: break;
  }
  return Error(errc::unreachable, "ignition: the gateway is starting", std::string(code_starting));
}

Result<State> look(stoker::Call& call, const GatewayClient& gateway) {
  auto answer = gateway.ask(call, "/StatusPing");
  if (!answer) {
    if (auto state = state_of(answer.error())) return *state;
    return std::move(answer).error();
  }
  if (answer->status == 302) return State::commissioning;
  if (answer->status == 503) return State::starting;
  if (answer->status != 200)
    return Error(errc::unreachable, "ignition: GET /StatusPing: " + std::to_string(answer->status), "ignition.answer");
  return status_ping(answer->body);
}

namespace {

// Of a redundant pair: may it be changed now? A key that is refused is for admit to say.
Result<void> pairing(stoker::Call& call, const GatewayClient& gateway, Facts& facts) {
  auto json = gateway.get(call, "/data/api/v1/redundancy");
  if (!json) {
    if (json.error() == errc::denied) return {};
    return std::move(json).error();
  }
  auto pair = redundancy(*json);
  if (!pair) return std::move(pair).error();
  if (!pair->sync_pending && !pair->failover_pending) return {};
  facts.hold_name = "redundancy";
  facts.hold_reason = pair->failover_pending ? "a failover is pending" : "the pair has not finished synchronising";
  return {};
}

}  // namespace

Result<Facts> observe(stoker::Call& call, const GatewayClient& gateway) {
  auto state = look(call, gateway);
  if (!state) return std::move(state).error();
  Facts facts;
  facts.state = *state;
  if (*state != State::running) return facts;
  auto info = gateway.ask(call, "/system/gwinfo");
  if (!info) return std::move(info).error();
  if (info->status == 503 || info->status == 302) {
    facts.state = info->status == 503 ? State::starting : State::commissioning;
    return facts;
  }
  if (info->status != 200)  // without a role nobody knows what may be written here
    return Error(errc::unreachable, "ignition: GET /system/gwinfo: " + std::to_string(info->status), "ignition.answer");
  const Node node = gwinfo(info->body);
  facts.role = node.role;
  facts.version = node.version;
  if (node.commissioning)
    facts.state = State::commissioning;
  else if (node.role != "independent")
    if (auto asked = pairing(call, gateway, facts); !asked) {
      const auto now = state_of(asked.error());
      if (!now) return std::move(asked).error();
      facts.state = *now;
    }
  return facts;
}

}  // namespace ignition
