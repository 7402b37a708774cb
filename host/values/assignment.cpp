// The assignment's document and digests. Each field is digested with its length before it: else the end of one field
// and the beginning of the next could be exchanged without changing the digest.
#include "host/values/assignment.hpp"

#include "host/base/digest.hpp"
#include "host/values/document_parts.hpp"

#include <stoker/duration.hpp>

#include <algorithm>

namespace stoker::host {

namespace json = boost::json;

namespace {

// The digest depends on the order of the calls of `add`.
class FieldDigest {
 public:
  FieldDigest& add(std::string_view field) {
    digest_.update(std::to_string(field.size()) + ":").update(field);
    return *this;
  }
  FieldDigest& add(std::int64_t number) { return add(std::to_string(number)); }
  // An older program knew no patches, so a digest without them stays what it was.
  FieldDigest& add(const Profile& profile) {
    add(static_cast<std::int64_t>(profile.mappings.size()));
    for (const Mapping& m : profile.mappings) {
      add(m.source)
          .add(m.destination)
          .add(name(m.type))
          .add(std::string(m.required ? "1" : "0") + (m.rendered ? " template" : "") +
               (m.patches.empty() ? "" : " patches"));
      if (!m.patches.empty()) add(m.patches);
    }
    add(static_cast<std::int64_t>(profile.excludes.size()));
    for (const std::string& pattern : profile.excludes) add(pattern);
    if (!profile.normalize.empty()) add("normalize").add(profile.normalize);
    return *this;
  }
  FieldDigest& add(const std::map<std::string, std::string>& vars) {
    add(static_cast<std::int64_t>(vars.size()));
    for (const auto& [key, value] : vars) add(key).add(value);
    return *this;
  }
  std::string hex() { return digest_.hex(); }

