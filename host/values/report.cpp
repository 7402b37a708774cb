#include "host/values/report.hpp"

#include "host/base/utc_time.hpp"
#include "host/base/utf8.hpp"
#include "host/values/document_parts.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {

namespace json = boost::json;

std::string_view name(Stage stage) {
  switch (stage) {
    case Stage::resolve: return "resolve";
    case Stage::recover: return "recover";
    case Stage::observe: return "observe";
    case Stage::held: return "held";
    case Stage::open: return "open";
    case Stage::plan: return "plan";
    case Stage::admit: return "admit";
    case Stage::stage: return "stage";
    case Stage::lock: return "lock";
    case Stage::apply: return "apply";
    case Stage::verify: return "verify";
    case Stage::revert: return "revert";
  }
  return "?";
}

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::planned: return "planned";
    case Outcome::unchanged: return "unchanged";
    case Outcome::applied: return "applied";
    case Outcome::held: return "held";
    case Outcome::failed: return "failed";
    case Outcome::reverted: return "reverted";
    case Outcome::superseded: return "superseded";
  }
  return "?";
}

namespace {

std::string_view name(Change::Op op) {
  switch (op) {
    case Change::Op::add: return "add";
    case Change::Op::replace: return "replace";
    case Change::Op::remove: return "remove";
    case Change::Op::chmod: return "chmod";
  }
  return "?";
}

std::string_view name(Decision::Verdict verdict) {
  switch (verdict) {
    case Decision::Verdict::allow: return "allow";
    case Decision::Verdict::hold: return "hold";
    case Decision::Verdict::refuse: return "refuse";
    case Decision::Verdict::healthy: return "healthy";
    case Decision::Verdict::unhealthy: return "unhealthy";
  }
  return "?";
}

json::array bad_array(const std::vector<BadRevision>& bad) {
  json::array all;
  for (const BadRevision& each : bad)
    all.push_back({{"revision", each.revision}, {"reason", each.reason}, {"since", rfc3339(each.since_ms)}});
  return all;
}

json::object running_object(const RunningNow& running) {
  return {{"revision", running.revision},
          {"ref", running.ref},
          {"verified", running.verified},
          {"settled", running.settled},
          {"since", rfc3339(running.since_ms)}};
}

json::object details_object(const std::map<std::string, std::string>& details) {
  json::object o;
  for (const auto& [verifier, detail] : details) {
    boost::system::error_code bad;
    json::value value = json::parse(detail, bad);
    o[verifier] = bad ? json::value() : std::move(value);
  }
  return o;
}

json::object counts_object(const Counts& c) {
  return {{"added", c.added},     {"changed", c.changed},   {"removed", c.removed}, {"chmod", c.chmod},
          {"skipped", c.skipped}, {"shadowed", c.shadowed}, {"unowned", c.unowned}, {"bytes", c.bytes}};
}

}  // namespace

void Counts::add(const Change& change) {
  switch (change.op) {
    case Change::Op::add: ++added; break;
    case Change::Op::replace: ++changed; break;
    case Change::Op::remove: ++removed; break;
    case Change::Op::chmod: ++chmod; break;
  }
  if (change.op == Change::Op::add || change.op == Change::Op::replace) bytes += change.bytes;
}

void Counts::add(const Note& note) {
  if (note.code == "skipped" || note.code == "link") ++skipped;
  if (note.code == "shadowed") ++shadowed;
  if (note.code == "unowned") ++unowned;
}

bool is_for_people(const Note& note) {
  static constexpr std::string_view codes[] = {"bad-before",  "drift",        "lock-lost",      "no-verifier",
                                               "overwritten", "patch-unused", "source-missing", "unowned"};
  return std::find(std::begin(codes), std::end(codes), note.code) != std::end(codes);
}

std::string in_words(const Note& note) {
  return note.code + (note.path.empty() ? "" : " " + note.path) + ": " + note.text;
}

Report::Report(const Assignment& assignment)
    : sync(assignment.sync),
      target(assignment.target),
      profile(assignment.profile.name),
      revision(assignment.revision),
      ref(assignment.ref),
      token(assignment.token) {}

void Report::note(const std::vector<Note>& more) {
  for (const Note& one : more) {
    counts.add(one);
    if (notes.size() < notes_max) notes.push_back(one);
  }
}

void Report::plan(const ChangeList& planned, std::size_t further_max) {
  counts = {};
  changes.clear();
  further.clear();
  notes.clear();
  for (const Change& change : planned) {
    counts.add(change);
    if (changes.size() < changes_max)
      changes.push_back(change);
    else if (further.size() < further_max)
      further.push_back(change);
  }
}

