// Checks a value against its schema (json_schema.hpp) and fills in the defaults of the schema. Pure. [any thread]
#pragma once

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

// One place where a value breaks its schema. `unwanted`: the key must not be there at all, whatever its value.
struct Violation {
  std::string pointer, expected, got;
  bool unwanted = false;
};

constexpr std::size_t violations_max = 50;

// Returns at most `violations_max`. A node with "x-stoker-secret": true accepts text or {"secretRef": {"name", "key"}};
// a node with "x-stoker-secret": "reference" accepts only the latter. The value of such a node is never in a Violation.
std::vector<Violation> validate(const boost::json::value& schema, const boost::json::value& value);

// The value with the defaults of absent fields added. Secret references stay as they are.
boost::json::value complete(const boost::json::value& schema, const boost::json::value& value);

// Reads a number of bytes as GatewaySync objects write it: "512", "10Ki", "64Mi", "1G".
std::optional<std::uint64_t> parse_bytes(std::string_view text);

// The value as text for a message: short, and without credentials when it is a URL.
std::string describe(const boost::json::value& value);

// The one of `words` that was probably meant; empty when none is similar.
std::string nearest(std::string_view word, const std::vector<std::string>& words);

}  // namespace stoker::host