 private:
  FieldDigest& add(const std::vector<Patch>& patches) {
    add(static_cast<std::int64_t>(patches.size()));
    for (const Patch& patch : patches) add(patch.file).add(patch.set);
    return *this;
  }
  Digest digest_;
};

// Names of revisions are unique in git; in another source they may say little, such as "latest". Nothing is added for
// git, whose digests an older program wrote without this.
void add_settings(FieldDigest& digest, const SourceSpec& source) {
  if (!source.settings.empty()) digest.add(source.module).add(source.settings);
}

bool is_template(std::string_view text) { return text.find("{{") != std::string_view::npos; }

bool has_template(const std::vector<Patch>& patches) {
  return std::any_of(patches.begin(), patches.end(), [](const Patch& patch) {
    return std::any_of(patch.set.begin(), patch.set.end(), [](const auto& one) { return is_template(one.second); });
  });
}

bool has_template(const Mapping& mapping) {
  return mapping.rendered || is_template(mapping.source) || is_template(mapping.destination) ||
         has_template(mapping.patches);
}

bool has_template(const Profile& profile) {
  const auto& mappings = profile.mappings;
  return has_template(profile.normalize) ||
         std::any_of(mappings.begin(), mappings.end(), [](const Mapping& one) { return has_template(one); });
}

// What a template may ask for beside the vars. It makes no difference to a profile without one.
void add_values(FieldDigest& digest, const Assignment& a) {
  if (!has_template(a.profile)) return;
  digest.add(a.target).add(a.pod).add(a.ordinal).add(a.name_space).add(a.sync).add(a.ref).add(a.labels);
}

std::string digest_of_inputs(const Assignment& a, std::string_view role) {
  const Profile& profile = a.profile;
  FieldDigest digest;
  digest.add(profile).add(profile.prune.max_files).add(profile.prune.max_percent).add(a.source.contents()).add(role);
  add_settings(digest, a.source);
  add_values(digest, a);
  return digest.hex();
}

// ---------------------------------------------------------------- writing

json::object texts(const std::map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [key, value] : map) object.emplace(key, value);
  return object;
}

// `key` names the pattern: `file` or `files`.
json::array document_of(const std::vector<Patch>& patches, std::string_view key) {
  json::array written;
  for (const Patch& patch : patches) {
    json::object entry;
    if (!patch.file.empty()) entry.emplace(key, patch.file);
    entry.emplace("set", texts(patch.set));
    written.push_back(std::move(entry));
  }
  return written;
}

json::object document_of(const Profile& profile) {
  json::array mappings, excludes;
  for (const Mapping& m : profile.mappings) {
    json::object mapping{{"source", m.source}, {"destination", m.destination}};
    if (m.type != MappingType::inferred) mapping.emplace("type", name(m.type));
    mapping.emplace("required", m.required);
    if (m.rendered) mapping.emplace("template", true);
    if (!m.patches.empty()) mapping.emplace("patches", document_of(m.patches, "file"));
    mappings.push_back(std::move(mapping));
  }
  for (const std::string& pattern : profile.excludes) excludes.emplace_back(pattern);
  json::object written{{"name", profile.name},
                       {"mappings", std::move(mappings)},
                       {"excludes", std::move(excludes)},
                       {"vars", texts(profile.vars)},
                       {"designer", name(profile.designer)},
                       {"syncPeriod", std::to_string(profile.sync_period.count()) + "s"},
                       {"prune", {{"maxFiles", profile.prune.max_files}, {"maxPercent", profile.prune.max_percent}}}};
  if (!profile.normalize.empty()) written.emplace("normalize", document_of(profile.normalize, "files"));
  return written;
}

// Fields are named as in GatewaySync. `auth` holds references to secrets, never their texts.
json::object document_of(const SourceSpec& source) {
  const auto reference = [](const SecretRef& ref) { return json::object{{"name", ref.name}, {"key", ref.key}}; };
  json::object auth;
  const GitAuth& from = source.auth;
  if (from.token) auth.emplace("token", reference(*from.token));
  if (from.ssh_key) auth.emplace("sshKey", reference(*from.ssh_key));
  if (from.passphrase) auth.emplace("passphrase", reference(*from.passphrase));
  if (from.known_hosts) auth.emplace("knownHosts", reference(*from.known_hosts));
  if (from.github_app)
    auth.emplace("githubApp", json::object{{"appId", from.github_app->app_id},
                                           {"installationId", from.github_app->installation_id},
                                           {"privateKey", reference(from.github_app->private_key)},
                                           {"apiBaseURL", from.github_app->api_base_url}});
  json::object written{
      {"repo", source.repo}, {"submodules", source.submodules}, {"lfs", source.lfs}, {"auth", std::move(auth)}};
  if (!source.module.empty()) written.emplace("module", source.module);
  if (!source.settings.empty()) written.emplace("settings", source.settings);
  return written;
}

json::object document_of(const WantedPlan& plan) {
  json::object written{{"asked", plan.asked}, {"revision", plan.revision}, {"ref", plan.ref}};
  if (!plan.problem.empty()) written.emplace("problem", plan.problem);
  return written;
}

json::object document_of(const WaitingWork& waiting) {
  json::object written{{"asked", waiting.asked}, {"revision", waiting.revision}, {"ref", waiting.ref}};
  if (!waiting.problem.empty()) written.emplace("problem", waiting.problem);
  written.emplace("source", document_of(waiting.source));
  written.emplace("profile", document_of(waiting.profile));
  return written;
}

std::string in_words(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + "s" : std::to_string(time.count()) + "ms";
}

// ---------------------------------------------------------------- reading

std::chrono::milliseconds duration(const JsonFields& from, std::string_view key, std::chrono::milliseconds otherwise) {
  const std::string written = from.text(key);
  return written.empty() ? otherwise : parse_duration(written).value_or(otherwise);
}

std::vector<Patch> patches_in(const JsonFields& from, std::string_view list, std::string_view key) {
  std::vector<Patch> patches;
  for (const JsonFields& entry : from.objects(list)) patches.push_back({entry.text(key), entry.texts("set")});
  return patches;
}

Profile profile_in(const JsonFields& from) {
  Profile profile;
  profile.name = from.text("name");
  for (const JsonFields& m : from.objects("mappings"))
    profile.mappings.push_back({m.text("source"), m.text("destination"),
                                m.one_of("type", mapping_type_of, MappingType::inferred), m.flag("required"),
                                m.flag("template"), patches_in(m, "patches", "file")});
  profile.normalize = patches_in(from, "normalize", "files");
  profile.excludes = from.list("excludes");
  profile.vars = from.texts("vars");
  profile.designer = from.one_of("designer", designer_policy_of, profile.designer);
  profile.sync_period =
      std::chrono::duration_cast<std::chrono::seconds>(duration(from, "syncPeriod", profile.sync_period));
  const JsonFields prune = from.object("prune");
  profile.prune = {prune.number("maxFiles", profile.prune.max_files),
                   prune.number("maxPercent", profile.prune.max_percent)};
  return profile;
}

std::optional<SecretRef> reference_in(const JsonFields& from, std::string_view key) {
  if (!from.has(key)) return std::nullopt;
  const JsonFields reference = from.object(key);
  return SecretRef{reference.text("name"), reference.text("key")};
}

SourceSpec source_in(const JsonFields& from) {
  SourceSpec source;
  source.module = from.text("module");
  source.settings = from.text("settings");
  source.repo = from.text("repo");
  source.submodules = from.flag("submodules");
  source.lfs = from.flag("lfs");
  const JsonFields auth = from.object("auth");
  source.auth.token = reference_in(auth, "token");
  source.auth.ssh_key = reference_in(auth, "sshKey");
  source.auth.passphrase = reference_in(auth, "passphrase");
  source.auth.known_hosts = reference_in(auth, "knownHosts");
  if (!auth.has("githubApp")) return source;
  const JsonFields app = auth.object("githubApp");
  source.auth.github_app = GithubAppAuth{app.number("appId"), app.number("installationId"),
                                         reference_in(app, "privateKey").value_or(SecretRef()), app.text("apiBaseURL")};
  return source;
}

WaitingWork waiting_in(const JsonFields& from) {
  WaitingWork waiting;
  waiting.asked = from.text("asked");
  waiting.revision = from.text("revision");
  waiting.ref = from.text("ref");
  waiting.problem = from.text("problem");
  waiting.source = source_in(from.object("source"));
  waiting.profile = profile_in(from.object("profile"));
  return waiting;
}

// An older program wrote no source. Its field `contents` says what the source added to a revision. It is read because a
// held revision is known by it: without it, a bad revision could be applied again after an upgrade.
SourceSpec source_of_older(const JsonFields& from) {
  const std::string contents = from.text("contents");
  SourceSpec source;
  source.lfs = contents.starts_with("lfs");
  source.submodules = contents.ends_with("submodules");
  return source;
}

Assignment assignment_in(const JsonFields& from) {
  Assignment a;
  a.sync = from.text("sync");
  a.name_space = from.text("namespace", a.name_space);
  a.sync_uid = from.text("syncUid");
  const JsonFields target = from.object("target");
  a.target = target.text("name");
  a.pod = target.text("pod");
  a.labels = target.texts("labels");
  a.ordinal = target.number("ordinal");
  a.source = from.has("source") ? source_in(from.object("source")) : source_of_older(from);
  a.ref = from.text("ref");
  a.revision = from.text("revision");
  a.token = from.count("token");
  a.asked = from.count("asked");
  const JsonFields plan = from.object("plan");
  a.plan.asked = plan.text("asked");
  a.plan.revision = plan.text("revision");
  a.plan.ref = plan.text("ref");
  a.plan.problem = plan.text("problem");
  if (from.has("waiting")) a.waiting = waiting_in(from.object("waiting"));
  a.dry_run = from.flag("dryRun");
  a.retry = from.text("retry");
  a.repair = from.text("repairAsked");  // `repair` is what one Run decided, in the document of an older program
  a.hold = hold_in(from);
  a.profile = profile_in(from.object("profile"));
  a.auto_rollback = from.object("autoRollback").flag("enabled", true);
  a.verify_deadline = duration(from.object("deadlines"), "verify", a.verify_deadline);
  return a;
}

}  // namespace

