// A hand-written automaton, so that every fault has its place and its reason. Each byte is looked at once.
#include "json_syntax.hpp"

#include <cstdio>

namespace json {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool hex_digit(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

constexpr const char* not_utf8 = "bytes that are not UTF-8; save the file as UTF-8";
constexpr const char* a_comment = "a comment, which JSON does not have";

std::string control_in_text(char c) {
  if (c == '\t') return "a tab in a text; write \\t";
  if (c == '\n' || c == '\r') return "the line ends within a text; close it with a quote, or write \\n";
  char shown[8];
  std::snprintf(shown, sizeof shown, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
  return std::string("a control character in a text; write ") + shown;
}

}  // namespace

bool JsonSyntax::feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (fault_) break;
    if (!begun_ && c == '\xEF') fail("a byte order mark; JSON text begins without one");  // nothing else begins so
    if (!begun_ && (c == '\xFF' || c == '\xFE')) fail("the file is not UTF-8, it looks like UTF-16; save it as UTF-8");
    begun_ = true;
    while (!fault_ && !take(c)) token_ = Token::none;
    if (!fault_) pass(c);
  }
  return !fault_;
}

std::optional<Fault> JsonSyntax::finish() {
  constexpr const char* the_end = ", found the end of the text";
  if (fault_) return fault_;
  if (token_ == Token::number && is_complete()) end_value();
  if (token_ == Token::line_comment) token_ = Token::none;
  switch (token_) {
    case Token::text:
    case Token::escape:
    case Token::hex:
    case Token::letter: fail(std::string("the text in quotes is not closed") + the_end); break;
    case Token::number: fail(std::string("expected a digit") + the_end); break;
    case Token::word: fail(start_, std::string("expected ") + wanted_); break;
    case Token::block_comment:
    case Token::star: fail(std::string("the comment is not closed") + the_end); break;
    case Token::slash: fail(start_, expected()); break;
    case Token::line_comment:
    case Token::none:
      if (next_ != Next::end_of_item || !open_.empty()) fail(expected() + the_end);
  }
  return fault_;
}

bool JsonSyntax::take(char c) {
  switch (token_) {
    case Token::none: return between(c);
    case Token::text: return in_text(c);
    case Token::escape: return in_escape(c);
    case Token::hex: return in_hex(c);
    case Token::letter: return in_letter(c);
    case Token::number: return in_number(c);
    case Token::word: return in_word(c);
    case Token::slash:
    case Token::line_comment:
    case Token::block_comment:
    case Token::star: return in_comment(c);
  }
  return true;
}

// ---- between tokens

bool JsonSyntax::between(char c) {
  if (blank(c)) return true;
  start_ = here_;
  if (c == '/') {
    token_ = Token::slash;
    return true;
  }
  switch (next_) {
    case Next::first_item:
      if (c == ']') return close('[');
      return begin_value(c);
    case Next::item:
      if (c == ']' && dialect_ == Dialect::with_comments) return close('[');
      return begin_value(c);
    case Next::value: return begin_value(c);
    case Next::first_name:
    case Next::name:
      if (c == '"')
        begin_text(true);
      else if (c == '}' && (next_ == Next::first_name || dialect_ == Dialect::with_comments))
        return close('{');
      else
        fail(start_, expected() + found(c), c == '}');
      return true;
    case Next::colon:
      if (c != ':') fail(expected() + found(c));
      next_ = Next::value;
      return true;
    case Next::end_of_item: break;
  }
  if (!open_.empty() && c == ',')
    next_ = open_.back() == '{' ? Next::name : Next::item;
  else if (!open_.empty() && c == (open_.back() == '{' ? '}' : ']'))
    return close(open_.back());
  else
    fail(expected() + found(c));
  return true;
}

bool JsonSyntax::begin_value(char c) {
  if (c == '{' || c == '[') return open(c);
  if (c == '"') {
    begin_text(false);
  } else if (c == '-' || digit(c)) {
    token_ = Token::number;
    number_ = c == '-' ? Number::minus : c == '0' ? Number::zero : Number::digits;
  } else if (c == 't' || c == 'f' || c == 'n') {
    token_ = Token::word;
    wanted_ = c == 't' ? "true" : c == 'f' ? "false" : "null";
    word_ = std::string_view(wanted_).substr(1);
  } else {
    fail(start_, expected() + found(c), next_ == Next::item && c == ']');
  }
  return true;
}

bool JsonSyntax::open(char bracket) {
  if (open_.size() == depth_max) fail("nested deeper than " + std::to_string(depth_max));
  open_.push_back(bracket);
  next_ = bracket == '{' ? Next::first_name : Next::first_item;
  return true;
}

bool JsonSyntax::close(char) {
  open_.pop_back();
  end_value();
  return true;
}

void JsonSyntax::end_value() {
  token_ = Token::none;
  next_ = Next::end_of_item;
}

