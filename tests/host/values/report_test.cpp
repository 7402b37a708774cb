// What a Report tells of verifiers that have much to say.
#include "host/values/report.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

TEST(ReportTest, EveryVerifierIsHeardAndTheLongestOneIsCut) {
  Report report;
  const std::string longest = "\"" + std::string(Report::detail_bytes_max, 'x') + "\"";
  report.looked({{"verify-a", R"({"bad":[]})"}, {"verify-b", longest}, {"verify-c", R"({"seen":2})"}});
  const std::string document = to_json(report);
  EXPECT_NE(document.find(R"("verify-a":{"bad":[]})"), std::string::npos) << document;
  EXPECT_NE(document.find(R"("verify-b":"left out: too long)"), std::string::npos) << document;
  EXPECT_NE(document.find(R"("verify-c":{"seen":2})"), std::string::npos) << document;
  EXPECT_LT(document.size(), 2000u);
}

// cases T43
TEST(ReportTest, TheLineForPeopleEndsWithTheCodeOfTheFailure) {
  Report report;
  report.failed(Stage::resolve, Error(errc::unreachable, "git: the name cannot be looked up", "git.dns"));
  EXPECT_EQ(summary(report), "failed, resolve: git: the name cannot be looked up [git.dns]");
  report.failed(Stage::resolve, Error(errc::unreachable, "no code"));
  EXPECT_EQ(summary(report), "failed, resolve: no code");
}

}  // namespace
}  // namespace stoker::host
