// Text stands without quotes only where every reader of YAML 1.1 and 1.2 takes it for text; else it is a JSON string,
// which is YAML too.
#include "host/config/yaml_text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <string_view>

namespace stoker::host {
namespace {

namespace json = boost::json;

bool is_plain(std::string_view text) {
  static constexpr std::string_view words[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(), [](unsigned char c) { return std::tolower(c); });
  if (text.empty() || std::find(std::begin(words), std::end(words), small) != std::end(words)) return false;
  const auto letter = [](unsigned char c) { return c < 128 && std::isalpha(c); };
  return (letter(static_cast<unsigned char>(text[0])) || text[0] == '$') && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [&](unsigned char c) {
           return letter(c) || (c >= '0' && c <= '9') ||
                  std::string_view(" -_./;()+$").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

std::string scalar(const json::value& value) {
  if (value.is_string() && is_plain(value.get_string())) return std::string(value.get_string());
  if (value.is_object()) return "{}";
  if (value.is_array()) return "[]";
  return json::serialize(value);
}

bool is_block(const json::value& value) {
  return (value.is_object() && !value.get_object().empty()) || (value.is_array() && !value.get_array().empty());
}

// What follows behind `- ` stands in the same line.
void write(const json::value& value, std::size_t indent, bool in_line, std::string& to) {
  const auto begin = [&] {
    if (!in_line) to.append(indent, ' ');
    in_line = false;
  };
  if (const json::array* list = value.if_array()) {
    for (const json::value& one : *list) {
      begin();
      to += "- ";
      if (is_block(one)) {
        write(one, indent + 2, true, to);
      } else {
        to += scalar(one) + "\n";
      }
    }
    return;
  }
  for (const auto& [key, one] : value.as_object()) {
    begin();
    to += scalar(json::value(key)) + ":";
    if (is_block(one)) {
      to += "\n";
      write(one, indent + (one.is_array() ? 0 : 2), false, to);
    } else {
      to += " " + scalar(one) + "\n";
    }
  }
}

}  // namespace

std::string yaml_text(const json::value& value) {
  std::string text;
  if (is_block(value)) {
    write(value, 0, false, text);
  } else {
    text = scalar(value) + "\n";
  }
  return text;
}

}  // namespace stoker::host
