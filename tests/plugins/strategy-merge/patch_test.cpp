// Values that are set in JSON files: one test for each rule, and a table of cases whose bytes another program made.
#include "plugins/strategy-merge/patch/patch.hpp"
#include "plugins/strategy-merge/patch/json_text.hpp"
#include "plugins/strategy-merge/patch/patch_value.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace stoker::merge {
namespace {

Result<Patched> patched(std::string bytes, std::string_view path, std::string_view value,
                        const PatchLimits& limits = {}) {
  auto parsed = PatchPath::parse(path);
  if (!parsed) return std::move(parsed).error();
  auto json = value_in_json(value);
  if (!json) return std::move(json).error();
  const ValueToSet set{std::move(parsed).value(), std::move(json).value()};
  return set_values(std::move(bytes), std::span(&set, 1), limits);
}

// The bytes, or the message of the error.
std::string set(std::string bytes, std::string_view path, std::string_view value = "9") {
  auto done = patched(std::move(bytes), path, value);
  return done ? done->bytes : done.error().message;
}

std::string code(std::string bytes, std::string_view path, std::string_view value = "9") {
  const auto done = patched(std::move(bytes), path, value);
  return done ? "" : done.error().code;
}

std::string value(std::string_view text) { return value_in_json(text).value(); }

// ---- what stays, what is added

TEST(PatchTest, BytesOutsideOfTheChangedValueStay) {
  EXPECT_EQ(set("\n{\t\"b\" : 1.0,\r\n\"a\\u0062\":  \"\\/\" ,\"c\": [ 1 ,2]}  \n", "c.0"),
            "\n{\t\"b\" : 1.0,\r\n\"a\\u0062\":  \"\\/\" ,\"c\": [ 9 ,2]}  \n");
}

TEST(PatchTest, ANewKeyGoesToTheEndOfItsObjectWithoutALineBreak) {
  EXPECT_EQ(set("{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", "a.c"), "{\n  \"a\": {\n    \"b\": 1\n  ,\"c\":9}\n}\n");
  EXPECT_EQ(set(R"({"a":{ }})", "a.c"), R"({"a":{ "c":9}})");
}

TEST(PatchTest, ANewKeyOrElementOfTheOutermostValueDropsWhiteSpaceAroundTheDocument) {
  EXPECT_EQ(set(" {\"a\": 1 }\n", "b"), R"({"a": 1 ,"b":9})");
  EXPECT_EQ(set(" [1, 2 ]\n", "-1"), "[1, 2 ,9]");
  EXPECT_EQ(set(" {\"a\": 1 }\n", "a"), " {\"a\": 9 }\n");
}

TEST(PatchTest, AnIndexBehindTheEndDropsWhiteSpaceWithinItsArrayOnly) {
  EXPECT_EQ(set(R"({"a":[1, { "b" : 2 } ] })", "a.3"), R"({"a":[1,{ "b" : 2 },null,9] })");
}

TEST(PatchTest, MissingParentsAreMadeAsObjectsOrAsArraysBeforeANumber) {
  EXPECT_EQ(set("{}", "a.b.c"), R"({"a":{"b":{"c":9}}})");
  EXPECT_EQ(set("{}", "a.0.b"), R"({"a":[{"b":9}]})");
}

// ---- numbers and signs in paths

TEST(PatchTest, ANumberIsAnIndexThatPadsWithNull) {
  EXPECT_EQ(set(R"({"a":[1]})", "a.0"), R"({"a":[9]})");
  EXPECT_EQ(set(R"({"a":[1]})", "a.3"), R"({"a":[1,null,null,9]})");
  EXPECT_EQ(set("{}", "a.1.1"), R"({"a":[null,[null,9]]})");
}

TEST(PatchTest, AtMost1024NullsAreMade) {
  EXPECT_EQ(code(R"({"a":[1]})", "a.1025"), "");
  EXPECT_EQ(code(R"({"a":[1]})", "a.1026"), "merge.patch-place");
  EXPECT_EQ(code("{}", "a.1025"), "merge.patch-place");
  EXPECT_EQ(set("{}", "a.99999999999999999999999"),
            "patch path 'a.99999999999999999999999': index 18446744073709551615 lies more than 1024 behind the end of "
            "the array; write -1 for a new element at its end, or :18446744073709551615 for a key");
}

TEST(PatchTest, ANumberIsAKeyOfAnObject) {
  EXPECT_EQ(set("{}", "2"), R"({"2":9})");
  EXPECT_EQ(set(R"({"a":{"99999":1}})", "a.99999"), R"({"a":{"99999":9}})");
}

TEST(PatchTest, AColonForcesAKey) {
  EXPECT_EQ(set("{}", "a.:2"), R"({"a":{"2":9}})");
  EXPECT_EQ(set("{}", "a.:-1"), R"({"a":{"-1":9}})");
  EXPECT_EQ(code("[]", ":2"), "merge.patch-place");
}

TEST(PatchTest, MinusOneAppendsToAnArrayAndWhereNothingIs) {
  EXPECT_EQ(set(R"({"t":[1, 2 ]})", "t.-1"), R"({"t":[1, 2 ,9]})");
  EXPECT_EQ(set("{}", "t.-1"), R"({"t":[9]})");
  EXPECT_EQ(set("{}", "t.-1.x"), R"({"t":[{"x":9}]})");
}

TEST(PatchTest, MinusOneIsAKeyOfAnObject) {
  EXPECT_EQ(set("{}", "-1"), R"({"-1":9})");
  EXPECT_EQ(set(R"({"t":{}})", "t.-1"), R"({"t":{"-1":9}})");
}

TEST(PatchTest, AnotherNegativeNumberOnAnArrayIsAnError) {
  EXPECT_EQ(set(R"({"t":[1]})", "t.-2"),
            "patch path 't.-2': 't' is an array, which has no key '-2'; write an index, or -1 for a new element at its "
            "end");
}

// ---- what is in the way

TEST(PatchTest, ANamedPartOnAnArrayIsAnError) {
  EXPECT_EQ(
      set("[1]", "a"),
      "patch path 'a': the file is an array, which has no key 'a'; write an index, or -1 for a new element at its "
      "end");
  EXPECT_EQ(code(R"({"t":[1]})", "t.x.y"), "merge.patch-place");
}

TEST(PatchTest, AScalarInTheWayIsReplacedAndNoted) {
  const auto done = patched(R"({"a":"secret","b":1})", "a.b", "9");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->bytes, R"({"a":{"b":9},"b":1})");
  EXPECT_EQ(done->notes, std::vector<std::string>{"'a' was a text and is now an object that holds 'a.b'"});
  EXPECT_EQ(patched("null", "0", "9")->notes,
            std::vector<std::string>{"the whole file was null and is now an array that holds '0'"});
}