std::string JsonSyntax::expected() const {
  switch (next_) {
    case Next::value: return "expected a value";
    case Next::first_item: return "expected a value or ']'";
    case Next::item: return "expected a value after ','";
    case Next::first_name: return "expected a name in quotes or '}'";
    case Next::name: return "expected a name in quotes after ','";
    case Next::colon: return "expected ':'";
    case Next::end_of_item: break;
  }
  if (open_.empty()) return "expected the end of the text";
  return open_.back() == '{' ? "expected ',' or '}'" : "expected ',' or ']'";
}

std::string JsonSyntax::found(char c) const {
  if (c == '\0') return ", found a NUL byte";
  if (static_cast<unsigned char>(c) >= 0x80) return ", found a character that is not ASCII outside of quotes";
  return {};
}

// ---- texts in quotes

void JsonSyntax::begin_text(bool is_name) {
  token_ = Token::text;
  is_name_ = is_name;
}

bool JsonSyntax::in_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"') {
    end_value();
    if (is_name_) next_ = Next::colon;
  } else if (c == '\\') {
    token_ = Token::escape;
  } else if (byte < 0x20) {
    fail(control_in_text(c));
  } else if (byte >= 0x80) {
    begin_letter(byte);
  }
  return true;
}

bool JsonSyntax::in_escape(char c) {
  token_ = Token::text;
  if (c == 'u') {
    token_ = Token::hex;
    left_ = 4;
  } else if (std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) {
    const bool shows = c > ' ' && c < 0x7f;
    fail(std::string("a backslash begins an escape, and ") + (shows ? std::string("\\") + c : "this") +
         " is none; a backslash itself is written \\\\");
  }
  return true;
}

// Half of a surrogate pair alone is valid by JSON's grammar.
bool JsonSyntax::in_hex(char c) {
  if (!hex_digit(c)) fail("expected four hexadecimal digits after \\u");
  if (--left_ == 0) token_ = Token::text;
  return true;
}

void JsonSyntax::begin_letter(unsigned char lead) {
  token_ = Token::letter;
  start_ = here_;
  left_ = lead < 0xC2 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF5 ? 3 : 0;
  low_ = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;   // below: an overlong form
  high_ = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;  // above: a surrogate, or past U+10FFFF
  if (left_ == 0) fail(not_utf8);
}

bool JsonSyntax::in_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte < low_ || byte > high_) fail(start_, not_utf8);
  low_ = 0x80;
  high_ = 0xBF;
  if (--left_ == 0) token_ = Token::text;
  return true;
}

// ---- numbers and words

bool JsonSyntax::is_complete() const {
  return number_ == Number::zero || number_ == Number::digits || number_ == Number::fraction ||
         number_ == Number::exponent;
}

bool JsonSyntax::in_number(char c) {
  const bool may_have_point = number_ == Number::zero || number_ == Number::digits;
  if (digit(c)) {
    switch (number_) {
      case Number::minus: number_ = c == '0' ? Number::zero : Number::digits; break;
      case Number::zero: fail("a number does not begin with 0 before other digits"); break;
      case Number::point: number_ = Number::fraction; break;
      case Number::e:
      case Number::sign: number_ = Number::exponent; break;
      case Number::digits:
      case Number::fraction:
      case Number::exponent: break;
    }
  } else if (c == '.' && may_have_point) {
    number_ = Number::point;
  } else if ((c == 'e' || c == 'E') && (may_have_point || number_ == Number::fraction)) {
    number_ = Number::e;
  } else if ((c == '+' || c == '-') && number_ == Number::e) {
    number_ = Number::sign;
  } else if (is_complete()) {
    end_value();
    return false;
  } else {
    fail("expected a digit" + found(c));
  }
  return true;
}

bool JsonSyntax::in_word(char c) {
  if (c != word_.front()) {
    fail(start_, std::string("expected ") + wanted_);
    return true;
  }
  word_.remove_prefix(1);
  if (word_.empty()) end_value();
  return true;
}

// ---- comments

bool JsonSyntax::in_comment(char c) {
  switch (token_) {
    case Token::slash:
      if (c != '/' && c != '*')
        fail(start_, expected());
      else if (dialect_ == Dialect::strict)
        fail(start_, a_comment, true);
      token_ = c == '/' ? Token::line_comment : Token::block_comment;
      break;
    case Token::line_comment:
      if (c == '\n') token_ = Token::none;
      break;
    case Token::block_comment:
      if (c == '*') token_ = Token::star;
      break;
    case Token::star:
      if (c != '*') token_ = c == '/' ? Token::none : Token::block_comment;
      break;
    default: break;
  }
  return true;
}

// ---- places

void JsonSyntax::fail(Place at, std::string what, bool with_comments) {
  if (!fault_) fault_ = Fault{at.line, at.column, std::move(what), with_comments};
}

void JsonSyntax::pass(char c) {
  if (c == '\n') {
    ++here_.line;
    here_.column = 1;
  } else if (!continues(c)) {
    ++here_.column;
  }
}

}  // namespace json
