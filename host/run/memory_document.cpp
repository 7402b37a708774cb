// target.json. Its field names are older than those of the C++ value: `at` is Running::applied_while.
#include "host/base/json_fields.hpp"
#include "host/run/memory.hpp"

namespace stoker::host {

namespace json = boost::json;

namespace {

json::value of(const Running& r) {
  json::object o{
      {"revision", r.revision}, {"ref", r.ref},         {"inputs", r.inputs},         {"vars", r.vars},
      {"key", r.key},           {"run", r.run},         {"settled", r.settled},       {"verified", r.verified()},
      {"since", r.since_ms},    {"role", name(r.role)}, {"at", name(r.applied_while)}};
  if (r.judged_by) o["judgedBy"] = *r.judged_by;
  return o;
}

json::object of(const std::map<std::string, std::string>& texts) {
  json::object o;
  for (const auto& [key, text] : texts) o[key] = text;
  return o;
}

std::optional<Running> running_in(const JsonFields& from, std::string_view key) {
  if (!from.has(key)) return std::nullopt;
  const JsonFields r = from.object(key);
  Running running{r.text("revision"),
                  r.text("ref"),
                  r.text("inputs"),
                  r.text("vars"),
                  r.text("key"),
                  r.text("run"),
                  r.flag(r.has("settled") ? "settled" : "verified"),  // an older program wrote no `settled`
                  r.one_of("at", gateway_state_of, GatewayState::unknown),
                  r.number("since"),
                  r.one_of("role", role_of, Role::independent),
                  std::nullopt};
  if (r.has("judgedBy")) running.judged_by = r.text("judgedBy");
  return running;
}

Result<std::optional<InFlight>> in_flight_in(const JsonFields& from) {
  if (!from.has("inFlight")) return std::optional<InFlight>();
  const JsonFields f = from.object("inFlight");
  InFlight flight{f.text("run"), {}, f.texts("tickets"), f.flag("goBack"), f.flag("moved")};
  auto assignment = assignment_from_json(f.text("assignment"));
  if (!assignment) return std::move(assignment).error().in("/inFlight/assignment");
  flight.assignment = std::move(assignment).value();
  return std::optional(std::move(flight));
}

}  // namespace

std::string to_json(const Memory& m) {
  json::object o{{"format", 1},
                 {"sync", m.sync},
                 {"strategy", m.strategy},
                 {"role", m.role ? name(*m.role) : std::string_view()},
                 {"adopted", m.adopted},
                 {"retried", m.retried},
                 {"repaired", m.repaired}};
  if (m.running) o["running"] = of(*m.running);
  if (m.good) o["good"] = of(*m.good);
  o["unverified"] = json::array(m.unverified.begin(), m.unverified.end());
  if (m.in_flight)
    o["inFlight"] = {{"run", m.in_flight->run},
                     {"assignment", to_json(m.in_flight->assignment)},
                     {"tickets", of(m.in_flight->tickets)},
                     {"goBack", m.in_flight->go_back},
                     {"moved", m.in_flight->moved}};
  if (m.quarantine)
    o["quarantine"] = {
        {"key", m.quarantine->key}, {"revision", m.quarantine->revision}, {"retry", m.quarantine->retry}};
  if (m.overwritten)
    o["overwritten"] = {{"key", m.overwritten->key}, {"by", m.overwritten->by}, {"again", m.overwritten->again}};
  if (m.waiting)
    o["waiting"] = {{"run", m.waiting->run}, {"planDigest", m.waiting->plan_digest}, {"key", m.waiting->key}};
  json::array held;
  for (const Held& h : m.held)
    held.push_back(
        {{"key", h.key}, {"revision", h.revision}, {"error", h.error}, {"token", h.token}, {"since", h.since_ms}});
  o["held"] = std::move(held);
  o["lastDetail"] = of(m.last_detail);
  o["history"] = json::array(m.history.begin(), m.history.end());
  return json::serialize(o);
}

Result<Memory> memory_from_json(std::string_view text) {
  JsonDocument document(text);
  const JsonFields fields = document.fields();
  const std::int64_t format = fields.number("format");
  if (format > 1)
    return Error(errc::incompatible,
                 "format " + std::to_string(format) +
                     " is newer than this program knows (1); run the newer version again, or upgrade",
                 "memory.newer");
  if (format < 1) fields.wrong("format", "is missing");
  Memory m;
  m.sync = fields.text("sync");
  m.strategy = fields.text("strategy");
  if (const std::string role = fields.text("role"); !role.empty())
    m.role = fields.one_of("role", role_of, Role::independent);
  m.adopted = fields.flag("adopted");
  m.retried = fields.text("retried");
  m.repaired = fields.text("repaired");
  m.running = running_in(fields, "running");
  m.good = running_in(fields, "good");
  m.unverified = fields.list("unverified");
  if (fields.has("quarantine")) {
    const JsonFields q = fields.object("quarantine");
    m.quarantine = Quarantine{q.text("key"), q.text("revision"), q.text("retry")};
  }
  if (fields.has("overwritten")) {
    const JsonFields o = fields.object("overwritten");
    m.overwritten = Overwritten{o.text("key"), o.text("by"), o.flag("again")};
  }
  if (fields.has("waiting")) {
    const JsonFields w = fields.object("waiting");
    m.waiting = Waiting{w.text("run"), w.text("planDigest"), w.text("key")};
  }
  for (const JsonFields& h : fields.objects("held"))
    m.held.push_back({h.text("key"), h.text("revision"), h.text("error"), h.count("token"), h.number("since")});
  m.last_detail = fields.texts("lastDetail");
  m.history = fields.list("history");
  if (document.fault().found()) return Error(errc::invalid, document.fault().text(), "memory.damaged");
  auto flight = in_flight_in(fields);
  if (document.fault().found()) return Error(errc::invalid, document.fault().text(), "memory.damaged");
  if (!flight) return std::move(flight).error();
  m.in_flight = std::move(flight).value();
  return m;
}

}  // namespace stoker::host
