// See resource_defaults.hpp.
#include "support/ignition_sim/resource_defaults.hpp"

#include <boost/json.hpp>

namespace ignition_sim {
namespace {

namespace json = boost::json;

json::object administrators() {
  const json::object leaf{{"name", "Administrator"}, {"children", json::array()}};
  const json::object roles{{"name", "Roles"}, {"children", json::array({leaf})}};
  const json::object root{{"name", "Authenticated"}, {"children", json::array({roles})}};
  return {{"type", "AnyOf"}, {"securityLevels", json::array({root})}};
}

}  // namespace

json::object default_config(std::string_view type) {
  if (type == "ignition/database-connection")
    return {{"defaultTransactionLevel", "DEFAULT"}, {"poolMaxActive", 8}, {"validationQuery", "SELECT 1"}};
  if (type == "ignition/api-token") return {{"profile", {{"secureChannelRequired", true}}}};
  if (type == "ignition/security-properties")
    return {{"accessPermissions", administrators()},
            {"readPermissions", administrators()},
            {"writePermissions", administrators()},
            {"designerPermissions", administrators()}};
  return {};
}

void fill_in(json::object& config, const json::object& defaults) {
  for (const auto& [key, value] : defaults) {
    auto* present = config.if_contains(key);
    if (!present)
      config[key] = value;
    else if (present->is_object() && value.is_object())
      fill_in(present->get_object(), value.get_object());
  }
}

}  // namespace ignition_sim
