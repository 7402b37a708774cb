// The fields of GatewaySync that are accepted, as a schema; the fields of later versions, by name; and how defaults and
// a profile become one.
#include <stoker/duration.hpp>

#include <algorithm>
#include <boost/json.hpp>
#include "host/config/gateway_sync.hpp"
#include "host/config/validation.hpp"

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::string_view schema_text = R"json({
  "type": "object", "additionalProperties": false, "required": ["apiVersion", "kind", "metadata", "spec"],
  "properties": {
    "apiVersion": {"const": "stoker.io/v1alpha1"},
    "kind": {"const": "GatewaySync"},
    "metadata": {"type": "object", "additionalProperties": false, "required": ["name"], "properties": {
      "name": {"type": "string", "format": "hostname"},
      "namespace": {"type": "string", "format": "hostname", "default": "default"},
      "labels": {"type": "object", "additionalProperties": {"type": "string"}},
      "annotations": {"type": "object", "additionalProperties": {"type": "string"}}}},
    "spec": {"type": "object", "additionalProperties": false, "required": ["sync"], "properties": {
      "source": {"type": "object", "additionalProperties": false, "properties": {
        "module": {"type": "string", "minLength": 1, "maxLength": 63},
        "ref": {"type": "string", "minLength": 1, "maxLength": 1024},
        "settings": {"type": "object", "writeOnly": true}}},
      "git": {"type": "object", "additionalProperties": false, "required": ["repo", "ref"], "properties": {
        "repo": {"type": "string", "minLength": 1, "maxLength": 4096},
        "ref": {"type": "string", "minLength": 1, "maxLength": 1024},
        "auth": {"type": "object", "additionalProperties": false, "default": {}, "properties": {
          "token": {"x-stoker-secret": "reference"},
          "sshKey": {"type": "object", "additionalProperties": false, "required": ["secretRef"], "properties": {
            "secretRef": {"$ref": "#/$defs/secretRef"},
            "passphrase": {"x-stoker-secret": "reference"},
            "knownHosts": {"x-stoker-secret": "reference"}}},
          "githubApp": {"type": "object", "additionalProperties": false,
            "required": ["appId", "installationId", "privateKeySecretRef"], "properties": {
            "appId": {"type": "integer", "minimum": 1, "maximum": 9007199254740991},
            "installationId": {"type": "integer", "minimum": 1, "maximum": 9007199254740991},
            "privateKeySecretRef": {"$ref": "#/$defs/secretRef"},
            "apiBaseURL": {"type": "string", "minLength": 1, "maxLength": 4096}}}}},
        "submodules": {"type": "boolean", "default": false},
        "lfs": {"type": "boolean", "default": false}}},
      "polling": {"type": "object", "additionalProperties": false, "default": {}, "properties": {
        "enabled": {"type": "boolean", "default": true},
        "interval": {"type": "string", "format": "duration", "formatMinimum": "1s", "formatMaximum": "24h"}}},
      "gateway": {"type": "object", "additionalProperties": false, "default": {}, "properties": {
        "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 8088},
        "tls": {"type": "boolean", "default": false},
        "api": {"type": "object", "writeOnly": true, "additionalProperties": false, "required": ["secretName"], "properties": {
          "secretName": {"type": "string", "minLength": 1},
          "secretKey": {"type": "string", "minLength": 1, "default": "apiKey"}}}}},
      "sync": {"type": "object", "additionalProperties": false, "required": ["profiles"], "properties": {
        "defaults": {"$ref": "#/$defs/defaults"},
        "profiles": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/profile"}}}},
      "paused": {"type": "boolean", "default": false},
      "autoRollback": {"type": "object", "additionalProperties": false, "default": {}, "properties": {
        "enabled": {"type": "boolean", "default": true}}}}}},
  "$defs": {
    "secretRef": {"type": "object", "writeOnly": true, "additionalProperties": false, "required": ["name", "key"], "properties": {
      "name": {"type": "string", "minLength": 1}, "key": {"type": "string", "minLength": 1}}},
    "excludes": {"type": "array", "maxItems": 1000, "items": {"type": "string", "maxLength": 4096}},
    "vars": {"type": "object", "writeOnly": true, "additionalProperties": {"type": "string", "maxLength": 65536}},
    "period": {"type": "integer", "minimum": 5, "maximum": 3600},
    "designer": {"type": "string", "enum": ["proceed", "wait", "fail"]},
    "prune": {"type": "object", "additionalProperties": false, "properties": {
      "maxFiles": {"type": "integer", "minimum": 0, "maximum": 10000000},
      "maxPercent": {"type": "integer", "minimum": 0, "maximum": 100}}},
    "path": {"type": "string", "minLength": 1, "maxLength": 4096},
    "defaults": {"type": "object", "additionalProperties": false, "properties": {
      "excludePatterns": {"$ref": "#/$defs/excludes"}, "vars": {"$ref": "#/$defs/vars"}, "syncPeriod": {"$ref": "#/$defs/period"},
      "designerSessionPolicy": {"$ref": "#/$defs/designer"}, "dryRun": {"type": "boolean"}, "paused": {"type": "boolean"},
      "prune": {"$ref": "#/$defs/prune"}}},
    "profile": {"type": "object", "additionalProperties": false, "required": ["mappings"], "properties": {
      "excludePatterns": {"$ref": "#/$defs/excludes"}, "vars": {"$ref": "#/$defs/vars"}, "syncPeriod": {"$ref": "#/$defs/period"},
      "designerSessionPolicy": {"$ref": "#/$defs/designer"}, "dryRun": {"type": "boolean"}, "paused": {"type": "boolean"},
      "prune": {"$ref": "#/$defs/prune"},
      "mappings": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {
        "type": "object", "additionalProperties": false, "required": ["source", "destination"], "properties": {
          "source": {"$ref": "#/$defs/path"}, "destination": {"$ref": "#/$defs/path"},
          "type": {"type": "string", "enum": ["dir", "file"]}, "required": {"type": "boolean", "default": false},
          "template": {"const": false}}}}}}}
})json";

