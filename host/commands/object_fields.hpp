// Fields of objects as the commands read them: what is absent or of another type is empty. Pure. [any thread]
#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stoker::host {

const boost::json::value* value_at(const boost::json::value& document, const std::string& pointer);
std::string text_at(const boost::json::value& document, const std::string& pointer);
std::optional<std::int64_t> number_at(const boost::json::value& document, const std::string& pointer);
bool flag_at(const boost::json::value& document, const std::string& pointer);
// RFC 3339 in UTC, with or without a fraction of a second.
std::optional<std::int64_t> time_of(std::string text);

std::string name_in(const boost::json::value& object);
std::string name_space_in(const boost::json::value& object);
// Of "stoker.io/paused-by"; empty: it has none.
std::string annotation_in(const boost::json::value& object, std::string_view key);
// The field "status", "reason" or "message" of a condition.
std::string condition_in(const boost::json::value& object, std::string_view type, std::string_view field);

}  // namespace stoker::host
