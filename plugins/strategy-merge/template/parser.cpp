// Blocks are read one action after the other; the tokens of an action are a list in which the parser can look ahead.
// What failed is kept in error_, and every function that may fail says so by its answer.
#include "parser.hpp"

#include "functions.hpp"
#include "number.hpp"
#include "quote.hpp"

#include <algorithm>
#include <array>

namespace stoker::merge::templates {
namespace {

using Kind = Token::Kind;

class Parser {
 public:
  explicit Parser(Tree& tree) : tree_(tree), lexer_(tree.source, tree.name) {}
  Result<void> parse();

 private:
  // Which action ended a list of blocks.
  enum class Ending { failed, end_of_text, end, otherwise };

  Ending blocks(std::vector<Block>& into);
  Ending action(std::vector<Block>& into);
  bool statement(std::vector<Block>& into, const Token& word);
  bool control(std::vector<Block>& into, Block::Kind kind, std::string_view word);
  bool after_body(Block& block, Block::Kind kind, Ending ended);
  bool loop_statement(std::vector<Block>& into, const Token& word);
  bool pipeline(Pipeline& into, std::string_view what, Kind closing);
  bool declarations(Pipeline& into, std::string_view what);
  bool check(const Pipeline& pipeline, std::string_view what);
  bool command(Command& into);
  bool operand(Operand& into);
  bool term(Operand& into);
  bool parenthesised(Operand& into);
  bool function(Operand& into);
  bool variable(Operand& into);
  bool number(Operand& into);
  bool constant_keyword(Operand& into);

  bool load();
  const Token& peek() const { return (*tokens_)[next_]; }
  const Token& take() { return (*tokens_)[next_ + 1 < tokens_->size() ? next_++ : next_]; }
  const Token& peek_word();  // steps over space
  bool deeper(std::uint32_t at);
  bool fail(std::size_t at, const std::string& why, std::string_view code = "merge.bad-template");
  bool unexpected(const Token& token, std::string_view in);

