// The object SyncTarget, written and read.
#include "host/values/target_record.hpp"

#include "host/base/digest.hpp"
#include "host/base/json_fields.hpp"
#include "host/base/utc_time.hpp"
#include "host/base/utf8.hpp"
#include "host/values/run_diff.hpp"

#include <algorithm>
#include <charconv>

namespace stoker::host {

namespace json = boost::json;

namespace {

constexpr std::size_t projects_max = 10, message_bytes_max = 512, label_max = 63;
constexpr std::size_t status_depth_max = 25;  // an object may have five levels more

PastRun past(const Report& report) {
  PastRun run;
  run.id = report.id;
  run.revision = report.revision;
  run.ref = report.ref;
  run.outcome = name(report.outcome);
  run.message = beginning(summary(report), message_bytes_max);
  run.files_changed = report.counts.added + report.counts.changed + report.counts.removed + report.counts.chmod;
  run.at_ms = report.started_at_ms;
  run.duration_ms = report.duration_ms;
  run.projects = projects_in(report.changes, projects_max);
  return run;
}

bool same_hold(const std::optional<Hold>& one, const std::optional<Hold>& other) {
  return one && other && one->name == other->name;
}

// A look that found nothing to do, and a hold or a failure that was said before, would push out what happened.
bool is_news(const Report& report, const std::vector<PastRun>& history) {
  if (report.outcome == Outcome::unchanged || report.outcome == Outcome::superseded) return false;
  if (history.empty() || report.outcome == Outcome::applied || report.outcome == Outcome::reverted) return true;
  const PastRun& last = history.front();
  return last.outcome != name(report.outcome) || last.revision != report.revision ||
         last.message != beginning(summary(report), message_bytes_max);
}

json::array document_of(const std::vector<PastRun>& history) {
  json::array all;
  for (const PastRun& run : history) {
    json::array projects;
    for (const std::string& project : run.projects) projects.emplace_back(project);
    all.push_back({{"id", run.id},
                   {"timestamp", rfc3339(run.at_ms)},
                   {"commit", run.revision},
                   {"ref", run.ref},
                   {"result", run.outcome},
                   {"message", run.message},
                   {"filesChanged", run.files_changed},
                   {"projectsSynced", std::move(projects)},
                   {"durationMs", run.duration_ms}});
  }
  return all;
}

std::vector<PastRun> history_in(const JsonFields& status) {
  std::vector<PastRun> history;
  for (const JsonFields& from : status.objects("history")) {
    PastRun run;
    run.id = from.text("id");
    run.at_ms = unix_ms_of(from.text("timestamp")).value_or(0);
    run.revision = from.text("commit");
    run.ref = from.text("ref");
    run.outcome = from.text("result");
    run.message = from.text("message");
    run.files_changed = from.count("filesChanged");
    run.projects = from.list("projectsSynced");
    run.duration_ms = from.number("durationMs");
    history.push_back(std::move(run));
  }
  return history;
}

std::uint64_t version_in(const JsonFields& metadata) {
  const std::string digits = metadata.text("resourceVersion");
  std::uint64_t version = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), version);
  return version;
}

json::object metadata_of(const std::string& name, const std::string& name_space, std::uint64_t version) {
  json::object metadata{{"name", name}, {"namespace", name_space}};
  if (version) metadata.emplace("resourceVersion", std::to_string(version));
  return metadata;
}

json::object head(json::object metadata) {
  return {{"apiVersion", "stoker.io/v1alpha1"}, {"kind", "SyncTarget"}, {"metadata", std::move(metadata)}};
}

// A document of this host, which may be as deep as the details that verifiers give.
json::value parsed(const std::string& text) {
  json::parse_options options;
  options.max_depth = 64;
  return json::parse(text, {}, options);
}

std::size_t depth_of(const json::value& value) {
  std::size_t deepest = 0;
  if (const json::object* object = value.if_object())
    for (const auto& [key, below] : *object) deepest = std::max(deepest, depth_of(below) + 1);
  if (const json::array* array = value.if_array())
    for (const json::value& below : *array) deepest = std::max(deepest, depth_of(below) + 1);
  return deepest;
}

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_object_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && is_plain(name.front()) && is_plain(name.back()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_plain(c) || c == '-'; });
}

// The beginning of the text, and a digest of all of it.
std::string shortened(const std::string& text) {
  constexpr std::size_t digits = 8;
  return text.substr(0, label_max - digits - 1) + "-" + Digest().update(text).hex().substr(0, digits);
}

json::object document_of_plan(const Report& report) {
  json::object plan = parsed(to_json(report)).as_object();
  plan.erase("details");
  plan.emplace("asked", report.answers_plan);
  return plan;
}

Report plan_in(const JsonFields& from) {
  Report plan = report_in(from);
  plan.answers_plan = from.text("asked");
  return plan;
}

}  // namespace

std::string object_name(const std::string& target) {
  if (is_object_name(target)) return target;
  std::string name = "target-" + target.substr(0, 200);
  for (char& c : name) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!is_plain(c)) c = '-';
  }
  return name + "-" + Digest().update(target).hex().substr(0, 8);
}

