#include "json_strings.hpp"

#include <stoker/utf8.hpp>

#include <algorithm>
#include <cstdint>

namespace stoker::merge {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::uint32_t hex_value(std::string_view digits) {
  std::uint32_t value = 0;
  for (const char c : digits)
    value = value * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  return value;
}

void append_code_point(std::string& into, std::uint32_t point) {
  const auto byte = [&](std::uint32_t value) { into += static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6), byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 0x3F)), byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | point >> 18), byte(0x80 | (point >> 12 & 0x3F)), byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  }
}

// Appends what the \uXXXX at `at` says, with the one after it when both are a pair. Returns the position behind.
std::size_t append_unicode(std::string& into, std::string_view text, std::size_t at) {
  const std::uint32_t unit = hex_value(text.substr(at + 2, 4));
  at += 6;
  if (unit < 0xD800 || unit > 0xDFFF) {
    append_code_point(into, unit);
    return at;
  }
  if (unit < 0xDC00 && text.substr(at, 2) == "\\u") {
    const std::uint32_t low = hex_value(text.substr(at + 2, 4));
    if (low >= 0xDC00 && low <= 0xDFFF) {
      append_code_point(into, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
      return at + 6;
    }
  }
  into += replacement;
  return at;
}

void append_escaped(std::string& into, unsigned char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"': into += "\\\""; return;
    case '\\': into += "\\\\"; return;
    case '\b': into += "\\b"; return;
    case '\f': into += "\\f"; return;
    case '\n': into += "\\n"; return;
    case '\r': into += "\\r"; return;
    case '\t': into += "\\t"; return;
    default: into += "\\u00", into += hex[c >> 4], into += hex[c & 15];
  }
}

}  // namespace

std::string said_by(std::string_view quoted) {
  const std::string_view text = quoted.substr(1, quoted.size() - 2);
  std::string said;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      said += text[at++];
    } else if (text[at + 1] == 'u') {
      at = append_unicode(said, text, at);
    } else {
      constexpr std::string_view letters = "bfnrt", meant = "\b\f\n\r\t";
      const std::size_t letter = letters.find(text[at + 1]);
      said += letter == std::string_view::npos ? text[at + 1] : meant[letter];
      at += 2;
    }
  }
  return said;
}

std::string in_utf8(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const std::size_t size = utf8_length(text);
    valid += size ? text.substr(0, size) : replacement;
    text.remove_prefix(size ? size : 1);
  }
  return valid;
}

void append_encoded(std::string& into, std::string_view text) {
  into += '"';
  while (!text.empty()) {
    const std::size_t size = utf8_length(text);
    const std::string_view one = text.substr(0, size);
    const auto c = static_cast<unsigned char>(text.front());
    if (size == 0)
      into += "\\ufffd";
    else if (one == "\xE2\x80\xA8" || one == "\xE2\x80\xA9")
      into += one.back() == '\xA8' ? "\\u2028" : "\\u2029";
    else if (c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&')
      append_escaped(into, c);
    else
      into += one;
    text.remove_prefix(size ? size : 1);
  }
  into += '"';
}

void append_quoted(std::string& into, std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(),
                                 [](unsigned char c) { return c >= 0x20 && c <= 0x7F && c != '"' && c != '\\'; });
  if (!plain) return append_encoded(into, text);
  into += '"';
  into += text;
  into += '"';
}

}  // namespace stoker::merge
