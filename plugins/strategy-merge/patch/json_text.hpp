// JSON as bytes: is it valid, where is the first fault, where does a value end. Nothing is built and nothing is copied,
// so a text can be edited in place. Valid is what Go's encoding/json takes for valid: RFC 8259, any bytes within
// texts, at most 10,000 levels. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stoker::merge {

constexpr std::size_t json_depth_max = 10'000;

struct JsonFault {
  std::size_t at = 0;    // the offset of the first byte that does not belong there
  std::string_view why;  // "expected a value"
};

// Why the text is not one JSON value; nothing when it is. Each byte is looked at once.
std::optional<JsonFault> json_fault(std::string_view text, std::size_t depth_max = json_depth_max);

// "line 3, column 7": as people count, from 1; a column is a character.
std::string place_in(std::string_view text, std::size_t at);

inline bool json_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// The functions below take valid JSON only.

// The text without white space around it.
std::string_view json_trimmed(std::string_view text);

// The members of an object or the elements of an array, one after another. The views point into the text.
class JsonItems {
 public:
  explicit JsonItems(std::string_view container) : text_(container) {}
  // Goes to the next one. False: there is none.
  bool next();
  std::string_view key;    // with its quotes; empty in an array
  std::string_view value;  // without white space around it

 private:
  void skip_blanks();
  std::string_view take_value();
  std::string_view text_;
  std::size_t at_ = 1;  // after the bracket
};

}  // namespace stoker::merge
