// The gateway's own HTTP interface. Only what ignition 2 describes is answered; the rest is a JSON 404 and recorded.
#include <algorithm>
#include <array>
#include <utility>

#include "support/ignition_sim/lists.hpp"
#include "support/ignition_sim/pages.hpp"
#include "support/ignition_sim/web_routes.hpp"

namespace ignition_sim {
namespace {

Answer read_route(Machine& machine, const Request& request, std::string_view route) {
  if (auto answer = project_route(machine, request, route)) return std::move(*answer);
  if (auto answer = session_route(machine, request, route)) return std::move(*answer);
  if (auto answer = log_route(machine, request, route)) return std::move(*answer);
  if (auto answer = resource_route(machine, request, route)) return std::move(*answer);
  return no_route(machine, request);
}

void answer_route(Machine& machine, const Request& request, const std::string& actor, const Reply& reply) {
  constexpr std::string_view base = "/data/api/v1/";
  if (!request.path.starts_with(base)) {
    auto answer = request.method == "GET" ? perspective_route(machine, request) : std::nullopt;
    return reply(answer ? std::move(*answer) : no_route(machine, request));
  }
  const std::string_view route = std::string_view(request.path).substr(base.size());
  if (scan_route(machine, request, route, actor, reply)) return;
  if (auto answer = gateway_route(machine, request, route)) return reply(std::move(*answer));
  reply(request.method == "POST" ? no_route(machine, request) : read_route(machine, request, route));
}

std::string key_of(const Request& request) { return request.token.substr(0, request.token.find(':')); }

// Parameters that nothing here understands are as unknown as a path would be.
void look_at_query(Machine& machine, const Request& request) {
  constexpr std::array known{"collection", "defaultIfUndefined", "startTime", "endTime", "minLevel", "logger",
                             "confirm"};
  for (const auto& [name, value] : request.query)
    if (!is_list_parameter(name) && std::ranges::find(known, name) == known.end())
      keep(machine.unknown, request.method + ' ' + request.target + ": parameter " + name);
}

Answer forbidden(const Machine& machine, const Request& request) {
  if (machine.habits().body_before_rights)
    if (auto bad = lock_body_fault(request)) return std::move(*bad);
  return html_error(403, request.path);
}

void answer_api(Machine& machine, const Request& request, const Reply& reply) {
  const bool write = request.method != "GET";
  if (write && request.method != "POST") return reply(no_route(machine, request));
  look_at_query(machine, request);
  switch (machine.access().check(request.token, write)) {
    case Verdict::unauthorized: return reply(html_error(401, request.path));
    case Verdict::forbidden: return reply(forbidden(machine, request));
    case Verdict::allowed: break;
  }
  answer_route(machine, request, "api-token:" + key_of(request) + ':' + request.peer, reply);
}

void answer_by_state(Machine& machine, const Request& request, const Reply& reply) {
  const auto state = machine.state();
  if (request.path == "/StatusPing" && request.method == "GET") return reply(status_ping(machine));
  if (state == State::starting || state == State::faulted) return reply(html_error(503, request.path));
  if (request.path == "/system/gwinfo" && request.method == "GET") return reply(gwinfo(machine));
  if (state == State::commissioning) return reply(redirect("/welcome"));
  if (!request.path.starts_with("/data/")) return reply(no_route(machine, request));
  answer_api(machine, request, reply);
}

// --- Faults ---

std::optional<Fault> take_fault(Machine& machine, const Request& request) {
  const auto fault = std::ranges::find_if(machine.faults, [&](const Fault& candidate) {
    return request.path.starts_with(candidate.path) && (candidate.method.empty() || candidate.method == request.method);
  });
  if (fault == machine.faults.end()) return std::nullopt;
  Fault taken = *fault;
  if (fault->times > 0 && --fault->times == 0) machine.faults.erase(fault);
  return taken;
}

Answer faulty(const Fault& fault, const Request& request, Answer answer) {
  if (fault.answer.starts_with("302 ")) return redirect(fault.answer.substr(4));
  if (fault.answer == "302") return redirect("/welcome");
  if (fault.answer == "reset") answer.delivery = Delivery::reset;
  if (fault.answer == "silent") answer.delivery = Delivery::silent;
  if (fault.answer == "slow") answer.delivery = Delivery::slow;
  if (fault.answer == "endless") answer.delivery = Delivery::endless;
  if (fault.answer == "text")
    return {.status = 200, .type = "text/html", .body = "<html>not what you want</html>", .headers = {}};
  if (answer.delivery != Delivery::whole) return answer;
  return html_error(fault.answer.size() == 3 ? std::atoi(fault.answer.c_str()) : 500, request.path);
}

// Slow and endless answers have something to say, so the call is carried out.
bool carried_out(const Fault& fault) { return fault.after || fault.answer == "slow" || fault.answer == "endless"; }

}  // namespace

Answer no_route(Machine& machine, const Request& request) {
  keep(machine.unknown, request.method + ' ' + request.target);
  return no_such_route(request);
}

void answer_web(Machine& machine, const Request& request, Reply reply) {
  const Reply recorded = [&machine, reply, method = request.method, target = request.target,
                          key = key_of(request)](Answer answer) {
    const bool given = answer.delivery != Delivery::reset && answer.delivery != Delivery::silent;
    keep(machine.calls, Call{method, target, key, given ? answer.status : 0});
    reply(std::move(answer));
  };
  const auto fault = take_fault(machine, request);
  if (!fault) return answer_by_state(machine, request, recorded);
  if (!carried_out(*fault)) return recorded(faulty(*fault, request, {}));
  answer_by_state(machine, request, [fault = *fault, request, recorded](Answer answer) {
    recorded(faulty(fault, request, std::move(answer)));
  });
}

}  // namespace ignition_sim
