// The examples of RFC 7396, as far as they are about objects.
#include "merge_patch.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

namespace {

namespace json = boost::json;

std::string merged(const char* target, const char* patch) {
  json::object object = json::parse(target).as_object();
  stoker::local::merge(object, json::parse(patch).as_object());
  return stoker::local::text_of(object);
}

struct Example {
  const char *target, *patch, *result;
};
class MergePatchTest : public ::testing::TestWithParam<Example> {};

TEST_P(MergePatchTest, MergesAsTheStandardSays) {
  EXPECT_EQ(merged(GetParam().target, GetParam().patch), GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(Examples, MergePatchTest,
                         ::testing::Values(Example{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
                                           Example{R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
                                           Example{R"({"a":"b"})", R"({"a":null})", "{}"},
                                           Example{R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
                                           Example{R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
                                           Example{R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
                                           Example{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})",
                                                   R"({"a":{"b":"d"}})"},
                                           Example{R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
                                           Example{R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
                                           Example{"{}", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
                                           Example{R"({"a":1})", R"({"a":{"b":2}})", R"({"a":{"b":2}})"}));

TEST(MergePatchOrderTest, AMemberThatIsTakenAwayMovesNoOther) {
  EXPECT_EQ(merged(R"({"a":1,"b":2,"c":3,"d":4})", R"({"b":null})"), R"({"a":1,"c":3,"d":4})");
}

}  // namespace
