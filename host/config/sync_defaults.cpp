#include "host/config/sync_defaults.hpp"

#include "host/config/object_schemas.hpp"

#include <stoker/duration.hpp>

#include <boost/json.hpp>

namespace stoker::host {

namespace json = boost::json;

namespace {

// Puts the schema at the steps into `all`, within maps that have nothing else yet.
void add(const json::value& root, const json::object& at, std::string_view steps, json::object& all) {
  steps.remove_prefix(1);
  const std::size_t end = steps.find('/');
  const std::string_view name = steps.substr(0, end);
  const json::object field = opened_schema(root, at.at("properties").at(name));
  json::object& properties = all["properties"].as_object();
  if (end == std::string_view::npos) {
    properties.emplace(name, field);
    return;
  }
  if (!properties.contains(name))
    properties.emplace(name, json::object{{"type", "object"},
                                          {"additionalProperties", false},
                                          {"description", field.at("description")},
                                          {"properties", json::object()}});
  add(root, field, steps.substr(end), properties.at(name).as_object());
}

}  // namespace

// Which files a gateway gets, where they come from, and whether anything is done at all stands in the Sync alone.
const std::vector<std::string_view>& sync_default_fields() {
  static const std::vector<std::string_view> fields = {"/polling/interval", "/sync/defaults/syncPeriod",
                                                       "/sync/defaults/designerSessionPolicy", "/sync/defaults/prune"};
  return fields;
}

json::value sync_defaults_schema() {
  const json::value& root = object_schema("gatewaysync");
  const json::object spec = opened_schema(root, root.at("properties").at("spec"));
  json::object all{{"type", "object"},
                   {"additionalProperties", false},
                   {"description", "What counts for all Syncs that do not say otherwise."},
                   {"properties", json::object()}};
  for (const std::string_view field : sync_default_fields()) add(root, spec, field, all);
  return all;
}

SyncDefaults read_sync_defaults(const json::object& written) {
  SyncDefaults defaults;
  const json::value whole = written;
  boost::system::error_code absent;
  if (const json::value* interval = whole.find_pointer("/polling/interval", absent))
    defaults.polling_interval = parse_duration(interval->as_string());
  if (const json::value* rules = whole.find_pointer("/sync/defaults", absent))
    take_rules(rules->as_object(), defaults.rules);
  return defaults;
}

void take_rules(const json::object& from, SyncProfile& into) {
  Profile& profile = into.profile;
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

}  // namespace stoker::host
