#include "host/commands/gateways_of_sync.hpp"

#include "host/answers/reasons.hpp"
#include "host/commands/object_fields.hpp"
#include "host/config/yaml_document.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {
namespace {

namespace json = boost::json;

// What a condition that does not hold says, when it is about the object as it is now. Else empty.
std::string why_not(const json::value& object, const std::string& condition) {
  const json::value* all = value_at(object, "/status/conditions");
  if (!all || !all->is_array()) return {};
  for (const json::value& one : all->get_array())
    if (text_at(one, "/type") == condition && text_at(one, "/status") == "False" &&
        number_at(one, "/observedGeneration") == number_at(object, "/metadata/generation"))
      return text_at(one, "/message");
  return {};
}

std::string invalid_profiles(const json::value& sync) { return why_not(sync, "ProfilesValid"); }

}  // namespace

std::string why_not_open(const json::value& target) { return why_not(target, "AgentReady"); }

const json::array* gateways_in(const json::value& sync) {
  const json::value* all = value_at(sync, "/status/discoveredGateways");
  return all ? all->if_array() : nullptr;
}

const json::value* gateway_in(const json::value& sync, const std::string& name) {
  const json::array* all = gateways_in(sync);
  if (!all) return nullptr;
  const auto found =
      std::find_if(all->begin(), all->end(), [&](const auto& one) { return text_at(one, "/name") == name; });
  return found == all->end() ? nullptr : &*found;
}

std::string why_unusable(const json::value& sync) {
  const std::string why = invalid_profiles(sync);
  return target_named_in(why).empty() ? why : std::string();
}

std::string trouble_of(const json::value& sync, const std::string& target) {
  const std::string why = invalid_profiles(sync);
  if (!why.empty() && target_named_in(why) == target) return why;
  const json::value* gateway = gateway_in(sync, target);
  const std::string profile = gateway ? text_at(*gateway, "/profile") : std::string();
  const json::value* profiles = value_at(sync, "/spec/sync/profiles");
  const bool is_missing = !why.empty() && !profile.empty() && profiles && profiles->is_object() &&
                          !profiles->get_object().contains(profile);
  return is_missing ? "Sync " + name_in(sync) + " has no profile " + profile : std::string();
}

std::string pause_of(const json::value& sync, const std::string& target) {
  const std::string name = name_in(sync);
  if (flag_at(sync, "/spec/paused")) {
    const std::string by = annotation_in(sync, "stoker.io/paused-by");
    return "Sync " + name + " is paused" + (by.empty() ? "" : " by " + by);
  }
  const json::value* gateway = gateway_in(sync, target);
  const std::string profile = gateway ? text_at(*gateway, "/profile") : std::string();
  const std::string at = step("/spec/sync/profiles", profile) + "/paused";
  const bool is_paused =
      value_at(sync, at) ? flag_at(sync, at) : flag_at(sync, "/spec/sync/defaults/paused") && !profile.empty();
  return is_paused ? "profile " + profile + " of Sync " + name + " is paused" : std::string();
}

}  // namespace stoker::host
