// Scans and their lock.
#include <boost/json.hpp>

#include <algorithm>
#include <variant>

#include "support/ignition_sim/pages.hpp"
#include "support/ignition_sim/web_routes.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

void put_timestamp(json::object& status, std::int64_t timestamp, bool scanned, Unscanned unscanned) {
  if (scanned || unscanned == Unscanned::start)
    status["lastScanTimestamp"] = timestamp;
  else if (unscanned == Unscanned::null)
    status["lastScanTimestamp"] = nullptr;
  else if (unscanned != Unscanned::missing)
    status["lastScanTimestamp"] = unscanned == Unscanned::zero ? 0 : -1;
}

json::object scan_json(const Machine& machine, Kind kind) {
  const ScanStatus& status = machine.scan_status(kind);
  const Told told = kind == Kind::projects ? machine.habits().project_scans : Told::all;
  const std::int64_t timestamp = told == Told::all ? status.last_timestamp : status.start_timestamp;
  json::object answer{{"scanActive", status.active && told != Told::nothing}};
  put_timestamp(answer, timestamp, timestamp != status.start_timestamp, machine.habits().unscanned);
  answer["lastScanDuration"] = status.last_duration;
  return answer;
}

// The answer to a request says that the scan is active, and the timestamp of the one before.
Answer request_scan(Machine& machine, Kind kind, const std::string& actor) {
  machine.request_scan(kind, actor);
  auto answer = scan_json(machine, kind);
  const bool silent = kind == Kind::projects && machine.habits().project_scans == Told::nothing;
  answer["scanActive"] = !silent && !machine.never_scans(kind);
  return json_answer(answer);
}

Answer lock_answer(ScanLock& lock) {
  const auto held = lock.held();
  if (!held) return {.status = 204, .type = {}, .body = {}, .headers = {}};
  return json_answer(
      json::object{{"timestamp", held->timestamp}, {"remaining", held->remaining}, {"actor", held->actor}});
}

constexpr std::int64_t seconds_max = 30 * 86'400;  // more does not fit a timer

struct LockRequest {
  std::int64_t patience_s = 10;
  std::int64_t hold_s = 60;
};

// A body that is not there ends in an exception of the gateway; a number below 1 is refused by name.
std::variant<LockRequest, Answer> read_lock_request(const Request& request) {
  if (request.body.empty()) return html_error(500, request.path);
  boost::system::error_code failed;
  const auto body = json::parse(request.body, failed);
  if (failed || !body.is_object()) return html_error(400, request.path);
  LockRequest wanted;
  for (const auto& [key, seconds] :
       {std::pair{"acquireTimeout", &wanted.patience_s}, std::pair{"holdTimeout", &wanted.hold_s}}) {
    const auto* value = body.get_object().if_contains(key);
    if (!value) continue;
    if (!value->is_int64()) return html_error(400, request.path);
    *seconds = value->get_int64();
    if (*seconds < 1) return html_error(400, request.path, "Timeouts must be positive.");
    *seconds = std::min(*seconds, seconds_max);
  }
  return wanted;
}

void take_lock(Machine& machine, const Request& request, Kind kind, const std::string& actor, const Reply& reply) {
  auto read = read_lock_request(request);
  if (auto* bad = std::get_if<Answer>(&read)) return reply(std::move(*bad));
  const auto& wanted = std::get<LockRequest>(read);
  const auto patience =
      static_cast<std::int64_t>(static_cast<double>(wanted.patience_s) * 1000 * machine.options().scale);
  machine.lock(kind).acquire(
      actor, std::chrono::milliseconds(patience), std::chrono::seconds(wanted.hold_s),
      [&machine, kind, reply, path = request.path](int status) {
        const auto holder = machine.lock(kind).held();
        if (status == 200) return reply(lock_answer(machine.lock(kind)));
        if (status == 409) return reply(html_error(409, path, "Lock already held by " + (holder ? holder->actor : "")));
        reply(html_error(status, path));
      });
}

}  // namespace

std::optional<Answer> lock_body_fault(const Request& request) {
  if (request.method != "POST" || !request.path.starts_with("/data/api/v1/scan-lock/")) return std::nullopt;
  auto read = read_lock_request(request);
  auto* bad = std::get_if<Answer>(&read);
  return bad ? std::optional(std::move(*bad)) : std::nullopt;
}

bool scan_route(Machine& machine, const Request& request, std::string_view route, const std::string& actor,
                const Reply& reply) {
  if (route.starts_with("scan/")) {
    const auto kind = kind_named(route.substr(5));
    if (kind)
      reply(request.method == "POST" ? request_scan(machine, *kind, actor) : json_answer(scan_json(machine, *kind)));
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