json::object document_of(const Hold& hold) {
  json::object object{{"name", hold.name}, {"reason", hold.reason}};
  if (hold.again_at_ms) object.emplace("againAt", hold.again_at_ms);
  if (hold.until_ms) object.emplace("until", hold.until_ms);
  if (!hold.ended_by.empty()) object.emplace("endedBy", hold.ended_by);
  return object;
}

std::optional<Hold> hold_in(const JsonFields& from) {
  if (!from.has("hold")) return std::nullopt;
  const JsonFields hold = from.object("hold");
  return Hold{hold.text("name"), hold.text("reason"), hold.text("endedBy"), hold.number("againAt"),
              hold.number("until")};
}

json::object heading_of(const Assignment& a) {
  json::object whole{
      {"format", 1},
      {"sync", a.sync},
      {"namespace", a.name_space},
      {"target", {{"name", a.target}, {"pod", a.pod}, {"labels", texts(a.labels)}, {"ordinal", a.ordinal}}},
      {"ref", a.ref},
      {"revision", a.revision},
      {"contents", a.source.contents()},
      {"token", a.token},
      {"dryRun", a.dry_run},
      {"retry", a.retry}};
  if (a.hold) whole.emplace("hold", document_of(*a.hold));
  return whole;
}

void add_rules(json::object& to, const Assignment& a) {
  to.emplace("profile", document_of(a.profile));
  to.emplace("autoRollback", json::object{{"enabled", a.auto_rollback}});
  to.emplace("deadlines", json::object{{"verify", in_words(a.verify_deadline)}});
}