const json::value& schema() {
  static const json::value parsed = json::parse(schema_text);
  return parsed;
}

// Fields of the object whose feature is not in this version. `*` stands for any one step.
constexpr std::string_view not_yet[] = {"/metadata/annotations/stoker.io~1requested-ref",
                                        "/spec/git/knownHosts",
                                        "/spec/agent",
                                        "/spec/validation",
                                        "/spec/snapshots",
                                        "/spec/autoRollback/triggers",
                                        "/spec/rollback",
                                        "/spec/deployment",
                                        "/spec/dependsOn",
                                        "/spec/approvals",
                                        "/spec/windows",
                                        "/spec/drift",
                                        "/spec/capture",
                                        "/spec/alerting",
                                        "/spec/webhook",
                                        "/spec/rest",
                                        "/spec/normalize",
                                        "/spec/perspectiveSessionPolicy",
                                        "/spec/prune",
                                        "/spec/sync/defaults/normalize",
                                        "/spec/sync/defaults/perspectiveSessionPolicy",
                                        "/spec/sync/defaults/session",
                                        "/spec/sync/profiles/*/normalize",
                                        "/spec/sync/profiles/*/perspectiveSessionPolicy",
                                        "/spec/sync/profiles/*/session",
                                        "/spec/sync/profiles/*/mappings/*/patches",
                                        "/spec/sync/profiles/*/mappings/*/normalize"};

// Reports and removes what `pattern` names, so that it is not reported as unknown as well.
void refuse(const YamlDocument& document, json::value& value, const std::string& at, std::string_view pattern,
            ConfigErrors& errors) {
  pattern.remove_prefix(1);
  const std::size_t end = pattern.find('/');
  const std::string escaped(pattern.substr(0, end));
  const std::string_view rest = end == std::string_view::npos ? std::string_view() : pattern.substr(end);
  if (json::array* list = value.if_array(); list && escaped == "*") {
    for (std::size_t i = 0; i < list->size(); ++i)
      refuse(document, (*list)[i], step(at, std::to_string(i)), rest, errors);
    return;
  }
  json::object* object = value.if_object();
  if (!object) return;
  if (escaped == "*") {
    for (auto& entry : *object) refuse(document, entry.value(), step(at, entry.key()), rest, errors);
    return;
  }
  std::string key = escaped;
  if (const std::size_t slash = key.find("~1"); slash != std::string::npos) key.replace(slash, 2, "/");
  json::value* found = object->if_contains(key);
  if (!found) return;
  if (!rest.empty()) return refuse(document, *found, at + "/" + escaped, rest, errors);
  const std::string pointer = at + "/" + escaped;
  errors.add(document.unwanted(pointer, "no such field; it is not available in this version", "\"" + key + "\""));
  object->erase(key);
}

