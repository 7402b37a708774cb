// One row a field, in the order of the schema. Fields of maps and lists follow their own row.
#include "host/config/field_table.hpp"

#include "host/config/object_metadata.hpp"
#include "host/config/object_schemas.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <vector>

namespace stoker::host {
namespace {

namespace json = boost::json;

std::string code(const json::value& value) {
  return "`" + (value.is_string() ? std::string(value.get_string()) : json::serialize(value)) + "`";
}

// A bar would end the cell.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != text.npos; at = text.find('|', at + 2)) text.insert(at, 1, '\\');
  return text;
}

std::string words_of(const json::value& type) {
  if (type.is_array()) return words_of(type.get_array().at(0));
  if (type == "object") return "map";
  if (type == "array") return "list";
  if (type == "string") return "text";
  if (type == "boolean") return "true or false";
  return "whole number";
}

std::string bounds(const json::object& schema, const char* least, const char* most) {
  const json::value *low = schema.if_contains(least), *high = schema.if_contains(most);
  const auto text = [](const json::value& v) {
    return v.is_string() ? std::string(v.get_string()) : json::serialize(v);
  };
  if (low && high) return ", " + text(*low) + " to " + text(*high);
  if (low) return ", " + text(*low) + " and more";
  return high ? ", at most " + text(*high) : "";
}

std::string type_of(const json::value& root, const json::object& schema) {
  if (const json::value* only = schema.if_contains("const")) return code(*only);
  if (const json::value* words = schema.if_contains("enum")) {
    std::string list;
    for (const json::value& one : words->as_array()) list += (list.empty() ? "" : ", ") + code(one);
    return list;
  }
  if (const json::value* format = schema.if_contains("format"); format && *format == "duration")
    return "duration" + bounds(schema, "formatMinimum", "formatMaximum");
  std::string text = words_of(schema.at("type"));
  for (const auto& [inner, joint] : {std::pair("items", " of "), std::pair("additionalProperties", " of ")}) {
    const json::value* below = schema.if_contains(inner);
    if (!below || !below->is_object()) continue;
    const std::string each = type_of(root, opened_schema(root, *below));
    text += joint + (each == "map" ? std::string("maps") : each);
  }
  if (text == "whole number") text += bounds(schema, "minimum", "maximum");
  if (text.starts_with("list")) text += bounds(schema, "", "maxItems");
  return text;
}

std::string default_of(const json::object& schema, bool required) {
  if (required) return "has to be given";
  const json::value* otherwise = schema.if_contains("default");
  return otherwise && !otherwise->is_structured() ? code(*otherwise) : "";
}

std::string meaning_of(const json::object& schema) {
  const json::value* said = schema.if_contains("description");
  std::string text = said ? std::string(said->as_string()) : "";
  const json::value* examples = schema.if_contains("examples");
  if (!examples) return text;
  std::string list;
  for (const json::value& one : examples->as_array()) list += (list.empty() ? "" : ", ") + code(one);
  return text + " For example " + list + ".";
}

bool is_required(const json::object& schema, std::string_view key) {
  const json::value* required = schema.if_contains("required");
  return required && std::any_of(required->as_array().begin(), required->as_array().end(),
                                 [&](const json::value& one) { return one.as_string() == key; });
}

// "{secretRef: {name, key}}" for a reference to a secret, whose own fields need no rows; else empty.
std::string reference_in(const json::value& any) {
  const json::object& written = any.as_object();
  if (written.contains("x-stoker-secret")) return "`{secretRef: {name, key}}`";
  const json::value* definition = written.if_contains("$ref");
  return definition && *definition == "#/$defs/secretRef" ? "`{name, key}`" : "";
}

// A field without a description is for programs.
void add_rows(const json::value& root, const json::object& schema, const std::string& path, std::string& to) {
  if (const json::value* properties = schema.if_contains("properties"))
    for (const auto& [key, any] : properties->as_object()) {
      const json::object field = opened_schema(root, any);
      const std::string name = path + std::string(key), secret = reference_in(any);
      if (!field.contains("description")) continue;
      to += "| `" + name + "` | " + (secret.empty() ? cell(type_of(root, field)) : secret) + " | " +
            default_of(field, is_required(schema, key)) + " | " + cell(meaning_of(field)) + " |\n";
      if (secret.empty()) add_rows(root, field, name + ".", to);
    }
  const auto open = [&](const char* inner, const char* step) {
    const json::value* below = schema.if_contains(inner);
    if (!below || !below->is_object()) return;
    add_rows(root, opened_schema(root, *below), path.substr(0, path.size() - 1) + step, to);
  };
  open("additionalProperties", ".<name>.");
  open("items", "[].");
}

std::string annotations() {
  std::string text = "### annotations\n| Annotation | Meaning |\n| --- | --- |\n";
  for (const OwnAnnotation& one : own_annotations())
    text += "| `stoker.io/" + std::string(one.name) + "` | " + std::string(one.meaning) + " |\n";
  return text;
}

}  // namespace

std::string field_table(const Kind& kind) {
  const json::value& root = object_schema(kind.singular);
  std::string text;
  for (const auto& [part, any] : root.at("properties").as_object()) {
    if (part == "apiVersion" || part == "kind") continue;
    const json::object schema = opened_schema(root, any);
    const std::string path(part);
    text += (text.empty() ? "" : "\n") + ("### " + path) + "\n" + meaning_of(schema) + "\n\n";
    text += "| Field | Type | Default | Meaning |\n| --- | --- | --- | --- |\n";
    if (schema.contains("properties")) {
      add_rows(root, schema, path + ".", text);
    } else {
      text += "| `" + path + "` | " + cell(type_of(root, schema)) + " | " +
              default_of(schema, is_required(root.as_object(), part)) + " | |\n";
    }
  }
  return kind.singular == "gatewaysync" ? text + "\n" + annotations() : text;
}

}  // namespace stoker::host