// A Report must fit into a document, however much the verifiers say.
void Report::looked(const std::map<std::string, std::string>& verifiers) {
  details.clear();
  std::size_t bytes = 0;
  for (const auto& [verifier, detail] : verifiers) {
    const bool fits = (bytes += detail.size()) <= detail_bytes_max;
    details[verifier] = fits ? detail : R"("left out: too long for a Report")";
    if (!fits) bytes -= detail.size();
  }
}

Report& Report::failed(Stage at, Error why) {
  error = std::move(why);
  judged_bad = false;
  return ended(Outcome::failed, at);
}

Report& Report::held(Stage at, Hold why) {
  hold = std::move(why);
  return ended(Outcome::held, at);
}

Report& Report::ended(Outcome what, Stage at, bool is_verified) {
  outcome = what;
  stage = at;
  verified = is_verified;
  return *this;
}

std::string to_json(const Report& r) {
  json::object o{{"format", 1},
                 {"id", r.id},
                 {"sync", r.sync},
                 {"target", r.target},
                 {"revision", r.revision},
                 {"ref", r.ref},
                 {"from", r.from},
                 {"token", r.token},
                 {"outcome", name(r.outcome)},
                 {"stage", name(r.stage)},
                 {"verified", r.verified},
                 {"settled", r.settled}};
  if (r.hold)
    o["hold"] = {{"name", r.hold->name},
                 {"reason", r.hold->reason},
                 {"againAt", r.hold->again_at_ms},
                 {"until", r.hold->until_ms},
                 {"endedBy", r.hold->ended_by}};
  if (r.error)
    o["error"] = {{"code", r.error->code},
                  {"kind", stoker::name(r.error->kind)},
                  {"message", r.error->message},
                  {"retryable", r.error->retryable}};
  o["counts"] = counts_object(r.counts);
  json::array changes, notes, decisions, stages;
  for (const Change& c : r.changes) changes.push_back({{"path", c.path}, {"op", name(c.op)}});
  for (const Note& n : r.notes) notes.push_back({{"code", n.code}, {"path", n.path}, {"text", n.text}});
  for (const Decision& d : r.decisions)
    decisions.push_back({{"verdict", name(d.verdict)}, {"name", d.name}, {"reason", d.reason}});
  for (const StageTime& s : r.stages) stages.push_back({{"name", s.name}, {"ms", s.ms}});
  o["changes"] = std::move(changes);
  o["notes"] = std::move(notes);
  if (!decisions.empty()) o["decisions"] = std::move(decisions);
  if (!r.plan_digest.empty()) o["planned"] = {{"planDigest", r.plan_digest}};
  o["facts"] = {{"state", name(r.facts.state)}, {"role", name(r.facts.role)}, {"version", r.facts.version}};
  if (!r.details.empty()) o["details"] = details_object(r.details);
  if (r.running) o["running"] = running_object(*r.running);
  if (!r.bad_revisions.empty()) o["held"] = bad_array(r.bad_revisions);
  o["stages"] = std::move(stages);
  o["startedAt"] = rfc3339(r.started_at_ms);
  o["durationMs"] = r.duration_ms;
  return json::serialize(o);
}

// ---------------------------------------------------------------- reading

namespace {

template <class Value, class Name>
std::optional<Value> one_named(std::string_view text, std::initializer_list<Value> all, Name name_of) {
  for (const Value value : all)
    if (name_of(value) == text) return value;
  return std::nullopt;
}

std::optional<Outcome> outcome_of(std::string_view text) {
  return one_named(text,
                   {Outcome::planned, Outcome::unchanged, Outcome::applied, Outcome::held, Outcome::failed,
                    Outcome::reverted, Outcome::superseded},
                   [](Outcome outcome) { return host::name(outcome); });
}

std::optional<Stage> stage_of(std::string_view text) {
  return one_named(text,
                   {Stage::resolve, Stage::recover, Stage::observe, Stage::held, Stage::open, Stage::plan, Stage::admit,
                    Stage::stage, Stage::lock, Stage::apply, Stage::verify, Stage::revert},
                   [](Stage stage) { return host::name(stage); });
}

std::optional<Decision::Verdict> verdict_of(std::string_view text) {
  using Verdict = Decision::Verdict;
  return one_named(text, {Verdict::allow, Verdict::hold, Verdict::refuse, Verdict::healthy, Verdict::unhealthy},
                   [](Verdict verdict) { return name(verdict); });
}

std::optional<Change::Op> op_of(std::string_view text) {
  return one_named(text, {Change::Op::add, Change::Op::replace, Change::Op::remove, Change::Op::chmod},
                   [](Change::Op op) { return name(op); });
}

std::optional<errc> errc_named(std::string_view text) {
  return one_named(text,
                   {errc::unreachable, errc::denied, errc::not_found, errc::invalid, errc::conflict, errc::timeout,
                    errc::cancelled, errc::exhausted, errc::incompatible, errc::internal},
                   [](errc kind) { return stoker::name(kind); });
}

std::optional<Error> error_in(const JsonFields& from) {
  if (!from.has("error")) return std::nullopt;
  const JsonFields fields = from.object("error");
  Error error(fields.one_of("kind", errc_named, errc::internal), fields.text("message"), fields.text("code"));
  error.retryable = fields.flag("retryable");
  return error;
}

Counts counts_in(const JsonFields& from) {
  return {from.count("added"),   from.count("changed"),  from.count("removed"), from.count("chmod"),
          from.count("skipped"), from.count("shadowed"), from.count("unowned"), from.count("bytes")};
}

std::optional<RunningNow> running_in(const JsonFields& from) {
  if (!from.has("running")) return std::nullopt;
  const JsonFields fields = from.object("running");
  return RunningNow{fields.text("revision"), fields.text("ref"), fields.flag("verified"), fields.flag("settled"),
                    unix_ms_of(fields.text("since")).value_or(0)};
}

Facts facts_in(const JsonFields& from) {
  Facts facts;
  facts.state = from.one_of("state", gateway_state_of, facts.state);
  facts.role = from.one_of("role", role_of, facts.role);
  facts.version = from.text("version");
  return facts;
}

}  // namespace