std::string Assignment::inputs(Role role) const { return digest_of_inputs(*this, name(role)); }

std::string Assignment::work_key() const {
  return FieldDigest().add(revision).add(digest_of_inputs(*this, "")).add(profile.vars).hex();
}

std::string Assignment::vars_digest() const { return FieldDigest().add(profile.vars).hex(); }

std::string Assignment::held_key() const {
  FieldDigest digest;
  digest.add(revision).add(source.contents()).add(profile).add(profile.vars);
  add_settings(digest, source);
  return digest.hex();
}

bool Assignment::same_work(const Assignment& other) const {
  return revision == other.revision && source.delivers_as(other.source) &&
         digest_of_inputs(*this, "") == digest_of_inputs(other, "") && profile.vars == other.profile.vars &&
         dry_run == other.dry_run && retry == other.retry && repair == other.repair && repair_now == other.repair_now &&
         hold == other.hold;
}

std::string to_json(const Assignment& a) {
  json::object whole = heading_of(a);
  if (!a.sync_uid.empty()) whole.emplace("syncUid", a.sync_uid);
  whole.emplace("asked", a.asked);
  if (!a.plan.asked.empty()) whole.emplace("plan", document_of(a.plan));
  if (!a.waiting.asked.empty()) whole.emplace("waiting", document_of(a.waiting));
  whole.emplace("repairAsked", a.repair);
  whole.emplace("source", document_of(a.source));
  add_rules(whole, a);
  return json::serialize(whole);
}

Result<Assignment> assignment_in_object(const JsonFields& fields) {
  const std::int64_t format = fields.number("format");
  if (format > 1)
    return Error(errc::incompatible,
                 "assignment: format " + std::to_string(format) +
                     " is newer than this program knows (1); run the newer version again, or upgrade",
                 "assignment.format");
  if (format < 1) fields.wrong("format", "is missing");
  return assignment_in(fields);
}

Result<Assignment> assignment_from_json(std::string_view text) {
  JsonDocument document(text);
  auto assignment = assignment_in_object(document.fields());
  if (assignment && document.fault().found())
    return Error(errc::invalid, "assignment: " + document.fault().text(), "assignment.invalid");
  return assignment;
}

}  // namespace stoker::host
