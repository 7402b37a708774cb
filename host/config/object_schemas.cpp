// Reads the texts once, and puts what all kinds share into each.
#include "host/config/object_schemas.hpp"

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

}  // namespace stoker::host
