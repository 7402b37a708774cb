// JSON as it is read and stored here. Boost.JSON writes 0.1 as 1E-1; people read what this platform hands out, so
// numbers are written as they write them. Pure. [any thread]
#pragma once

#include <stoker/abi/platform.h>
#include <stoker/result.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace stoker::local {

namespace json = boost::json;

// The text without blanks, with the keys in the order that they have.
std::string text_of(const json::value& value);
std::string text_of(const json::object& object);

// The object that `text` is. errc::invalid, "object.invalid": it is longer than that, not JSON, not an object, or
// nested too deep.
Result<json::object> parse_object(std::string_view text, std::size_t bytes_max = STOKER_OBJECT_BYTES_MAX);

// The member `key` when it is of that type, else null.
const json::object* object_at(const json::object& object, std::string_view key);
const json::array* array_at(const json::object& object, std::string_view key);
std::string_view text_at(const json::object& object, std::string_view key);  // empty when it is none

}  // namespace stoker::local
