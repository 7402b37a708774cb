// The control port: the same levers that Gateway has in a process, as JSON. The routes are listed in routes.hpp.
#include <boost/json.hpp>

#include "support/ignition_sim/routes.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

Answer give(const json::value& value, int status = 200) {
  return {.status = status, .body = json::serialize(value), .headers = {}};
}

Answer refuse(const std::string& why) { return give(json::object{{"message", why}, {"status", "400"}}, 400); }

Answer done() { return give(json::object{{"ok", true}}); }

std::string text(const json::object& object, std::string_view key, std::string_view otherwise = {}) {
  const auto* value = object.if_contains(key);
  return std::string(value && value->is_string() ? std::string_view(value->get_string()) : otherwise);
}

bool flag(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_bool() && value->get_bool();
}

std::int64_t number(const json::object& object, std::string_view key, std::int64_t otherwise) {
  const auto* value = object.if_contains(key);
  return value && value->is_int64() ? value->get_int64() : otherwise;
}

// --- GET ---

json::value state_json(Machine& machine) {
  json::object locks;
  for (const auto kind : {Kind::projects, Kind::config})
    if (const auto held = machine.lock(kind).held())
      locks[name(kind)] = json::object{{"actor", held->actor}, {"remaining", held->remaining}};
  return json::object{{"state", name(machine.state())}, {"fault", machine.fault()}, {"locks", std::move(locks)}};
}

json::value calls_json(const Machine& machine) {
  json::array items;
  for (const auto& call : machine.calls)
    items.push_back(
        json::object{{"method", call.method}, {"target", call.target}, {"key", call.key}, {"status", call.status}});
  return items;
}

json::value scans_json(const Machine& machine) {
  json::array items;
  for (const auto& scan : machine.scans)
    items.push_back(json::object{
        {"kind", name(scan.kind)}, {"actor", scan.actor}, {"timestamp", scan.timestamp}, {"digest", scan.digest}});
  return items;
}

json::value log_json(const Machine& machine) {
  json::array items;
  for (const auto& line : machine.log)
    items.push_back(json::object{{"timestamp", line.timestamp}, {"level", line.level}, {"message", line.message}});
  return items;
}

json::value projects_json(const Machine& machine) {
  json::array items;
  for (const auto& [project, known] : machine.projects())
    items.push_back(json::object{{"name", project}, {"parent", known.parent}, {"invalidParent", known.invalid_parent}});
  return items;
}

View asked_view(const Machine& machine, const Request& request) {
  const auto under = request.query.find("under");
  return below(machine.loaded(), under == request.query.end() ? std::string() : under->second);
}

json::value loaded_json(const View& view) {
  json::object files;
  for (const auto& [path, digest] : view) files[path] = digest;
  return files;
}

std::optional<Answer> look(Machine& machine, const Request& request) {
  if (request.path == "/sim/state") return give(state_json(machine));
  if (request.path == "/sim/calls") return give(calls_json(machine));
  if (request.path == "/sim/unknown") return give(json::array(machine.unknown.begin(), machine.unknown.end()));
  if (request.path == "/sim/scans") return give(scans_json(machine));
  if (request.path == "/sim/log") return give(log_json(machine));
  if (request.path == "/sim/projects") return give(projects_json(machine));
  if (request.path == "/sim/loaded") return give(loaded_json(asked_view(machine, request)));
  if (request.path == "/sim/digest") return give(json::object{{"digest", loaded_digest(asked_view(machine, request))}});
  return std::nullopt;
}

// --- POST ---

Answer set_state(Machine& machine, const json::object& body) {
  const auto state = state_named(text(body, "state"));
  if (!state) return refuse("state: down, starting, commissioning, running or faulted");
  machine.set_state(*state);
  return done();
}

Answer set_designers(Machine& machine, const json::value& body) {
  if (!body.is_array()) return refuse("designers: an array");
  machine.designers.clear();
  for (const auto& item : body.get_array()) {
    if (!item.is_object()) return refuse("designers: objects");
    const auto& designer = item.get_object();
    const std::string id = text(designer, "id", "designer-" + std::to_string(machine.designers.size() + 1));
    machine.designers.push_back({id, text(designer, "user"), text(designer, "project")});
  }
  return done();
}

Answer set_sessions(Machine& machine, const json::value& body) {
  if (!body.is_array()) return refuse("sessions: an array");
  machine.sessions.clear();
  for (const auto& item : body.get_array()) {
    if (!item.is_object()) return refuse("sessions: objects");
    const auto& session = item.get_object();
    machine.sessions.push_back({text(session, "id", "session-1"), text(session, "user"), text(session, "project")});
  }
  return done();
}

Answer set_redundancy(Machine& machine, const json::object& body) {
  machine.redundancy = {text(body, "role", "Independent"),  text(body, "activity", "Active"),
                        flag(body, "syncPending"),          flag(body, "failoverPending"),
                        text(body, "projectState", "Good"), number(body, "lastSyncTimestamp", 0)};
  return done();
}

std::optional<Course> course_named(std::string_view word) {
  if (word == "normal") return Course::normal;
  if (word == "stuck") return Course::stuck;
  if (word == "never") return Course::never;
  return std::nullopt;
}

