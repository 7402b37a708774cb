// The assignment's document and digests. Digests are over length-prefixed fields, so that no two contents look alike.
#include "host/values/assignment.hpp"
#include <boost/json.hpp>
#include <stoker/duration.hpp>
#include "host/base/digest.hpp"

namespace stoker::host {
namespace {

namespace json = boost::json;

// The order of `add` is part of what is digested.
class FieldDigest {
 public:
  FieldDigest& add(std::string_view field) {
    digest_.update(std::to_string(field.size()) + ":").update(field);
    return *this;
  }
  FieldDigest& add(std::int64_t number) { return add(std::to_string(number)); }
  FieldDigest& add(const Profile& profile) {
    add(static_cast<std::int64_t>(profile.mappings.size()));
    for (const Mapping& m : profile.mappings) add(m.source).add(m.destination).add(m.type).add(m.required ? "1" : "0");
    add(static_cast<std::int64_t>(profile.excludes.size()));
    for (const std::string& pattern : profile.excludes) add(pattern);
    return *this;
  }
  FieldDigest& add(const std::map<std::string, std::string>& vars) {
    add(static_cast<std::int64_t>(vars.size()));
    for (const auto& [key, value] : vars) add(key).add(value);
    return *this;
  }
  std::string hex() { return digest_.hex(); }

 private:
  Digest digest_;
};

std::string digest_of_inputs(const Assignment& a, std::string_view role) {
  const Profile& profile = a.profile;
  return FieldDigest()
      .add(profile)
      .add(profile.prune.max_files)
      .add(profile.prune.max_percent)
      .add(a.contents)
      .add(role)
      .hex();
}

json::object texts(const std::map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [key, value] : map) object.emplace(key, value);
  return object;
}

json::object document(const Hold& hold) {
  json::object object{{"name", hold.name}, {"reason", hold.reason}};
  if (hold.again_at_ms) object.emplace("againAt", hold.again_at_ms);
  if (hold.until_ms) object.emplace("until", hold.until_ms);
  if (!hold.ended_by.empty()) object.emplace("endedBy", hold.ended_by);
  return object;
}

json::object document(const Profile& profile) {
  json::array mappings, excludes;
  for (const Mapping& m : profile.mappings) {
    json::object mapping{{"source", m.source}, {"destination", m.destination}};
    if (!m.type.empty()) mapping.emplace("type", m.type);
    mapping.emplace("required", m.required);
    mappings.push_back(std::move(mapping));
  }
  for (const std::string& pattern : profile.excludes) excludes.emplace_back(pattern);
  return {{"name", profile.name},
          {"mappings", std::move(mappings)},
          {"excludes", std::move(excludes)},
          {"vars", texts(profile.vars)},
          {"designer", profile.designer},
          {"syncPeriod", std::to_string(profile.sync_period.count()) + "s"},
          {"prune", {{"maxFiles", profile.prune.max_files}, {"maxPercent", profile.prune.max_percent}}}};
}

json::object document(const Facts& facts) {
  json::object object{
      {"state", facts.state}, {"role", facts.role}, {"version", facts.version}, {"started", facts.started}};
  if (facts.hold) object.emplace("hold", document(*facts.hold));
  return object;
}

// Reads fields that may be absent; one of the wrong type is `invalid`, named by the thrown Error's message.
std::string text(const json::object& from, std::string_view key, std::string otherwise = {}) {
  const json::value* found = from.if_contains(key);
  return found ? std::string(found->as_string()) : std::move(otherwise);
}
std::int64_t number(const json::object& from, std::string_view key, std::int64_t otherwise = 0) {
  const json::value* found = from.if_contains(key);
  return found ? found->to_number<std::int64_t>() : otherwise;
}
bool flag(const json::object& from, std::string_view key, bool otherwise = false) {
  const json::value* found = from.if_contains(key);
  return found ? found->as_bool() : otherwise;
}
const json::object& object(const json::object& from, std::string_view key) {
  static const json::object none;
  const json::value* found = from.if_contains(key);
  return found ? found->as_object() : none;
}
std::map<std::string, std::string> texts(const json::object& from, std::string_view key) {
  std::map<std::string, std::string> map;
  for (const auto& [name, value] : object(from, key)) map.emplace(name, value.as_string());
  return map;
}

std::optional<Hold> hold_in(const json::object& from) {
  if (!from.contains("hold")) return std::nullopt;
  const json::object& hold = object(from, "hold");
  return Hold{text(hold, "name"), text(hold, "reason"), text(hold, "endedBy"), number(hold, "againAt"),
              number(hold, "until")};
}

std::chrono::milliseconds duration(const json::object& from, std::string_view key,
                                   std::chrono::milliseconds otherwise) {
  const std::string written = text(from, key);
  return written.empty() ? otherwise : parse_duration(written).value_or(otherwise);
}

Profile profile_in(const json::object& from) {
  Profile profile;
  profile.name = text(from, "name");
  if (const json::value* mappings = from.if_contains("mappings")) {
    for (const json::value& entry : mappings->as_array()) {
      const json::object& m = entry.as_object();
      profile.mappings.push_back({text(m, "source"), text(m, "destination"), text(m, "type"), flag(m, "required")});
    }
  }
  if (const json::value* excludes = from.if_contains("excludes"))
    for (const json::value& pattern : excludes->as_array()) profile.excludes.emplace_back(pattern.as_string());
  profile.vars = texts(from, "vars");
  profile.designer = text(from, "designer", profile.designer);
  profile.sync_period =
      std::chrono::duration_cast<std::chrono::seconds>(duration(from, "syncPeriod", profile.sync_period));
  const json::object& prune = object(from, "prune");
  profile.prune = {number(prune, "maxFiles", profile.prune.max_files),
                   number(prune, "maxPercent", profile.prune.max_percent)};
  return profile;
}

Assignment assignment_in(const json::object& from) {
  Assignment a;
  a.sync = text(from, "sync");
  a.name_space = text(from, "namespace", a.name_space);
  const json::object& target = object(from, "target");
  a.target = text(target, "name");
  a.pod = text(target, "pod");
  a.labels = texts(target, "labels");
  a.ordinal = number(target, "ordinal");
  a.ref = text(from, "ref");
  a.revision = text(from, "revision");
  a.contents = text(from, "contents");
  if (const json::value* token = from.if_contains("token")) a.token = token->to_number<std::uint64_t>();
  a.dry_run = flag(from, "dryRun");
  a.retry = text(from, "retry");
  a.hold = hold_in(from);
  a.scan_all = text(from, "look") == "all";
  a.repair = flag(from, "repair");
  a.profile = profile_in(object(from, "profile"));
  a.auto_rollback = flag(object(from, "autoRollback"), "enabled", true);
  a.verify_deadline = duration(object(from, "deadlines"), "verify", a.verify_deadline);
  const json::object& facts = object(from, "facts");
  a.facts = {text(facts, "state"), text(facts, "role", a.facts.role), text(facts, "version"), text(facts, "started"),
             hold_in(facts)};
  a.looks = flag(from, "looks", true);
  if (const json::value* baseline = from.if_contains("baseline")) a.baseline = json::serialize(*baseline);
  return a;
}

std::string in_words(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + "s" : std::to_string(time.count()) + "ms";
}

}  // namespace

