// How JSON is read and written.
#include "json_text.hpp"

#include <stoker/abi/platform.h>

#include <gtest/gtest.h>

namespace {

using namespace stoker::local;

std::string again(const std::string& text) {
  const auto object = parse_object(text);
  return object ? text_of(*object) : object.error().message;
}

TEST(JsonTextTest, NumbersStayAsPeopleWriteThem) {
  EXPECT_EQ(again(R"({"a":0.1,"b":9223372036854775807,"c":18446744073709551615,"d":-5,"e":2.5})"),
            R"({"a":0.1,"b":9223372036854775807,"c":18446744073709551615,"d":-5,"e":2.5})");
}

TEST(JsonTextTest, TextsAreEscaped) {
  EXPECT_EQ(again("{\"a\\\"b\":\"\\u0001 \\n \\\\ \\/ ü \\u00fc\"}"), "{\"a\\\"b\":\"\\u0001 \\n \\\\ / ü ü\"}");
}

TEST(JsonTextTest, EmptyOnesAndKeysInOrder) {
  EXPECT_EQ(again(R"( { "z" : [ ], "a" : { }, "m" : [ null , true , [ false ] ] } )"),
            R"({"z":[],"a":{},"m":[null,true,[false]]})");
}

TEST(JsonTextTest, WhatIsNestedTooDeepIsRefused) {
  const std::string deep = R"({"a":)" + std::string(100, '[') + std::string(100, ']') + "}";
  EXPECT_FALSE(parse_object(deep));
}

TEST(JsonTextTest, WhatIsTooLongIsRefused) {
  const std::string start = R"({"a":")", end = "\"}";
  const std::string fits = start + std::string(STOKER_OBJECT_BYTES_MAX - start.size() - end.size(), 'x') + end;
  EXPECT_TRUE(parse_object(fits));
  EXPECT_EQ(parse_object(fits + " ").error().code, "object.invalid");
}

TEST(JsonTextTest, BadUtf8IsRefused) { EXPECT_FALSE(parse_object("{\"a\":\"\xff\"}")); }

}  // namespace
