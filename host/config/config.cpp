// The schema of stoker.yaml, the checks that a schema cannot express, and the reading into typed values.
#include "host/config/config.hpp"

#include "host/base/json_fields.hpp"
#include "host/config/json_schema.hpp"
#include "host/config/validation.hpp"

#include <stoker/abi/platform.h>
#include <stoker/abi/strategy.h>

#include <boost/json.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::string_view schema_text = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "stoker.yaml",
  "type": "object", "additionalProperties": false, "required": ["state"],
  "properties": {
    "role": {"type": "string", "default": "standalone"},
    "state": {"$ref": "#/$defs/path"},
    "modules": {"type": "object", "additionalProperties": {"$ref": "#/$defs/module"}, "default": {
      "source-git": {}, "trigger-poll": {}, "strategy-merge": {}, "verify-json": {"order": 10}, "verify-ignition": {}}},
    "http": {"type": "object", "additionalProperties": false, "properties": {
      "listen": {"type": "string", "default": "127.0.0.1:8081"}}},
    "log": {"type": "object", "additionalProperties": false, "default": {}, "properties": {
      "format": {"type": "string", "enum": ["text", "json"], "default": "text"},
      "level": {"$ref": "#/$defs/level"},
      "modules": {"type": "object", "additionalProperties": {"$ref": "#/$defs/level"}, "default": {}}}},
    "pool": {"type": "object", "additionalProperties": false, "default": {}, "properties": {
      "threads": {"type": "integer", "minimum": 1, "maximum": 256, "default": 4}}},
    "targets": {"type": "array", "maxItems": 10000, "items": {"$ref": "#/$defs/target"}, "default": []},
    "syncs": {"$ref": "#/$defs/path"}},
  "$defs": {
    "path": {"type": "string", "minLength": 1, "maxLength": 4096},
    "level": {"type": "string", "enum": ["debug", "info", "warning", "error"], "default": "info"},
    "module": {"type": ["object", "null"], "additionalProperties": false, "properties": {
      "plugin": {"type": "string", "minLength": 1},
      "library": {"$ref": "#/$defs/path"},
      "enabled": {"type": "boolean", "default": true},
      "required": {"type": "boolean", "default": true},
      "isolation": {"type": "string", "enum": ["inprocess", "process"], "default": "inprocess"},
      "order": {"type": "integer", "minimum": -1000000, "maximum": 1000000, "default": 100},
      "settings": {"type": "object", "writeOnly": true, "default": {}}}},
    "target": {"type": "object", "additionalProperties": false, "required": ["name", "sync", "data"], "properties": {
      "name": {"type": "string", "format": "hostname"},
      "sync": {"type": "string", "minLength": 1},
      "profile": {"type": "string", "minLength": 1, "default": "default"},
      "data": {"$ref": "#/$defs/path"},
      "labels": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 1024}, "default": {}},
      "pod": {"type": "string", "minLength": 1, "maxLength": 253},
      "ordinal": {"type": "integer", "minimum": 0, "default": 0},
      "verify": {"type": "string", "enum": ["auto", "none"], "default": "auto"},
      "gateway": {"type": "object", "additionalProperties": false, "required": ["url"], "properties": {
        "url": {"type": "string", "format": "uri"},
        "apiKey": {"x-stoker-secret": "reference"},
        "ca": {"x-stoker-secret": "reference"},
        "caFile": {"$ref": "#/$defs/path"}}}}}}
})json";

const json::value& base_schema() {
  static const json::value whole = [] {
    json::value parsed = json::parse(schema_text);
    parsed.at("properties").as_object().emplace("defaults", sync_defaults_schema());
    return parsed;
  }();
  return whole;
}

json::value schema_of(const PluginSchema& plugin) {
  if (plugin.settings.empty()) return {{"type", "object"}, {"additionalProperties", false}};
  boost::system::error_code unreadable;
  json::value parsed = json::parse(plugin.settings, unreadable);
  return unreadable ? json::value(nullptr) : parsed;
}

