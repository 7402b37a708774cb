// UTF-8 by hand: what is not valid counts as one byte, as Go has it.
#include "rune.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

namespace stoker::merge::templates {
namespace {

struct Range {
  char32_t from, to;
};

// Beyond ASCII: controls, spaces, marks of direction, private use, and what is no character.
constexpr std::array<Range, 17> unprintable{{{0x80, 0xA0},
                                             {0xAD, 0xAD},
                                             {0x0600, 0x0605},
                                             {0x061C, 0x061C},
                                             {0x1680, 0x1680},
                                             {0x180E, 0x180E},
                                             {0x2000, 0x200F},
                                             {0x2028, 0x202F},
                                             {0x205F, 0x206F},
                                             {0x3000, 0x3000},
                                             {0xD800, 0xDFFF},
                                             {0xE000, 0xF8FF},
                                             {0xFDD0, 0xFDEF},
                                             {0xFEFF, 0xFEFF},
                                             {0xFFF0, 0xFFFB},
                                             {0xFFFE, 0xFFFF},
                                             {0xE0000, 0x10FFFF}}};

// Signs that are pasted from other programs: they can be printed and are no letters.
constexpr std::array<Range, 10> signs{{{0xA1, 0xA9},
                                       {0xAB, 0xB4},
                                       {0xB6, 0xB9},
                                       {0xBB, 0xBF},
                                       {0xD7, 0xD7},
                                       {0xF7, 0xF7},
                                       {0x2010, 0x2070},
                                       {0x20A0, 0x20CF},
                                       {0x2190, 0x2BFF},
                                       {0xFFFC, 0xFFFD}}};

template <std::size_t Size>
bool in(const std::array<Range, Size>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& one) { return one.from <= code && code <= one.to; });
}

std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

}  // namespace

Rune rune_at(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const std::size_t bytes = length_of(first);
  if (bytes == 1) return {first, 1, true};
  if (bytes == 0 || at + bytes > text.size()) return {};
  char32_t code = first & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xC0) != 0x80) return {};
    code = (code << 6) | (next & 0x3Fu);
  }
  const bool longer_than_needed = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (longer_than_needed || code > rune_max || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, bytes, true};
}

std::size_t rune_count(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += rune_at(text, at).bytes) ++count;
  return count;
}

void append_rune(std::string& to, char32_t code) {
  if (code > rune_max || (code >= 0xD800 && code <= 0xDFFF)) code = replacement;
  const auto tail = [&](int shift) { to += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    to += static_cast<char>(0xE0 | (code >> 12));
    tail(6), tail(0);
  } else {
    to += static_cast<char>(0xF0 | (code >> 18));
    tail(12), tail(6), tail(0);
  }
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_word(const Rune& rune) {
  const char32_t c = rune.code;
  if (c < 0x80) return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return rune.valid && is_printable(c) && !in(signs, c);
}

bool is_printable(char32_t code) {
  if (code < 0x80) return code >= 0x20 && code != 0x7F;
  return code <= rune_max && !in(unprintable, code);
}

std::string rune_name(const Rune& rune) {
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "U+%04X", static_cast<unsigned>(rune.code));
  std::string name = number.data();
  if (!is_printable(rune.code)) return name;
  name += " '";
  append_rune(name, rune.code);
  return name + "'";
}

}  // namespace stoker::merge::templates