TEST(PatchTest, ReplacingAValueIsNotNoted) { EXPECT_TRUE(patched(R"({"a":1})", "a", "{}")->notes.empty()); }

TEST(PatchTest, TheFirstOfEqualKeysIsSet) {
  EXPECT_EQ(set(R"({"k":1,"k":2})", "k"), R"({"k":9,"k":2})");
  EXPECT_EQ(set(R"({"k":{"y":1},"k":{"x":2}})", "k.x"), R"({"k":{"y":1,"x":9},"k":{"x":2}})");
}

TEST(PatchTest, AKeyWithABraceOrBracketInFrontIsFound) {  // sjson would write a second one
  EXPECT_EQ(set(R"({"[0]":1,"{a}":2})", "[0]"), R"({"[0]":9,"{a}":2})");
  EXPECT_EQ(set(R"({"[0]":1,"{a}":2})", "{a}"), R"({"[0]":1,"{a}":9})");
}

// ---- paths

TEST(PatchPathTest, ABackslashTakesTheNextCharacterAsItIs) {
  EXPECT_EQ(set(R"({"a.b":1})", "a\\.b"), R"({"a.b":9})");
  EXPECT_EQ(set(R"({"a*":1,"\\":2})", "a\\*"), R"({"a*":9,"\\":2})");
  EXPECT_EQ(set(R"({"a*":1,"\\":2})", "\\\\"), R"({"a*":1,"\\":9})");
  EXPECT_EQ(set(R"({":2":1})", "\\:2"), R"({":2":9})");
}

TEST(PatchPathTest, NamesAreLiteralAndCaseSensitive) {
  EXPECT_EQ(set("{}", "a b/c-d$~[0]"), R"({"a b/c-d$~[0]":9})");
  EXPECT_EQ(set(R"({"a":1})", "A"), R"({"a":1,"A":9})");
}

TEST(PatchPathTest, CharactersOfQueriesAreRefusedWithTheEscape) {
  for (const char* path : {"a*", "?", "a.#", "a.#.b", "x|y", "user@host", "@this", "a.#(b==1).c"})
    EXPECT_EQ(code("{}", path), "merge.bad-patch") << path;
  EXPECT_EQ(set("{}", "user@host"),
            "patch path 'user@host': '@' would make it a query; write \\@ for a key with this character");
  EXPECT_EQ(set("{}", "user\\@host"), R"({"user@host":9})");
}

