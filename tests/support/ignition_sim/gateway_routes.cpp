// The gateway as a whole: its state, its name and version, its place in a pair.
#include <boost/json.hpp>

#include "support/ignition_sim/pages.hpp"
#include "support/ignition_sim/web_routes.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

Answer gateway_info(const Machine& machine) {
  return json_answer(json::object{{"name", machine.options().name},
                                  {"redundancyRole", machine.redundancy.role},
                                  {"redundantPeerAddress", ""},
                                  {"edition", "standard"},
                                  {"hostname", machine.options().name},
                                  {"port", "8088"},
                                  {"ignitionVersion", machine.options().version},
                                  {"deploymentMode", machine.options().mode},
                                  {"timeZone", "UTC"},
                                  {"jvmVersion", "17.0.13"},
                                  {"license", {{"mode", "Trial"}}}});
}

Answer redundancy(const Machine& machine) {
  const auto& pair = machine.redundancy;
  return json_answer(json::object{{"role", pair.role},
                                  {"projectState", "Good"},
                                  {"activityLevel", pair.activity},
                                  {"localId", machine.options().name},
                                  {"peerConnected", pair.role != "Independent"},
                                  {"peerId", pair.role == "Independent" ? "" : "peer"},
                                  {"hasConfigAccess", pair.role != "Backup"},
                                  {"syncPending", pair.sync_pending},
                                  {"failoverPending", pair.failover_pending},
                                  {"uptime", machine.uptime()},
                                  {"lastSyncTimestamp", machine.now()}});
}

Answer overview(const Machine& machine) {
  return json_answer(json::object{{"name", machine.options().name},
                                  {"ignitionVersion", machine.options().version},
                                  {"uptime", machine.uptime()},
                                  {"license", {{"mode", "Trial"}, {"trialRemaining", 7200}}},
                                  {"redundancy", {{"role", machine.redundancy.role}}}});
}

}  // namespace

Answer status_ping(const Machine& machine) {
  switch (machine.state()) {
    case State::commissioning: return json_answer(json::object{{"state", "RUNNING"}, {"details", "COMMISSIONING"}});
    case State::running: return json_answer(json::object{{"state", "RUNNING"}});
    case State::faulted: return json_answer(json::object{{"state", "FAULTED"}});
    case State::starting:
    case State::down: break;
  }
  return json_answer(json::object{{"state", "STARTING"}});
}

Answer gwinfo(const Machine& machine) {
  const auto& redundancy = machine.redundancy;
  const bool alone = redundancy.role == "Independent";
  std::string text = "ContextStatus=";
  text += machine.state() == State::running ? "RUNNING;" : "NEEDS_COMMISSIONING;";
  text += "Platform=Ignition;Version=" + machine.options().version.substr(0, machine.options().version.find(' ')) + ';';
  if (!alone) text += "RedundancyStatus=" + redundancy.role + ";RedundantState=Good;";
  text += "RedundantNodeActiveStatus=" + redundancy.activity + ";allowDesignerSSO=false;";
  return {.status = 200, .type = "text/plain;charset=utf-8", .body = text, .headers = {}};
}

std::optional<Answer> gateway_route(const Machine& machine, std::string_view route) {
  if (route == "gateway-info") return gateway_info(machine);
  if (route == "overview") return overview(machine);
  if (route == "redundancy") return redundancy(machine);
  return std::nullopt;
}

}  // namespace ignition_sim
