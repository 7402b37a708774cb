#include "json_numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace stoker::merge {
namespace {

// The shortest decimal that is read as the same double: 0.<digits> x 10^point.
struct Decimal {
  bool negative = false;
  std::string digits;
  int point = 0;
};

// Is the number below 1? One that does not fit a double is then too small for it, so it is zero; otherwise it is too
// large.
bool below_one(std::string_view literal) {
  const std::size_t e = std::min(literal.find_first_of("eE"), literal.size());
  const std::string_view mantissa =
      literal.substr(literal.front() == '-' ? 1 : 0, e - (literal.front() == '-' ? 1 : 0));
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return true;
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  long exponent = 0;
  if (e < literal.size()) {
    std::string_view written = literal.substr(e + 1);
    if (written.front() == '+') written.remove_prefix(1);
    if (std::from_chars(written.data(), written.data() + written.size(), exponent).ec != std::errc())
      return written.front() == '-';  // more digits than a number has that fits the longest value
  }
  const long before = static_cast<long>(point) - static_cast<long>(first);  // digits before the point; negative: zeros
  return (first < point ? before : before + 1) + exponent <= 0;
}

std::optional<Decimal> shortest(std::string_view literal) {
  double value = 0;
  const auto read = std::from_chars(literal.data(), literal.data() + literal.size(), value);
  if (read.ec == std::errc::result_out_of_range || std::isinf(value)) {
    if (!below_one(literal)) return std::nullopt;
    value = literal.front() == '-' ? -0.0 : 0.0;
  }
  char text[40];
  const auto written = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  std::string_view rest(text, static_cast<std::size_t>(written.ptr - text));
  Decimal decimal;
  decimal.negative = rest.front() == '-';
  if (decimal.negative) rest.remove_prefix(1);
  const std::size_t e = rest.find('e');
  for (const char c : rest.substr(0, e))
    if (c != '.') decimal.digits += c;
  rest.remove_prefix(rest[e + 1] == '+' ? e + 2 : e + 1);
  std::from_chars(rest.data(), rest.data() + rest.size(), decimal.point);
  ++decimal.point;
  return decimal;
}

std::string plain(const Decimal& decimal) {
  const auto size = static_cast<int>(decimal.digits.size());
  std::string text = decimal.negative ? "-" : "";
  if (decimal.point <= 0)
    text += "0." + std::string(static_cast<std::size_t>(-decimal.point), '0') + decimal.digits;
  else if (decimal.point >= size)
    text += decimal.digits + std::string(static_cast<std::size_t>(decimal.point - size), '0');
  else
    text += decimal.digits.substr(0, static_cast<std::size_t>(decimal.point)) + '.' +
            decimal.digits.substr(static_cast<std::size_t>(decimal.point));
  return text;
}

std::string with_exponent(const Decimal& decimal) {
  std::string text = decimal.negative ? "-" : "";
  text += decimal.digits.front();
  if (decimal.digits.size() > 1) text += '.' + decimal.digits.substr(1);
  const int exponent = decimal.point - 1;
  return text + 'e' + (exponent < 0 ? '-' : '+') + std::to_string(std::abs(exponent));
}

bool is_integer(std::string_view literal) { return literal.find_first_of(".eE") == std::string_view::npos; }

}  // namespace

std::optional<std::string> plain_number(std::string_view literal) {
  const auto decimal = shortest(literal);
  if (!decimal) return std::nullopt;
  if (is_integer(literal)) return std::string(literal);
  return plain(*decimal);
}

std::optional<std::string> encoded_number(std::string_view literal) {
  const auto decimal = shortest(literal);
  if (!decimal) return std::nullopt;
  std::string text = plain(*decimal);
  if (is_integer(literal) && text != literal) return std::string(literal);  // the double lost digits
  const bool zero = decimal->digits == "0";
  if (!zero && (decimal->point < -5 || decimal->point > 21)) return with_exponent(*decimal);
  return text;
}

}  // namespace stoker::merge
