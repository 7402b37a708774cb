// Who works on the gateway now.
#include <boost/json.hpp>

#include "support/ignition_sim/lists.hpp"
#include "support/ignition_sim/pages.hpp"
#include "support/ignition_sim/web_routes.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

json::array designers_json(const Machine& machine) {
  json::array items;
  for (const auto& designer : machine.designers)
    items.push_back(json::object{{"id", designer.id},
                                 {"user", designer.user},
                                 {"uptime", 60'000},
                                 {"lastcomm", 500},
                                 {"timeout", 30'000},
                                 {"memory", {{"used", 104857600}, {"max", 1073741824}}},
                                 {"project", designer.project},
                                 {"address", "127.0.0.1"},
                                 {"timezone", "UTC"}});
  return items;
}

json::array sessions_json(const Machine& machine) {
  json::array items;
  for (const auto& session : machine.sessions)
    items.push_back(json::object{{"id", session.id},
                                 {"username", session.user},
                                 {"authorized", true},
                                 {"project", session.project},
                                 {"clientAddress", "127.0.0.1"},
                                 {"lastComm", 500},
                                 {"sessionScope", "browser"},
                                 {"activePages", 1},
                                 {"pageIds", json::array({"page-1"})},
                                 {"recentBytesSent", 0},
                                 {"totalBytesSent", 4096},
                                 {"userAgent", "Mozilla/5.0"}});
  return items;
}

}  // namespace

std::optional<Answer> perspective_route(const Machine& machine, const Request& request) {
  if (request.path != "/data/perspective/api/v1/sessions/") return std::nullopt;
  return envelope(request, sessions_json(machine));
}

std::optional<Answer> session_route(const Machine& machine, const Request& request, std::string_view route) {
  if (route == "designers") return envelope(request, designers_json(machine));
  return std::nullopt;
}

}  // namespace ignition_sim
