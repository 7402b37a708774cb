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

Report of_run(Outcome outcome, bool verified, std::uint64_t changed) {
  Report report;
  report.revision = "1a2b3c4d5e6f7a8b";
  report.counts.changed = changed;
  report.ended(outcome, Stage::verify, verified);
  return report;
}

TEST(ReportTest, ASummaryNamesAVerdictOnWhatAnEarlierRunChangedAsWhatItIs) {
  EXPECT_EQ(summary(of_run(Outcome::applied, true, 2)), "applied 2 changes at 1a2b3c4d5e6f, verified");
  EXPECT_EQ(summary(of_run(Outcome::applied, false, 1)), "applied 1 change at 1a2b3c4d5e6f, not verified yet");
  EXPECT_EQ(summary(of_run(Outcome::applied, true, 0)), "verified at 1a2b3c4d5e6f");
  EXPECT_EQ(summary(of_run(Outcome::applied, false, 0)), "not verified yet at 1a2b3c4d5e6f");
  EXPECT_EQ(summary(of_run(Outcome::reverted, false, 0)), "taken back at 1a2b3c4d5e6f");
  Report nobodys = of_run(Outcome::applied, false, 0);
  nobodys.settled = true;
  EXPECT_EQ(summary(nobodys), "nothing to change at 1a2b3c4d5e6f, not verified: nobody looks at its gateway");
  EXPECT_EQ(summary(of_run(Outcome::planned, false, 0)), "planned 0 changes at 1a2b3c4d5e6f");
}

// cases T30
TEST(ReportTest, OfAPlanTheFirstChangesAreKeptAndAsManyMoreAsAreAskedFor) {
  ChangeList plan;
  for (std::size_t i = 0; i < Report::changes_max + 3; ++i) {
    Change change;
    change.path = "f" + std::to_string(i);
    plan.add(change);
  }
  Report report;
  report.plan(plan);
  EXPECT_EQ(report.changes.size(), Report::changes_max);
  EXPECT_TRUE(report.further.empty());
  report.plan(plan, 2);
  EXPECT_EQ(report.further.size(), 2u);
  report.plan(plan, plan.size());
  EXPECT_EQ(report.further.size(), 3u);
}

}  // namespace
}  // namespace stoker::host
