// The escapes are those of Go: \a \b \f \n \r \t \v \\, the mark itself, \123, \x7f, \u00e9 and \U0001f600.
#include "quote.hpp"

#include "rune.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace stoker::merge::templates {
namespace {

constexpr std::string_view short_letters = "abfnrtv\\";
constexpr std::string_view short_values = "\a\b\f\n\r\t\v\\";

struct Character {
  char32_t code = 0;
  bool one_byte = false;  // \x and octal name a byte and no code point
};

// `digits` digits of a number to this base, from `at` on.
std::optional<char32_t> number(std::string_view body, std::size_t& at, std::size_t digits, unsigned base) {
  char32_t value = 0;
  if (at + digits > body.size()) return std::nullopt;
  for (const std::size_t end = at + digits; at < end; ++at) {
    const int digit = hex_digit(body[at]);
    if (digit < 0 || static_cast<unsigned>(digit) >= base) return std::nullopt;
    value = value * base + static_cast<unsigned>(digit);
  }
  return value;
}

// What the escape after the backslash at `at` stands for; `at` moves behind it.
std::optional<Character> escaped(std::string_view body, std::size_t& at, char mark) {
  if (++at == body.size()) return std::nullopt;
  const char letter = body[at];
  if (const auto place = short_letters.find(letter); place != std::string_view::npos) {
    ++at;
    return Character{static_cast<unsigned char>(short_values[place]), true};
  }
  if (letter == mark) {
    ++at;
    return Character{static_cast<unsigned char>(mark), true};
  }
  if (letter >= '0' && letter <= '7') {
    const auto value = number(body, at, 3, 8);
    if (!value || *value > 0xFF) return std::nullopt;
    return Character{*value, true};
  }
  const std::size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
  if (digits == 0) return std::nullopt;
  const auto value = number(body, ++at, digits, 16);
  if (!value) return std::nullopt;
  if (digits > 2 && (*value > rune_max || (*value >= 0xD800 && *value <= 0xDFFF))) return std::nullopt;
  return Character{*value, digits == 2};
}

std::string escape_number(char kind, int digits, unsigned value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\%c%0*x", kind, digits, value);
  return text.data();
}

void append_escaped(std::string& to, char32_t code, char mark, bool ascii_only) {
  if (code == static_cast<unsigned char>(mark) || code == '\\') {
    to += '\\';
    to += static_cast<char>(code);
  } else if (code < 0x80 ? is_printable(code) : (!ascii_only && is_printable(code))) {
    append_rune(to, code);
  } else if (const auto place = code < 0x80 ? short_values.find(static_cast<char>(code)) : std::string_view::npos;
             place != std::string_view::npos) {
    to += '\\';
    to += short_letters[place];
  } else if (code < ' ' || code == 0x7F) {
    to += escape_number('x', 2, code);
  } else if (code < 0x10000) {
    to += escape_number('u', 4, code);
  } else {
    to += escape_number('U', 8, code);
  }
}

}  // namespace

std::optional<std::string> unquote(std::string_view quoted) {
  const char mark = quoted.front();
  const std::string_view body = quoted.substr(1, quoted.size() - 2);
  std::string text;
  if (mark == '`') {
    std::copy_if(body.begin(), body.end(), std::back_inserter(text), [](char c) { return c != '\r'; });
    return text;
  }
  for (std::size_t at = 0; at < body.size();) {
    if (body[at] != '\\') {
      const Rune rune = rune_at(body, at);
      append_rune(text, rune.code);
      at += rune.bytes;
      continue;
    }
    const auto one = escaped(body, at, mark);
    if (!one) return std::nullopt;
    if (one->one_byte)
      text += static_cast<char>(one->code);
    else
      append_rune(text, one->code);
  }
  return text;
}

std::optional<char32_t> unquote_rune(std::string_view quoted) {
  const std::string_view body = quoted.substr(1, quoted.size() - 2);
  if (body.empty()) return std::nullopt;
  std::size_t at = 0;
  char32_t code = 0;
  if (body[0] == '\\') {
    const auto one = escaped(body, at, '\'');
    if (!one) return std::nullopt;
    code = one->code;
  } else {
    const Rune rune = rune_at(body, 0);
    code = rune.code;
    at = rune.bytes;
  }
  return at == body.size() ? std::optional(code) : std::nullopt;
}

std::string quote(std::string_view text, bool ascii_only) {
  std::string quoted = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = rune_at(text, at);
    if (rune.valid)
      append_escaped(quoted, rune.code, '"', ascii_only);
    else
      quoted += escape_number('x', 2, static_cast<unsigned char>(text[at]));
    at += rune.bytes;
  }
  return quoted + '"';
}

std::string quote_rune(char32_t code, bool ascii_only) {
  if (code > rune_max || (code >= 0xD800 && code <= 0xDFFF)) code = replacement;
  std::string quoted = "'";
  append_escaped(quoted, code, '\'', ascii_only);
  return quoted + "'";
}

bool fits_back_quotes(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = rune_at(text, at);
    const bool control = rune.code < ' ' && rune.code != '\t';
    if (!rune.valid || control || rune.code == '`' || rune.code == 0x7F || rune.code == 0xFEFF) return false;
    at += rune.bytes;
  }
  return true;
}

}  // namespace stoker::merge::templates