  Tree& tree_;
  Lexer lexer_;
  const std::vector<Token>* tokens_ = nullptr;
  std::size_t next_ = 0, actions_ = 0;
  std::uint32_t depth_ = 0, loops_ = 0;
  std::vector<std::string_view> variables_{"$"};
  std::optional<Error> error_;
};

std::string in_braces(std::string_view word) { return "{{" + std::string(word) + "}}"; }

bool is_word(const Token& token, std::string_view word) { return token.kind == Kind::keyword && token.written == word; }

bool starts_operand(const Token& token) {
  switch (token.kind) {
    case Kind::text:
    case Kind::rune:
    case Kind::number:
    case Kind::field:
    case Kind::dot:
    case Kind::variable:
    case Kind::word:
    case Kind::left_paren: return true;
    case Kind::keyword: return token.written == "true" || token.written == "false" || token.written == "nil";
    default: return false;
  }
}

Result<void> Parser::parse() {
  const Ending ended = blocks(tree_.blocks);
  if (ended == Ending::end || ended == Ending::otherwise)
    fail(peek().at, in_braces(ended == Ending::end ? "end" : "else") + " without a block that it belongs to");
  if (error_) return std::move(*error_);
  return {};
}

bool Parser::fail(std::size_t at, const std::string& why, std::string_view code) {
  if (!error_) error_ = lexer_.error(at, why, code);
  return false;
}

bool Parser::unexpected(const Token& token, std::string_view in) {
  const std::string what = token.kind == Kind::space ? "space" : "'" + std::string(token.written.substr(0, 64)) + "'";
  return fail(token.at, what + " is not expected in " + std::string(in));
}

bool Parser::deeper(std::uint32_t at) {
  if (++depth_ <= depth_max) return true;
  return fail(at, "blocks and parentheses lie within each other more than " + std::to_string(depth_max) + " deep",
              "merge.template-limit");
}

bool Parser::load() {
  if (++actions_ > actions_max)
    return fail(0, "the template has more than " + std::to_string(actions_max) + " actions", "merge.template-limit");
  auto tokens = lexer_.action();
  if (!tokens) {
    if (!error_) error_ = std::move(tokens).error();
    return false;
  }
  tokens_ = *tokens;
  next_ = 0;
  return true;
}

const Token& Parser::peek_word() {
  while (peek().kind == Kind::space) ++next_;
  return peek();
}

// ---- blocks

Parser::Ending Parser::blocks(std::vector<Block>& into) {
  for (;;) {
    const std::string_view text = lexer_.text();
    if (!text.empty()) {
      into.emplace_back();
      into.back().text = text;
    }
    if (lexer_.at_end()) return Ending::end_of_text;
    if (lexer_.at_comment()) {
      auto skipped = lexer_.skip_comment();
      if (skipped) continue;
      error_ = std::move(skipped).error();
      return Ending::failed;
    }
    const Ending ended = action(into);
    if (ended != Ending::end_of_text) return ended;
  }
}

// end_of_text: neither end nor else, so the list goes on.
Parser::Ending Parser::action(std::vector<Block>& into) {
  if (!load()) return Ending::failed;
  const Token& first = peek_word();
  const bool is_value = starts_operand(first);
  if (first.kind == Kind::keyword && !is_value) {
    const Token word = take();
    if (word.written == "end") {
      if (peek_word().kind == Kind::end) return Ending::end;
      unexpected(peek(), "{{end}}");
      return Ending::failed;
    }
    if (word.written == "else") return Ending::otherwise;
    return statement(into, word) ? Ending::end_of_text : Ending::failed;
  }
  into.emplace_back();
  Block& block = into.back();
  block.kind = Block::Kind::action;
  block.at = first.at;
  return pipeline(block.pipeline, "an action", Kind::end) ? Ending::end_of_text : Ending::failed;
}

bool Parser::statement(std::vector<Block>& into, const Token& word) {
  if (word.written == "if") return control(into, Block::Kind::branch, "if");
  if (word.written == "with") return control(into, Block::Kind::with, "with");
  if (word.written == "range") return control(into, Block::Kind::range, "range");
  if (word.written == "break" || word.written == "continue") return loop_statement(into, word);
  return fail(word.at, in_braces(word.written) + " is not available: a template has no parts with names");
}

bool Parser::loop_statement(std::vector<Block>& into, const Token& word) {
  if (peek_word().kind != Kind::end) return unexpected(peek(), in_braces(word.written));
  if (loops_ == 0) return fail(word.at, in_braces(word.written) + " outside of {{range}}");
  into.emplace_back();
  into.back().kind = word.written == "break" ? Block::Kind::leave : Block::Kind::next;
  into.back().at = word.at;
  return true;
}

bool Parser::control(std::vector<Block>& into, Block::Kind kind, std::string_view word) {
  into.emplace_back();
  Block block;
  block.kind = kind;
  block.at = peek().at;
  const std::size_t known = variables_.size();
  if (!deeper(block.at) || !pipeline(block.pipeline, in_braces(word), Kind::end)) return false;
  if (kind == Block::Kind::range) ++loops_;
  const Ending ended = blocks(block.body);
  if (kind == Block::Kind::range) --loops_;
  if (ended == Ending::end_of_text) return fail(block.at, in_braces(word) + " has no {{end}}");
  if (ended == Ending::failed || !after_body(block, kind, ended)) return false;
  variables_.resize(known);
  --depth_;
  into.back() = std::move(block);
  return true;
}

// Reads the else of a block, if there is one. `else if` and `else with` are a block of their own that shares the end.
bool Parser::after_body(Block& block, Block::Kind kind, Ending ended) {
  if (ended == Ending::end) return true;
  const std::string_view chained = kind == Block::Kind::branch ? "if" : kind == Block::Kind::with ? "with" : "";
  if (!chained.empty() && is_word(peek_word(), chained)) {
    take();
    return control(block.otherwise, kind, chained);
  }
  if (peek_word().kind != Kind::end) return unexpected(peek(), "{{else}}");
  const Ending last = blocks(block.otherwise);
  if (last == Ending::end_of_text) return fail(block.at, "the block has no {{end}}");
  if (last == Ending::otherwise) return fail(peek().at, "a second {{else}} in one block");
  return last == Ending::end;
}

// ---- pipelines

bool Parser::pipeline(Pipeline& into, std::string_view what, Kind closing) {
  into.at = peek_word().at;
  if (!declarations(into, what)) return false;
  for (;;) {
    const Token& next = peek_word();
    if (next.kind == closing) {
      take();
      return check(into, what);
    }
    if (!starts_operand(next)) return unexpected(next, what);
    into.commands.emplace_back();
    if (!command(into.commands.back())) return false;
  }
}

// `$x :=`, `$x =`, and within range also `$k, $v :=`.
bool Parser::declarations(Pipeline& into, std::string_view what) {
  const bool two = what == "{{range}}";
  for (;;) {
    const std::size_t start = next_;
    if (peek_word().kind != Kind::variable) return true;
    const Token name = take();
    const Kind kind = peek_word().kind;
    if (kind != Kind::assign && kind != Kind::declare && kind != Kind::comma) {
      next_ = start;
      return true;
    }
    const Token sign = take();
    into.variables.push_back(name.written);
    variables_.push_back(name.written);
    if (kind != Kind::comma) {
      into.assigns = kind == Kind::assign;
      return true;
    }
    if (!two || into.variables.size() == 2) return fail(sign.at, "too many variables in " + std::string(what));
    const Kind after = peek_word().kind;
    if (after != Kind::variable && after != Kind::end)
      return fail(peek().at, "{{range}} declares variables only, as in {{range $key, $value := .Vars}}");
  }
}

bool Parser::check(const Pipeline& pipeline, std::string_view what) {
  if (pipeline.commands.empty()) return fail(pipeline.at, "there is no value in " + std::string(what));
  for (std::size_t i = 1; i < pipeline.commands.size(); ++i) {
    const Operand& first = pipeline.commands[i].front();
    if (first.kind == Operand::Kind::constant || first.kind == Operand::Kind::dot)
      return fail(first.at, "behind | stands a function, and no value");
  }
  return true;
}

bool Parser::command(Command& into) {
  for (;;) {
    if (starts_operand(peek_word())) {
      into.emplace_back();
      if (!operand(into.back())) return false;
    }
    const Token& next = peek();
    switch (next.kind) {
      case Kind::space: break;
      case Kind::end:
      case Kind::right_paren: return true;
      case Kind::pipe: take(); return true;
      default: return unexpected(next, "an operand; operands stand apart, with space between");
    }
  }
}

bool Parser::operand(Operand& into) {
  const Token first = peek();
  if (!term(into)) return false;
  if (peek().kind != Kind::field) return true;
  if (into.kind == Operand::Kind::constant || into.kind == Operand::Kind::dot)
    return fail(peek().at, "'" + std::string(peek().written) + "' stands behind '" +
                               std::string(first.written.substr(0, 64)) + "', which has no fields");
  if (into.kind == Operand::Kind::function) {  // a function without arguments, and a field of what it answers
    auto called = std::make_unique<Pipeline>();
    called->at = into.at;
    called->commands.emplace_back();
    called->commands.back().push_back(std::move(into));
    into = Operand();
    into.kind = Operand::Kind::pipeline;
    into.at = called->at;
    into.pipeline = std::move(called);
  }
  while (peek().kind == Kind::field) into.fields.push_back(take().written.substr(1));
  return true;
}

bool Parser::term(Operand& into) {
  const Token& token = peek();
  into.at = token.at;
  switch (token.kind) {
    case Kind::word: return function(into);
    case Kind::variable: return variable(into);
    case Kind::left_paren: return parenthesised(into);
    case Kind::number:
    case Kind::rune: return number(into);
    case Kind::keyword: return constant_keyword(into);
    case Kind::dot: into.kind = Operand::Kind::dot; break;
    case Kind::field:
      into.kind = Operand::Kind::field;
      into.fields.push_back(token.written.substr(1));
      break;
    default: {
      auto text = unquote(token.written);
      if (!text) return fail(token.at, "an escape in " + std::string(token.written.substr(0, 64)) + " does not exist");
      tree_.unquoted.push_back(std::move(*text));
      into.constant = Value::of(std::string_view(tree_.unquoted.back()));
    }
  }
  take();
  return true;
}

bool Parser::parenthesised(Operand& into) {
  const Token open = take();
  if (!deeper(open.at)) return false;
  into.kind = Operand::Kind::pipeline;
  into.pipeline = std::make_unique<Pipeline>();
  if (!pipeline(*into.pipeline, "parentheses", Kind::right_paren)) return false;
  --depth_;
  return true;
}

bool Parser::function(Operand& into) {
  const Token word = take();
  into.kind = Operand::Kind::function;
  into.name = word.written;
  if (find_function(word.written)) return true;
  const std::string name = "function \"" + std::string(word.written) + "\"";
  if (is_refused_function(word.written)) return fail(word.at, name + " is not available in these templates");
  return fail(word.at, name + " not defined");
}

bool Parser::variable(Operand& into) {
  const Token word = take();
  into.kind = Operand::Kind::variable;
  into.name = word.written;
  if (std::find(variables_.begin(), variables_.end(), word.written) != variables_.end()) return true;
  return fail(word.at, "variable " + std::string(word.written) + " is not defined");
}

bool Parser::number(Operand& into) {
  const Token token = take();
  const std::string written(token.written.substr(0, 64));
  if (token.kind == Kind::rune) {
    const auto code = unquote_rune(token.written);
    if (!code) return fail(token.at, written + " is not one character");
    into.constant = Value::of(static_cast<std::int64_t>(*code));
    return true;
  }
  const auto number = read_number(token.written);
  if (number.value) into.constant = Value::of(*number.value);
  return number.value || fail(token.at, "'" + written + "' " + std::string(number.why));
}

bool Parser::constant_keyword(Operand& into) {
  const Token word = take();
  if (word.written == "nil") into.constant = Value();
  if (word.written != "nil") into.constant = Value::of(word.written == "true");
  return true;
}

}  // namespace

Result<std::unique_ptr<const Tree>> parse_tree(std::string source, std::string name) {
  auto tree = std::make_unique<Tree>();
  tree->source = std::move(source);
  tree->name = std::move(name);
  if (tree->source.size() > source_bytes_max)
    return Error(errc::invalid,
                 tree->name + ": a template has at most " + std::to_string(source_bytes_max) + " bytes, this one has " +
                     std::to_string(tree->source.size()),
                 "merge.template-limit");
  if (auto parsed = Parser(*tree).parse(); !parsed) return std::move(parsed).error();
  return std::unique_ptr<const Tree>(std::move(tree));
}

}  // namespace stoker::merge::templates