std::string names_of(const PluginSchemas& plugins) {
  std::string names;
  for (const auto& [id, ignored] : plugins) names += (names.empty() ? "" : ", ") + id;
  return names;
}

std::optional<std::uint16_t> port_in(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<SecretRef> secret_at(const JsonFields& from, std::string_view key) {
  if (!from.has(key)) return std::nullopt;
  const JsonFields reference = from.object(key).object("secretRef");
  return SecretRef{reference.text("name"), reference.text("key")};
}

// Reads a document that matches the base schema and has its defaults. Adds each mistake to the errors and goes on.
constexpr const char* local_platform = "platform-local";

class Reader {
 public:
  Reader(const YamlDocument& document, const PluginSchemas& plugins, LoadedConfig& into)
      : document_(document), plugins_(plugins), errors_(into.errors), left_out_(into.left_out) {}

  Config read(const json::object& whole) {
    Config config;
    config.file = document_.file();
    if (fields(whole).text("role") != "standalone")
      add("/role", "standalone, the only role in this version", describe(whole.at("role")));
    config.state = path(fields(whole).text("state"), "/state");
    if (whole.contains("syncs")) config.syncs = beside(fields(whole).text("syncs"));
    for (const auto& [name, entry] : whole.at("modules").as_object()) config.modules.push_back(module(name, entry));
    std::stable_sort(config.modules.begin(), config.modules.end(), [](const ModuleConfig& a, const ModuleConfig& b) {
      return std::tie(a.order, a.name) < std::tie(b.order, b.name);
    });
    one_of(STOKER_STRATEGY_ID, "strategy", config.modules);
    one_of(STOKER_PLATFORM_ID, "platform", config.modules);
    add_platform(config.modules);
    if (const json::value* http = whole.if_contains("http"))
      config.http = listen(fields(http->as_object()).text("listen"));
    log(whole.at("log").as_object(), config.log);
    config.pool_threads = static_cast<unsigned>(fields(whole).object("pool").count("threads"));
    if (const json::value* defaults = whole.if_contains("defaults"))
      config.defaults = read_sync_defaults(defaults->as_object());
    targets(whole.at("targets").as_array(), config.targets);
    if (fault_.found()) add("", "a document that matches its schema", fault_.text());
    return config;
  }

 private:
  void add(const std::string& pointer, std::string expected, std::string got) {
    errors_.add(document_.error(pointer, std::move(expected), std::move(got)));
  }
  JsonFields fields(const json::object& of) { return JsonFields(of, fault_); }

  static std::filesystem::path without_slash(const std::filesystem::path& path) {
    return path.has_filename() ? path : path.parent_path();
  }

  // A relative path starts at the folder of the file that names it.
  std::filesystem::path beside(const std::string& text) const {
    const std::filesystem::path path(text);
    const std::filesystem::path folder = std::filesystem::path(document_.file()).parent_path();
    return without_slash((path.is_absolute() ? path : folder / path).lexically_normal());
  }

  std::filesystem::path path(const std::string& text, const std::string& pointer) {
    const std::filesystem::path path(text);
    if (!path.is_absolute()) add(pointer, "an absolute path", describe(json::value(text)));
    return without_slash(path.lexically_normal());
  }

  ModuleConfig module(std::string_view name, const json::value& entry) {
    static const json::value nothing = complete(base_schema().at("$defs").at("module"), json::object());
    const json::object& from = entry.is_null() ? nothing.get_object() : entry.as_object();
    const std::string pointer = step("/modules", name);
    ModuleConfig made;
    made.name = std::string(name);
    made.plugin = fields(from).text("plugin", made.name);
    if (!is_instance_name(name)) add(pointer, "a name of letters, digits, '-' and '_'", describe(json::value(name)));
    if (from.contains("library")) made.library = beside(fields(from).text("library"));
    made.enabled = fields(from).flag("enabled");
    made.required = fields(from).flag("required");
    made.order = static_cast<int>(fields(from).number("order"));
    if (fields(from).text("isolation") == "process")
      add(pointer + "/isolation", "inprocess; a separate process for a plugin is not available in this version",
          "\"process\"");
    made.settings = settings(made, from, pointer);
    if (const auto plugin = plugins_.find(made.plugin); plugin != plugins_.end()) {
      made.kinds = plugin->second.kinds;
      made.use_schema = plugin->second.use;
    }
    return made;
  }

  // A Sync may choose its source. Nothing chooses a strategy or a platform, and the first of two would take all.
  void one_of(std::string_view kind, const std::string& word, const std::vector<ModuleConfig>& modules) {
    const ModuleConfig* first = nullptr;
    for (const ModuleConfig& module : modules) {
      if (!module.enabled || !module.offers(kind)) continue;
      if (first)
        errors_.add(document_.unwanted(
            step("/modules", module.name),
            "one " + word + "; write enabled: false for one of " + first->name + " and " + module.name,
            "a second one"));
      else
        first = &module;
    }
  }

  // Every process needs a place for its objects. On one machine that is a file in the state folder, unless somebody
  // chose another.
  void add_platform(std::vector<ModuleConfig>& modules) const {
    const auto plugin = plugins_.find(local_platform);
    const bool has_one = std::any_of(modules.begin(), modules.end(), [](const ModuleConfig& module) {
      return module.name == local_platform || (module.enabled && module.offers(STOKER_PLATFORM_ID));
    });
    if (has_one || plugin == plugins_.end()) return;
    ModuleConfig local;
    local.name = local.plugin = local_platform;
    local.kinds = plugin->second.kinds;
    local.use_schema = plugin->second.use;
    local.settings = json::serialize(complete(schema_of(plugin->second), json::object()));
    modules.push_back(std::move(local));
  }

  // The name becomes a folder below the state folder, and a label of metrics.
  static bool is_instance_name(std::string_view name) {
    return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return c < 128 && (std::isalnum(c) || c == '-' || c == '_');
    });
  }

  std::string settings(const ModuleConfig& made, const json::object& from, const std::string& pointer) {
    const auto found = plugins_.find(made.plugin);
    if (found == plugins_.end()) {
      if (!made.enabled) return "{}";
      if (made.required)
        unknown_plugin(made, from, pointer);
      else
        leave_out(made, pointer);
      return "{}";
    }
    const json::value schema = schema_of(found->second);
    if (auto checked = check_schema(schema); !checked) {
      add(pointer,
          "a plugin whose plugin.json has a schema that is right (tell its author; stoker plugin inspect shows it)",
          checked.error().message);
      return "{}";
    }
    const json::value& written = from.at("settings");
    for (const Violation& v : validate(schema, written)) {
      const std::string at = pointer + "/settings" + v.pointer;
      errors_.add(v.unwanted ? document_.unwanted(at, v.expected, v.got) : document_.error(at, v.expected, v.got));
    }
    return json::serialize(complete(schema, written));
  }

  void leave_out(const ModuleConfig& module, const std::string& pointer) {
    const Place place = document_.key_place(pointer);
    left_out_.push_back(place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) +
                        ": module " + module.name + " is left out: " +
                        (module.library ? module.library->string() + " is no plugin that can be read"
                                        : "the plugin " + describe(json::value(module.plugin)) + " is not installed") +
                        "; it is not required");
  }

  void unknown_plugin(const ModuleConfig& module, const json::object& from, const std::string& pointer) {
    const std::string& plugin = module.plugin;
    if (module.library) return unknown_in_library(plugin, from, pointer);
    std::vector<std::string> ids;
    for (const auto& [id, ignored] : plugins_) ids.push_back(id);
    const std::string meant = nearest(plugin, ids);
    const std::string got =
        "the unknown plugin " + describe(json::value(plugin)) + (meant.empty() ? "" : ", did you mean " + meant + "?");
    const std::string known = ids.empty() ? "an installed plugin; none is installed" : "one of " + names_of(plugins_);
    if (from.contains("plugin")) return add(pointer + "/plugin", known, got);
    errors_.add(document_.unwanted(pointer, known, got));
  }

  // Its manifest was not read, or it has another id.
  void unknown_in_library(const std::string& plugin, const json::object& from, const std::string& pointer) {
    const std::filesystem::path library = beside(fields(from).text("library"));
    std::error_code failed;
    if (!std::filesystem::is_regular_file(library, failed))
      return add(pointer + "/library", "a file", "nothing there: " + library.string());
    add(pointer + (from.contains("plugin") ? "/plugin" : ""),
        "`plugin:` with the id that the library has; `stoker plugin inspect " + library.string() + "` shows it",
        "the unknown plugin " + describe(json::value(plugin)));
  }

  HttpListen listen(const std::string& text) {
    HttpListen made;
    const std::string pointer = "/http/listen";
    const std::size_t colon = text.rfind(':');
    const auto port = colon == std::string::npos ? std::nullopt : port_in(std::string_view(text).substr(colon + 1));
    if (!port) {
      add(pointer, "an address and a port such as 127.0.0.1:8081", describe(json::value(text)));
      return made;
    }
    made.address = text.substr(0, colon);
    made.port = *port;
    if (made.address == "localhost") made.address = "127.0.0.1";
    if (made.address == "[::1]") made.address = "::1";
    if (made.address != "127.0.0.1" && made.address != "::1")
      add(pointer, "127.0.0.1 or [::1], because these pages have no login; put a reverse proxy with a login in front",
          describe(json::value(text)));
    return made;
  }

  void log(const json::object& from, LogConfig& log) {
    log.json = fields(from).text("format") == "json";
    log.level = fields(from).text("level", log.level);
    log.modules = fields(from).texts("modules");
  }

  void targets(const json::array& list, std::vector<TargetConfig>& targets) {
    std::set<std::string> names;
    Folders folders;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string pointer = "/targets/" + std::to_string(i);
      TargetConfig made = target(list[i].as_object(), pointer);
      if (!names.insert(made.name).second)
        add(pointer + "/name", "a name that no other target has", describe(json::value(made.name)) + " a second time");
      one_folder(made, pointer, folders);
      targets.push_back(std::move(made));
    }
  }

  // Two paths may lead to one folder, by a link or a second mount. One that is not there yet has only its path.
  struct Folders {
    std::map<std::filesystem::path, std::string> by_path;
    std::map<std::pair<dev_t, ino_t>, std::string> by_inode;
  };
  void one_folder(const TargetConfig& target, const std::string& pointer, Folders& folders) {
    const auto [named, fresh] = folders.by_path.emplace(target.data, target.name);
    const char* expected = "a data directory that no other target has";
    if (!fresh) return add(pointer + "/data", expected, "the one of target " + named->second);
    struct stat there {};
    if (::stat(target.data.c_str(), &there) != 0) return;
    const auto [known, first] = folders.by_inode.emplace(std::pair(there.st_dev, there.st_ino), target.name);
    if (!first) add(pointer + "/data", expected, "another path to the one of target " + known->second);
  }

  TargetConfig target(const json::object& from, const std::string& pointer) {
    TargetConfig made;
    made.place = document_.place(pointer);
    made.name = fields(from).text("name");
    made.sync = fields(from).text("sync");
    made.profile = fields(from).text("profile");
    made.pod = fields(from).text("pod", made.name);
    made.data = path(fields(from).text("data"), pointer + "/data");
    made.labels = fields(from).texts("labels");
    made.ordinal = fields(from).number("ordinal");
    made.verify = fields(from).text("verify") == "auto";
    if (const json::value* gateway = from.if_contains("gateway"))
      made.gateway = access(gateway->as_object(), pointer + "/gateway");
    if (made.gateway && !made.verify)
      add(pointer + "/verify", "auto, because the gateway is asked what it loaded; or a target without gateway",
          "none");
    return made;
  }

  GatewayAccess access(const json::object& from, const std::string& pointer) {
    GatewayAccess made;
    made.url = fields(from).text("url");
    const bool web = made.url.starts_with("https://") || made.url.starts_with("http://");
    if (!web || made.url.find_first_of("@?#") != std::string::npos)
      add(pointer + "/url", "an http or https URL without a user, ? and #; a path is taken as that of a proxy",
          "other text");
    while (made.url.ends_with('/')) made.url.pop_back();
    made.api_key = secret_at(fields(from), "apiKey");
    made.ca = secret_at(fields(from), "ca");
    if (from.contains("caFile")) made.ca_file = beside(fields(from).text("caFile"));
    if (made.ca && made.ca_file) add(pointer + "/caFile", "either ca or caFile", "both");
    return made;
  }

  const YamlDocument& document_;
  const PluginSchemas& plugins_;
  ConfigErrors& errors_;
  std::vector<std::string>& left_out_;
  JsonFault fault_;  // wrong types; there are none after the check of the schema
};

