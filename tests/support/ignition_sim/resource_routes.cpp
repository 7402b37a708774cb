// Resources of the merged collections, as the last config scan found them.
#include <boost/json.hpp>

#include "support/ignition_sim/digest.hpp"
#include "support/ignition_sim/pages.hpp"
#include "support/ignition_sim/web_routes.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

std::string health_key(const ConfigResource& resource) {
  return resource.name.empty() ? resource.type : resource.type + '/' + resource.name;
}

json::object healthchecks(const Machine& machine, const ConfigResource& resource) {
  Health health{resource.resource.fault.empty(), resource.resource.fault, machine.now()};
  if (const auto set = machine.health.find(health_key(resource)); set != machine.health.end()) health = set->second;
  return {{"status",
           {{"name", "status"},
            {"result", {{"healthy", health.healthy}, {"message", health.message}, {"time", health.time}}}}}};
}

json::object resource_json_of(const Machine& machine, const ConfigResource& resource,
                              const std::vector<const ConfigResource*>& variants) {
  const auto parse = [](const std::string& text) {
    boost::system::error_code failed;
    auto value = json::parse(text, failed);
    return failed ? json::value(json::object()) : value;
  };
  const json::value descriptor = parse(resource.resource.text);
  const auto* version = descriptor.is_object() ? descriptor.get_object().if_contains("version") : nullptr;
  const auto* attributes = descriptor.is_object() ? descriptor.get_object().if_contains("attributes") : nullptr;
  const auto config = resource.resource.files.find("config.json");
  json::array collections;
  for (const auto* variant : variants) collections.emplace_back(variant->collection);
  json::array data;
  std::string content;
  for (const auto& [name, bytes] : resource.resource.files) {
    if (name != "config.json") data.emplace_back(name);
    content += name + '\0' + sha256_hex(bytes);
  }
  return {{"type", resource.type},
          {"name", resource.name},
          {"enabled", resource.enabled},
          {"version", version ? *version : json::value(1)},
          {"collection", resource.collection},
          {"collections", std::move(collections)},
          {"signature", sha256_hex("resource" + content)},
          {"config", config == resource.resource.files.end() ? json::value() : parse(config->second)},
          {"data", std::move(data)},
          {"attributes", attributes ? *attributes : json::value(json::object())},
          {"healthchecks", healthchecks(machine, resource)}};
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
      items.push_back(verb == "list" ? resource_json_of(machine, *known.back(), known)
                                     : json::object{{"name", name}, {"enabled", known.back()->enabled}});
    return envelope(request, std::move(items));
  }
  if (verb != "find" && verb != "singleton") return no_route(machine, request);
  const std::string name(verb == "find" ? rest : std::string_view());
  const auto* found =
      machine.collections().find(type, name, collection == request.query.end() ? std::string() : collection->second);
  if (!found) return html_error(404, request.path, "Resource not found: " + type + (name.empty() ? "" : '/' + name));
  return json_answer(resource_json_of(machine, *found, variants.at(name)));
}

}  // namespace

std::optional<Answer> resource_route(Machine& machine, const Request& request, std::string_view route) {
  if (!route.starts_with("resources/")) return std::nullopt;
  return resources(machine, request, route.substr(10));
}

}  // namespace ignition_sim
