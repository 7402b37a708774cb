// The gateway's log, newest first.
#include <boost/json.hpp>

#include <limits>

#include "support/ignition_sim/lists.hpp"
#include "support/ignition_sim/pages.hpp"
#include "support/ignition_sim/web_routes.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

json::array log_json(const Machine& machine, const Request& request) {
  static constexpr std::string_view levels = "TRACE DEBUG INFO WARN ERROR";
  const auto from = number(request, "startTime", 0);
  const auto to = number(request, "endTime", std::numeric_limits<std::int64_t>::max());
  const auto least = request.query.find("minLevel");
  const auto logger = request.query.find("logger");
  json::array items;
  for (auto line = machine.log.rbegin(); line != machine.log.rend(); ++line) {
    if (line->timestamp < from || line->timestamp > to) continue;
    if (least != request.query.end() && levels.find(line->level) < levels.find(least->second)) continue;
    if (logger != request.query.end() && logger->second != line->logger) continue;
    items.push_back(json::object{{"timestamp", line->timestamp},
                                 {"loggerName", line->logger},
                                 {"level", line->level},
                                 {"message", line->message},
                                 {"mdc", json::object()}});
  }
  return items;
}

}  // namespace

std::optional<Answer> log_route(const Machine& machine, const Request& request, std::string_view route) {
  if (route == "logs")
    return envelope(request, log_json(machine, request), {"startTime", "endTime", "minLevel", "logger"});
  return std::nullopt;
}

}  // namespace ignition_sim
