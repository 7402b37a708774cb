// What its schema (schemas/gatewaysync.json) cannot say; the fields of later versions, by name; and how defaults and a
// profile become one.
#include "host/config/gateway_sync.hpp"

#include "host/config/json_schema.hpp"
#include "host/config/object_metadata.hpp"
#include "host/config/object_schemas.hpp"

#include <stoker/duration.hpp>

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {
namespace {

namespace json = boost::json;

// Reports and removes what `pattern` names, so that it is not reported as unknown as well.
void refuse(json::value& value, const std::string& at, std::string_view pattern, std::vector<Violation>& found) {
  pattern.remove_prefix(1);
  const std::size_t end = pattern.find('/');
  const std::string escaped(pattern.substr(0, end));
  const std::string_view rest = end == std::string_view::npos ? std::string_view() : pattern.substr(end);
  if (json::array* list = value.if_array(); list && escaped == "*") {
    for (std::size_t i = 0; i < list->size(); ++i) refuse((*list)[i], step(at, std::to_string(i)), rest, found);
    return;
  }
  json::object* object = value.if_object();
  if (!object) return;
  if (escaped == "*") {
    for (auto& entry : *object) refuse(entry.value(), step(at, entry.key()), rest, found);
    return;
  }
  std::string key = escaped;
  if (const std::size_t slash = key.find("~1"); slash != std::string::npos) key.replace(slash, 2, "/");
  json::value* inner = object->if_contains(key);
  if (!inner) return;
  if (!rest.empty()) return refuse(*inner, at + "/" + escaped, rest, found);
  found.push_back({at + "/" + escaped, "no such field; it is not available in this version", "\"" + key + "\"", true});
  object->erase(key);
}

bool has_credentials(std::string_view written) {
  std::string repo(written);
  std::transform(repo.begin(), repo.end(), repo.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t scheme = repo.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string authority = repo.substr(scheme + 3, repo.find('/', scheme + 3) - scheme - 3);
  const std::size_t at = authority.rfind('@');
  return at != std::string::npos &&
         (authority.substr(0, at).find(':') != std::string_view::npos || repo.starts_with("http"));
}

// `git` alone, `source` of another kind alone, or `git` with the module that is to read it.
void check_source(const json::object& spec, std::vector<Violation>& found) {
  const json::value* git = spec.if_contains("git");
  const json::value* other = spec.if_contains("source");
  if (!git && !other) found.push_back({"/spec/git", "a repository, or spec.source", "neither"});
  if (other) {
    const json::object& chosen = other->as_object();
    if (git && (chosen.contains("ref") || chosen.contains("settings")))
      found.push_back({"/spec/source", "only module beside spec.git, which has the ref", "more"});
    if (!git && !chosen.contains("ref")) found.push_back({"/spec/source/ref", "a value", "nothing"});
  }
  if (git && has_credentials(git->at("repo").as_string()))
    found.push_back({"/spec/git/repo", "a URL without credentials", "one with credentials in it"});
}

// Texts of annotations that ask for something.
void check_wishes(const json::object& metadata, std::vector<Violation>& found) {
  const json::value* annotations = metadata.if_contains("annotations");
  if (!annotations) return;
  for (const auto& [what, most] : {std::pair("retry", 256u), std::pair("repair", 256u), std::pair("look-at", 256u),
                                   std::pair("plan-at", 256u), std::pair("requested-ref", 1024u)})
    if (const json::value* text = annotations->as_object().if_contains("stoker.io/" + std::string(what)))
      if (text->as_string().size() > most)
        found.push_back({"/metadata/annotations/stoker.io~1" + std::string(what),
                         "at most " + std::to_string(most) + " characters", "more"});
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

// What an exclude pattern has to be but is not; empty when the pattern is valid.
std::string_view fault_of(std::string_view pattern) {
  if (pattern.starts_with('/')) return "a pattern below the data directory, without a leading /";
  int braces = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      if (++i == pattern.size()) return "a character after the last backslash";
    } else if (pattern[i] == '[') {
      std::size_t end = i + 1;
      if (end < pattern.size() && (pattern[end] == '!' || pattern[end] == '^')) ++end;
      if (end < pattern.size() && pattern[end] == ']') return "a character between [ and ]";
      while (end < pattern.size() && pattern[end] != ']') end += pattern[end] == '\\' ? 2 : 1;
      if (end >= pattern.size()) return "a ] after each [";
      i = end;
    } else if (pattern[i] == '{') {
      ++braces;
    } else if (pattern[i] == '}' && braces-- == 0) {
      return "a { before each }";
    }
  }
  return braces == 0 ? std::string_view() : "a } after each {";
}

bool is_variable_name(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return c < 128 && (std::isalnum(c) || c == '_'); });
}

