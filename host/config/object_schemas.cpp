// Reads the texts once, and puts what all kinds share into each.
#include "host/config/object_schemas.hpp"

#include "host/config/json_schema.hpp"

#include <boost/json.hpp>

#include <map>
#include <stdexcept>
#include <string>

namespace stoker::host {
namespace {

namespace json = boost::json;

using Schemas = std::map<std::string, json::value, std::less<>>;

bool is_shared(std::string_view name) { return name == "metadata" || name == "conditions"; }

Schemas read() {
  Schemas all;
  for (const SchemaText& one : schema_texts()) all.emplace(one.name, json::parse(one.text));
  for (auto& [name, schema] : all) {
    if (is_shared(name)) continue;
    json::object& whole = schema.as_object();
    if (!whole.contains("$defs")) whole["$defs"] = json::object();
    for (const auto& [other, shared] : all)
      if (is_shared(other)) whole["$defs"].as_object().emplace(other, shared);
  }
  return all;
}

}  // namespace

const json::value& object_schema(std::string_view singular) {
  static const Schemas all = read();
  const auto found = all.find(singular);
  if (found == all.end()) throw std::logic_error("no schema of " + std::string(singular));
  return found->second;
}

json::object opened_schema(const json::value& root, const json::value& schema) {
  static const json::value reference = json::parse(R"({
    "type": "object", "additionalProperties": false, "required": ["secretRef"], "properties": {"secretRef": {
      "type": "object", "additionalProperties": false, "required": ["name", "key"], "description": "Which secret.",
      "properties": {"name": {"type": "string", "format": "secret-name", "description": "Name of the secret."},
                     "key": {"type": "string", "format": "secret-name", "description": "Key within the secret."}}}}})");
  const json::object& written = schema.as_object();
  json::object opened = schema_at(root, schema).as_object();
  if (opened.contains("x-stoker-secret")) {
    json::object plain = reference.as_object();
    if (const json::value* text = opened.if_contains("description")) plain["description"] = *text;
    opened = std::move(plain);
  }
  if (written.contains("$ref"))
    for (const auto& [key, value] : written)
      if (key != "$ref") opened[key] = value;
  return opened;
}

namespace {

// Every node of the schema, opened where a secret reference stands; other references stay.
json::value for_editors(const json::value& root, const json::value& any) {
  if (const json::array* list = any.if_array()) {
    json::array all;
    for (const json::value& one : *list) all.push_back(for_editors(root, one));
    return all;
  }
  const json::object* object = any.if_object();
  if (!object) return any;
  const json::object opened = object->contains("x-stoker-secret") ? opened_schema(root, any) : *object;
  json::object all;
  for (const auto& [key, value] : opened) all[key] = for_editors(root, value);
  return all;
}

}  // namespace

std::string editor_schema(std::string_view singular) {
  const json::value& schema = object_schema(singular);
  json::object whole{{"$schema", "https://json-schema.org/draft/2020-12/schema"}};
  const json::value below = for_editors(schema, schema);
  for (const auto& [key, value] : below.as_object()) whole[key] = value;
  return json::serialize(whole);
}

}  // namespace stoker::host