void TargetRecord::take(Report report) {
  if (!report.answers_plan.empty()) {
    (report.of_waiting ? waiting : plan) = std::move(report);
    return;
  }
  const bool goes_on = last && same_hold(last->hold, report.hold) && hold_since_ms != 0;
  if (!goes_on) hold_since_ms = report.hold ? report.started_at_ms : 0;
  if (is_news(report, history)) history.insert(history.begin(), past(report));
  if (history.size() > history_max) history.resize(history_max);
  last = std::move(report);
}

std::string waiting_in_words(const TargetRecord& record) {
  if (!record.assignment || record.assignment->waiting.asked.empty()) return {};
  const WaitingWork& waiting = record.assignment->waiting;
  const bool is_answered = record.waiting && record.waiting->answers_plan == waiting.asked;
  std::string text = "revision " + std::string(beginning(waiting.revision, 12));
  text += waiting.problem.empty() ? " waits for the dry runs of all targets"
                                  : " goes to no further target: " + waiting.problem;
  return text + "; here " + (is_answered ? summary(*record.waiting) : "its dry run has not ended");
}

std::string sync_target(const Assignment& assignment, const TargetRecord& before) {
  json::object metadata = metadata_of(object_name(assignment.target), assignment.name_space, before.version);
  json::object labels, annotations;
  json::array finalizers;
  for (const auto& [key, text] : before.labels) labels.emplace(key, text);
  labels["stoker.io/sync"] = assignment.sync.size() <= label_max ? assignment.sync : shortened(assignment.sync);
  metadata.emplace("labels", std::move(labels));
  for (const std::string& each : before.finalizers) finalizers.emplace_back(each);
  if (!finalizers.empty()) metadata.emplace("finalizers", std::move(finalizers));
  for (const auto& [key, text] : before.annotations) annotations.emplace(key, text);
  if (!annotations.empty()) metadata.emplace("annotations", std::move(annotations));
  if (!assignment.sync_uid.empty())
    metadata.emplace("ownerReferences", json::array{{{"apiVersion", "stoker.io/v1alpha1"},
                                                     {"kind", "GatewaySync"},
                                                     {"name", assignment.sync},
                                                     {"uid", assignment.sync_uid}}});
  json::object whole = head(std::move(metadata));
  whole.emplace("spec", parsed(to_json(assignment)));
  return json::serialize(whole);
}

std::string sync_target_status(const TargetRecord& record) {
  json::object whole = head(metadata_of(record.name, record.name_space, record.version));
  json::object status;
  if (record.last) {
    status = parsed(to_json(*record.last)).as_object();
    if (depth_of(status) > status_depth_max) status.erase("details");
    status.emplace("observedToken", record.last->token);
    if (json::value* hold = status.if_contains("hold"); hold && record.hold_since_ms)
      hold->as_object().emplace("since", rfc3339(record.hold_since_ms));
  }
  status.emplace("history", document_of(record.history));
  if (!record.conditions.empty()) status.emplace("conditions", document_of(record.conditions));
  if (record.plan) status.emplace("plan", document_of_plan(*record.plan));
  if (record.waiting) status.emplace("waiting", document_of_plan(*record.waiting));
  whole.emplace("status", std::move(status));
  return json::serialize(whole);
}

std::int64_t generation_of(std::string_view document) {
  JsonDocument parsed(document);
  return parsed.fields().object("metadata").number("generation");
}

Result<TargetRecord> target_record(std::string_view document) {
  JsonDocument parsed(document);
  const JsonFields fields = parsed.fields();
  const JsonFields metadata = fields.object("metadata");
  TargetRecord record;
  record.name = metadata.text("name");
  record.name_space = metadata.text("namespace");
  record.uid = metadata.text("uid");
  record.version = version_in(metadata);
  record.generation = metadata.number("generation");
  record.annotations = metadata.texts("annotations");
  record.labels = metadata.texts("labels");
  record.finalizers = metadata.list("finalizers");
  if (fields.has("spec")) {
    auto assignment = assignment_in_object(fields.object("spec"));
    if (!assignment) return std::move(assignment).error();
    record.assignment = std::move(assignment).value();
  }
  if (fields.has("status")) {
    const JsonFields status = fields.object("status");
    if (status.has("outcome")) record.last = report_in(status);
    record.hold_since_ms = unix_ms_of(status.object("hold").text("since")).value_or(0);
    record.history = history_in(status);
    record.conditions = conditions_in(status);
    if (status.has("plan")) record.plan = plan_in(status.object("plan"));
    if (status.has("waiting")) {
      record.waiting = plan_in(status.object("waiting"));
      record.waiting->of_waiting = true;
    }
  }
  if (parsed.fault().found())
    return Error(errc::invalid, "SyncTarget " + record.name + ": " + parsed.fault().text(), "object.invalid");
  return record;
}

}  // namespace stoker::host