// The strategy checks placeholders after it has rendered them.
bool leaves_the_root(std::string_view path) {
  if (path.starts_with('/')) return true;
  while (true) {
    const std::size_t end = path.find('/');
    if (path.substr(0, end) == "..") return true;
    if (end == std::string_view::npos) return false;
    path.remove_prefix(end + 1);
  }
}

class Reader {
 public:
  Reader(const YamlDocument& document, const SyncDefaults& defaults, ConfigErrors& errors)
      : document_(document), defaults_(defaults), errors_(errors) {}

  std::optional<SyncSpec> read(const json::object& whole) {
    const std::size_t before = count_;
    SyncSpec sync;
    sync.file = document_.file();
    const json::object& metadata = whole.at("metadata").as_object();
    sync.name = metadata.at("name").as_string();
    const Place named = document_.place("/metadata/name");
    sync.line = named.line;
    sync.column = named.column;
    sync.name_space = metadata.at("namespace").as_string();
    sync.retry = wish(metadata, "retry");
    sync.repair = wish(metadata, "repair");
    sync.requested_ref = wish(metadata, "requested-ref");
    sync.paused_by = wish(metadata, "paused-by");
    sync.paused_because = wish(metadata, "paused-because");
    sync.look = wish(metadata, "look-at");
    sync.plan = wish(metadata, "plan-at");
    if (const json::value* uid = metadata.if_contains("uid")) sync.uid = uid->as_string();
    spec(whole.at("spec").as_object(), sync);
    return count_ == before ? std::optional(std::move(sync)) : std::nullopt;
  }

 private:
  void add(const std::string& pointer, std::string expected, std::string got) {
    ++count_;
    errors_.add(document_.error(pointer, std::move(expected), std::move(got)));
  }

  // The text of the annotation stoker.io/<what>, which asks for something once for each text.
  static std::string wish(const json::object& metadata, const std::string& what) {
    const json::value* annotations = metadata.if_contains("annotations");
    const json::value* found = annotations ? annotations->as_object().if_contains("stoker.io/" + what) : nullptr;
    return found ? std::string(found->as_string()) : std::string();
  }

  void spec(const json::object& from, SyncSpec& sync) {
    source(from, sync);
    const json::object& polling = from.at("polling").as_object();
    sync.polling = polling.at("enabled").as_bool();
    sync.polling_interval = defaults_.polling_interval;
    if (const json::value* interval = polling.if_contains("interval"))
      sync.polling_interval = parse_duration(interval->as_string());
    const json::object& gateway = from.at("gateway").as_object();
    sync.gateway_port = gateway.at("port").to_number<int>();
    sync.gateway_tls = gateway.at("tls").as_bool();
    sync.paused = from.at("paused").as_bool();
    sync.dry_run_before = from.at("validation").as_object().at("dryRunBefore").as_bool();
    sync.auto_rollback = from.at("autoRollback").as_object().at("enabled").as_bool();
    const json::object& rules = from.at("sync").as_object();
    for (const auto& [name, profile] : rules.at("profiles").as_object()) {
      const std::string pointer = step("/spec/sync/profiles", name);
      if (!is_profile_name(name))
        add(pointer, "a name of letters, digits, '-', '_' and '.'", describe(json::value(name)));
      sync.profiles.emplace(name, merged(name, rules, profile.as_object(), pointer));
    }
  }

  void source(const json::object& from, SyncSpec& sync) {
    const json::value* git = from.if_contains("git");
    if (const json::value* other = from.if_contains("source")) {
      const json::object& chosen = other->as_object();
      if (const json::value* module = chosen.if_contains("module")) sync.source.module = module->as_string();
      if (!git) {
        const json::value* settings = chosen.if_contains("settings");
        sync.ref = chosen.at("ref").as_string();
        sync.source.settings = settings ? json::serialize(*settings) : "{}";
      }
    }
    if (git) repository_of(git->as_object(), sync);
  }