Answer set_courses(Machine& machine, const json::object& scan) {
  for (const auto& member : scan) {
    const auto kind = kind_named(member.key());
    const auto course = member.value().is_string() ? course_named(member.value().get_string()) : std::nullopt;
    if (!kind || !course) return refuse("scan: {projects|config: normal|stuck|never}");
    machine.set_course(*kind, *course);
  }
  return done();
}

Answer set_faults(Machine& machine, const json::object& body) {
  machine.faults.clear();
  if (const auto* answers = body.if_contains("answers"); answers && answers->is_array())
    for (const auto& item : answers->get_array())
      if (const auto* fault = item.if_object())
        machine.faults.push_back({text(*fault, "path"), text(*fault, "method"), text(*fault, "answer"),
                                  static_cast<int>(number(*fault, "times", 0)), flag(*fault, "after")});
  machine.clock_offset = std::chrono::milliseconds(number(body, "clockOffsetMs", 0));
  const auto* scan = body.if_contains("scan");
  return scan && scan->is_object() ? set_courses(machine, scan->get_object()) : done();
}

// Replies when the lock is taken, which a scan that is not over delays.
void take_lock(Machine& machine, const json::object& body, const Reply& reply) {
  const auto kind = kind_named(text(body, "kind", "projects"));
  if (!kind) return reply(refuse("kind: projects or config"));
  machine.lock(*kind).acquire(text(body, "actor", "somebody"), std::chrono::seconds(10),
                              std::chrono::seconds(number(body, "holdTimeout", 60)), [reply](int status) {
                                reply(give(json::object{{"taken", status == 200}}, status));
                              });
}

Answer save(Machine& machine, const json::object& body) {
  Save save{text(body, "user", "designer"), text(body, "folder"), {}, flag(body, "wait")};
  const auto* files = body.if_contains("files");
  if (save.folder.empty() || !files || !files->is_object()) return refuse("save: folder and files");
  for (const auto& member : files->get_object())
    if (member.value().is_string()) save.files.emplace(member.key(), member.value().get_string());
  switch (machine.save(save)) {
    case Saved::done: return give(json::object{{"saved", true}});
    case Saved::queued: return give(json::object{{"saved", false}}, 202);
    case Saved::refused: break;
  }
  return give(json::object{{"saved", false}, {"message", "locked or scanning"}}, 409);
}

Answer set_habits(Machine& machine, const std::string& body) {
  Habits habits = machine.habits();
  if (const auto bad = read_habits(body, habits)) return refuse(*bad);
  machine.set_habits(habits);
  return done();
}

Answer set_health(Machine& machine, const json::object& body) {
  Health health{flag(body, "healthy"), text(body, "message"), machine.now()};
  if (body.contains("recoversAfterLooks") || body.contains("recoversAfterMs"))
    health.recovery = Recovery{static_cast<int>(number(body, "recoversAfterLooks", 1)),
                               std::chrono::milliseconds(number(body, "recoversAfterMs", 0))};
  machine.health[text(body, "resource")] = std::move(health);
  return done();
}

std::optional<Answer> act_on_kind(Machine& machine, const Request& request, const json::object& body) {
  if (request.path != "/sim/scan" && request.path != "/sim/unlock") return std::nullopt;
  const auto kind = kind_named(text(body, "kind", "projects"));
  if (!kind) return refuse("kind: projects or config");
  if (request.path == "/sim/scan")
    machine.request_scan(*kind, text(body, "actor", "somebody"));
  else
    machine.lock(*kind).release();
  return done();
}

std::optional<Answer> act(Machine& machine, const Request& request, const json::value& body) {
  if (request.path == "/sim/designers") return set_designers(machine, body);
  if (request.path == "/sim/sessions") return set_sessions(machine, body);
  if (!body.is_object()) return refuse("the body is not a JSON object");
  const auto& object = body.get_object();
  if (request.path == "/sim/state") return set_state(machine, object);
  if (request.path == "/sim/restart") return machine.restart(), done();
  if (request.path == "/sim/redundancy") return set_redundancy(machine, object);
  if (request.path == "/sim/faults") return set_faults(machine, object);
  if (request.path == "/sim/habits") return set_habits(machine, request.body);
  if (request.path == "/sim/save") return save(machine, object);
  if (request.path == "/sim/self-writes") return machine.self_writes(), done();
  if (request.path == "/sim/health") return set_health(machine, object);
  return act_on_kind(machine, request, object);
}

}  // namespace

void answer_control(Machine& machine, const Request& request, Reply reply) {
  std::optional<Answer> answer;
  if (request.method == "GET") answer = look(machine, request);
  if (request.method == "POST") {
    boost::system::error_code failed;
    const json::value body = request.body.empty() ? json::value(json::object()) : json::parse(request.body, failed);
    if (!failed && body.is_object() && request.path == "/sim/lock") return take_lock(machine, body.get_object(), reply);
    answer = failed ? refuse("the body is not JSON") : act(machine, request, body);
  }
  reply(answer ? std::move(*answer) : no_route(machine, request));
}

}  // namespace ignition_sim
