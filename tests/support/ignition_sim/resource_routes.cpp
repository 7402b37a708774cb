// Resources of the merged collections, as the last config scan found them.
#include <boost/json.hpp>

#include "support/ignition_sim/digest.hpp"
#include "support/ignition_sim/lists.hpp"
#include "support/ignition_sim/pages.hpp"
#include "support/ignition_sim/resource_defaults.hpp"
#include "support/ignition_sim/web_routes.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

std::string health_key(const ConfigResource& resource) {
  return resource.name.empty() ? resource.type : resource.type + '/' + resource.name;
}

json::object healthchecks(Machine& machine, const ConfigResource& resource) {
  Health health{resource.resource.fault.empty(), resource.resource.fault, machine.now()};
  auto set = machine.health.find(health_key(resource) + "?collection=" + resource.collection);
  if (set == machine.health.end()) set = machine.health.find(health_key(resource));
  if (set != machine.health.end()) {
    health = set->second;
    set->second.look(machine.now());
  }
  return {{"status",
           {{"name", "status"},
            {"result", {{"healthy", health.healthy}, {"message", health.message}, {"time", health.time}}}}}};
}

json::value parsed(const std::string& text) {
  boost::system::error_code failed;
  auto value = json::parse(text, failed);
  return failed ? json::value(json::object()) : value;
}

json::array collections_of(const std::vector<const ConfigResource*>& variants) {
  json::array names;
  for (const auto* variant : variants) names.emplace_back(variant->collection);
  return names;
}

// The names of its files, config.json too, and one digest over all.
std::pair<json::array, std::string> data_of(const Resource& resource) {
  json::array names;
  std::string content;
  for (const auto& [name, bytes] : resource.files) {
    names.emplace_back(name);
    content += name + '\0' + sha256_hex(bytes);
  }
  return {std::move(names), sha256_hex("resource" + content)};
}

json::value config_of(const ConfigResource& resource, bool effective) {
  const auto file = resource.resource.files.find("config.json");
  if (file == resource.resource.files.end()) return {};
  auto config = parsed(file->second);
  if (effective && config.is_object()) fill_in(config.get_object(), default_config(resource.type));
  return config;
}

// `effective`: with what the gateway fills in; else the copy of one collection, as it stands in its file.
json::object resource_json_of(Machine& machine, const ConfigResource& resource,
                              const std::vector<const ConfigResource*>& variants, bool effective) {
  const json::value descriptor = parsed(resource.resource.text);
  const auto* version = descriptor.is_object() ? descriptor.get_object().if_contains("version") : nullptr;
  const auto* attributes = descriptor.is_object() ? descriptor.get_object().if_contains("attributes") : nullptr;
  auto [data, signature] = data_of(resource.resource);
  return {{"type", resource.type},
          {"name", resource.name},
          {"enabled", resource.enabled},
          {"version", version ? *version : json::value(1)},
          {"collection", resource.collection},
          {"collections", collections_of(variants)},
          {"signature", std::move(signature)},
          {"config", config_of(resource, effective)},
          {"data", std::move(data)},
          {"attributes", attributes ? *attributes : json::value(json::object())},
          {"healthchecks", healthchecks(machine, resource)}};
}

json::object undefined_singleton(const std::string& type) {
  return {{"type", type},
          {"name", ""},
          {"enabled", true},
          {"version", 1},
          {"collection", ""},
          {"collections", json::array()},
          {"config", default_config(type)},
          {"data", json::array()},
          {"attributes", json::object()},
          {"healthchecks", json::object()}};
}

bool asks_for_defaults(const Request& request) {
  const auto asked = request.query.find("defaultIfUndefined");
  return asked != request.query.end() && asked->second == "true";
}

// "names/ignition/database-connection", "find/ignition/database-connection/main", …
Answer resources(Machine& machine, const Request& request, std::string_view rest) {
  const auto cut = [&rest] {
    const auto slash = rest.find('/');
    const std::string head(rest.substr(0, slash));
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    return head;
  };
  const std::string verb = cut();
  const std::string module = cut();
  const std::string type = module + '/' + cut();
  const auto collection = request.query.find("collection");
  const auto variants = machine.collections().of_type(type);
  if ((verb == "names" || verb == "list") && rest.empty()) {
    json::array items;
    for (const auto& [name, known] : variants)
      items.push_back(
          verb == "list"
              ? resource_json_of(machine, *known.back(), known, true)
              : json::object{{"name", name}, {"enabled", known.back()->enabled}, {"modes", collections_of(known)}});
    return envelope(request, std::move(items));
  }
  if (verb != "find" && verb != "singleton") return no_route(machine, request);
  const std::string name(verb == "find" ? rest : std::string_view());
  const bool one_copy = collection != request.query.end();
  const auto* found = machine.collections().find(type, name, one_copy ? collection->second : std::string());
  if (!found && verb == "singleton" && asks_for_defaults(request)) return json_answer(undefined_singleton(type));
  if (!found) return html_error(404, request.path, "Resource not found: " + type + (name.empty() ? "" : '/' + name));
  return json_answer(resource_json_of(machine, *found, variants.at(name), !one_copy));
}

}  // namespace

std::optional<Answer> resource_route(Machine& machine, const Request& request, std::string_view route) {
  if (!route.starts_with("resources/")) return std::nullopt;
  return resources(machine, request, route.substr(10));
}

}  // namespace ignition_sim
