#include "patch_value.hpp"

#include "json_numbers.hpp"
#include "json_strings.hpp"
#include "json_text.hpp"

#include <algorithm>
#include <vector>

namespace stoker::merge {
namespace {

// Writes a value anew. False: a number in it is too large for a double.
bool append_value(std::string& into, std::string_view value);

bool append_array(std::string& into, std::string_view array) {
  into += '[';
  JsonItems items(array);
  for (bool first = true; items.next(); first = false) {
    if (!first) into += ',';
    if (!append_value(into, items.value)) return false;
  }
  into += ']';
  return true;
}

bool append_object(std::string& into, std::string_view object) {
  struct Member {
    std::string key;
    std::string_view value;
  };
  std::vector<Member> members;
  for (JsonItems items(object); items.next();) members.push_back({in_utf8(said_by(items.key)), items.value});
  std::stable_sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.key < b.key; });
  into += '{';
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::size_t before = into.size();
    const bool last_of_equals = i + 1 == members.size() || members[i + 1].key != members[i].key;
    if (into.back() != '{') into += ',';
    append_encoded(into, members[i].key);
    into += ':';
    if (!append_value(into, members[i].value)) return false;
    if (!last_of_equals) into.resize(before);
  }
  into += '}';
  return true;
}

// Calls itself for what is within; patch_value_depth_max bounds that.
bool append_value(std::string& into, std::string_view value) {
  switch (value.front()) {
    case '{': return append_object(into, value);
    case '[': return append_array(into, value);
    case '"': append_encoded(into, in_utf8(said_by(value))); return true;
    case 't':
    case 'f':
    case 'n': into += value; return true;
    default: {
      const auto number = encoded_number(value);
      if (number) into += *number;
      return number.has_value();
    }
  }
}

std::optional<std::string> as_json(std::string_view value) {
  std::string written;
  if (value.front() == '"')
    append_quoted(written, in_utf8(said_by(value)));
  else if (value.front() == '-' || (value.front() >= '0' && value.front() <= '9'))
    return plain_number(value);
  else if (!append_value(written, value))
    return std::nullopt;
  return written;
}

}  // namespace

Result<std::string> value_in_json(std::string_view text) {
  if (text.size() > patch_value_bytes_max)
    return Error(errc::invalid, "the value is longer than " + std::to_string(patch_value_bytes_max) + " bytes",
                 "merge.bad-patch");
  const auto fault = json_fault(text);
  if (!fault) {
    if (json_fault(text, patch_value_depth_max))
      return Error(errc::invalid,
                   "the value is nested deeper than " + std::to_string(patch_value_depth_max) + " levels",
                   "merge.bad-patch");
    if (auto json = as_json(json_trimmed(text))) return std::move(*json);
  }
  std::string quoted;
  append_quoted(quoted, text);
  return quoted;
}

}  // namespace stoker::merge
