#include "host/answers/wording.hpp"
#include "host/answers/text_table.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

constexpr std::int64_t now = 1735819200000;  // 2025-01-02T12:00:00Z

TEST(WordingTest, SaysATimeBothWays) {
  EXPECT_EQ(moment(now - 300000, now), "5 minutes ago (2025-01-02T11:55:00Z)");
  EXPECT_EQ(moment(now + 30000, now), "in 30 seconds (2025-01-02T12:00:30Z)");
  EXPECT_EQ(moment(0, now), "");
}

TEST(WordingTest, WritesAnAgeAsKubectlDoes) {
  EXPECT_EQ(age_since(now - 45000, now), "45s");
  EXPECT_EQ(age_since(now - 300000, now), "5m");
  EXPECT_EQ(age_since(now - 3 * 3600000, now), "3h");
  EXPECT_EQ(age_since(now - 72 * 3600000LL, now), "3d");
  EXPECT_EQ(age_since(now + 5000, now), "0s");
  EXPECT_EQ(age_since(0, now), "-");
}

TEST(WordingTest, SaysHowLongSomethingTook) {
  EXPECT_EQ(took(12), "12ms");
  EXPECT_EQ(took(1250), "1.2s");
  EXPECT_EQ(took(65000), "65s");
  EXPECT_EQ(took(250000), "4m10s");
}

TEST(WordingTest, ShortensACommitAndNothingElse) {
  EXPECT_EQ(revision_of("1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d", "refs/heads/main"), "1a2b3c4 of main");
  EXPECT_EQ(revision_of("snapshot:press-1-20250102", ""), "snapshot:press-1-20250102");
  EXPECT_EQ(revision_of("", "main"), "nothing");
}

TEST(WordingTest, QuotesAnArgumentThatAShellWouldRead) {
  EXPECT_EQ(argument("press-1"), "press-1");
  EXPECT_EQ(argument("a; rm -rf x"), "'a; rm -rf x'");
  EXPECT_EQ(argument("it's"), "'it'\\''s'");
  EXPECT_EQ(argument("-o"), "'-o'");
}

TEST(WordingTest, WrapsBetweenWordsAndIndents) {
  std::string words;
  for (int i = 0; i < 30; ++i) words += "words ";
  const std::string text = wrapped(words, 4);
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
    EXPECT_LE(end - begin, line_max);
    if (begin) {
      EXPECT_EQ(text.substr(begin, 5), "    w");
    }
    begin = end + 1;
  }
}

TEST(WordingTest, AgesAreThoseOfKubectl) {
  const std::pair<std::int64_t, const char*> expected[] = {
      {-5, "0s"},       {119, "119s"},      {120, "2m"},      {200, "3m20s"},
      {601, "10m"},     {10799, "179m"},    {10800, "3h"},    {11460, "3h11m"},
      {28800, "8h"},    {172799, "47h"},    {172800, "2d"},   {183600, "2d3h"},
      {691200, "8d"},   {31536000, "365d"}, {63072000, "2y"}, {63072000 + 86400, "2y1d"},
      {252288000, "8y"}};
  for (const auto& [seconds, text] : expected) EXPECT_EQ(age(seconds * 1000), text);
}

TEST(WordingTest, AlignsColumnsByCharacters) { EXPECT_EQ(table({{"Ä", "b"}, {"cc", ""}}, 1), " Ä    b\n cc   -\n"); }

}  // namespace
}  // namespace stoker::host
