// The gateway as a whole: its state, its name and version, its place in a pair.
#include <boost/json.hpp>

#include "support/ignition_sim/lists.hpp"
#include "support/ignition_sim/pages.hpp"
#include "support/ignition_sim/web_routes.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

Answer gateway_info(const Machine& machine) {
  return json_answer(json::object{{"name", machine.name()},
                                  {"redundancyRole", machine.redundancy.role},
                                  {"redundantPeerAddress", ""},
                                  {"edition", "standard"},
                                  {"hostname", machine.options().name},
                                  {"port", "8088"},
                                  {"ignitionVersion", machine.options().version},
                                  {"deploymentMode", machine.options().mode},
                                  {"timeZone", "UTC"},
                                  {"timeZoneId", "UTC"},
                                  {"jvmVersion", "17.0.13"},
                                  {"allowUnsignedModules", false},
                                  {"license", {{"mode", "Trial"}, {"licenseRestrictions", json::array()}}}});
}

json::object redundancy_json(const Machine& machine) {
  const auto& pair = machine.redundancy;
  const bool alone = pair.role == "Independent";
  return {{"role", pair.role},
          {"projectState", pair.project_state},
          {"activityLevel", pair.activity},
          {"localId", machine.options().name},
          {"peerConnected", !alone},
          {"peerId", alone ? "" : "peer"},
          {"hasConfigAccess", true},
          {"syncPending", pair.sync_pending},
          {"failoverPending", pair.failover_pending},
          {"uptime", machine.uptime()},
          {"lastSyncTimestamp", pair.last_sync}};
}

// cpu is a share of one here, and per cent among the gauges.
Answer overview(const Machine& machine) {
  return json_answer(json::object{
      {"version", machine.options().version},
      {"redundancy", redundancy_json(machine)},
      {"java", {{"version", "17.0.13"}, {"vendor", "Azul Systems, Inc."}, {"name", "OpenJDK 64-Bit Server VM"}}},
      {"os", {{"name", "Linux"}, {"arch", "amd64"}, {"version", "6.1.0"}}},
      {"cloudEnv", nullptr},
      {"uptime", machine.uptime()},
      {"timezone", "UTC"},
      {"locale", "en_US"},
      {"time", machine.now()},
      {"memory", {338'137'088, 1'073'741'824}},
      {"cpu", 0.0031},
      {"disk", {{"total", 62'661'259'264}, {"used", 12'272'824'320}}},
      {"license", {{"state", "trial"}, {"trialRemaining", 7017}}}});
}

json::object module_json(const Machine& machine, const char* id, const char* name) {
  return {{"id", id},
          {"name", name},
          {"version", machine.options().version.substr(0, machine.options().version.find(' '))},
          {"description", name},
          {"vendorId", "inductiveautomation"},
          {"vendorName", "Inductive Automation"},
          {"onStartup", true},
          {"shouldUpgrade", false},
          {"selfSigned", false},
          {"state", "ACTIVE"},
          {"licenseState", "TRIAL"},
          {"startupTime", "2025-01-02 03:04:05"}};
}

json::array modules_json(const Machine& machine) {
  return {module_json(machine, "com.inductiveautomation.perspective", "Perspective"),
          module_json(machine, "com.inductiveautomation.vision", "Vision")};
}

Answer restart(Machine& machine, const Request& request) {
  const auto confirm = request.query.find("confirm");
  if (confirm == request.query.end() || confirm->second != "true") return html_error(400, request.path);
  machine.pending_restarts.clear();
  machine.restart();
  return json_answer(true);
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

std::optional<Answer> gateway_route(Machine& machine, const Request& request, std::string_view route) {
  if (request.method == "POST") {
    if (route == "restart-tasks/restart") return restart(machine, request);
    if (route == "redundancy/gwaction/resync" && machine.resync) return machine.resync(), json_answer(true);
    return std::nullopt;
  }
  if (route == "gateway-info") return gateway_info(machine);
  if (route == "overview") return overview(machine);
  if (route == "redundancy") return json_answer(redundancy_json(machine));
  if (route == "modules/healthy") return envelope(request, modules_json(machine));
  if (route == "modules/quarantined") return envelope(request, {});
  if (route == "systemPerformance/currentGauges")
    return json_answer(json::object{{"cpu", 4.88}, {"heapMemory", 240'000'000}, {"maxMemory", 1'073'741'824}});
  if (route == "restart-tasks/pending")
    return json_answer(
        json::object{{"pending", json::array(machine.pending_restarts.begin(), machine.pending_restarts.end())}});
  return std::nullopt;
}

}  // namespace ignition_sim