LoadedConfig read_config(YamlFile yaml, const std::string& file, const PluginSchemas& plugins) {
  LoadedConfig loaded;
  loaded.errors = std::move(yaml.errors);
  if (yaml.documents.size() > 1) loaded.errors.add(yaml.documents[1].error("", "one document", "a second one"));
  if (yaml.documents.empty()) {
    if (loaded.errors.empty()) loaded.errors.add({{file, 0, 0}, "", "a map with at least \"state\"", "an empty file"});
    return loaded;
  }
  const YamlDocument& document = yaml.documents.front();
  const std::vector<Violation> violations = validate(base_schema(), document.value());
  for (const Violation& v : violations)
    loaded.errors.add(v.unwanted ? document.unwanted(v.pointer, v.expected, v.got)
                                 : document.error(v.pointer, v.expected, v.got));
  if (!violations.empty()) return loaded;
  Config config = Reader(document, plugins, loaded).read(complete(base_schema(), document.value()).as_object());
  if (loaded.errors.empty()) loaded.config = std::move(config);
  return loaded;
}

}  // namespace

LoadedConfig load_config(const std::filesystem::path& file, const PluginSchemas& plugins) {
  return read_config(load_yaml(file), file.string(), plugins);
}

LoadedConfig parse_config(std::string_view text, const std::string& file, const PluginSchemas& plugins) {
  return read_config(parse_yaml(text, file), file, plugins);
}