void refuse_templates(const YamlDocument& document, json::value& value, ConfigErrors& errors) {
  boost::system::error_code none;
  json::value* profiles = value.find_pointer("/spec/sync/profiles", none);
  if (!profiles || !profiles->is_object()) return;
  for (auto& profile : profiles->get_object()) {
    json::value* mappings = profile.value().find_pointer("/mappings", none);
    if (!mappings || !mappings->is_array()) continue;
    for (std::size_t i = 0; i < mappings->get_array().size(); ++i) {
      json::object* mapping = mappings->get_array()[i].if_object();
      const json::value* templated = mapping ? mapping->if_contains("template") : nullptr;
      if (!templated || *templated != json::value(true)) continue;
      const std::string pointer =
          step(step("/spec/sync/profiles", profile.key()), "mappings") + "/" + std::to_string(i) + "/template";
      errors.add(document.error(
          pointer, "template: false; templates of file contents are not available in this version", "true"));
      mapping->erase("template");
    }
  }
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
      end = pattern.find(']', end + 1);  // a ] directly after [ is a member of the set
      if (end == std::string_view::npos) return "a ] after each [";
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
  Reader(const YamlDocument& document, ConfigErrors& errors) : document_(document), errors_(errors) {}

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
    spec(whole.at("spec").as_object(), sync);
    return count_ == before ? std::optional(std::move(sync)) : std::nullopt;
  }

 private:
  void add(const std::string& pointer, std::string expected, std::string got) {
    ++count_;
    errors_.add(document_.error(pointer, std::move(expected), std::move(got)));
  }

  // The text of the annotation stoker.io/<what>, which asks for something once for each text.
  std::string wish(const json::object& metadata, const std::string& what) {
    const json::value* annotations = metadata.if_contains("annotations");
    const json::value* found = annotations ? annotations->as_object().if_contains("stoker.io/" + what) : nullptr;
    if (!found) return {};
    if (found->as_string().size() > 256)
      add("/metadata/annotations/stoker.io~1" + what, "at most 256 characters", "more");
    return std::string(found->as_string());
  }

  void spec(const json::object& from, SyncSpec& sync) {
    source(from, sync);
    const json::object& polling = from.at("polling").as_object();
    sync.polling = polling.at("enabled").as_bool();
    if (const json::value* interval = polling.if_contains("interval"))
      sync.polling_interval = parse_duration(interval->as_string());
    const json::object& gateway = from.at("gateway").as_object();
    sync.gateway_port = gateway.at("port").to_number<int>();
    sync.gateway_tls = gateway.at("tls").as_bool();
    sync.paused = from.at("paused").as_bool();
    sync.auto_rollback = from.at("autoRollback").as_object().at("enabled").as_bool();
    const json::object& rules = from.at("sync").as_object();
    for (const auto& [name, profile] : rules.at("profiles").as_object()) {
      const std::string pointer = step("/spec/sync/profiles", name);
      if (!is_profile_name(name))
        add(pointer, "a name of letters, digits, '-', '_' and '.'", describe(json::value(name)));
      sync.profiles.emplace(name, merged(name, rules, profile.as_object(), pointer));
    }
  }

  // `git` alone, `source` of another kind alone, or `git` with the module that is to read it.
  void source(const json::object& from, SyncSpec& sync) {
    const json::value* git = from.if_contains("git");
    const json::value* other = from.if_contains("source");
    if (!git && !other) return add("/spec/git", "a repository, or spec.source", "neither");
    if (other) {
      const json::object& chosen = other->as_object();
      if (const json::value* module = chosen.if_contains("module")) sync.source.module = module->as_string();
      const json::value* ref = chosen.if_contains("ref");
      const json::value* settings = chosen.if_contains("settings");
      if (git && (ref || settings))
        return add("/spec/source", "only module beside spec.git, which has the ref", "more");
      if (!git && !ref) return add("/spec/source/ref", "a value", "nothing");
      if (!git) {
        sync.ref = ref->as_string();
        sync.source.settings = settings ? json::serialize(*settings) : "{}";
      }
    }
    if (git) repository_of(git->as_object(), sync);
  }

  void repository_of(const json::object& git, SyncSpec& sync) {
    sync.source.repo = git.at("repo").as_string();
    sync.ref = git.at("ref").as_string();
    repository(sync.source.repo);
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

  // The value is not shown: it may be the secret itself.
  SecretRef named(const json::object& ref, const std::string& pointer) {
    SecretRef made = reference(ref);
    if (!is_secret_name(made.name) || !is_secret_name(made.key))
      add(pointer, "name and key, which are plain file names", "other text");
    return made;
  }

  GithubAppAuth github_app(const json::object& from) {
    const json::value* url = from.if_contains("apiBaseURL");
    return {from.at("appId").to_number<std::int64_t>(), from.at("installationId").to_number<std::int64_t>(),
            named(from.at("privateKeySecretRef").as_object(), "/spec/git/auth/githubApp/privateKeySecretRef"),
            url ? std::string(url->as_string()) : std::string()};
  }

  GitAuth credentials(const json::object& from) {
    GitAuth auth;
    auth.token = secret(from, "token");
    if (const json::value* found = from.if_contains("sshKey")) {
      const json::object& key = found->as_object();
      auth.ssh_key = named(key.at("secretRef").as_object(), "/spec/git/auth/sshKey/secretRef");
      auth.passphrase = secret(key, "passphrase");
      auth.known_hosts = secret(key, "knownHosts");
    }
    if (const json::value* app = from.if_contains("githubApp")) auth.github_app = github_app(app->as_object());
    return auth;
  }

  void repository(std::string_view repo) {
    const std::size_t scheme = repo.find("://");
    if (scheme == std::string_view::npos) return;
    const std::string_view authority = repo.substr(scheme + 3, repo.find('/', scheme + 3) - scheme - 3);
    const std::size_t at = authority.rfind('@');
    if (at != std::string_view::npos &&
        (authority.substr(0, at).find(':') != std::string_view::npos || repo.starts_with("http")))
      add("/spec/git/repo", "a URL without credentials", "one with credentials in it");
  }

  SyncProfile merged(std::string_view name, const json::object& rules, const json::object& own,
                     const std::string& pointer) {
    SyncProfile made;
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
      for (const char* side : {"source", "destination"})
        if (leaves_the_root(from.at(side).as_string()))
          add(at + "/" + side, "a relative path without ..", describe(from.at(side)));
      made.profile.mappings.push_back(std::move(mapping));
    }
    return made;
  }

  // Puts the fields of `from` over those of the profile: excludes and vars are joined, other fields are replaced.
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
    if (const json::value* period = from.if_contains("syncPeriod"))
      profile.sync_period = std::chrono::seconds(period->to_number<int>());
    if (const json::value* policy = from.if_contains("designerSessionPolicy"))
      profile.designer = designer_policy_of(policy->as_string()).value_or(profile.designer);
    if (const json::value* dry = from.if_contains("dryRun")) into.dry_run = dry->as_bool();
    if (const json::value* paused = from.if_contains("paused")) into.paused = paused->as_bool();
    if (const json::value* prune = from.if_contains("prune")) {
      if (const json::value* files = prune->as_object().if_contains("maxFiles"))
        profile.prune.max_files = files->to_number<int>();
      if (const json::value* percent = prune->as_object().if_contains("maxPercent"))
        profile.prune.max_percent = percent->to_number<int>();
    }
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
  ConfigErrors& errors_;
  std::size_t count_ = 0;
};

}  // namespace

