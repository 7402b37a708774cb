// One pass over the schema makes a structural one, as clusters ask for it: each node has a type, nothing refers to
// another place, unknown fields are dropped by the cluster itself. Rules that a schema cannot say are CEL; what they
// read is bounded, because a cluster refuses a rule whose cost it cannot estimate.
#include "host/config/crd.hpp"

#include "host/config/gateway_sync.hpp"
#include "host/config/object_schemas.hpp"
#include "host/config/validation.hpp"
#include "host/config/yaml_text.hpp"

#include <boost/json.hpp>

#include <string_view>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::string_view duration_pattern = R"(^(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+)$)";
void add_rule(json::object& to, std::string_view rule, std::string_view message) {
  if (!to.contains("x-kubernetes-validations")) to["x-kubernetes-validations"] = json::array();
  to["x-kubernetes-validations"].as_array().push_back({{"rule", rule}, {"message", message}});
}

std::string_view type_of(const json::value& value) {
  if (value.is_bool()) return "boolean";
  if (value.is_int64() || value.is_uint64()) return "integer";
  return value.is_string() ? "string" : "object";
}

void add_format(const json::object& from, json::object& to) {
  const json::value* format = from.if_contains("format");
  if (!format) return;
  if (*format == "duration") {
    to["pattern"] = duration_pattern;
    for (const auto& [keyword, sign, words] :
         {std::tuple("formatMinimum", " >= ", "at least "), std::tuple("formatMaximum", " <= ", "at most ")})
      if (const json::value* bound = from.if_contains(keyword)) {
        const std::string size(bound->as_string());
        add_rule(to, "duration(self)" + std::string(sign) + "duration('" + size + "')", words + size);
      }
  } else if (*format == "secret-name") {
    to["maxLength"] = 64;  // the rest: add_secret_name
  } else if (*format == "hostname") {
    to["maxLength"] = 253;
    to["pattern"] = "^[A-Za-z0-9][A-Za-z0-9.-]*$";
  }
}

// A cluster repeats the value of a text that breaks a rule of its own, and here it may be the secret itself. So the
// rule stands at the map around it.
void add_secret_name(json::object& to, const std::string& key) {
  std::string beginnings;
  for (const std::string_view one : token_beginnings) beginnings += (beginnings.empty() ? "" : "|") + std::string(one);
  add_rule(to,
           "self." + key + ".matches('^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$') && !self." + key + ".matches('^(" +
               beginnings + ")')",
           key + ": a plain file name of at most 64 characters, and no token");
}

json::object structural(const json::value& root, const json::value& any);

void add_fields(const json::value& root, const json::object& from, json::object& to) {
  if (const json::value* properties = from.if_contains("properties")) {
    json::object below;
    for (const auto& [key, schema] : properties->as_object()) {
      json::object field = structural(root, schema);
      const json::object opened = opened_schema(root, schema);
      const json::value* format = opened.if_contains("format");
      if (format && *format == "secret-name") add_secret_name(to, std::string(key));
      if (key == "conditions") {
        field["x-kubernetes-list-type"] = "map";
        field["x-kubernetes-list-map-keys"] = json::array{"type"};
      }
      below.emplace(key, std::move(field));
    }
    to["properties"] = std::move(below);
  }
  const json::value* others = from.if_contains("additionalProperties");
  if (others && others->is_object()) to["additionalProperties"] = structural(root, *others);
  if (!from.contains("properties") && !to.contains("additionalProperties"))
    to["x-kubernetes-preserve-unknown-fields"] = true;
}

json::object structural(const json::value& root, const json::value& any) {
  const json::object from = opened_schema(root, any);
  json::object to;
  if (const json::value* text = from.if_contains("description")) to["description"] = *text;
  const json::value* only = from.if_contains("const");
  if (const json::value* type = from.if_contains("type"))
    to["type"] = *type;
  else if (only)
    to["type"] = type_of(*only);
  if (only) to["enum"] = json::array{*only};
  for (const char* same : {"default", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
                           "minProperties", "required"})
    if (const json::value* value = from.if_contains(same)) to[same] = *value;
  add_format(from, to);
  if (const json::value* items = from.if_contains("items")) to["items"] = structural(root, *items);
  if (to["type"] == "object") add_fields(root, from, to);
  return to;
}

// A field of a later version: a cluster would drop it in silence, and its author would believe that it works.
json::object later(std::string_view type, bool within_a_map) {
  json::object field{{"description", "Not available in this version."}};
  if (type == "object") {
    field["type"] = type;
    field["x-kubernetes-preserve-unknown-fields"] = true;
  } else if (type == "string") {
    field["type"] = type;
    field["maxLength"] = within_a_map ? 0 : 1024;
  } else {
    json::object item{{"type", type == "objects" ? "object" : "string"}};
    if (type == "objects") item["x-kubernetes-preserve-unknown-fields"] = true;
    field["type"] = "array";
    field["items"] = std::move(item);
    if (within_a_map) field["maxItems"] = 0;  // there the cost of a rule has no bound
  }
  return field;
}

void add_later(json::object& node, std::string_view pointer, std::string_view type, bool within_a_map) {
  pointer.remove_prefix(1);
  const std::size_t end = pointer.find('/');
  const std::string_view key = pointer.substr(0, end);
  if (end == std::string_view::npos) {
    node["properties"].as_object()[key] = later(type, within_a_map);
    if (!within_a_map)
      add_rule(node, "!has(self." + std::string(key) + ")",
               std::string(key) + ": no such field; it is not available in this version");
    return;
  }
  json::value& below = key != "*"               ? node["properties"].as_object()[key]
                       : node.contains("items") ? node["items"]
                                                : node["additionalProperties"];
  add_later(below.as_object(), pointer.substr(end), type, within_a_map || key == "*");
}