std::vector<std::filesystem::path> libraries_named(const std::filesystem::path& file) {
  std::vector<std::filesystem::path> libraries;
  const YamlFile yaml = load_yaml(file);
  if (yaml.documents.empty()) return libraries;
  boost::system::error_code none;
  const json::value* modules = yaml.documents.front().value().find_pointer("/modules", none);
  if (!modules || !modules->is_object()) return libraries;
  for (const auto& [name, entry] : modules->get_object()) {
    if (!entry.is_object()) continue;
    const json::value* library = entry.get_object().if_contains("library");
    const json::value* enabled = entry.get_object().if_contains("enabled");
    if (!library || !library->is_string() || (enabled && *enabled == json::value(false))) continue;
    const std::filesystem::path path(std::string(library->get_string()));
    libraries.push_back((path.is_absolute() ? path : file.parent_path() / path).lexically_normal());
  }
  return libraries;
}

std::string config_schema(const PluginSchemas& plugins) {
  json::value whole = base_schema();
  json::object& definitions = whole.at("$defs").as_object();
  json::object known;
  for (const auto& [id, plugin] : plugins) {
    json::value settings = schema_of(plugin);
    if (json::object* object = settings.if_object())
      object->emplace(
          "$id", "urn:stoker:settings:" + id);  // makes it a root of its own, so that its local $ref stay within it
    json::value module = definitions.at("module");
    module.at("properties").as_object()["settings"] = std::move(settings);
    definitions.emplace("module-" + id, std::move(module));
    known.emplace(id, json::object{{"$ref", "#/$defs/module-" + id}});
  }
  whole.at("properties").at("modules").as_object().emplace("properties", std::move(known));
  return json::serialize(whole);
}

}  // namespace stoker::host