TEST(PatchPathTest, AnEmptyPathOrPartIsRefused) {
  EXPECT_EQ(set("{}", ""), "patch path '': it is empty; name a value, such as connection.host");
  for (const char* path : {".", ".a", "a.", "a..b", "..", "a\\..", "a\\"})
    EXPECT_EQ(code("{}", path), "merge.bad-patch") << path;
  EXPECT_EQ(set("{}", "a..b"),
            "patch path 'a..b': a part between two dots is empty; write : for the key \"\", or \\. for a dot in a key");
  EXPECT_EQ(set("{}", "a.:"), R"({"a":{"":9}})");
}

TEST(PatchPathTest, ADigitBehindABackslashIsRefused) {  // sjson would append it
  EXPECT_EQ(set("[1]", "\\0"), "patch path '\\0': write 0 for an index, and :0 for a key; a digit needs no backslash");
}

TEST(PatchPathTest, ALongOrDeepPathIsRefused) {
  std::string deep = "a";
  for (int i = 1; i < 256; ++i) deep += ".a";
  EXPECT_EQ(code("{}", deep), "");
  EXPECT_EQ(code("{}", deep + ".a"), "merge.bad-patch");
  EXPECT_EQ(code("{}", std::string(4097, 'a')), "merge.bad-patch");
}

TEST(PatchPathTest, BytesThatAreNotUtf8AreRefused) {
  EXPECT_EQ(set("{}", "a.\xff"), "patch path 'a.\\xff': it is not UTF-8; a key that is written has to be");
}

TEST(PatchPathTest, JqMayBeginWithADotAndHasNoBrackets) {
  const auto path = PatchPath::parse(".system.name", PathDialect::jq);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->parts().size(), 2u);
  EXPECT_EQ(path->parts()[0].key, "system");
  EXPECT_EQ(path->first(1), ".system");
  EXPECT_TRUE(PatchPath::parse("systemName", PathDialect::jq));
  EXPECT_EQ(PatchPath::parse(".a[0]", PathDialect::jq).error().message,
            "patch path '.a[0]': write .list.0 for an index, and \\[ for a key with this character");
  EXPECT_EQ(PatchPath::parse(".a\\[0\\]", PathDialect::jq)->parts()[0].key, "a[0]");
  for (const char* bad : {".", "..a", ""}) EXPECT_FALSE(PatchPath::parse(bad, PathDialect::jq)) << bad;
}

// ---- values

TEST(PatchValueTest, IsJsonWhenTheWholeTextIs) {
  EXPECT_EQ(value("true"), "true");
  EXPECT_EQ(value(" null\n"), "null");
  EXPECT_EQ(value("9090"), "9090");
  EXPECT_EQ(value(R"("quoted")"), R"("quoted")");
  EXPECT_EQ(value(R"({ "b" : 1, "a" : [ 1, "x" ] })"), R"({"a":[1,"x"],"b":1})");
}

TEST(PatchValueTest, IsATextOtherwise) {
  for (const char* text : {"007", "+5", "0x10", "True", "10.0.0.1", "", " ", "nul", "NaN", "1 2", "my-gateway"})
    EXPECT_EQ(value(text), '"' + std::string(text) + '"');
}

TEST(PatchValueTest, ANumberIsAPlainDecimal) {
  EXPECT_EQ(value("1.0"), "1");
  EXPECT_EQ(value("1e3"), "1000");
  EXPECT_EQ(value("1e-7"), "0.0000001");
  EXPECT_EQ(value("3.14"), "3.14");
  EXPECT_EQ(value("-0"), "-0");
  EXPECT_EQ(value("1e23"), "100000000000000000000000");
}

TEST(PatchValueTest, ANumberThatIsTooLargeIsAText) {
  EXPECT_EQ(value("1e400"), R"("1e400")");
  EXPECT_EQ(value("[1,-1e400]"), R"("[1,-1e400]")");
  EXPECT_EQ(value("1e-400"), "0");
  EXPECT_EQ(value(std::string(400, '1') + "e-399"), "1.1111111111111112");
  EXPECT_EQ(value("0." + std::string(400, '0') + "1e402"), "10");
}

TEST(PatchValueTest, AnIntegerKeepsItsDigits) {  // through a double, the last ones would change
  EXPECT_EQ(value("9007199254740993"), "9007199254740993");
  EXPECT_EQ(value("-123456789012345678901234567890"), "-123456789012345678901234567890");
  EXPECT_EQ(value("[9007199254740993,1000000000000000000001]"), "[9007199254740993,1000000000000000000001]");
  EXPECT_EQ(value("[1000000000000000000000]"), "[1e+21]");
}

TEST(PatchValueTest, NumbersWithinObjectsAndArraysMayHaveAnExponent) {
  EXPECT_EQ(value("[1e3,1e21,1e20,1e-7,0.000001,1.50]"), "[1000,1e+21,100000000000000000000,1e-7,0.000001,1.5]");
}

TEST(PatchValueTest, ATextOfPlainBytesIsWrittenAsItIs) { EXPECT_EQ(value("<b> & \x7f"), "\"<b> & \x7f\""); }

