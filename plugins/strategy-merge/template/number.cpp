#include "number.hpp"

#include "rune.hpp"

#include <limits>

namespace stoker::merge::templates {
namespace {

constexpr std::string_view not_one = "is not a whole number";
constexpr std::string_view too_large = "does not fit into 64 bits";
constexpr std::string_view fraction = "is a number with a fraction or an exponent; only whole numbers are available";

// Takes the prefix of the base away.
unsigned take_base(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char mark = static_cast<char>(digits[1] | 0x20);
  const unsigned base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
  digits.remove_prefix(base ? 2 : 1);
  return base ? base : 8;
}

}  // namespace

Number read_number(std::string_view written) {
  std::string_view digits = written;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.find('.') != std::string_view::npos) return {std::nullopt, fraction};
  const std::string_view whole = digits;
  const unsigned base = take_base(digits);
  const bool prefixed = digits.size() < whole.size();
  if (base == 10 && digits.find_first_of("eE") != std::string_view::npos) return {std::nullopt, fraction};
  if (digits.empty() || digits.back() == '_') return {std::nullopt, not_one};
  std::uint64_t value = 0;
  bool may_part = prefixed;  // an underscore stands between two digits, or behind the prefix
  for (const char c : digits) {
    if (c == '_') {
      if (!may_part) return {std::nullopt, not_one};
      may_part = false;
      continue;
    }
    const int digit = hex_digit(c);
    if (digit < 0 || static_cast<unsigned>(digit) >= base) return {std::nullopt, not_one};
    if (value > (std::numeric_limits<std::uint64_t>::max() - static_cast<unsigned>(digit)) / base)
      return {std::nullopt, too_large};
    value = value * base + static_cast<unsigned>(digit);
    may_part = true;
  }
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (value > most + (negative ? 1 : 0)) return {std::nullopt, too_large};
  return {static_cast<std::int64_t>(negative ? 0 - value : value), {}};
}

}  // namespace stoker::merge::templates