  static void repository_of(const json::object& git, SyncSpec& sync) {
    sync.source.repo = git.at("repo").as_string();
    sync.ref = git.at("ref").as_string();
    sync.source.auth = credentials(git.at("auth").as_object());
    sync.source.submodules = git.at("submodules").as_bool();
    sync.source.lfs = git.at("lfs").as_bool();
  }

  static bool is_profile_name(std::string_view name) {
    return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return c < 128 && (std::isalnum(c) || c == '-' || c == '_' || c == '.');
    });
  }

  static std::optional<SecretRef> secret(const json::object& from, const char* field) {
    const json::value* found = from.if_contains(field);
    if (!found) return std::nullopt;
    return reference(found->at("secretRef").as_object());
  }

  static SecretRef reference(const json::object& ref) {
    return {std::string(ref.at("name").as_string()), std::string(ref.at("key").as_string())};
  }

  static GithubAppAuth github_app(const json::object& from) {
    const json::value* url = from.if_contains("apiBaseURL");
    return {from.at("appId").to_number<std::int64_t>(), from.at("installationId").to_number<std::int64_t>(),
            reference(from.at("privateKeySecretRef").as_object()), url ? std::string(url->as_string()) : std::string()};
  }

  static GitAuth credentials(const json::object& from) {
    GitAuth auth;
    auth.token = secret(from, "token");
    if (const json::value* found = from.if_contains("sshKey")) {
      const json::object& key = found->as_object();
      auth.ssh_key = secret(from, "sshKey");
      auth.passphrase = secret(key, "passphrase");
      auth.known_hosts = secret(key, "knownHosts");
    }
    if (const json::value* app = from.if_contains("githubApp")) auth.github_app = github_app(app->as_object());
    return auth;
  }

  SyncProfile merged(std::string_view name, const json::object& rules, const json::object& own,
                     const std::string& pointer) {
    SyncProfile made = defaults_.rules;
    made.profile.name = std::string(name);
    if (const json::value* defaults = rules.if_contains("defaults")) {
      const json::object& common = defaults->as_object();
      overlay(common, "/spec/sync/defaults", made);
      if (!common.contains("excludePatterns")) made.profile.excludes = {"**/.git/", "**/.gitkeep", "**/.resources/**"};
    }
    overlay(own, pointer, made);
    const json::array& mappings = own.at("mappings").as_array();
    for (std::size_t i = 0; i < mappings.size(); ++i) {
      const json::object& from = mappings[i].as_object();
      const std::string at = pointer + "/mappings/" + std::to_string(i);
      Mapping mapping{std::string(from.at("source").as_string()), std::string(from.at("destination").as_string()),
                      MappingType::inferred, from.at("required").as_bool()};
      if (const json::value* type = from.if_contains("type"))
        mapping.type = mapping_type_of(type->as_string()).value_or(MappingType::inferred);
      if (const json::value* rendered = from.if_contains("template")) mapping.rendered = rendered->as_bool();
      add_patches(from, "patches", "file", mapping.patches);
      for (const char* side : {"source", "destination"})
        if (leaves_the_root(from.at(side).as_string()))
          add(at + "/" + side, "a relative path without ..", describe(from.at(side)));
      made.profile.mappings.push_back(std::move(mapping));
    }
    return made;
  }

  // What paths, patterns and values mean is up to the strategy.
  static void add_patches(const json::object& from, std::string_view list, std::string_view pattern,
                          std::vector<Patch>& into) {
    const json::value* entries = from.if_contains(list);
    if (!entries) return;
    for (const json::value& entry : entries->as_array()) {
      Patch patch;
      if (const json::value* file = entry.as_object().if_contains(pattern)) patch.file = file->as_string();
      for (const auto& [path, value] : entry.at("set").as_object()) patch.set[std::string(path)] = value.as_string();
      into.push_back(std::move(patch));
    }
  }

  // Puts the fields of `from` over those of the profile: excludes, vars and normalize are joined, other fields are
  // replaced.
  void overlay(const json::object& from, const std::string& pointer, SyncProfile& into) {
    Profile& profile = into.profile;
    if (const json::value* patterns = from.if_contains("excludePatterns"))
      excludes(patterns->as_array(), pointer, profile);
    if (const json::value* vars = from.if_contains("vars")) {
      for (const auto& [key, value] : vars->as_object()) {
        if (!is_variable_name(key))
          add(step(pointer + "/vars", key), "a name of letters, digits and _", describe(json::value(key)));
        profile.vars[std::string(key)] = std::string(value.as_string());
      }
    }
    add_patches(from, "normalize", "files", profile.normalize);
    take_rules(from, into);
  }

  void excludes(const json::array& patterns, const std::string& pointer, Profile& profile) {
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      std::string pattern = trimmed(patterns[i].as_string());
      while (pattern.starts_with("./")) pattern.erase(0, 2);
      if (pattern.empty()) continue;
      if (const auto wanted = fault_of(pattern); !wanted.empty())
        add(pointer + "/excludePatterns/" + std::to_string(i), std::string(wanted), describe(patterns[i]));
      if (std::find(profile.excludes.begin(), profile.excludes.end(), pattern) == profile.excludes.end())
        profile.excludes.push_back(std::move(pattern));
    }
  }

  const YamlDocument& document_;
  const SyncDefaults& defaults_;
  ConfigErrors& errors_;
  std::size_t count_ = 0;
};

}  // namespace

