// One rule for every document: absent is the default, a wrong type is an error that names the field.
#include "host/base/json_fields.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

enum class Colour { none, red, blue };
std::optional<Colour> colour_of(std::string_view text) {
  if (text == "red") return Colour::red;
  if (text == "blue") return Colour::blue;
  return std::nullopt;
}

TEST(JsonFieldsTest, WhatIsAbsentHasItsDefault) {
  JsonDocument document("{}");
  const JsonFields fields = document.fields();
  EXPECT_EQ(fields.text("a", "otherwise"), "otherwise");
  EXPECT_TRUE(fields.flag("a", true));
  EXPECT_EQ(fields.number("a", -3), -3);
  EXPECT_EQ(fields.count("a", 3), 3u);
  EXPECT_EQ(fields.one_of("a", colour_of, Colour::blue), Colour::blue);
  EXPECT_TRUE(fields.texts("a").empty());
  EXPECT_TRUE(fields.list("a").empty());
  EXPECT_TRUE(fields.objects("a").empty());
  EXPECT_EQ(fields.object("a").text("b"), "");
  EXPECT_FALSE(fields.is_null("a"));
  EXPECT_FALSE(document.fault().found());
}

TEST(JsonFieldsTest, ReadsWhatIsThere) {
  JsonDocument document(R"({"t":"x","f":true,"n":-9223372036854775808,"c":18446744073709551615,"e":"red",
    "m":{"k":"v"},"l":["a","b"],"o":{"t":"y"},"os":[{"t":"1"},{"t":"2"}],"z":null})");
  const JsonFields fields = document.fields();
  EXPECT_EQ(fields.text("t"), "x");
  EXPECT_TRUE(fields.flag("f"));
  EXPECT_EQ(fields.number("n"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(fields.count("c"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(fields.one_of("e", colour_of, Colour::none), Colour::red);
  EXPECT_EQ(fields.texts("m"), (std::map<std::string, std::string>{{"k", "v"}}));
  EXPECT_EQ(fields.list("l"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(fields.object("o").text("t"), "y");
  EXPECT_EQ(fields.objects("os").at(1).text("t"), "2");
  EXPECT_TRUE(fields.is_null("z"));
  EXPECT_FALSE(document.fault().found()) << document.fault().text();
}

// What is read, and what is then said.
struct Row {
  const char* what;
  const char* document;
  void (*read)(const JsonFields&);
  const char* said;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.what; }
};
class WrongTypeTest : public testing::TestWithParam<Row> {};

TEST_P(WrongTypeTest, IsNamedByItsPointer) {
  JsonDocument document(GetParam().document);
  GetParam().read(document.fields());
  EXPECT_EQ(document.fault().text(), GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, WrongTypeTest,
    testing::Values(
        Row{"text", R"({"a":1})", [](const JsonFields& f) { f.text("a"); }, "/a is not a string"},
        Row{"null", R"({"a":null})", [](const JsonFields& f) { f.text("a"); }, "/a is not a string"},
        Row{"flag", R"({"a":"true"})", [](const JsonFields& f) { f.flag("a"); }, "/a is neither true nor false"},
        Row{"number", R"({"a":1.5})", [](const JsonFields& f) { f.number("a"); },
            "/a is not a whole number of 64 bits"},
        Row{"large", R"({"a":18446744073709551615})", [](const JsonFields& f) { f.number("a"); },
            "/a is not a whole number of 64 bits"},
        Row{"negative", R"({"a":-1})", [](const JsonFields& f) { f.count("a"); },
            "/a is not a whole number of 64 bits that is 0 or more"},
        Row{"enum", R"({"a":"green"})", [](const JsonFields& f) { f.one_of("a", colour_of, Colour::none); },
            "/a is \"green\", which is not one of its values"},
        Row{"object", R"({"a":[]})", [](const JsonFields& f) { f.object("a").text("b"); }, "/a is not an object"},
        Row{"below", R"({"a":{"b/c":{"d~e":1}}})", [](const JsonFields& f) { f.object("a").object("b/c").text("d~e"); },
            "/a/b~1c/d~0e is not a string"},
        Row{"texts", R"({"a":{"b":1}})", [](const JsonFields& f) { f.texts("a"); }, "/a/b is not a string"},
        Row{"list", R"({"a":{}})", [](const JsonFields& f) { f.list("a"); }, "/a is not an array"},
        Row{"item", R"({"a":["x",1]})", [](const JsonFields& f) { f.list("a"); }, "/a/1 is not a string"},
        Row{"objects", R"({"a":[{},2]})", [](const JsonFields& f) { f.objects("a"); }, "/a/1 is not an object"},
        Row{"inner", R"({"a":[{},{"b":2}]})", [](const JsonFields& f) { f.objects("a").at(1).text("b"); },
            "/a/1/b is not a string"},
        Row{"nothing", "nothing", [](const JsonFields& f) { f.text("a"); }, "it is not a JSON object"},
        Row{"array", "[]", [](const JsonFields& f) { f.text("a"); }, "it is not a JSON object"},
        Row{"first", R"({"a":1,"b":1})",
            [](const JsonFields& f) {
              f.text("b");
              f.text("a");
            },
            "/b is not a string"}),
    [](const auto& row) { return row.param.what; });

TEST(JsonFieldsTest, WhatItQuotesIsMadePrintable) {
  JsonDocument document("{\"a\":\"\\n\\u001b[0m\"}");
  document.fields().one_of("a", colour_of, Colour::none);
  EXPECT_EQ(document.fault().text().find_first_of("\n\x1b"), std::string::npos) << document.fault().text();
}

}  // namespace
}  // namespace stoker::host