void add_rules_of_syncs(json::object& whole) {
  for (const LaterField& field : later_fields())
    if (field.pointer.starts_with("/spec/")) add_later(whole, field.pointer, field.type, false);
  json::object& spec = whole["properties"].as_object()["spec"].as_object();
  add_rule(spec, "has(self.git) || has(self.source)", "git: a repository, or source");
  add_rule(spec, "!has(self.git) || !has(self.source) || !(has(self.source.ref) || has(self.source.settings))",
           "source: only module beside git, which has the ref");
  add_rule(spec, "has(self.git) || !has(self.source) || has(self.source.ref)", "source.ref: a value");
  json::object& git = spec["properties"].as_object()["git"].as_object();
  // At `git`, because a cluster would repeat the text of `repo` with the password in it.
  add_rule(git, "!self.repo.matches('^[^:/]*://[^/]*:[^/]*@') && !self.repo.matches('^http[^:/]*://[^/]*@')",
           "repo: a URL without credentials");
}

json::object schema_of(const Kind& kind) {
  const json::value& root = object_schema(kind.singular);
  json::object whole = structural(root, root);
  json::object& properties = whole["properties"].as_object();
  properties["apiVersion"] = {{"description", "Version of this schema: " + kind.api_version() + "."},
                              {"type", "string"}};
  properties["kind"] = {{"description", "Kind of the object: " + kind.kind + "."}, {"type", "string"}};
  properties["metadata"] = {{"type", "object"}};
  whole["required"] = json::array{"spec"};
  if (kind.singular == "gatewaysync") add_rules_of_syncs(whole);
  if (kind.singular == "synctarget")
    add_rule(properties["spec"].as_object()["properties"].as_object()["token"].as_object(), "self >= oldSelf",
             "the token must not go down");
  return whole;
}

struct Column {
  std::string_view name, type, path;
  bool wide = false;
};

std::vector<Column> columns_of(const Kind& kind) {
  if (kind.singular == "gatewaysync")
    return {{"Ref", "string", ".status.lastSyncRef"},
            {"Gateways", "string", ".status.conditions[?(@.type==\"AllGatewaysSynced\")].message"},
            {"Synced", "string", ".status.conditions[?(@.type==\"AllGatewaysSynced\")].status"},
            {"Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status"},
            {"Status", "string", ".status.conditions[?(@.type==\"Ready\")].message"},
            {"LastSync", "date", ".status.lastSyncTime"},
            {"Commit", "string", ".status.lastSyncCommitShort", true},
            {"Profiles", "integer", ".status.profileCount", true},
            {"Stage", "string", ".status.stage", true},
            {"Hold", "string", ".status.hold", true}};
  if (kind.singular == "synctarget")
    return {{"Sync", "string", ".spec.sync"},
            {"Revision", "string", ".status.running.revision"},
            {"Outcome", "string", ".status.outcome"},
            {"Hold", "string", ".status.hold.name"},
            {"Stage", "string", ".status.stage"}};
  return {{"Sync", "string", ".spec.sync"},
          {"Revision", "string", ".spec.revision"},
          {"Stage", "string", ".spec.stage"},
          {"Approver", "string", ".spec.approver"},
          {"Until", "string", ".spec.until"}};
}

json::array printed(const std::vector<Column>& columns) {
  json::array all;
  for (const Column& one : columns) {
    json::object column{{"name", one.name}, {"type", one.type}, {"jsonPath", one.path}};
    if (one.wide) column["priority"] = 1;
    all.push_back(std::move(column));
  }
  all.push_back({{"name", "Age"}, {"type", "date"}, {"jsonPath", ".metadata.creationTimestamp"}});
  return all;
}

json::array texts(const std::vector<std::string>& from) { return json::array(from.begin(), from.end()); }

}  // namespace

std::string crd_of(const Kind& kind) {
  json::object names{{"kind", kind.kind},
                     {"listKind", kind.kind + "List"},
                     {"plural", kind.plural},
                     {"singular", kind.singular},
                     {"shortNames", texts(kind.short_names)}};
  if (!kind.categories.empty()) names["categories"] = texts(kind.categories);
  json::object version{{"name", kind.version}, {"served", true}, {"storage", true}};
  if (kind.has_status) version["subresources"] = json::object{{"status", json::object()}};
  if (kind.singular == "synctarget")
    version["selectableFields"] = json::array{json::object{{"jsonPath", ".spec.sync"}}};
  version["additionalPrinterColumns"] = printed(columns_of(kind));
  version["schema"] = json::object{{"openAPIV3Schema", schema_of(kind)}};
  json::array versions;
  versions.push_back(std::move(version));
  json::object crd{{"apiVersion", "apiextensions.k8s.io/v1"},
                   {"kind", "CustomResourceDefinition"},
                   {"metadata", json::object{{"name", kind.resource}}},
                   {"spec", json::object{{"group", kind.group},
                                         {"scope", "Namespaced"},
                                         {"names", std::move(names)},
                                         {"versions", std::move(versions)}}}};
  return "# Made by ./run generate from host/config/schemas/" + kind.singular + ".json; change it there.\n" +
         yaml_text(crd);
}

}  // namespace stoker::host
