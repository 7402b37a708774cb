#include "host/commands/object_columns.hpp"

#include "host/answers/wording.hpp"
#include "host/base/utf8.hpp"
#include "host/commands/object_fields.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::size_t revision_shown = 12, short_commit = 7, status_shown = 80;

using Text = std::function<std::string(const json::value&)>;

Column text(const char* head, Text of, bool wide = false) {
  return {head, wide, [of = std::move(of)](const json::value& object, std::int64_t) { return Cell(of(object)); }};
}
Column field(const char* head, std::string pointer, bool wide = false) {
  return text(
      head, [pointer = std::move(pointer)](const json::value& object) { return text_at(object, pointer); }, wide);
}
Column since(const char* head, std::string pointer, bool wide = false) {
  return {head, wide, [pointer = std::move(pointer)](const json::value& object, std::int64_t now_ms) {
            return Cell(age_at(object, pointer, now_ms));
          }};
}
Column name() { return field("NAME", "/metadata/name"); }
Column made() { return since("AGE", "/metadata/creationTimestamp"); }

std::string first_of(std::initializer_list<std::string> texts) {
  for (const std::string& one : texts)
    if (!one.empty()) return one;
  return {};
}

std::string revision(const json::value& object, const std::string& pointer, std::size_t longest = revision_shown) {
  return std::string(beginning(text_at(object, pointer), longest));
}

// ---------------------------------------------------------------- Syncs

Cell condition(const json::value& object, const char* type) {
  const std::string status = condition_in(object, type, "status");
  return {status, status == "True" ? Tone::good : status == "False" ? Tone::bad : Tone::plain};
}

std::string ref_of(const json::value& object) {
  return first_of(
      {text_at(object, "/status/lastSyncRef"), text_at(object, "/spec/git/ref"), text_at(object, "/spec/source/ref")});
}

// `stoker why` says all of it.
std::string status_of(const json::value& object) {
  const std::string message = condition_in(object, "Ready", "message");
  return message.size() <= status_shown ? message : std::string(beginning(message, status_shown)) + "…";
}

std::string commit_of(const json::value& object) {
  return first_of(
      {text_at(object, "/status/lastSyncCommitShort"), revision(object, "/status/lastSyncCommit", short_commit)});
}

std::string profiles_of(const json::value& object) {
  if (const auto count = number_at(object, "/status/profileCount")) return std::to_string(*count);
  const json::value* profiles = value_at(object, "/spec/sync/profiles");
  return profiles && profiles->is_object() ? std::to_string(profiles->get_object().size()) : std::string();
}

// That of the Sync itself, else the first that one of its targets has.
Cell hold_of_sync(const json::value& object) {
  if (flag_at(object, "/spec/paused")) return {"paused", Tone::waiting};
  const json::value* gateways = value_at(object, "/status/discoveredGateways");
  if (!gateways || !gateways->is_array()) return {};
  for (const json::value& one : gateways->get_array())
    if (std::string hold = text_at(one, "/hold"); !hold.empty()) return {std::move(hold), Tone::waiting};
  return {};
}

std::vector<Column> of_syncs() {
  return {name(),
          text("REF", ref_of),
          text("GATEWAYS", [](const json::value& o) { return condition_in(o, "AllGatewaysSynced", "message"); }),
          {"SYNCED", false, [](const json::value& o, std::int64_t) { return condition(o, "AllGatewaysSynced"); }},
          {"READY", false, [](const json::value& o, std::int64_t) { return condition(o, "Ready"); }},
          text("STATUS", status_of),
          since("LASTSYNC", "/status/lastSyncTime"),
          made(),
          text("COMMIT", commit_of, true),
          text("PROFILES", profiles_of, true),
          {"HOLD", true, [](const json::value& o, std::int64_t) { return hold_of_sync(o); }}};
}

// ---------------------------------------------------------------- targets

// Then its last Report is of before.
bool is_not_open(const json::value& object) { return condition_in(object, "AgentReady", "status") == "False"; }

