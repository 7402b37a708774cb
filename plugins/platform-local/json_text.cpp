// See json_text.hpp.
#include "json_text.hpp"

#include <boost/json/parse.hpp>

#include <charconv>

#include "refusal.hpp"

namespace stoker::local {
namespace {

constexpr std::size_t depth_max = 64;

void append(std::string& out, const json::value& value);

void append(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      ((out += "\\u00") += hex[byte >> 4]) += hex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number);
  out.append(digits, end.ptr);
}

void append(std::string& out, const json::object& object) {
  char before = '{';
  for (const auto& [key, value] : object) {
    out += before;
    append(out, std::string_view(key));
    out += ':';
    append(out, value);
    before = ',';
  }
  out += object.empty() ? "{}" : "}";
}

void append(std::string& out, const json::array& array) {
  char before = '[';
  for (const json::value& value : array) {
    out += before;
    append(out, value);
    before = ',';
  }
  out += array.empty() ? "[]" : "]";
}

void append(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: out += "null"; break;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
    case json::kind::int64: append_number(out, value.get_int64()); break;
    case json::kind::uint64: append_number(out, value.get_uint64()); break;
    case json::kind::double_: append_number(out, value.get_double()); break;
    case json::kind::string: append(out, std::string_view(value.get_string())); break;
    case json::kind::array: append(out, value.get_array()); break;
    case json::kind::object: append(out, value.get_object()); break;
  }
}

}  // namespace

std::string text_of(const json::value& value) {
  std::string out;
  append(out, value);
  return out;
}

std::string text_of(const json::object& object) {
  std::string out;
  append(out, object);
  return out;
}

Result<json::object> parse_object(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max)
    return invalid("", "at most " + std::to_string(bytes_max) + " bytes", std::to_string(text.size()));
  json::error_code wrong;
  json::parse_options options;
  options.max_depth = depth_max;
  json::value value = json::parse(text, wrong, {}, options);
  if (wrong) return invalid("", "JSON", wrong.message());
  if (!value.is_object()) return invalid("", "a JSON object", text_of(value).substr(0, 64));
  return std::move(value.get_object());
}

const json::object* object_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found ? found->if_object() : nullptr;
}

const json::array* array_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found ? found->if_array() : nullptr;
}

std::string_view text_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  const json::string* text = found ? found->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

}  // namespace stoker::local
