// Code points in UTF-8, and which of them are letters or can be printed. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stoker::merge::templates {

constexpr char32_t replacement = 0xFFFD;
constexpr char32_t rune_max = 0x10FFFF;

struct Rune {
  char32_t code = replacement;
  std::size_t bytes = 1;  // a byte that is no UTF-8 is a rune of its own
  bool valid = false;
};

// The code point at `at`, which is inside of the text.
Rune rune_at(std::string_view text, std::size_t at);
std::size_t rune_count(std::string_view text);
// A code point that does not exist is written as U+FFFD.
void append_rune(std::string& to, char32_t code);

inline bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
int hex_digit(char c);  // -1 when it is none
// A letter, a digit or `_`. Of the code points beyond ASCII all that can be printed and are no common punctuation count
// as letters, so the rule has no table of all letters.
bool is_word(const Rune& rune);
bool is_printable(char32_t code);
// "U+00E9 'é'", for messages.
std::string rune_name(const Rune& rune);

}  // namespace stoker::merge::templates