std::string Assignment::inputs() const { return digest_of_inputs(*this, facts.role); }

std::string Assignment::vars_digest() const { return FieldDigest().add(profile.vars).hex(); }

std::string Assignment::held_key() const {
  return FieldDigest().add(revision).add(contents).add(profile).add(profile.vars).hex();
}

bool Assignment::same_work(const Assignment& other) const {
  // Both under one role: a role is found out, not assigned.
  return revision == other.revision && digest_of_inputs(*this, "") == digest_of_inputs(other, "") &&
         profile.vars == other.profile.vars && dry_run == other.dry_run && retry == other.retry && hold == other.hold;
}

std::string to_json(const Assignment& a) {
  json::object whole{
      {"format", 1},
      {"sync", a.sync},
      {"namespace", a.name_space},
      {"target", {{"name", a.target}, {"pod", a.pod}, {"labels", texts(a.labels)}, {"ordinal", a.ordinal}}},
      {"ref", a.ref},
      {"revision", a.revision},
      {"contents", a.contents},
      {"token", a.token},
      {"dryRun", a.dry_run},
      {"retry", a.retry}};
  if (a.hold) whole.emplace("hold", document(*a.hold));
  whole.emplace("look", a.scan_all ? "all" : "changes");
  whole.emplace("repair", a.repair);
  whole.emplace("inputs", a.inputs());
  whole.emplace("vars", a.vars_digest());
  whole.emplace("profile", document(a.profile));
  whole.emplace("autoRollback", json::object{{"enabled", a.auto_rollback}});
  whole.emplace("deadlines", json::object{{"verify", in_words(a.verify_deadline)}});
  whole.emplace("facts", document(a.facts));
  whole.emplace("looks", a.looks);
  boost::system::error_code unreadable;
  json::value baseline = a.baseline.empty() ? json::value() : json::parse(a.baseline, unreadable);
  if (!a.baseline.empty() && !unreadable) whole.emplace("baseline", std::move(baseline));
  return json::serialize(whole);
}

Result<Assignment> from_json(std::string_view text) {
  boost::system::error_code unreadable;
  const json::value whole = json::parse(text, unreadable);
  if (unreadable || !whole.is_object())
    return Error(errc::invalid, "assignment: not a JSON object", "assignment.invalid");
  try {
    const std::int64_t format = number(whole.get_object(), "format");
    if (format > 1)
      return Error(errc::incompatible,
                   "assignment: format " + std::to_string(format) +
                       " is newer than this program knows (1); run the newer version again, or upgrade",
                   "assignment.format");
    if (format < 1) return Error(errc::invalid, "assignment: it does not say its format", "assignment.invalid");
    return assignment_in(whole.get_object());
  } catch (const std::exception&) {  // as_… and to_number throw at a field of another type
    return Error(errc::invalid, "assignment: a field has the wrong type", "assignment.invalid");
  }
}

}  // namespace stoker::host
