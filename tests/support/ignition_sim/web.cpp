// The gateway's own HTTP interface. Only what ignition 2 describes is answered; the rest is a JSON 404 and recorded.
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "support/ignition_sim/digest.hpp"
#include "support/ignition_sim/routes.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

Answer json_answer(const json::value& value, int status = 200) {
  return {.status = status, .body = json::serialize(value), .headers = {}};
}

std::string_view reason(int status) {
  switch (status) {
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 500: return "Server Error";
    case 503: return "Service Unavailable";
    default: return "Error";
  }
}

// As Jetty writes it.
Answer html_error(int status, const std::string& path) {
  const std::string title = std::to_string(status) + ' ' + std::string(reason(status));
  return {.status = status,
          .type = "text/html;charset=iso-8859-1",
          .body =
              "<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=ISO-8859-1\"/>\n"
              "<title>Error " +
              title + "</title>\n</head>\n<body><h2>HTTP ERROR " + title +
              "</h2>\n<table>\n"
              "<tr><th>URI:</th><td>" +
              path + "</td></tr>\n<tr><th>STATUS:</th><td>" + std::to_string(status) +
              "</td></tr>\n<tr><th>MESSAGE:</th><td>" + std::string(reason(status)) +
              "</td></tr>\n</table>\n</body>\n</html>\n",
          .headers = {}};
}

Answer to_welcome() { return {.status = 302, .type = {}, .body = {}, .headers = {{"Location", "/welcome"}}}; }

Answer not_found(const Request& request, const std::string& message) {
  return json_answer(json::object{{"message", message}, {"url", request.path}, {"status", "404"}}, 404);
}

// --- Without a token ---

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

// --- Lists ---

std::int64_t number(const Request& request, const std::string& key, std::int64_t otherwise) {
  const auto found = request.query.find(key);
  if (found == request.query.end()) return otherwise;
  try {
    return std::stoll(found->second);
  } catch (const std::exception&) {
    return otherwise;
  }
}

Answer envelope(const Request& request, json::array all) {
  const auto total = static_cast<std::int64_t>(all.size());
  const auto limit = number(request, "limit", 100);
  const auto offset = std::clamp<std::int64_t>(number(request, "offset", 0), 0, total);
  const auto end = limit < 0 ? total : std::min(total, offset + limit);
  json::array items;
  for (auto at = offset; at < end; ++at) items.push_back(std::move(all[static_cast<std::size_t>(at)]));
  return json_answer(
      json::object{{"items", std::move(items)},
                   {"metadata", {{"total", total}, {"matching", total}, {"limit", limit}, {"offset", offset}}}});
}

json::object project_json(const Project& project) {
  return {{"name", project.name},
          {"title", project.title},
          {"description", project.description},
          {"enabled", project.enabled},
          {"parent", project.parent},
          {"inheritable", project.inheritable},
          {"invalidParent", project.invalid_parent},
          {"mutable", true}};
}

json::array projects_json(const Machine& machine, bool names_only) {
  json::array items;
  for (const auto& [name, project] : machine.projects())
    items.push_back(names_only ? json::object{{"name", name}} : project_json(project));
  return items;
}

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

json::array log_json(const Machine& machine, const Request& request) {
  static constexpr std::string_view levels = "TRACE DEBUG INFO WARN ERROR";
  const auto from = number(request, "startTime", 0);
  const auto least = request.query.find("minLevel");
  const auto logger = request.query.find("logger");
  json::array items;
  for (auto line = machine.log.rbegin(); line != machine.log.rend(); ++line) {
    if (line->timestamp < from) continue;
    if (least != request.query.end() && levels.find(line->level) < levels.find(least->second)) continue;
    if (logger != request.query.end() && logger->second != line->logger) continue;
    items.push_back(json::object{{"timestamp", line->timestamp},
                                 {"loggerName", line->logger},
                                 {"level", line->level},
                                 {"message", line->message}});
  }
  return items;
}

// --- Config resources ---

std::string health_key(const ConfigResource& resource) {
  return resource.name.empty() ? resource.type : resource.type + '/' + resource.name;
}

json::object healthchecks(const Machine& machine, const ConfigResource& resource) {
  Health health{resource.resource.fault.empty(), resource.resource.fault, machine.now()};
  if (const auto set = machine.health.find(health_key(resource)); set != machine.health.end()) health = set->second;
  return {{"status",
           {{"name", "status"},
            {"result", {{"healthy", health.healthy}, {"message", health.message}, {"time", health.time}}}}}};
}

json::object resource_json_of(const Machine& machine, const ConfigResource& resource,
                              const std::vector<const ConfigResource*>& variants) {
  const auto parse = [](const std::string& text) {
    boost::system::error_code failed;
    auto value = json::parse(text, failed);
    return failed ? json::value(json::object()) : value;
  };
  const json::value descriptor = parse(resource.resource.text);
  const auto* version = descriptor.is_object() ? descriptor.get_object().if_contains("version") : nullptr;
  const auto* attributes = descriptor.is_object() ? descriptor.get_object().if_contains("attributes") : nullptr;
  const auto config = resource.resource.files.find("config.json");
  json::array collections;
  for (const auto* variant : variants) collections.emplace_back(variant->collection);
  json::array data;
  std::string content;
  for (const auto& [name, bytes] : resource.resource.files) {
    if (name != "config.json") data.emplace_back(name);
    content += name + '\0' + sha256_hex(bytes);
  }
  return {{"type", resource.type},
          {"name", resource.name},
          {"enabled", resource.enabled},
          {"version", version ? *version : json::value(1)},
          {"collection", resource.collection},
          {"collections", std::move(collections)},
          {"signature", sha256_hex("resource" + content)},
          {"config", config == resource.resource.files.end() ? json::value() : parse(config->second)},
          {"data", std::move(data)},
          {"attributes", attributes ? *attributes : json::value(json::object())},
          {"healthchecks", healthchecks(machine, resource)}};
}

