// The check of a schema, keyword by keyword, and references within it.
#include "host/config/json_schema.hpp"

#include "host/config/text_format.hpp"

#include "host/config/validation.hpp"
#include "host/config/yaml_document.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr int references_max = 16;

// What the value of each keyword of the subset has to be. A schema with any other keyword is refused.
enum class Holds { schema, schemas, list_of_schemas, number, text, names, any, type, flag_or_schema };
struct Keyword {
  std::string_view name;
  Holds holds;
};
constexpr Keyword keywords[] = {{"type", Holds::type},
                                {"properties", Holds::schemas},
                                {"required", Holds::names},
                                {"items", Holds::schema},
                                {"enum", Holds::any},
                                {"const", Holds::any},
                                {"minimum", Holds::number},
                                {"maximum", Holds::number},
                                {"minLength", Holds::number},
                                {"maxLength", Holds::number},
                                {"minItems", Holds::number},
                                {"maxItems", Holds::number},
                                {"minProperties", Holds::number},
                                {"format", Holds::text},
                                {"formatMinimum", Holds::text},
                                {"formatMaximum", Holds::text},
                                {"oneOf", Holds::list_of_schemas},
                                {"default", Holds::any},
                                {"$defs", Holds::schemas},
                                {"$ref", Holds::text},
                                {"x-stoker-secret", Holds::any},
                                {"writeOnly", Holds::any},
                                {"title", Holds::text},
                                {"description", Holds::text},
                                {"$schema", Holds::text},
                                {"$id", Holds::text},
                                {"$comment", Holds::text},
                                {"examples", Holds::any},
                                {"deprecated", Holds::any},
                                {"additionalProperties", Holds::flag_or_schema}};

Result<void> wrong(const std::string& pointer, std::string_view what) {
  return Error(errc::invalid, "schema " + (pointer.empty() ? "/" : pointer) + ": " + std::string(what),
               "schema.invalid");
}

// One way through a whole schema. The defaults are looked at in a second one, because that needs a schema that is
// right.
struct Way {
  const json::value& root;
  bool defaults;
};

Result<void> check_one(const Way& way, const json::value& any, const std::string& pointer, int depth);

Result<void> check_all(const Way& way, const json::value& value, const std::string& pointer, int depth) {
  if (const json::object* named = value.if_object()) {
    for (const auto& [key, below] : *named)
      if (auto checked = check_one(way, below, step(pointer, key), depth); !checked) return checked;
    return {};
  }
  const json::array* list = value.if_array();
  if (!list) return wrong(pointer, "expected schemas");
  for (std::size_t i = 0; i < list->size(); ++i)
    if (auto checked = check_one(way, (*list)[i], step(pointer, std::to_string(i)), depth); !checked) return checked;
  return {};
}

bool is_type_name(const json::value& value) {
  static constexpr std::string_view names[] = {"object", "array", "string", "boolean", "integer", "number", "null"};
  return value.is_string() && std::find(std::begin(names), std::end(names), value.get_string()) != std::end(names);
}

Result<void> check_keyword(const Way& way, Holds holds, const json::value& value, const std::string& pointer,
                           int depth) {
  switch (holds) {
    case Holds::schema: return check_one(way, value, pointer, depth);
    case Holds::flag_or_schema: return value.is_bool() ? Result<void>() : check_one(way, value, pointer, depth);
    case Holds::schemas:
      return value.is_object() ? check_all(way, value, pointer, depth) : wrong(pointer, "expected an object");
    case Holds::list_of_schemas:
      return value.is_array() ? check_all(way, value, pointer, depth) : wrong(pointer, "expected a list");
    case Holds::number: return value.is_number() ? Result<void>() : wrong(pointer, "expected a number");
    case Holds::text: return value.is_string() ? Result<void>() : wrong(pointer, "expected text");
    case Holds::names: {
      const json::array* list = value.if_array();
      const bool fine =
          list && std::all_of(list->begin(), list->end(), [](const json::value& v) { return v.is_string(); });
      return fine ? Result<void>() : wrong(pointer, "expected a list of names");
    }
    case Holds::type: {
      const json::array* list = value.if_array();
      const bool fine = list ? std::all_of(list->begin(), list->end(), is_type_name) : is_type_name(value);
      return fine ? Result<void>() : wrong(pointer, "expected the name of a type");
    }
    case Holds::any: return {};
  }
  return {};
}