std::optional<SyncSpec> read_gateway_sync(const YamlDocument& document, ConfigErrors& errors) {
  json::value value = document.value();
  ConfigErrors found;
  for (const std::string_view pattern : not_yet) refuse(document, value, "", pattern, found);
  refuse_templates(document, value, found);
  for (const Violation& v : validate(schema(), value))
    found.add(v.unwanted ? document.unwanted(v.pointer, v.expected, v.got)
                         : document.error(v.pointer, v.expected, v.got));
  std::optional<SyncSpec> sync;
  if (found.empty()) sync = Reader(document, found).read(complete(schema(), value).as_object());
  errors.add(found);
  return sync;
}

Result<SyncSpec> sync_of(std::string_view document) {
  json::value value = json::parse(document);
  json::object& metadata = value.as_object().at("metadata").as_object();
  json::object kept;
  for (const char* key : {"name", "namespace", "labels", "annotations"})
    if (metadata.contains(key)) kept.emplace(key, metadata.at(key));
  metadata = kept;
  value.as_object().erase("status");
  const YamlDocument stored("object", std::move(value));
  ConfigErrors errors;
  std::optional<SyncSpec> sync = read_gateway_sync(stored, errors);
  if (!sync) return Error(errc::invalid, errors.text(), "object.invalid");
  return std::move(*sync);
}

}  // namespace stoker::host
