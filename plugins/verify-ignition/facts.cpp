// StatusPing, gwinfo, redundancy, gateway-info and overview, put together.
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

Result<State> state_said(const Result<stoker::HttpAnswer>& answer) {
  if (!answer) {
    if (auto state = state_of(answer.error())) return *state;
    return answer.error();
  }
  if (answer->status == 503) return State::starting;
  if (answer->status != 200)
    return Error(errc::unreachable, "ignition: GET /StatusPing: " + std::to_string(answer->status), "ignition.answer");
  return status_ping(answer->body);
}

Result<State> ask_state(stoker::Call& call, const GatewayClient& gateway) {
  return state_said(gateway.ask(call, "/StatusPing"));
}

// `role` never moves. After a failover the master is cold and the backup active: the node at work overwrites the other
// one, so only a master that is the one at work is written to.
std::optional<std::string> pair_fault(const std::string& role, const Pairing& pair) {
  if (pair.failover_pending) return "a failover is pending";
  if (pair.sync_pending) return "the pair has not finished synchronising";
  if (role == "master" && !pair.activity.empty() && pair.activity != "active")
    return "this master is " + pair.activity +
           " and its backup is at work; what is written here is overwritten. Let the master take over again";
  if (role == "backup" && pair.activity == "active")
    return "this backup is at work in place of its master; let the master take over again";
  if (pair.project_state == "SyncError" || pair.project_state == "OutOfSync")
    return "the pair does not synchronise (" + pair.project_state +
           "); look at the redundancy page of the master, and ask it for a resync";
  return std::nullopt;
}

namespace {

void hold(Facts& facts, std::string_view name, std::string reason) {
  if (!facts.hold_name.empty()) return;
  facts.hold_name = name;
  facts.hold_reason = std::move(reason);
}

// Nothing: the key is refused, which is for admit to say, or this version does not have the route.
Result<std::optional<std::string>> ask(stoker::Call& call, const GatewayClient& gateway, std::string_view path) {
  using Answer = std::optional<std::string>;
  auto json = gateway.get(call, path);
  if (json) return Answer(*std::move(json));
  if (json.error() == errc::denied || json.error() == errc::not_found) return Answer();
  return std::move(json).error();
}

Result<void> read_pair(stoker::Call& call, const GatewayClient& gateway, Facts& facts) {
  auto json = ask(call, gateway, "/data/api/v1/redundancy");
  if (!json) return std::move(json).error();
  if (!*json) return {};
  auto pair = redundancy(**json);
  if (!pair) return std::move(pair).error();
  if (!pair->activity.empty()) facts.active = pair->activity == "active";
  facts.last_sync = pair->last_sync;
  if (auto fault = pair_fault(facts.role, *pair)) hold(facts, "redundancy", *std::move(fault));
  return {};
}

// Name and uptime. A gateway that is new to one of them is as good as one that does not say it.
Result<void> read_identity(stoker::Call& call, const GatewayClient& gateway, const OnDisk& disk, std::int64_t now_ms,
                           Facts& facts) {
  auto info = ask(call, gateway, "/data/api/v1/gateway-info");
  if (!info) return std::move(info).error();
  if (*info) {
    auto name = text_field(**info, "gateway-info", "name");
    if (!name) return std::move(name).error();
    if (*name)
      if (auto fault = disk.wrong_gateway(**name)) hold(facts, "blocked", *std::move(fault));
  }
  auto overview = ask(call, gateway, "/data/api/v1/overview");
  if (!overview) return std::move(overview).error();
  if (!*overview) return {};
  auto uptime = number_field(**overview, "overview", "uptime");
  if (uptime && *uptime && **uptime >= 0) facts.started_ms = now_ms - **uptime;  // -1: a cold node
  return {};
}

Result<void> read_node(stoker::Call& call, const GatewayClient& gateway, Facts& facts) {
  auto info = gateway.ask(call, "/system/gwinfo");
  if (!info) return std::move(info).error();
  if (info->status == 503) {
    facts.state = State::starting;
    return {};
  }
  if (info->status != 200)  // without a role nobody knows what may be written here
    return Error(errc::unreachable, status_of(*info, "ignition: GET /system/gwinfo"), "ignition.answer");
  const Node node = gwinfo(info->body);
  facts.role = node.role;
  facts.version = node.version;
  if (!node.activity.empty()) facts.active = node.activity == "active";
  if (node.commissioning) facts.state = State::commissioning;
  return {};
}

Result<void> read_running(stoker::Call& call, const GatewayClient& gateway, const OnDisk& disk, std::int64_t now_ms,
                          Facts& facts) {
  if (auto node = read_node(call, gateway, facts); !node) return node;
  if (facts.state != State::running) return {};
  if (facts.role != "independent")
    if (auto pair = read_pair(call, gateway, facts); !pair) return pair;
  return read_identity(call, gateway, disk, now_ms, facts);
}

}  // namespace

Result<Facts> observe(stoker::Call& call, const GatewayClient& gateway, const OnDisk& disk, std::int64_t now_ms) {
  auto state = ask_state(call, gateway);
  if (!state) return std::move(state).error();
  Facts facts;
  facts.state = *state;
  if (auto fault = disk.data_folder_fault(*state == State::running)) hold(facts, "blocked", *std::move(fault));
  if (*state != State::running) return facts;
  auto read = read_running(call, gateway, disk, now_ms, facts);
  if (read) return facts;
  const auto now = state_of(read.error());  // it went away meanwhile
  if (!now) return std::move(read).error();
  facts.state = *now;
  return facts;
}

}  // namespace ignition