const std::vector<LaterField>& later_fields() {
  static const std::vector<LaterField> fields = {{"/spec/git/knownHosts", "string"},
                                                 {"/spec/agent", "object"},
                                                 {"/spec/validation/webhook", "object"},
                                                 {"/spec/snapshots", "object"},
                                                 {"/spec/autoRollback/triggers", "strings"},
                                                 {"/spec/rollback", "object"},
                                                 {"/spec/deployment", "object"},
                                                 {"/spec/dependsOn", "objects"},
                                                 {"/spec/approvals", "object"},
                                                 {"/spec/windows", "objects"},
                                                 {"/spec/drift", "object"},
                                                 {"/spec/capture", "object"},
                                                 {"/spec/alerting", "object"},
                                                 {"/spec/webhook", "object"},
                                                 {"/spec/rest", "object"},
                                                 {"/spec/normalize", "objects"},
                                                 {"/spec/perspectiveSessionPolicy", "string"},
                                                 {"/spec/prune", "object"},
                                                 {"/spec/sync/defaults/perspectiveSessionPolicy", "string"},
                                                 {"/spec/sync/defaults/session", "string"},
                                                 {"/spec/sync/profiles/*/perspectiveSessionPolicy", "string"},
                                                 {"/spec/sync/profiles/*/session", "string"},
                                                 {"/spec/sync/profiles/*/mappings/*/normalize", "objects"}};
  return fields;
}

std::vector<Violation> gateway_sync_violations(const json::value& document) {
  json::value value = document;
  std::vector<Violation> found;
  for (const LaterField& field : later_fields()) refuse(value, "", field.pointer, found);
  for (Violation& v : annotation_violations(value, true)) found.push_back(std::move(v));
  const std::vector<Violation> broken = validate(object_schema("gatewaysync"), value);
  found.insert(found.end(), broken.begin(), broken.end());
  if (broken.empty()) {  // now each field has its type
    check_source(value.at("spec").as_object(), found);
    check_wishes(value.at("metadata").as_object(), found);
  }
  return found;
}

std::optional<SyncSpec> read_gateway_sync(const YamlDocument& document, ConfigErrors& errors,
                                          const SyncDefaults& defaults) {
  std::vector<Violation> violations = gateway_sync_violations(document.value());
  add_metadata_violations(document.value(), violations);
  ConfigErrors found;
  for (const Violation& v : violations)
    found.add(v.unwanted ? document.unwanted(v.pointer, v.expected, v.got)
                         : document.error(v.pointer, v.expected, v.got));
  std::optional<SyncSpec> sync;
  if (found.empty())
    sync = Reader(document, defaults, found).read(complete(object_schema("gatewaysync"), document.value()).as_object());
  errors.add(found);
  return sync;
}

Result<SyncSpec> sync_of(std::string_view document, const SyncDefaults& defaults) {
  boost::system::error_code unreadable;
  json::parse_options options;
  options.max_depth = object_depth_max;
  json::value value = json::parse(document, unreadable, {}, options);
  if (unreadable) return object_error("GatewaySync", {{"", "JSON", "other text"}});
  std::string label = object_label(value);
  const YamlDocument stored(std::move(label), std::move(value));
  ConfigErrors errors;
  std::optional<SyncSpec> sync = read_gateway_sync(stored, errors, defaults);
  if (!sync) return object_error(errors);
  return std::move(*sync);
}

}  // namespace stoker::host
