// A value against its schema (json_schema.hpp): what is wrong with it, and what its defaults are. Pure. [any thread]
#pragma once

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

// What is wrong with a value. `unwanted`: the key itself is, and not what it holds.
struct Violation {
  std::string pointer, expected, got;
  bool unwanted = false;
};

constexpr std::size_t violations_max = 50;

// At most `violations_max`. A node with "x-stoker-secret": true takes text or {"secretRef": {"name", "key"}}, one with
// "reference" only the latter; its value is never in a Violation.
std::vector<Violation> validate(const boost::json::value& schema, const boost::json::value& value);

// The value with what is absent and has a default. Secret references stay as they are.
boost::json::value complete(const boost::json::value& schema, const boost::json::value& value);

// "512", "10Ki", "64Mi", "1G": bytes as the objects write them.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

// A value in a message: short, and without the credentials of a URL.
std::string describe(const boost::json::value& value);

// Which of `words` was probably meant; empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& words);

}  // namespace stoker::host
