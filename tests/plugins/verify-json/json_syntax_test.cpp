// The automaton against a second parser: texts that were made from valid ones by changes at random.
#include "plugins/verify-json/json_syntax.hpp"

#include <gtest/gtest.h>

#include <boost/json/basic_parser_impl.hpp>

#include <random>

namespace json {
namespace {

// Accepts everything; Boost's parser knows the grammar itself.
struct Ignoring {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1), max_array_size = max_object_size,
                               max_key_size = max_object_size, max_string_size = max_object_size;
  using code = boost::json::error_code;
  using text = boost::json::string_view;
  bool on_document_begin(code&) { return true; }
  bool on_document_end(code&) { return true; }
  bool on_object_begin(code&) { return true; }
  bool on_object_end(std::size_t, code&) { return true; }
  bool on_array_begin(code&) { return true; }
  bool on_array_end(std::size_t, code&) { return true; }
  bool on_key_part(text, std::size_t, code&) { return true; }
  bool on_key(text, std::size_t, code&) { return true; }
  bool on_string_part(text, std::size_t, code&) { return true; }
  bool on_string(text, std::size_t, code&) { return true; }
  bool on_number_part(text, code&) { return true; }
  bool on_int64(std::int64_t, text, code&) { return true; }
  bool on_uint64(std::uint64_t, text, code&) { return true; }
  bool on_double(double, text, code&) { return true; }
  bool on_bool(bool, code&) { return true; }
  bool on_null(code&) { return true; }
  bool on_comment_part(text, code&) { return true; }
  bool on_comment(text, code&) { return true; }
};

bool boost_accepts(const std::string& text, Dialect dialect) {
  boost::json::parse_options options;
  options.allow_comments = options.allow_trailing_commas = dialect == Dialect::with_comments;
  boost::json::basic_parser<Ignoring> parser(options);
  boost::json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  return !error && read == text.size();
}

std::optional<Fault> fault_of(std::string_view text, Dialect dialect, std::size_t piece) {
  JsonSyntax syntax(dialect);
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
    if (!syntax.feed(text.substr(0, piece))) break;
  return syntax.finish();
}

// cases T38
TEST(JsonSyntaxTest, AcceptsWhatAnotherParserAccepts) {
  const std::vector<std::string> seeds = {R"({"a": [1, -2.5e3, true, null, "\u00e9\n"], "b": {}, "c": [], "d": 0})",
                                          R"([[], {"x": "é€😀"}, 0.1, 1E+9])",
                                          R"({"a": 1, // c
          "b": /* d */ [2,],})"};
  const std::string letters = "{}[]\",:/*\\ \n\t01-+.eEtfnu\x01\x80\xc3\xe9";
  std::mt19937 random(20380119);
  int accepted = 0;
  for (int i = 0; i < 60000; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (unsigned changes = random() % 4; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      if (random() % 2) text.erase(at, 1);
      if (random() % 2) text.insert(at, 1, letters[random() % letters.size()]);
    }
    if (text.find("\\u") != text.npos && text.find("\\u00e9") == text.npos) continue;  // Boost refuses lone surrogates
    if (text.find("**/") != text.npos) continue;  // the end of a comment, which Boost does not see
    const Dialect dialect = random() % 2 ? Dialect::strict : Dialect::with_comments;
    const auto fault = fault_of(text, dialect, 1 + random() % 9);
    ASSERT_EQ(!fault, boost_accepts(text, dialect)) << text << "\n" << (fault ? fault->what : "");
    accepted += fault ? 0 : 1;
  }
  EXPECT_GT(accepted, 5000);
}

TEST(JsonSyntaxTest, APieceMayEndAnywhere) {
  const std::string text = "{\"a\xc3\xa9\": \"\\u00e9\", \"b\": tru }";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto fault = fault_of(text, Dialect::strict, piece);
    ASSERT_TRUE(fault);
    EXPECT_EQ(fault->column, 23u) << piece;
    EXPECT_EQ(fault->what, "expected true") << piece;
  }
}

}  // namespace
}  // namespace json
