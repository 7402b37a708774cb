// JsonSyntax with the streaming parser of Boost.JSON. The handler keeps the open containers and the last token, from
// which a fault is described in words. Lines and columns are counted while the text is read, so the place of a fault is
// known.
#include "json_syntax.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <vector>

namespace json {
namespace {

enum class Last { nothing, opened, key, value, part };

// The handler of the parser. It stores nothing of the text.
struct Follower {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using code = boost::json::error_code;
  using text = boost::json::string_view;

  std::vector<char> open;
  Last last = Last::nothing;

  bool opened(char kind) {
    open.push_back(kind);
    last = Last::opened;
    return true;
  }
  bool closed() {
    open.pop_back();
    return now(Last::value);
  }
  bool now(Last what) {
    last = what;
    return true;
  }
  bool on_document_begin(code&) { return true; }
  bool on_document_end(code&) { return true; }
  bool on_object_begin(code&) { return opened('{'); }
  bool on_object_end(std::size_t, code&) { return closed(); }
  bool on_array_begin(code&) { return opened('['); }
  bool on_array_end(std::size_t, code&) { return closed(); }
  bool on_key_part(text, std::size_t, code&) { return now(Last::part); }
  bool on_key(text, std::size_t, code&) { return now(Last::key); }
  bool on_string_part(text, std::size_t, code&) { return now(Last::part); }
  bool on_string(text, std::size_t, code&) { return now(Last::value); }
  bool on_number_part(text, code&) { return true; }
  bool on_int64(std::int64_t, text, code&) { return now(Last::value); }
  bool on_uint64(std::uint64_t, text, code&) { return now(Last::value); }
  bool on_double(double, text, code&) { return now(Last::value); }
  bool on_bool(bool, code&) { return now(Last::value); }
  bool on_null(code&) { return now(Last::value); }
  bool on_comment_part(text, code&) { return true; }
  bool on_comment(text, code&) { return true; }
};

boost::json::parse_options strict() {
  boost::json::parse_options options;
  options.max_depth = depth_max;
  return options;
}

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// `before`: the last byte before the fault that is not blank; `at`: the byte at the fault, 0 at the end of the text.
std::string expected(const Follower& follower, char before, char at) {
  const char open = follower.open.empty() ? 0 : follower.open.back();
  if (follower.last == Last::part) return "invalid string";
  if (follower.last == Last::key) return before == ':' ? "expected a value" : "expected ':'";
  if (before == ',') return open == '{' ? "expected a name in quotes after ','" : "expected a value after ','";
  if (follower.last == Last::value) return open == '{' ? "expected ',' or '}'" : "expected ',' or ']'";
  if (at == 0 && follower.last == Last::nothing) return "expected a value";
  if (follower.last == Last::opened && open == '{') return "expected a name in quotes or '}'";
  return open == '[' ? "expected a value or ']'" : "expected a value";
}

}  // namespace

struct JsonSyntax::State {
  boost::json::basic_parser<Follower> parser{strict()};
  std::optional<Fault> fault;
  std::size_t line = 1, column = 1;
  char before = 0;
  bool begun = false;

  void pass(std::string_view read) {
    for (const char c : read) {
      if (c == '\n') {
        ++line;
        column = 1;
      } else if (!continues(c)) {
        ++column;
      }
      if (!blank(c)) before = c;
    }
  }

  void found(const boost::json::error_code& code, char at) {
    using boost::json::error;
    fault = Fault{line, column, ""};
    if (code == error::extra_data)
      fault->what = "expected the end of the text";
    else if (code == error::too_deep)
      fault->what = "nested deeper than " + std::to_string(depth_max);
    else if (code == error::exponent_overflow)
      fault->what = "the exponent is too large";
    else if (code == error::illegal_leading_surrogate || code == error::illegal_trailing_surrogate)
      fault->what = "invalid surrogate in a \\u escape";
    else if (code == error::expected_hex_digit)
      fault->what = "expected a hexadecimal digit";
    else if (code == error::expected_utf16_escape)
      fault->what = "expected a \\u escape";
    else
      fault->what = expected(parser.handler(), before, at);
    if (at == 0) fault->what += ", found the end of the text";
  }
};

JsonSyntax::JsonSyntax() : state_(std::make_unique<State>()) {}
JsonSyntax::~JsonSyntax() = default;

bool JsonSyntax::feed(std::string_view bytes) {
  State& state = *state_;
  if (state.fault || bytes.empty()) return !state.fault;
  if (!state.begun && bytes.front() == '\xEF') {  // 0xEF can begin only a byte order mark here
    state.fault = Fault{1, 1, "a byte order mark; JSON text begins without one"};
    return false;
  }
  state.begun = true;
  boost::json::error_code error;
  const std::size_t read = state.parser.write_some(true, bytes.data(), bytes.size(), error);
  if (!error && read < bytes.size()) error = boost::json::make_error_code(boost::json::error::extra_data);
  state.pass(bytes.substr(0, read));
  if (error) state.found(error, read < bytes.size() ? bytes[read] : '?');
  return !state.fault;
}

std::optional<Fault> JsonSyntax::finish() {
  State& state = *state_;
  if (state.fault) return state.fault;
  boost::json::error_code error;
  state.parser.write_some(false, "", 0, error);
  if (error) state.found(error, 0);
  return state.fault;
}

}  // namespace json