Report report_in(const JsonFields& from) {
  Report r;
  r.id = from.text("id");
  r.sync = from.text("sync");
  r.target = from.text("target");
  r.revision = from.text("revision");
  r.ref = from.text("ref");
  r.from = from.text("from");
  r.token = from.count("token");
  r.outcome = from.one_of("outcome", outcome_of, Outcome::failed);
  r.stage = from.one_of("stage", stage_of, Stage::recover);
  r.verified = from.flag("verified");
  r.settled = from.flag("settled");
  r.hold = hold_in(from);
  r.error = error_in(from);
  r.counts = counts_in(from.object("counts"));
  for (const JsonFields& change : from.objects("changes")) {
    Change one;
    one.path = change.text("path");
    one.op = change.one_of("op", op_of, Change::Op::replace);
    r.changes.push_back(std::move(one));
  }
  for (const JsonFields& decision : from.objects("decisions"))
    r.decisions.push_back(Decision::make(decision.one_of("verdict", verdict_of, Decision::Verdict::unhealthy),
                                         decision.text("name"), decision.text("reason")));
  for (const JsonFields& note : from.objects("notes"))
    r.notes.push_back({note.text("code"), note.text("path"), note.text("text")});
  r.plan_digest = from.object("planned").text("planDigest");
  r.facts = facts_in(from.object("facts"));
  r.running = running_in(from);
  for (const JsonFields& bad : from.objects("held"))
    r.bad_revisions.push_back({bad.text("revision"), bad.text("reason"), unix_ms_of(bad.text("since")).value_or(0)});
  for (const JsonFields& stage : from.objects("stages")) r.stages.push_back({stage.text("name"), stage.number("ms")});
  r.started_at_ms = unix_ms_of(from.text("startedAt")).value_or(0);
  r.duration_ms = from.number("durationMs");
  return r;
}

std::string summary(const Report& r) {
  const std::uint64_t changes = r.counts.added + r.counts.changed + r.counts.removed + r.counts.chmod;
  const std::string count = " " + std::to_string(changes) + (changes == 1 ? " change" : " changes");
  // An earlier Run changed the files, and this one only looked or took them back.
  const bool late = changes == 0 && (r.outcome == Outcome::applied || r.outcome == Outcome::reverted);
  std::string text(name(r.outcome));
  if (late)
    text = r.outcome == Outcome::reverted ? "taken back"
           : r.verified                   ? "verified"
           : r.settled                    ? "nothing to change"
                                          : "not verified yet";
  if (!late && (r.outcome == Outcome::applied || r.outcome == Outcome::planned || r.outcome == Outcome::reverted))
    text += count;
  if (!r.revision.empty()) text += " at " + std::string(beginning(r.revision, 12));
  const std::string_view unverified = r.settled ? ", not verified: nobody looks at its gateway" : ", not verified yet";
  const bool says_late = late && (r.verified || !r.settled);
  if (r.outcome == Outcome::applied && !says_late) text += r.verified ? ", verified" : unverified;
  if (r.hold) text += ", hold " + r.hold->name + ": " + r.hold->reason;
  if (r.error) text += ", " + std::string(name(r.stage)) + ": " + r.error->message;
  if (r.error && !r.error->code.empty()) text += " [" + r.error->code + "]";
  return text;
}

}  // namespace stoker::host
