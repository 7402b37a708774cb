// Exclude patterns, row by row.
#include "plugins/strategy-merge/glob.hpp"

#include <gtest/gtest.h>

namespace stoker::merge {
namespace {

struct Row {
  const char *pattern, *path;
  bool covered;
};
class GlobTest : public ::testing::TestWithParam<Row> {};

TEST_P(GlobTest, CoversAsDoublestarDoes) {
  auto glob = Glob::compile(GetParam().pattern);
  ASSERT_TRUE(glob) << glob.error().message;
  EXPECT_EQ(glob->covers(GetParam().path), GetParam().covered) << GetParam().pattern << " on " << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(
    Compat, GlobTest,
    ::testing::Values(
        Row{"**/.git", ".git", true}, Row{"**/.git", "a/b/.git/c", true}, Row{"**/.git", "a/.gitx", false},
        Row{"a/**", "a", true}, Row{"a/**", "a/b/c", true}, Row{"a/**", "ab", false}, Row{"a/**/z", "a/z", true},
        Row{"a/**/z", "a/b/c/z", true}, Row{"a/**/z", "a/b/c", false}, Row{"*.json", "x.json", true},
        Row{"*.json", "x/a.json", false}, Row{"*", ".hidden", true}, Row{"?at", "cat", true},
        Row{"?at",
            "\xc3\xa9"
            "at",
            true},
        Row{"[a-c]x", "bx", true}, Row{"[!a]x", "ax", false}, Row{"[^a]x", "bx", true}, Row{"{a,b/c}/x", "b/c/x", true},
        Row{"{a,b/c}/x", "a/x", true}, Row{"{a,b}/x", "c/x", false}, Row{"a\\*", "a*", true}, Row{"a\\*", "ab", false},
        Row{"a**b", "axyb", true}, Row{"a**b", "ax/b", false}, Row{"A", "a", false}, Row{"./x/y", "x/y", true},
        Row{"**/.git/", "a/.git/config", true}, Row{"**/.git/", "a/.git", false},
        Row{"**/tag-*/MQTT Engine", "c/tag-definition/MQTT Engine/x", true}, Row{"a//b", "a/b", true},
        Row{"a[b/c]d", "acd", true}, Row{"a[b/c]d", "ab/cd", false}, Row{"a\\/b", "a/b", true},
        Row{"{a,}/b", "a/b", true}, Row{"{a,}/**", "b", false}, Row{"a/{b,}/c", "a/c", false}, Row{"[\\]x]", "]", true},
        Row{"*.{json,xml}", "x.xml", true}, Row{"**/**/a", "a", true},
        Row{"**/gateway-network-incoming", "a/gateway-network-incoming/b", true}, Row{"**/.uuid", ".uuid", true},
        Row{"a*b*c*d*e*f*g*h*i*j", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false}));

class BadGlobTest : public ::testing::TestWithParam<const char*> {};
TEST_P(BadGlobTest, IsRefusedWithItsName) {
  const auto glob = Glob::compile(GetParam());
  ASSERT_FALSE(glob);
  EXPECT_EQ(glob.error().code, "merge.bad-exclude");
  EXPECT_TRUE(glob.error().message.starts_with("exclude pattern '" + std::string(GetParam()) + "': "));
}
INSTANTIATE_TEST_SUITE_P(Compat, BadGlobTest,
                         ::testing::Values("/a", "[a", "{a", "a}", "a\\", "./", "[]", "[]a]x", "[!]", "[^]", "\\/a",
                                           "{/a,/b}", "{}"));

}  // namespace
}  // namespace stoker::merge
