// Follows the rules of Go's text/template for delimiters, trim marks, comments and words.
#include "lexer.hpp"

#include "rune.hpp"
#include "template.hpp"

#include <algorithm>
#include <array>

namespace stoker::merge::templates {
namespace {

constexpr std::string_view open_comment = "/*", close_comment = "*/";
constexpr std::array<std::string_view, 13> keywords{
    "if", "else", "end", "range", "with", "break", "continue", "define", "template", "block", "true", "false", "nil"};

bool is_keyword(std::string_view word) { return std::find(keywords.begin(), keywords.end(), word) != keywords.end(); }

}  // namespace

std::string place_of(std::string_view source, std::string_view name, std::size_t at) {
  const std::string_view before = source.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n');
  const std::size_t column = 1 + rune_count(start == std::string_view::npos ? before : before.substr(start + 1));
  return std::string(name) + ":" + std::to_string(line) + ":" + std::to_string(column) + ": ";
}

Error Lexer::error(std::size_t at, const std::string& why, std::string_view code) const {
  return Error(errc::invalid, place_of(source_, name_, at) + why, std::string(code));
}

bool Lexer::trims_left(std::size_t at) const {
  return at + 1 < source_.size() && source_[at] == '-' && is_space(source_[at + 1]);
}

bool Lexer::trims_right(std::size_t at) const {
  return at < source_.size() && is_space(source_[at]) && starts(at + 1, "-}}");
}

std::string_view Lexer::text() {
  const std::size_t from = at_;
  at_ = std::min(source_.find("{{", from), source_.size());
  std::string_view text = source_.substr(from, at_ - from);
  if (!at_end() && trims_left(at_ + 2))
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool Lexer::at_comment() const {
  const std::size_t inside = at_ + 2;
  return starts(inside + (trims_left(inside) ? 2 : 0), open_comment);
}

// Steps over the closing delimiter, and over the space behind it that a trim mark takes away.
void Lexer::close() {
  const bool trims = trims_right(at_);
  at_ += trims ? 4 : 2;
  while (trims && !at_end() && is_space(source_[at_])) ++at_;
}

Result<void> Lexer::skip_comment() {
  const std::size_t from = at_;
  const std::size_t body = source_.find(open_comment, at_) + open_comment.size();
  const std::size_t end = source_.find(close_comment, body);
  if (end == std::string_view::npos) return error(from, "the comment is not closed by */");
  at_ = end + close_comment.size();
  if (!closes(at_)) return error(at_, "a comment ends in */}} or */ -}}, with nothing between");
  close();
  return {};
}

Result<const std::vector<Token>*> Lexer::action() {
  const std::size_t from = at_;
  tokens_.clear();
  at_ += 2;
  if (trims_left(at_)) at_ += 2;
  std::size_t open = 0;
  for (;;) {
    if (closes(at_)) break;
    if (at_end()) return error(from, "the action is not closed by }}");
    auto next = token();
    if (!next) return std::move(next).error();
    if (next->kind == Token::Kind::left_paren) ++open;
    if (next->kind == Token::Kind::right_paren && open-- == 0) return error(next->at, "a ) without its (");
    if (tokens_.size() == action_tokens_max)
      return error(from, "the action is longer than " + std::to_string(action_tokens_max) + " words and signs",
                   "merge.template-limit");
    tokens_.push_back(*next);
  }
  if (open) return error(at_, "a ( is not closed");
  tokens_.push_back({Token::Kind::end, static_cast<std::uint32_t>(at_), "}}"});
  close();
  return &tokens_;
}

Token Lexer::take(Token::Kind kind, std::size_t to) {
  const Token token{kind, static_cast<std::uint32_t>(at_), source_.substr(at_, to - at_)};
  at_ = to;
  return token;
}

Result<Token> Lexer::token() {
  const char c = source_[at_];
  if (is_space(c)) {
    std::size_t to = at_;
    while (to < source_.size() && is_space(source_[to]) && !trims_right(to)) ++to;
    return take(Token::Kind::space, to);
  }
  switch (c) {
    case '=': return take(Token::Kind::assign, at_ + 1);
    case ':':
      if (!starts(at_, ":=")) return error(at_, "':' stands only in ':='");
      return take(Token::Kind::declare, at_ + 2);
    case '|': return take(Token::Kind::pipe, at_ + 1);
    case ',': return take(Token::Kind::comma, at_ + 1);
    case '(': return take(Token::Kind::left_paren, at_ + 1);
    case ')': return take(Token::Kind::right_paren, at_ + 1);
    case '"': return quoted('"', Token::Kind::text, "the text in quotation marks");
    case '`': return quoted('`', Token::Kind::text, "the text in back quotes");
    case '\'': return quoted('\'', Token::Kind::rune, "the character");
    case '$': return name(Token::Kind::variable, at_ + 1);
    default: break;
  }
  if (c == '.' && (at_ + 1 == source_.size() || !is_digit(source_[at_ + 1]))) return name(Token::Kind::field, at_ + 1);
  if (c == '.' || c == '+' || c == '-' || is_digit(c)) return number();
  const Rune rune = rune_at(source_, at_);
  if (is_word(rune)) return name(Token::Kind::word, at_);
  if (rune.code < 0x80 && is_printable(rune.code)) return take(Token::Kind::sign, at_ + 1);
  return error(at_, "the character " + rune_name(rune) + " has no meaning here");
}

Result<Token> Lexer::quoted(char mark, Token::Kind kind, std::string_view what) {
  for (std::size_t at = at_ + 1; at < source_.size(); ++at) {
    if (source_[at] == mark) return take(kind, at + 1);
    if (mark == '`') continue;
    if (source_[at] == '\\') ++at;
    if (at < source_.size() && source_[at] == '\n') break;
  }
  return error(at_, std::string(what) + " is not closed");
}

// Whether it is a number, and which, is said by the parser.
Result<Token> Lexer::number() {
  const std::size_t sign = source_[at_] == '+' || source_[at_] == '-' ? 1 : 0;
  std::size_t to = at_ + sign;
  while (to < source_.size() && (source_[to] == '.' || is_word(rune_at(source_, to)))) to += rune_at(source_, to).bytes;
  return take(Token::Kind::number, to);
}

std::size_t Lexer::after_words(std::size_t at) const {
  for (; at < source_.size(); at += rune_at(source_, at).bytes)
    if (!is_word(rune_at(source_, at))) break;
  return at;
}

bool Lexer::ends_word(std::size_t at) const {
  constexpr std::string_view ends = ".,|:()";
  return at == source_.size() || is_space(source_[at]) || ends.find(source_[at]) != std::string_view::npos ||
         starts(at, "}}");
}

// A name of one of three sorts; its letters begin at `from`.
Result<Token> Lexer::name(Token::Kind kind, std::size_t from) {
  const std::size_t to = after_words(from);
  if (!ends_word(to)) {
    const std::string what(source_.substr(at_, to - at_));
    std::string why = "'" + what + "' goes on with " + rune_name(rune_at(source_, to)) + ", which no name contains";
    if (kind == Token::Kind::field) why += "; such a key is read with index, as in {{index .Labels \"my-key\"}}";
    return error(to, why);
  }
  if (kind == Token::Kind::field && to == from) return take(Token::Kind::dot, to);
  if (kind == Token::Kind::word && is_keyword(source_.substr(at_, to - at_))) return take(Token::Kind::keyword, to);
  return take(kind, to);
}

}  // namespace stoker::merge::templates
