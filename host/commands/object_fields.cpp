#include "host/commands/object_fields.hpp"

#include "host/base/utc_time.hpp"
#include "host/config/yaml_document.hpp"

#include <boost/json.hpp>

namespace stoker::host {

namespace json = boost::json;

const json::value* value_at(const json::value& document, const std::string& pointer) {
  boost::system::error_code none;
  return document.find_pointer(pointer, none);
}

std::string text_at(const json::value& document, const std::string& pointer) {
  const json::value* found = value_at(document, pointer);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::optional<std::int64_t> number_at(const json::value& document, const std::string& pointer) {
  const json::value* found = value_at(document, pointer);
  boost::system::error_code none;
  if (!found || !found->is_number()) return std::nullopt;
  const auto number = found->to_number<std::int64_t>(none);
  return none ? std::nullopt : std::optional(number);
}

bool flag_at(const json::value& document, const std::string& pointer) {
  const json::value* found = value_at(document, pointer);
  return found && found->is_bool() && found->get_bool();
}

std::optional<std::int64_t> time_of(std::string text) {
  if (const std::size_t dot = text.find('.'); dot != std::string::npos && text.ends_with('Z'))
    text.erase(dot, text.size() - 1 - dot);
  return unix_ms_of(text);
}

std::string name_in(const json::value& object) { return text_at(object, "/metadata/name"); }
std::string name_space_in(const json::value& object) { return text_at(object, "/metadata/namespace"); }

std::string annotation_in(const json::value& object, std::string_view key) {
  return text_at(object, step("/metadata/annotations", key));
}

std::string condition_in(const json::value& object, std::string_view type, std::string_view field) {
  const json::value* all = value_at(object, "/status/conditions");
  if (!all || !all->is_array()) return {};
  for (const json::value& one : all->get_array())
    if (text_at(one, "/type") == type) return text_at(one, step("", field));
  return {};
}

}  // namespace stoker::host