TEST(PatchValueTest, AnyOtherTextIsWrittenAsGoWritesIt) {
  EXPECT_EQ(value("\xc3\xa9<>&"), "\"\xc3\xa9\\u003c\\u003e\\u0026\"");
  EXPECT_EQ(value("a\"b\\c\td\x01"), R"("a\"b\\c\td\u0001")");
  EXPECT_EQ(value("\xe2\x80\xa8\xe2\x80\xa9"), R"("\u2028\u2029")");
  EXPECT_EQ(value("a\xff"), R"("a\ufffd")");
  EXPECT_EQ(value(R"(["<"])"), R"(["\u003c"])");
}

TEST(PatchValueTest, OfEqualKeysInAnObjectTheLastCounts) {
  EXPECT_EQ(value(R"({"a":1,"a":{"b":2}})"), R"({"a":{"b":2}})");
}

TEST(PatchValueTest, ALongOrDeepOneIsRefused) {
  EXPECT_EQ(value_in_json(std::string(patch_value_bytes_max + 1, 'x')).error().code, "merge.bad-patch");
  EXPECT_EQ(value_in_json(std::string(257, '[') + std::string(257, ']')).error().code, "merge.bad-patch");
  EXPECT_TRUE(value_in_json(std::string(256, '[') + std::string(256, ']')));
}

// ---- files

TEST(PatchTest, AFileThatIsNotJsonIsAnErrorWithItsPlace) {
  EXPECT_EQ(set("{\n  \"\xc3\xa9\": 1,\n}", "a"),
            "file is not valid JSON (line 3, column 1: expected a key in quotes)");
  EXPECT_EQ(set("{\"\xc3\xa9\" 1}", "a"), "file is not valid JSON (line 1, column 6: expected ':')");
  EXPECT_EQ(set("", "a"), "file is not valid JSON (line 1, column 1: the text ends too early)");
  EXPECT_EQ(code("{}x", "a"), "merge.not-json");
}

TEST(PatchTest, AByteOrderMarkIsNotJson) {
  EXPECT_EQ(set("\xEF\xBB\xBF{}", "a"),
            "file is not valid JSON (line 1, column 1: a byte order mark; save the file without one)");
}

TEST(PatchTest, ADeepFileNeedsNoDeepStack) {
  const std::string deep = std::string(9'999, '[') + std::string(9'999, ']');
  EXPECT_EQ(set(deep, "-1"), std::string(9'999, '[') + std::string(9'998, ']') + ",9]");
  EXPECT_EQ(code('[' + deep + ']', "0.0"), "");
  EXPECT_EQ(code("[[" + deep + "]]", "0"), "merge.not-json");
}

TEST(PatchTest, AFileHasALimitBeforeAndAfter) {
  PatchLimits limits;
  limits.file_bytes_max = 10;
  EXPECT_EQ(patched(R"({"a":1234})", "a", "5", limits)->bytes, R"({"a":5})");
  EXPECT_EQ(patched(R"({"a":12345})", "a", "5", limits).error().code, "merge.patch-limit");
  EXPECT_EQ(patched(R"({"a":1})", "a", "12345", limits).error().code, "merge.patch-limit");
  limits.read_bytes_max = 7;
  EXPECT_TRUE(patched(R"({"a":1})", "a", "5", limits));
  EXPECT_EQ(patched(R"({"a":1})", "a.b", "5", limits).error().code, "merge.patch-limit");
}

// ---- against bytes that another program made

std::string unescaped(std::string_view written) {
  std::string bytes;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] != '\\') {
      bytes += written[i];
    } else if (written[++i] == 'x') {
      bytes += static_cast<char>(std::stoi(std::string(written.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      bytes += written[i] == 'n' ? '\n' : written[i] == 't' ? '\t' : written[i] == 'r' ? '\r' : '\\';
    }
  }
  return bytes;
}

TEST(PatchTest, EveryCaseOfTheTableHasItsBytes) {
  std::ifstream table(STOKER_TEST_DATA "/patches/cases.tsv", std::ios::binary);
  int cases = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.starts_with("# ")) continue;
    std::vector<std::string> cells(1);
    for (const char c : line)
      if (c == '\t')
        cells.emplace_back();
      else
        cells.back() += c;
    ASSERT_EQ(cells.size(), 4u) << line;
    const auto done = patched(unescaped(cells[0]), unescaped(cells[1]), unescaped(cells[2]));
    if (cells[3] == "!")
      EXPECT_FALSE(done) << line;
    else
      EXPECT_EQ(done ? done->bytes : done.error().message, unescaped(cells[3])) << line;
    ++cases;
  }
  EXPECT_GT(cases, 2'000);
}

}  // namespace
}  // namespace stoker::merge
