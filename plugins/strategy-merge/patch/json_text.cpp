// One pass with a list of the open brackets. Nothing here calls itself, so a deep text needs no deep stack.
#include "json_text.hpp"

#include <algorithm>

namespace stoker::merge {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool hex_digit(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Checker {
 public:
  Checker(std::string_view text, std::size_t depth_max) : text_(text), depth_max_(depth_max) {}

  std::optional<JsonFault> run() {
    if (text_.starts_with("\xEF\xBB\xBF")) return JsonFault{0, "a byte order mark; save the file without one"};
    while (!fault_) {
      while (at_ < text_.size() && json_blank(text_[at_])) ++at_;
      if (next_ == Next::end_of_item && open_.empty()) {
        if (at_ < text_.size()) fail("expected the end of the file after the value");
        break;
      }
      if (at_ == text_.size())
        fail("the text ends too early");
      else
        take(text_[at_]);
    }
    return fault_;
  }

 private:
  enum class Next { value, first_element, first_key, key, end_of_item };

  void fail(std::string_view why) {
    if (!fault_) fault_ = JsonFault{at_, why};
  }
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void take(char c) {
    switch (next_) {
      case Next::first_element:
        if (c == ']') return close();
        return value(c);
      case Next::value: return value(c);
      case Next::first_key:
        if (c == '}') return close();
        return key(c);
      case Next::key: return key(c);
      case Next::end_of_item: return end_of_item(c);
    }
  }

  void open(char bracket, Next next) {
    if (open_.size() == depth_max_) return fail("nested too deep");
    open_ += bracket;
    ++at_;
    next_ = next;
  }

  void close() {
    open_.pop_back();
    ++at_;
    next_ = Next::end_of_item;
  }

  void end_of_item(char c) {
    const bool object = open_.back() == '{';
    if (c == (object ? '}' : ']')) return close();
    if (c != ',') return fail(object ? "expected ',' or '}'" : "expected ',' or ']'");
    ++at_;
    next_ = object ? Next::key : Next::value;
  }

  void key(char c) {
    if (c != '"') return fail("expected a key in quotes");
    text();
    while (at_ < text_.size() && json_blank(text_[at_])) ++at_;
    if (here() != ':') return fail("expected ':'");
    ++at_;
    next_ = Next::value;
  }

  void value(char c) {
    if (c == '{') return open(c, Next::first_key);
    if (c == '[') return open(c, Next::first_element);
    if (c == '"')
      text();
    else if (c == '-' || digit(c))
      number();
    else
      word();
    next_ = Next::end_of_item;
  }

  void word() {
    for (const std::string_view known : {"true", "false", "null"})
      if (text_.substr(at_).starts_with(known)) {
        at_ += known.size();
        return;
      }
    fail("expected a value");
  }

  void digits() {
    if (!digit(here())) fail("expected a digit");
    while (digit(here())) ++at_;
  }

  void number() {
    if (here() == '-') ++at_;
    if (here() == '0')
      ++at_;
    else
      digits();
    if (here() == '.') ++at_, digits();
    if (here() == 'e' || here() == 'E') {
      ++at_;
      if (here() == '+' || here() == '-') ++at_;
      digits();
    }
  }

  void text() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (static_cast<unsigned char>(text_[at_]) < 0x20)
        return fail("a control character in a text; write it as an escape");
      if (text_[at_] != '\\') continue;
      ++at_;
      if (here() == 'u') {
        for (int i = 0; i < 4; ++i)
          if (++at_; !hex_digit(here())) return fail("expected four hexadecimal digits after \\u");
      } else if (here() == '\0' || std::string_view("\"\\/bfnrt").find(here()) == std::string_view::npos) {
        return fail("no such escape in a text");
      }
    }
    if (at_ == text_.size()) return fail("the text in quotes is not closed");
    ++at_;
  }

  const std::string_view text_;
  const std::size_t depth_max_;
  std::string open_;  // the brackets that are open
  std::size_t at_ = 0;
  Next next_ = Next::value;
  std::optional<JsonFault> fault_;
};

// The position after the text in quotes that starts at `at`.
std::size_t after_text(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

// The position after the value that starts at `at`.
std::size_t after_value(std::string_view text, std::size_t at) {
  if (text[at] == '"') return after_text(text, at);
  if (text[at] != '{' && text[at] != '[') {
    const std::size_t end = text.find_first_of(",]} \t\r\n", at);
    return end == std::string_view::npos ? text.size() : end;
  }
  std::size_t depth = 0;
  for (;;) {
    const char c = text[at];
    if (c == '"') {
      at = after_text(text, at);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
}

}  // namespace

std::optional<JsonFault> json_fault(std::string_view text, std::size_t depth_max) {
  return Checker(text, depth_max).run();
}

std::string place_in(std::string_view text, std::size_t at) {
  text = text.substr(0, at);
  const auto lines = std::count(text.begin(), text.end(), '\n');
  const std::string_view line = text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
  const auto before =
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return "line " + std::to_string(lines + 1) + ", column " + std::to_string(before + 1);
}

std::string_view json_trimmed(std::string_view text) {
  while (!text.empty() && json_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && json_blank(text.back())) text.remove_suffix(1);
  return text;
}

void JsonItems::skip_blanks() {
  while (json_blank(text_[at_])) ++at_;
}

std::string_view JsonItems::take_value() {
  const std::size_t from = at_;
  at_ = after_value(text_, at_);
  return text_.substr(from, at_ - from);
}

bool JsonItems::next() {
  skip_blanks();
  if (text_[at_] == ',') {
    ++at_;
    skip_blanks();
  }
  if (text_[at_] == '}' || text_[at_] == ']') return false;
  if (text_.front() == '{') {
    key = take_value();
    skip_blanks();
    ++at_;  // the colon
    skip_blanks();
  }
  value = take_value();
  return true;
}

}  // namespace stoker::merge
