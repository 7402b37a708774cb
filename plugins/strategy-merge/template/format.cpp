// Go's fmt in small: flags, width, precision, `*`, `[n]`, and what stands in the text when a verb and its argument do
// not fit.
#include "format.hpp"

#include "quote.hpp"
#include "rune.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace stoker::merge::templates {
namespace {

using Kind = Value::Kind;
constexpr std::int64_t number_max = 1'000'000;  // of a width or a precision

class Format {
 public:
  Format(std::string_view format, std::span<const Value> arguments, Workspace& work)
      : format_(format), arguments_(arguments), work_(work) {}
  std::optional<std::string> text();

 private:
  struct Flags {
    bool plus = false, minus = false, sharp = false, space = false, zero = false, plus_v = false, sharp_v = false;
    std::optional<std::int64_t> width, precision;
  };

  void verb();
  void read_flags();
  void read_width();
  void read_precision();
  void read_index();
  bool read_index_number(std::size_t& number, std::size_t& length) const;
  std::optional<std::int64_t> read_number(std::size_t end);
  std::optional<std::int64_t> number_from_argument();
  void say_bad(char32_t letter, std::string_view what);
  void bad_verb(char32_t letter, const Value* argument);
  void extra();

  void argument(const Value& value, char32_t letter);
  void boolean(const Value& value, char32_t letter);
  void integer(const Value& value, char32_t letter);
  void text(const Value& value, char32_t letter);
  void whole(const Value& value, unsigned base, char32_t letter, bool upper);
  void code_point(const Value& value);
  void hex(std::string_view bytes, bool upper);
  std::string_view cut(std::string_view text) const;
  void pad(std::string_view text);
  void padding(std::int64_t count, bool zeros);

