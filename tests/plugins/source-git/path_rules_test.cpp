// Names of a tree that no file system may be asked to write.
#include "plugins/source-git/path_rules.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stoker::git {
namespace {

// pitfalls P54
TEST(PathRulesTest, EverySpellingOfTheGitFolderIsRefused) {
  for (std::string_view name :
       {".git", ".GIT", ".Git", ".git.", ".git ", ".git. .", "git~1", "GIT~1", "git~2", ".git::$INDEX_ALLOCATION",
        ".git:x", ".g\xe2\x80\x8cit", "\xef\xbb\xbf.git", ".git\xe2\x80\x8d"})
    EXPECT_FALSE(refused_name(name).empty()) << name;
}

TEST(PathRulesTest, SeparatorsControlCharactersAndBadEncodingAreRefused) {
  for (const std::string& name :
       {std::string(""), std::string("."), std::string(".."), std::string("a/b"), std::string("a\\b"),
        std::string("a\nb"), std::string("\x7f"), std::string("a\0b", 3), std::string("\xff"), std::string("\xc0\xaf"),
        std::string("\xed\xa0\x80"), std::string("\xc2\x85"), std::string(256, 'a')})
    EXPECT_FALSE(refused_name(name).empty()) << name;
}

TEST(PathRulesTest, OrdinaryNamesAreFine) {
  for (std::string_view name : {"a", ".gitignore", ".gitattributes", ".github", "git", "gitx~1", "MQTT Engine",
                                "caf\xc3\xa9", "...", "a:b", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(refused_name(name).empty()) << name;
}

}  // namespace
}  // namespace stoker::git
