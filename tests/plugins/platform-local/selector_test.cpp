// Label selectors.
#include "selector.hpp"

#include <gtest/gtest.h>

namespace {

using stoker::local::Selector;

bool fits(std::string_view selector, std::string_view labels) {
  const auto parsed = Selector::parse(selector);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  return parsed->fits(labels);
}

TEST(SelectorTest, AnEmptyOneFitsEverything) {
  EXPECT_TRUE(fits("", R"({"a": "1"})"));
  EXPECT_TRUE(fits("  ", ""));
}

TEST(SelectorTest, AllRequirementsHaveToFit) {
  EXPECT_TRUE(fits("line=a,tier in (x, y),!old", R"({"line": "a", "tier": "y"})"));
  EXPECT_FALSE(fits("line=a,tier in (x, y),!old", R"({"line": "a", "tier": "y", "old": ""})"));
  EXPECT_FALSE(fits("line=a,tier in (x, y),!old", R"({"line": "a", "tier": "z"})"));
}

TEST(SelectorTest, DifferentAndNotInFitWhatHasNoSuchLabel) {
  EXPECT_TRUE(fits("a!=1", ""));
  EXPECT_TRUE(fits("a notin (1,2)", R"({"b": "1"})"));
  EXPECT_FALSE(fits("a notin (1,2)", R"({"a": "2"})"));
}

TEST(SelectorTest, KeysMayHaveAPrefixAndTheNamesOfOperators) {
  EXPECT_TRUE(fits("stoker.io/line=a", R"({"stoker.io/line": "a"})"));
  EXPECT_TRUE(fits("in in (notin)", R"({"in": "notin"})"));
  EXPECT_TRUE(fits("notin", R"({"notin": ""})"));
}

TEST(SelectorTest, NumbersAreCompared) {
  EXPECT_TRUE(fits("n>4,n<6", R"({"n": "5"})"));
  EXPECT_FALSE(fits("n>4", R"({"n": "4"})"));
  EXPECT_FALSE(fits("n>4", R"({"n": "many"})"));
}

TEST(SelectorTest, AWrongOneSaysWhereItIsWrong) {
  const auto wrong = Selector::parse("line=a,tier in x");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, "object.invalid");
  EXPECT_NE(wrong.error().message.find("at byte 15"), std::string::npos) << wrong.error().message;
}

class WrongSelectorTest : public ::testing::TestWithParam<const char*> {};

TEST_P(WrongSelectorTest, IsInvalid) { EXPECT_FALSE(Selector::parse(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Selectors, WrongSelectorTest,
                         ::testing::Values(",", "a,", "a,,b", "=a", "!", "!a=b", "a=b=c", "a in", "a in b", "a in (b",
                                           "a in ()", "a notin ()", "a>b", "a>", "-a", "a-", "a/", "/a", "a/b/c",
                                           "a=-b", "a b", "a!b", "a in (b) c", "(a)"));

}  // namespace