  std::string_view format_;
  std::span<const Value> arguments_;
  Workspace& work_;
  std::string out_;
  std::size_t at_ = 0, next_ = 0;  // in the format; among the arguments
  bool reordered_ = false, good_index_ = true, after_index_ = false;
  Flags flags_;
};

std::optional<std::string> Format::text() {
  while (at_ < format_.size()) {
    const std::size_t percent = std::min(format_.find('%', at_), format_.size());
    out_ += format_.substr(at_, percent - at_);
    at_ = percent;
    if (at_ < format_.size()) verb();
    if (!work_.room_for(out_.size()) || !work_.spend(1)) return std::nullopt;
  }
  if (!reordered_ && next_ < arguments_.size()) extra();
  return std::move(out_);
}

void Format::verb() {
  flags_ = Flags();
  good_index_ = true;
  after_index_ = false;
  ++at_;
  read_flags();
  read_index();
  read_width();
  read_precision();
  if (!after_index_) read_index();
  if (at_ >= format_.size()) {
    out_ += "%!(NOVERB)";
    return;
  }
  const Rune letter = rune_at(format_, at_);
  at_ += letter.bytes;
  if (letter.code == '%') {
    out_ += '%';
  } else if (!good_index_) {
    say_bad(letter.code, "BADINDEX");
  } else if (next_ >= arguments_.size()) {
    say_bad(letter.code, "MISSING");
  } else {
    if (letter.code == 'v' || letter.code == 'w') {
      flags_.sharp_v = std::exchange(flags_.sharp, false);
      flags_.plus_v = std::exchange(flags_.plus, false);
    }
    argument(arguments_[next_++], letter.code);
  }
}

void Format::read_flags() {
  for (; at_ < format_.size(); ++at_) {
    switch (format_[at_]) {
      case '#': flags_.sharp = true; break;
      case '0': flags_.zero = true; break;
      case '+': flags_.plus = true; break;
      case '-': flags_.minus = true; break;
      case ' ': flags_.space = true; break;
      default: return;
    }
  }
}

// A number that is too large ends the format.
std::optional<std::int64_t> Format::read_number(std::size_t end) {
  std::int64_t number = 0;
  const std::size_t from = at_;
  for (; at_ < end && is_digit(format_[at_]); ++at_) {
    number = number * 10 + (format_[at_] - '0');
    if (number > number_max * 10) {
      at_ = end;
      return std::nullopt;
    }
  }
  if (at_ == from) return std::nullopt;
  return number;
}

void Format::read_width() {
  if (at_ < format_.size() && format_[at_] == '*') {
    ++at_;
    flags_.width = number_from_argument();
    if (!flags_.width) out_ += "%!(BADWIDTH)";
    if (flags_.width && *flags_.width < 0) {
      flags_.width = -*flags_.width;
      flags_.minus = true;
      flags_.zero = false;
    }
    after_index_ = false;
    return;
  }
  flags_.width = read_number(format_.size());
  if (after_index_ && flags_.width) good_index_ = false;
}

void Format::read_precision() {
  if (at_ + 1 >= format_.size() || format_[at_] != '.') return;  // a last one is the verb
  ++at_;
  if (after_index_) good_index_ = false;
  read_index();
  if (at_ < format_.size() && format_[at_] == '*') {
    ++at_;
    flags_.precision = number_from_argument();
    const bool negative = flags_.precision && *flags_.precision < 0;
    if (negative) flags_.precision.reset();
    if (!flags_.precision) out_ += "%!(BADPREC)";
    after_index_ = false;
    return;
  }
  flags_.precision = read_number(format_.size());
  if (!flags_.precision) flags_.precision = 0;
}

std::optional<std::int64_t> Format::number_from_argument() {
  if (next_ >= arguments_.size()) return std::nullopt;
  const Value& value = arguments_[next_++];
  if (!value.is_number() || value.number > number_max || value.number < -number_max) return std::nullopt;
  return value.number;
}

// `[n]`: the next argument is number n.
void Format::read_index() {
  after_index_ = false;
  if (at_ >= format_.size() || format_[at_] != '[') return;
  reordered_ = true;
  std::size_t number = 0, length = 1;
  const bool read = read_index_number(number, length);
  at_ += length;
  if (read && number >= 1 && number <= arguments_.size())
    next_ = number - 1;
  else
    good_index_ = false;
  after_index_ = read;
}

bool Format::read_index_number(std::size_t& number, std::size_t& length) const {
  const std::size_t close = format_.find(']', at_);
  if (close == std::string_view::npos || format_.size() - at_ < 3) return false;
  length = close - at_ + 1;
  const std::string_view digits = format_.substr(at_ + 1, close - at_ - 1);
  if (digits.empty() || digits.size() > 7 || !std::all_of(digits.begin(), digits.end(), is_digit)) return false;
  for (const char digit : digits) number = number * 10 + static_cast<std::size_t>(digit - '0');
  return true;
}

void Format::say_bad(char32_t letter, std::string_view what) {
  out_ += "%!";
  append_rune(out_, letter);
  out_ += "(" + std::string(what) + ")";
}

void Format::bad_verb(char32_t letter, const Value* value) {
  out_ += "%!";
  append_rune(out_, letter);
  out_ += '(';
  if (value->kind == Kind::nil) {
    out_ += "<nil>";
  } else {
    out_ += std::string(type_name(value->kind)) + "=";
    argument(*value, 'v');
  }
  out_ += ')';
}

void Format::extra() {
  flags_ = Flags();
  out_ += "%!(EXTRA ";
  for (bool first = true; next_ < arguments_.size(); ++next_, first = false) {
    const Value& value = arguments_[next_];
    if (!first) out_ += ", ";
    if (value.kind == Kind::nil) {
      out_ += "<nil>";
      continue;
    }
    out_ += std::string(type_name(value.kind)) + "=";
    argument(value, 'v');
  }
  out_ += ')';
}

// ---- one argument

void Format::argument(const Value& value, char32_t letter) {
  if (value.kind == Kind::nil) {
    if (letter == 'T' || letter == 'v') return pad("<nil>");
    return bad_verb(letter, &value);
  }
  if (letter == 'T') return pad(cut(type_name(value.kind)));
  if (value.kind == Kind::boolean) return boolean(value, letter);
  if (value.is_number()) return integer(value, letter);
  text(value, letter);
}

void Format::boolean(const Value& value, char32_t letter) {
  if (letter != 't' && letter != 'v') return bad_verb(letter, &value);
  pad(value.number ? "true" : "false");
}

void Format::integer(const Value& value, char32_t letter) {
  switch (letter) {
    case 'v':
      if (flags_.sharp_v && value.kind == Kind::byte) {
        flags_.sharp = true;
        whole(value, 16, 'v', false);
        flags_.sharp = false;
        return;
      }
      return whole(value, 10, letter, false);
    case 'd': return whole(value, 10, letter, false);
    case 'b': return whole(value, 2, letter, false);
    case 'o':
    case 'O': return whole(value, 8, letter, false);
    case 'x': return whole(value, 16, letter, false);
    case 'X': return whole(value, 16, letter, true);
    case 'U': return code_point(value);
    case 'c':
    case 'q': {
      const auto code = value.number < 0 || value.number > static_cast<std::int64_t>(rune_max)
                            ? replacement
                            : static_cast<char32_t>(value.number);
      std::string shown;
      if (letter == 'c')
        append_rune(shown, code);
      else
        shown = quote_rune(code, flags_.plus);
      return pad(shown);
    }
    default: bad_verb(letter, &value);
  }
}

void Format::whole(const Value& value, unsigned base, char32_t letter, bool upper) {
  const bool negative = value.number < 0;
  auto left = static_cast<std::uint64_t>(value.number);
  if (negative) left = 0 - left;
  std::int64_t digits_least = 0;
  if (flags_.precision) {
    digits_least = *flags_.precision;
    if (digits_least == 0 && left == 0) return padding(flags_.width.value_or(0), false);
  } else if (flags_.zero && !flags_.minus && flags_.width) {
    digits_least = *flags_.width - (negative || flags_.plus || flags_.space ? 1 : 0);
  }
  const std::string_view letters = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string digits;  // the last one first
  do {
    digits += letters[left % base];
    left /= base;
  } while (left);
  while (static_cast<std::int64_t>(digits.size()) < digits_least) digits += '0';
  if (flags_.sharp && base == 2) digits += "b0";
  if (flags_.sharp && base == 8 && digits.back() != '0') digits += '0';
  if (flags_.sharp && base == 16) digits += upper ? "X0" : "x0";
  if (letter == 'O') digits += "o0";
  if (negative)
    digits += '-';
  else if (flags_.plus)
    digits += '+';
  else if (flags_.space)
    digits += ' ';
  std::reverse(digits.begin(), digits.end());
  const bool zero = std::exchange(flags_.zero, false);
  pad(digits);
  flags_.zero = zero;
}

// U+0041, with # also the character.
void Format::code_point(const Value& value) {
  const auto number = static_cast<std::uint64_t>(value.number);
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%llX", static_cast<unsigned long long>(number));
  std::string shown = digits.data();
  const auto least = static_cast<std::size_t>(std::max<std::int64_t>(4, flags_.precision.value_or(4)));
  if (shown.size() < least) shown.insert(0, least - shown.size(), '0');
  shown.insert(0, "U+");
  if (flags_.sharp && number <= rune_max && is_printable(static_cast<char32_t>(number))) {
    shown += " '";
    append_rune(shown, static_cast<char32_t>(number));
    shown += "'";
  }
  const bool zero = std::exchange(flags_.zero, false);
  pad(shown);
  flags_.zero = zero;
}

void Format::text(const Value& value, char32_t letter) {
  switch (letter) {
    case 'v':
      if (!flags_.sharp_v) return pad(cut(value.text));
      return pad(quote(cut(value.text), false));
    case 's': return pad(cut(value.text));
    case 'x': return hex(value.text, false);
    case 'X': return hex(value.text, true);
    case 'q': {
      const std::string_view shown = cut(value.text);
      if (flags_.sharp && fits_back_quotes(shown)) return pad("`" + std::string(shown) + "`");
      return pad(quote(shown, flags_.plus));
    }
    default: bad_verb(letter, &value);
  }
}

void Format::hex(std::string_view bytes, bool upper) {
  if (flags_.precision) bytes = bytes.substr(0, static_cast<std::size_t>(*flags_.precision));
  const std::string_view letters = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  const std::string_view prefix = upper ? "0X" : "0x";
  std::string shown;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (i && flags_.space) shown += ' ';
    if (flags_.sharp && (i == 0 || flags_.space)) shown += prefix;
    shown += letters[byte >> 4];
    shown += letters[byte & 15];
  }
  pad(shown);
}

std::string_view Format::cut(std::string_view text) const {
  if (!flags_.precision) return text;
  std::size_t at = 0;
  for (std::int64_t left = *flags_.precision; left > 0 && at < text.size(); --left) at += rune_at(text, at).bytes;
  return text.substr(0, at);
}

void Format::pad(std::string_view text) {
  const auto missing = flags_.width ? *flags_.width - static_cast<std::int64_t>(rune_count(text)) : 0;
  if (!flags_.minus) padding(missing, flags_.zero);
  out_ += text;
  if (flags_.minus) padding(missing, false);
}

void Format::padding(std::int64_t count, bool zeros) {
  if (count > 0) out_.append(static_cast<std::size_t>(count), zeros ? '0' : ' ');
}

}  // namespace

std::optional<std::string> formatted(std::string_view format, std::span<const Value> arguments, Workspace& work) {
  return Format(format, arguments, work).text();
}

}  // namespace stoker::merge::templates
