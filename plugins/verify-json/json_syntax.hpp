// Checks the syntax of one JSON text while it is read in pieces: JSON in UTF-8 without a byte order mark, as RFC 8259
// has it. Pure. One JsonSyntax for each text; it is used by one thread and needs constant memory.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace json {

constexpr std::size_t depth_max = 512;

// The place where the text stops being valid JSON. Line and column count from 1; a column is a character (code point),
// not a byte.
struct Fault {
  std::size_t line = 1, column = 1;
  std::string what;            // "expected ',' or '}'"
  bool with_comments = false;  // where comments and trailing commas are allowed, this would be none
};

enum class Dialect { strict, with_comments };  // with_comments: also // and /* */, and a comma after the last item

class JsonSyntax {
 public:
  explicit JsonSyntax(Dialect dialect = Dialect::strict) : dialect_(dialect) {}
  // Takes the next bytes. False: a fault was found, and further bytes are ignored.
  bool feed(std::string_view bytes);
  // Called at the end of the text.
  std::optional<Fault> finish();

 private:
  struct Place {
    std::size_t line = 1, column = 1;
  };
  // What may come next between two tokens.
  enum class Next { value, first_item, item, first_name, name, colon, end_of_item };
  // What is being read.
  enum class Token { none, text, escape, hex, letter, number, word, slash, line_comment, block_comment, star };
  enum class Number { minus, zero, digits, point, fraction, e, sign, exponent };

  // Each takes one byte. False: the byte does not belong to the token and is read again, between tokens.
  bool between(char c);
  bool in_text(char c);
  bool in_escape(char c);
  bool in_hex(char c);
  bool in_letter(char c);
  bool in_number(char c);
  bool in_word(char c);
  bool in_comment(char c);
  bool take(char c);

  bool begin_value(char c);
  void begin_text(bool is_name);
  void begin_letter(unsigned char lead);
  bool open(char bracket);
  bool close(char bracket);
  void end_value();
  bool is_complete() const;  // of a number
  std::string expected() const;
  std::string found(char c) const;  // ", found a NUL byte"
  void fail(std::string what) { fail(here_, std::move(what)); }
  void fail(Place at, std::string what, bool with_comments = false);
  void pass(char c);

  const Dialect dialect_;
  std::optional<Fault> fault_;
  std::string open_;  // the brackets that are open
  Next next_ = Next::value;
  Token token_ = Token::none;
  Number number_ = Number::minus;
  Place here_, start_;  // start_: of the token, or of the character of several bytes
  bool begun_ = false, is_name_ = false;
  std::string_view word_;  // what is left of true, false or null
  const char* wanted_ = "";
  int left_ = 0;                            // digits of an escape, or bytes of a character
  unsigned char low_ = 0x80, high_ = 0xBF;  // between which the next byte of a character lies
};

}  // namespace json
