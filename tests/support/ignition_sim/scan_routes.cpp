// Scans and their lock.
#include <boost/json.hpp>

#include "support/ignition_sim/pages.hpp"
#include "support/ignition_sim/web_routes.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

json::object scan_json(const ScanStatus& status) {
  return {{"scanActive", status.active},
          {"lastScanTimestamp", status.last_timestamp},
          {"lastScanDuration", status.last_duration}};
}

Answer scan(Machine& machine, const Request& request, Kind kind, const std::string& actor) {
  if (request.method == "POST") machine.request_scan(kind, actor);
  return json_answer(scan_json(machine.scan_status(kind)));
}

Answer lock_answer(ScanLock& lock) {
  const auto held = lock.held();
  if (!held) return {.status = 204, .type = {}, .body = {}, .headers = {}};
  return json_answer(
      json::object{{"timestamp", held->timestamp}, {"remaining", held->remaining}, {"actor", held->actor}});
}

// Seconds of a lock request; nullopt when they are not a number from 0 to a day.
std::optional<std::int64_t> seconds(const json::object& body, std::string_view key, std::int64_t otherwise) {
  const auto* value = body.if_contains(key);
  if (!value) return otherwise;
  if (!value->is_int64() || value->get_int64() < 0 || value->get_int64() > 86'400) return std::nullopt;
  return value->get_int64();
}

void take_lock(Machine& machine, const Request& request, Kind kind, const std::string& actor, const Reply& reply) {
  boost::system::error_code failed;
  const auto body = json::parse(request.body, failed);
  const auto bad = [&] {
    reply(json_answer(json::object{{"message", "acquireTimeout and holdTimeout are seconds"}, {"status", "400"}}, 400));
  };
  if (failed || !body.is_object()) return bad();
  const auto patience = seconds(body.get_object(), "acquireTimeout", 10);
  const auto hold = seconds(body.get_object(), "holdTimeout", 60);
  if (!patience || !hold || *hold == 0) return bad();
  const auto scaled = static_cast<std::int64_t>(static_cast<double>(*patience) * 1000 * machine.options().scale);
  machine.lock(kind).acquire(
      actor, std::chrono::milliseconds(scaled), std::chrono::seconds(*hold), [&machine, kind, reply](int status) {
        if (status == 200) return reply(lock_answer(machine.lock(kind)));
        const std::string why = status == 409 ? "the lock is held already" : "the lock was not acquired in time";
        reply(json_answer(json::object{{"message", why}, {"status", std::to_string(status)}}, status));
      });
}

}  // namespace

bool scan_route(Machine& machine, const Request& request, std::string_view route, const std::string& actor,
                const Reply& reply) {
  if (route.starts_with("scan/")) {
    const auto kind = kind_named(route.substr(5));
    if (kind) reply(scan(machine, request, *kind, actor));
    return kind.has_value();
  }
  if (!route.starts_with("scan-lock/")) return false;
  const auto kind = kind_named(route.substr(10));
  if (!kind) return false;
  if (request.method == "POST")
    take_lock(machine, request, *kind, actor, reply);
  else
    reply(lock_answer(machine.lock(*kind)));
  return true;
}

}  // namespace ignition_sim