// May a $ref lead here? Only the schema itself and its definitions are checked; what stands in a default or in an
// example is not a schema.
bool leads_to_a_schema(std::string_view reference) {
  constexpr std::string_view named = "#/$defs/";
  return reference == "#" ||
         (reference.starts_with(named) && reference.substr(named.size()).find('/') == std::string_view::npos);
}

bool is_format(std::string_view name) {
  return std::find(std::begin(text_formats), std::end(text_formats), name) != std::end(text_formats);
}

std::string formats() {
  std::string text;
  for (const std::string_view name : text_formats) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

// The host fills in a default after it has checked what is written. So a wrong one would reach the plugin unchecked.
Result<void> check_default(const json::value& root, const json::object& schema, const json::value& value,
                           const std::string& pointer) {
  json::object alone = schema;  // as a root: its references lead to the definitions of the whole
  if (const json::object* whole = root.if_object())
    if (const json::value* definitions = whole->if_contains("$defs")) alone["$defs"] = *definitions;
  const json::value rule(std::move(alone));
  if (validate(rule, value).empty()) return {};
  const std::vector<Violation> found = validate(rule, complete(rule, value));  // with the defaults within it
  if (found.empty()) return {};
  const Violation& first = found.front();
  return wrong(pointer + first.pointer, "the default does not fit its own schema: expected " + first.expected);
}

Result<void> check_one(const Way& way, const json::value& any, const std::string& pointer, int depth) {
  if (any.is_bool()) return {};
  const json::object* schema = any.if_object();
  if (!schema) return wrong(pointer, "expected an object");
  if (depth > schema_depth_max) return wrong(pointer, "more than 64 levels");
  for (const auto& [key, value] : *schema) {
    const std::string_view name = key;
    const auto* known =
        std::find_if(std::begin(keywords), std::end(keywords), [&](const Keyword& k) { return k.name == name; });
    const std::string below = step(pointer, key);
    if (known == std::end(keywords))
      return wrong(below, "this keyword is not in the subset of JSON Schema that is supported here");
    if (auto checked = check_keyword(way, known->holds, value, below, depth + 1); !checked) return checked;
    if (name == "format" && !is_format(value.get_string())) return wrong(below, "expected one of " + formats());
    if (name == "enum" && !value.is_array()) return wrong(below, "expected a list");
    if (name == "$ref" && !leads_to_a_schema(value.get_string())) return wrong(below, "expected # or #/$defs/<name>");
    if (name == "$ref" && !schema_at(way.root, any).is_object())
      return wrong(below, "refers to a definition that does not exist");
  }
  const json::value* otherwise = schema->if_contains("default");
  return way.defaults && otherwise ? check_default(way.root, *schema, *otherwise, step(pointer, "default"))
                                   : Result<void>();
}

}  // namespace

Result<void> check_schema(const json::value& schema) {
  for (const bool defaults : {false, true})
    if (auto checked = check_one({schema, defaults}, schema, "", 0); !checked) return checked;
  return {};
}

const json::value& schema_at(const json::value& root, const json::value& schema) {
  static const json::value nothing;
  const json::value* at = &schema;
  for (int i = 0; i < references_max; ++i) {
    const json::object* object = at->if_object();
    const json::value* reference = object ? object->if_contains("$ref") : nullptr;
    if (!reference) return *at;
    const json::string* text = reference->if_string();
    if (!text || !text->starts_with('#')) return nothing;
    boost::system::error_code none;
    at = root.find_pointer(std::string_view(*text).substr(1), none);
    if (!at) return nothing;
  }
  return nothing;
}

}  // namespace stoker::host
