// Cuts a template into text and actions, and an action into tokens. Pure; used by the parser only.
#pragma once

#include <stoker/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::merge::templates {

struct Token {
  enum class Kind : std::uint8_t {
    space,
    assign,   // =
    declare,  // :=
    pipe,     // |
    comma,
    sign,  // any other printable sign; nothing accepts it
    left_paren,
    right_paren,
    text,      // "…" or `…`
    rune,      // '…'
    number,    // also what looks like a fraction
    field,     // .name
    dot,       // . alone
    variable,  // $name
    word,      // a function
    keyword,   // if, end, ...; also true, false and nil
    end,       // }}
  };
  Kind kind = Kind::end;
  std::uint32_t at = 0;  // where in the template
  std::string_view written;
};

class Lexer {
 public:
  Lexer(std::string_view source, std::string_view name) : source_(source), name_(name) {}

  // The text up to the next action or comment, with trim marks obeyed. Afterwards the lexer stands at it, or at the
  // end.
  std::string_view text();
  bool at_end() const { return at_ == source_.size(); }
  bool at_comment() const;
  Result<void> skip_comment();
  // The tokens of the action at which the lexer stands; the last one is `end`. The list is good until the next call.
  Result<const std::vector<Token>*> action();

  Error error(std::size_t at, const std::string& why, std::string_view code = "merge.bad-template") const;

 private:
  bool starts(std::size_t at, std::string_view with) const { return source_.substr(at, with.size()) == with; }
  bool trims_left(std::size_t at) const;   // at: behind {{
  bool trims_right(std::size_t at) const;  // at: where "}}" or " -}}" may stand
  bool closes(std::size_t at) const { return starts(at, "}}") || trims_right(at); }
  void close();
  bool ends_word(std::size_t at) const;
  std::size_t after_words(std::size_t at) const;
  Result<Token> token();
  Result<Token> quoted(char mark, Token::Kind kind, std::string_view what);
  Result<Token> number();
  Result<Token> name(Token::Kind kind, std::size_t from);
  Token take(Token::Kind kind, std::size_t to);

  std::string_view source_, name_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

// "<name>:<line>:<column>: ", both counted from 1.
std::string place_of(std::string_view source, std::string_view name, std::size_t at);

}  // namespace stoker::merge::templates
