// The subset of JSON Schema, keyword by keyword: which schemas are taken, and which values they take.
#include "host/config/json_schema.hpp"
#include <gtest/gtest.h>
#include <boost/json.hpp>
#include "host/config/text_format.hpp"
#include "host/config/validation.hpp"

namespace stoker::host {
namespace {

namespace json = boost::json;

// Pointers, expected and got of all violations, one line each.
std::string wrong(std::string_view schema, std::string_view value) {
  std::string lines;
  for (const Violation& v : validate(json::parse(schema), json::parse(value)))
    lines += v.pointer + ": " + v.expected + " / " + v.got + "\n";
  return lines;
}

struct Row {
  const char *schema, *good, *bad, *message;
  // Letters only: it becomes part of a test's name.
  friend void PrintTo(const Row& row, std::ostream* out) {
    for (const char* c = row.schema; *c; ++c)
      if (std::isalpha(static_cast<unsigned char>(*c))) *out << *c;
  }
};
class JsonSchemaTest : public testing::TestWithParam<Row> {};

TEST_P(JsonSchemaTest, TellsGoodFromBad) {
  EXPECT_TRUE(check_schema(json::parse(GetParam().schema)));
  EXPECT_EQ(wrong(GetParam().schema, GetParam().good), "");
  EXPECT_EQ(wrong(GetParam().schema, GetParam().bad), std::string(GetParam().message) + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Keywords, JsonSchemaTest,
    testing::Values(
        Row{R"({"type":"string"})", R"("x")", "1", ": text / 1"},
        Row{R"({"type":["string","integer"]})", "1", "true", ": text or a whole number / true"},
        Row{R"({"type":"integer"})", "1.0", "1.5", ": a whole number / 1.5"},
        Row{R"({"const":"a"})", R"("a")", R"("b")", ": \"a\" / \"b\""},
        Row{R"({"enum":["a","b"]})", R"("a")", R"("c")", ": one of a, b / \"c\""},
        Row{R"({"minimum":5})", "5", "4", ": at least 5 / 4"}, Row{R"({"maximum":5})", "5", "6", ": at most 5 / 6"},
        Row{R"({"minLength":1})", R"("a")", R"("")", ": text that is not empty / \"\""},
        Row{R"({"maxLength":1})", R"("a")", R"("ab")", ": at most 1 characters / 2"},
        Row{R"({"minItems":1})", "[1]", "[]", ": at least 1 entries / 0"},
        Row{R"({"maxItems":1})", "[1]", "[1,2]", ": at most 1 entries / 2"},
        Row{R"({"minProperties":1})", R"({"a":1})", "{}", ": at least 1 entries / 0"},
        Row{R"({"required":["a"]})", R"({"a":1})", "{}", "/a: a value / nothing"},
        Row{R"({"properties":{"interval":{"type":"string"}},"additionalProperties":false})", R"({"interval":"x"})",
            R"({"intervall":"x"})", "/intervall: \"interval\" / the unknown field \"intervall\""},
        Row{R"({"additionalProperties":{"type":"string"}})", R"({"a":"x"})", R"({"a":1})", "/a: text / 1"},
        Row{R"({"items":{"type":"string"}})", R"(["a"])", R"(["a",2])", "/1: text / 2"},
        Row{R"({"format":"duration"})", R"("1h30m")", R"("sixty")", ": a duration such as 60s / \"sixty\""},
        Row{R"({"type":"string","format":"duration"})", R"("60s")", "60", ": a duration such as 60s / 60"},
        Row{R"({"format":"bytes"})", R"("64Mi")", R"("64 MB")", ": a number of bytes such as 64Mi / \"64 MB\""},
        Row{R"({"format":"uri"})", R"("https://a/b")", R"("a/b")", ": a URL such as https://example.com / \"a/b\""},
        Row{R"({"format":"uri"})", R"("https://a")", R"("https://me:pw@a b")",
            ": a URL such as https://example.com / a URL with a user in it"},
        Row{R"({"format":"hostname"})", R"("a.b")", R"("a_b")", ": a host name such as example.com / \"a_b\""},
        Row{R"({"type":"string","format":"duration","formatMinimum":"1s"})", "\"1s\"", "\"999ms\"",
            ": at least 1s / \"999ms\""},
        Row{R"({"type":"string","format":"bytes","formatMaximum":"1Ki"})", "\"1024\"", "\"1025\"",
            ": at most 1Ki / \"1025\""},
        Row{R"({"type":"string","format":"web-url"})", "\"http://far:80/a?b\"", "\"http://:80\"",
            ": an http or https URL without a user / \"http://:80\""},
        Row{R"({"type":"string","format":"web-url"})", "\"https://[2001:db8::1]/\"", "\"ftp://a\"",
            ": an http or https URL without a user / \"ftp://a\""},
        Row{R"({"type":"string","format":"https-url"})", "\"http://[::1]:80/\"", "\"http://far/\"",
            ": an https URL without a user; http only to this machine / \"http://far/\""},
        Row{R"({"oneOf":[{"title":"a text","type":"string"},{"title":"a number","type":"integer"}]})", "1", "true",
            ": one of these: a text; a number / none of them"},
        Row{R"({"oneOf":[{"type":"string"},{"type":"integer"}]})", "1", "true",
            ": exactly one of the 2 forms / none of them"},
        Row{R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}})", R"("x")", "1", ": text / 1"}));

TEST(JsonSchemaSecretTest, TextAndReferencesAreFine) {
  EXPECT_EQ(wrong(R"({"x-stoker-secret":true,"type":"string"})", R"("hunter2")"), "");
  EXPECT_EQ(wrong(R"({"x-stoker-secret":true})", R"({"secretRef":{"name":"slack","key":"url"}})"), "");
}

TEST(JsonSchemaSecretTest, AReferenceCannotLeaveTheFolder) {
  EXPECT_NE(wrong(R"({"x-stoker-secret":true})", R"({"secretRef":{"name":"..","key":"url"}})"), "");
  EXPECT_NE(wrong(R"({"x-stoker-secret":true})", R"({"secretRef":{"name":"a/b","key":"url"}})"), "");
}

TEST(JsonSchemaSecretTest, TheValueIsNeverShown) {
  EXPECT_EQ(wrong(R"({"x-stoker-secret":true,"format":"uri"})", R"("hunter2")").find("hunter2"), std::string::npos);
  EXPECT_EQ(wrong(R"({"x-stoker-secret":"reference"})", R"("hunter2")"),
            ": {secretRef: {name: …, key: …}} / the secret itself\n");
  EXPECT_EQ(wrong(R"({"x-stoker-secret":true})", R"(["hunter2"])").find("hunter2"), std::string::npos);
}

TEST(JsonSchemaTest, AllMistakesAreFoundInOneLook) {
  EXPECT_EQ(validate(json::parse(R"({"items":{"type":"string"}})"), json::parse("[1,2,3]")).size(), 3u);
}

TEST(JsonSchemaTest, DefaultsFillWhatIsAbsent) {
  const json::value schema = json::parse(
      R"({"properties":{"a":{"default":"x"},"b":{"default":{},"properties":{"c":{"default":1}}},"d":{"type":"object","properties":{"e":{"default":2}}}}})");
  EXPECT_EQ(complete(schema, json::parse(R"({"a":"y"})")), json::parse(R"({"a":"y","b":{"c":1}})"));
  EXPECT_EQ(complete(schema, json::parse(R"({"d":{}})")), json::parse(R"({"d":{"e":2},"a":"x","b":{"c":1}})"));
}

TEST(JsonSchemaTest, AKeywordOutsideTheSubsetIsRefusedByName) {
  const auto checked = check_schema(json::parse(R"({"properties":{"a":{"pattern":"^x"}}})"));
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("/properties/a/pattern"), std::string::npos);
}

// cases Q17
TEST(JsonSchemaTest, AFormatThatNobodyChecksIsRefused) {
  const auto checked = check_schema(json::parse(R"({"properties":{"a":{"type":"string","format":"email"}}})"));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message,
            "schema /properties/a/format: expected one of duration, bytes, uri, web-url, https-url, "
            "hostname, secret-name");
}

// cases Q17
TEST(JsonSchemaTest, ADefaultThatDoesNotFitItsSchemaIsRefused) {
  for (const char* schema :
       {R"({"properties":{"a":{"type":"integer","default":"x"}}})",
        R"({"properties":{"a":{"format":"duration","type":"string","default":"soon"}}})",
        R"({"properties":{"a":{"$ref":"#/$defs/n","default":-1}},"$defs":{"n":{"type":"integer","minimum":0}}})",
        R"({"properties":{"a":{"type":"object","required":["b"],"default":{}}}})"}) {
    const auto checked = check_schema(json::parse(schema));
    ASSERT_FALSE(checked) << schema;
    EXPECT_TRUE(checked.error().message.starts_with("schema /properties/a/default")) << checked.error().message;
  }
  EXPECT_TRUE(check_schema(json::parse(
      R"({"properties":{"a":{"type":"object","default":{},"properties":{"b":{"type":"integer","default":1}},"required":["b"]}}})")));
}

TEST(JsonSchemaTest, AReferenceInACircleEnds) {
  EXPECT_FALSE(check_schema(json::parse(R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}})")));
}

TEST(JsonSchemaTest, ASchemaThatLeadsToItselfInManyWaysEnds) {
  const json::value forms = json::parse(R"({"oneOf":[{"$ref":"#"},{"$ref":"#"}]})");
  ASSERT_TRUE(check_schema(forms));
  EXPECT_EQ(validate(forms, json::parse("1")).size(), 1u);
  const json::value defaults = json::parse(
      R"({"properties":{"a":{"$ref":"#/$defs/d"}},"$defs":{"d":{"default":{},"properties":{"a":{"$ref":"#/$defs/d"},"b":{"$ref":"#/$defs/d"}}}}})");
  ASSERT_TRUE(check_schema(defaults));
  EXPECT_TRUE(complete(defaults, json::parse("{}")).is_object());
}

TEST(JsonSchemaTest, AReferenceToWhatIsNoSchemaIsRefused) {
  EXPECT_FALSE(check_schema(json::parse(R"({"$ref":"#/default","default":{"required":7}})")));
  EXPECT_FALSE(check_schema(json::parse(R"({"$ref":"#/$defs/a/default","$defs":{"a":{"default":{"enum":7}}}})")));
}

TEST(JsonSchemaTest, AWholeNumberIsOneThatCanBeRead) {
  const json::value schema = json::parse(R"({"type":"integer"})");
  EXPECT_TRUE(validate(schema, json::parse("1.5e3")).empty());
  EXPECT_EQ(validate(schema, json::parse("1e300")).size(), 1u);
}

TEST(JsonSchemaTest, BytesAreWrittenAsInTheObjects) {
  EXPECT_EQ(parse_bytes("10Ki"), 10240u);
  EXPECT_EQ(parse_bytes("1G"), 1000000000u);
  EXPECT_EQ(parse_bytes("512"), 512u);
  EXPECT_EQ(parse_bytes("99999999999999Ti"), std::nullopt);
  EXPECT_EQ(parse_bytes("Ki"), std::nullopt);
}

}  // namespace
}  // namespace stoker::host