Cell outcome_of(const json::value& object) {
  if (is_not_open(object)) return {"not-open", Tone::bad};
  const std::string outcome = text_at(object, "/status/outcome");
  if (outcome == "failed" || outcome == "reverted") return {outcome, Tone::bad};
  if (outcome == "held") return {outcome, Tone::waiting};
  return {outcome, outcome == "applied" || outcome == "unchanged" ? Tone::good : Tone::plain};
}

Cell hold_of_target(const json::value& object) {
  if (is_not_open(object)) return {};
  const bool paused = annotation_in(object, "stoker.io/paused") == "true";
  return {first_of({text_at(object, "/status/hold/name"), text_at(object, "/spec/hold/name"), paused ? "paused" : ""}),
          Tone::waiting};
}

std::vector<Column> of_targets() {
  return {name(),
          field("SYNC", "/spec/sync"),
          text("REVISION", [](const json::value& o) { return revision(o, "/status/running/revision"); }),
          {"OUTCOME", false, [](const json::value& o, std::int64_t) { return outcome_of(o); }},
          {"HOLD", false, [](const json::value& o, std::int64_t) { return hold_of_target(o); }},
          text("STAGE", [](const json::value& o) { return is_not_open(o) ? "" : text_at(o, "/status/stage"); }),
          made(),
          text(
              "ASSIGNED", [](const json::value& o) { return revision(o, "/spec/revision"); }, true),
          field("REF", "/spec/ref", true),
          field("PROFILE", "/spec/profile/name", true),
          since("LASTRUN", "/status/startedAt", true)};
}

// ---------------------------------------------------------------- approvals, Events

std::vector<Column> of_approvals() {
  return {name(),
          field("SYNC", "/spec/sync"),
          text("REVISION", [](const json::value& o) { return revision(o, "/spec/revision"); }),
          field("STAGE", "/spec/stage"),
          field("APPROVER", "/spec/approver"),
          field("UNTIL", "/spec/until"),
          made(),
          field("REASON", "/spec/reason", true)};
}

std::string object_of(const json::value& event) {
  std::string kind = text_at(event, "/involvedObject/kind");
  std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) { return std::tolower(c); });
  return kind + "/" + text_at(event, "/involvedObject/name");
}

std::vector<Column> of_events() {
  return {{"LAST SEEN", false,
           [](const json::value& o, std::int64_t now_ms) {
             const std::int64_t at = happened_ms(o);
             return Cell(at == 0 ? "" : age(now_ms - at));
           }},
          {"TYPE", false,
           [](const json::value& o, std::int64_t) {
             const std::string type = text_at(o, "/type");
             return Cell(type, type == "Warning" ? Tone::waiting : Tone::plain);
           }},
          field("REASON", "/reason"),
          text("OBJECT", object_of),
          text(
              "COUNT", [](const json::value& o) { return std::to_string(number_at(o, "/count").value_or(1)); }, true),
          field("NAME", "/metadata/name", true),
          field("MESSAGE", "/message")};
}

}  // namespace

const std::vector<Column>& columns_of(const Kind& kind) {
  static const std::vector<Column> syncs = of_syncs(), targets = of_targets(), approvals = of_approvals(),
                                   events = of_events(), others = {name(), made()};
  if (kind.singular == "gatewaysync") return syncs;
  if (kind.singular == "synctarget") return targets;
  if (kind.singular == "syncapproval") return approvals;
  if (kind.singular == "event") return events;
  return others;
}

std::int64_t happened_ms(const json::value& object) {
  for (const char* pointer : {"/lastTimestamp", "/eventTime", "/firstTimestamp", "/metadata/creationTimestamp"})
    if (const auto at = time_of(text_at(object, pointer))) return *at;
  return 0;
}

std::string age_at(const json::value& object, const std::string& pointer, std::int64_t now_ms) {
  const auto at = time_of(text_at(object, pointer));
  return at ? age(now_ms - *at) : std::string();
}

}  // namespace stoker::host
