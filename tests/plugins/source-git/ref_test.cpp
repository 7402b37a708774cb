// The pure parts: the grammar of refs, and ranges of tags.
#include "plugins/source-git/refs/ref.hpp"
#include "plugins/source-git/refs/tag_range.hpp"

#include <gtest/gtest.h>

namespace stoker::git {
namespace {

// pitfalls P29
TEST(RefTest, RefusesWhatIsNoNameOfARef) {
  const std::string with_nul("ma\0in", 5);
  for (const std::string& ref : {std::string("--upload-pack=touch x"),
                                 std::string("-b"),
                                 std::string(""),
                                 std::string("a..b"),
                                 std::string("a@{1}"),
                                 std::string("a b"),
                                 std::string("a\nb"),
                                 with_nul,
                                 std::string("a^{}"),
                                 std::string("a:b"),
                                 std::string("/a"),
                                 std::string("a/"),
                                 std::string("a//b"),
                                 std::string("a.lock"),
                                 std::string("a/.b"),
                                 std::string("a\\b"),
                                 std::string("@"),
                                 std::string(1025, 'a'),
                                 std::string(">= --exec"),
                                 std::string("<10+b\n;c")}) {
    const auto checked = check_ref(ref);
    ASSERT_FALSE(checked) << ref;
    EXPECT_EQ(checked.error().code, "git.ref-invalid");
  }
}

TEST(RefTest, AcceptsWhatUsersWrite) {
  for (std::string_view ref : {"main", "feature/x-1", "v1.2.3", "v1.*", "1.2.x", ">=1.2 <2", "refs/pull/7/head", "HEAD",
                               "0123456789abcdef0123456789abcdef01234567", "0123456", "caf\xc3\xa9"})
    EXPECT_TRUE(check_ref(ref)) << ref;
}

// What a shell or a page would take for more than text is only text here. cases T14
TEST(RefTest, AcceptsEveryNameThatGitAllows) {
  for (std::string_view ref : {"fix/don't",
                               "feat(api)/x",
                               "wow!",
                               "a&b",
                               "a$b",
                               "{x}",
                               "$(id)",
                               "`id`",
                               "a;b",
                               "a|b",
                               "<b>",
                               "say\"hi\"",
                               "a#b",
                               "a,b",
                               "a%b",
                               "a=b",
                               "a+b",
                               "a@b",
                               "refs/heads/fix/don't",
                               "~"})
    EXPECT_EQ(check_ref(ref).has_value(), ref != "~") << ref;
  EXPECT_TRUE(check_ref(std::string(1000, 'a')));
}

// cases T14, T15
TEST(RefTest, SaysWhyATextIsNoRef) {
  const auto why = [](std::string_view ref) { return check_ref(ref).error().message; };
  EXPECT_EQ(why("main "),
            "git: \"main \" is not a ref: it begins or ends with a blank; write a branch, a tag, a commit, a full name "
            "(refs/...) or a range of tags (v1.*, line-a/v1.*)");
  EXPECT_NE(why("a b").find("it has a blank in it"), std::string::npos);
  EXPECT_NE(why("a..b").find("it has \"..\" in it"), std::string::npos);
  EXPECT_NE(why("-b").find("it begins with \"-\""), std::string::npos);
  EXPECT_NE(why("a.lock").find("ends with \".lock\""), std::string::npos);
  EXPECT_NE(why("").find("it is empty"), std::string::npos);
  EXPECT_NE(why("refs/tags/line-a/v1.*").find("write the range without \"refs/tags/\": line-a/v1.*"),
            std::string::npos);
}

std::string chosen(std::string_view range, std::initializer_list<std::string_view> tags) {
  Listing listing;
  for (std::string_view tag : tags) listing["refs/tags/" + std::string(tag)] = std::string(tag);
  std::vector<Note> notes;
  return choose(listing, range, notes).revision;
}

TEST(TagRangeTest, TheHighestVersionOfTheRangeWins) {
  EXPECT_EQ(chosen("v1.*", {"v1.2.0", "v1.10.0", "v1.9.9", "v2.0.0"}), "v1.10.0");
  EXPECT_EQ(chosen("v1.2.*", {"v1.2.0", "v1.2.11", "v1.3.0"}), "v1.2.11");
  EXPECT_EQ(chosen("1.2.x", {"1.2.0", "v1.2.5", "1.3.0"}), "v1.2.5");
  EXPECT_EQ(chosen("v1.*", {"1.5.0", "v1.2.0"}), "v1.2.0");
  EXPECT_EQ(chosen(">=1.2 <2", {"v1.1.9", "v1.9.0", "v2.0.0"}), "v1.9.0");
  EXPECT_EQ(chosen("*", {"v1", "v3.1", "nightly"}), "v3.1");
  EXPECT_EQ(chosen("v3.*", {"v1.0.0"}), "");
}

// cases T13
TEST(TagRangeTest, ARangeWithAPrefixTakesOnlyTagsThatBeginSo) {
  const auto tags = {"line-a/v1.0.0",    "line-a/v1.10.0", "line-b/v1.99.0",    "v1.50.0",
                     "x/line-a/v1.60.0", "line-a/v2.0.0",  "line-a/sub/v1.70.0"};
  const auto of = [&](std::string_view range) {
    Listing listing;
    for (std::string_view tag : tags) listing["refs/tags/" + std::string(tag)] = std::string(tag);
    std::vector<Note> notes;
    return choose(listing, range, notes).revision;
  };
  EXPECT_EQ(of("line-a/v1.*"), "line-a/v1.10.0");
  EXPECT_EQ(of("line-a/1.x"), "line-a/v1.10.0");
  EXPECT_EQ(of("line-a/*"), "line-a/v2.0.0");
  EXPECT_EQ(of("line-a/>=1.0 <1.5"), "line-a/v1.0.0");
  EXPECT_EQ(of("x/line-a/v1.*"), "x/line-a/v1.60.0");
  EXPECT_EQ(of("v1.*"), "v1.50.0");
  EXPECT_EQ(of("line/v1.*"), "");
  EXPECT_EQ(prefixes_of({"line-a/v1.*"}), (std::vector<std::string>{"refs/heads/line-a/v1.*", "refs/tags/line-a/"}));
}

// The branch is gone: no tag may take its place. cases T13
TEST(TagRangeTest, ALoneXIsAName) {
  for (std::string_view name : {"fix/x", "fix/X", "fix/vx", "x", "feat(api)/x"})
    EXPECT_FALSE(parse_tag_range(name)) << name;
  for (std::string_view bad : {"/v1.*", "a//v1.*", "a b/v1.*", "-a/v1.*", "refs/tags/v1.*", "line-a/", "a../v1.*"})
    EXPECT_FALSE(parse_tag_range(bad)) << bad;
}

TEST(TagRangeTest, PreReleasesAreTakenOnlyWhenTheRangeNamesOne) {
  EXPECT_EQ(chosen("v1.*", {"v1.0.0", "v1.1.0-rc.1"}), "v1.0.0");
  EXPECT_EQ(chosen(">=1.1.0-rc.1 <2", {"v1.0.0", "v1.1.0-rc.2", "v1.1.0-rc.10"}), "v1.1.0-rc.10");
  EXPECT_EQ(chosen(">=1.1.0-rc.1 <2", {"v1.1.0-rc.2", "v1.1.0"}), "v1.1.0");
}

TEST(TagRangeTest, TwoSpellingsOfOneVersionAreReported) {
  const Listing listing = {{"refs/tags/1.2.0", "a"}, {"refs/tags/v1.2.0", "b"}};
  std::vector<Note> notes;
  EXPECT_EQ(choose(listing, "1.*", notes).revision, "a");
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].code, "ambiguous");
}

TEST(TagRangeTest, APlainVersionIsANameAndNoRange) {
  for (std::string_view text :
       {"v1.2.3", "main", "", ">", ">=", ">=x", "v*.1", "1.*.3", "1.2.3.*", ">=99999999999999999999"})
    EXPECT_FALSE(parse_tag_range(text)) << text;
}

}  // namespace
}  // namespace stoker::git