// "names/ignition/database-connection", "find/ignition/database-connection/main", …
Answer resources(Machine& machine, const Request& request, std::string_view rest) {
  const auto cut = [&rest] {
    const auto slash = rest.find('/');
    const std::string head(rest.substr(0, slash));
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    return head;
  };
  const std::string verb = cut();
  const std::string module = cut();
  const std::string type = module + '/' + cut();
  const auto collection = request.query.find("collection");
  const auto variants = machine.collections().of_type(type);
  if ((verb == "names" || verb == "list") && rest.empty()) {
    json::array items;
    for (const auto& [name, known] : variants)
      items.push_back(verb == "list" ? resource_json_of(machine, *known.back(), known)
                                     : json::object{{"name", name}, {"enabled", known.back()->enabled}});
    return envelope(request, std::move(items));
  }
  if (verb != "find" && verb != "singleton") return no_route(machine, request);
  const std::string name(verb == "find" ? rest : std::string_view());
  const auto* found =
      machine.collections().find(type, name, collection == request.query.end() ? std::string() : collection->second);
  if (!found) return not_found(request, "Resource not found: " + type + (name.empty() ? "" : '/' + name));
  return json_answer(resource_json_of(machine, *found, variants.at(name)));
}

// --- Scan and lock ---

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

// --- The rest with a token ---

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

Answer find_project(const Machine& machine, const Request& request, std::string_view name) {
  const auto project = machine.projects().find(name);
  if (project == machine.projects().end()) return not_found(request, "Project not found: " + std::string(name));
  return json_answer(project_json(project->second));
}

Answer read_route(Machine& machine, const Request& request, std::string_view route) {
  if (route == "gateway-info") return gateway_info(machine);
  if (route == "overview") return overview(machine);
  if (route == "redundancy") return redundancy(machine);
  if (route == "designers") return envelope(request, designers_json(machine));
  if (route == "projects/names" || route == "projects/list")
    return envelope(request, projects_json(machine, route.ends_with("names")));
  if (route.starts_with("projects/find/")) return find_project(machine, request, route.substr(14));
  if (route == "logs") return envelope(request, log_json(machine, request));
  if (route.starts_with("resources/")) return resources(machine, request, route.substr(10));
  return no_route(machine, request);
}

void answer_route(Machine& machine, const Request& request, const std::string& actor, const Reply& reply) {
  constexpr std::string_view base = "/data/api/v1/";
  const std::string_view route = std::string_view(request.path).substr(base.size());
  const bool post = request.method == "POST";
  if (route.starts_with("scan/"))
    if (const auto kind = kind_named(route.substr(5))) return reply(scan(machine, request, *kind, actor));
  if (route.starts_with("scan-lock/"))
    if (const auto kind = kind_named(route.substr(10)))
      return post ? take_lock(machine, request, *kind, actor, reply) : reply(lock_answer(machine.lock(*kind)));
  reply(post ? no_route(machine, request) : read_route(machine, request, route));
}

std::string key_of(const Request& request) { return request.token.substr(0, request.token.find(':')); }

// Parameters that nothing here understands are as unknown as a path would be.
void look_at_query(Machine& machine, const Request& request) {
  constexpr std::array known{"limit", "offset", "collection", "startTime", "minLevel", "logger"};
  for (const auto& [name, value] : request.query)
    if (std::ranges::find(known, name) == known.end())
      keep(machine.unknown, request.method + ' ' + request.target + ": parameter " + name);
}

void answer_api(Machine& machine, const Request& request, const Reply& reply) {
  const bool write = request.method != "GET";
  if (write && request.method != "POST") return reply(no_route(machine, request));
  look_at_query(machine, request);
  switch (machine.access().check(request.token, write)) {
    case Verdict::unauthorized: return reply(html_error(401, request.path));
    case Verdict::forbidden: return reply(html_error(403, request.path));
    case Verdict::allowed: break;
  }
  answer_route(machine, request, "api-token:" + key_of(request) + ':' + request.peer, reply);
}

void answer_by_state(Machine& machine, const Request& request, const Reply& reply) {
  const auto state = machine.state();
  if (request.path == "/StatusPing" && request.method == "GET") return reply(status_ping(machine));
  if (state == State::starting || state == State::faulted) return reply(html_error(503, request.path));
  if (request.path == "/system/gwinfo" && request.method == "GET") return reply(gwinfo(machine));
  if (state == State::commissioning) return reply(to_welcome());
  if (!request.path.starts_with("/data/api/v1/")) return reply(no_route(machine, request));
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
  if (fault.answer == "302") return to_welcome();
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
  return not_found(request, "No route match for path: " + request.path);
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
