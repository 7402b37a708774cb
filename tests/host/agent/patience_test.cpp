// When a target is looked at again, and that a newer assignment replaces any wait.
#include "host/agent/patience.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace stoker::host {
namespace {

using std::chrono::seconds;

Report failed(bool retryable) {
  Report report;
  report.failed(Stage::open, Error(errc::unreachable, "away").with_retry(retryable));
  return report;
}

TEST(PatienceTest, BacksOffAfterRetryableFailures) {
  Patience patience;
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 6; ++i) waits.push_back(patience.after(failed(true), Memory(), 0, 0)->count() / 1000);
  EXPECT_EQ(waits, (std::vector<std::int64_t>{30, 60, 120, 240, 300, 300}));
}

TEST(PatienceTest, JitterOnlyAdds) {
  Patience patience;
  EXPECT_EQ(patience.after(failed(true), Memory(), 0, 0.1)->count(), 33000);
}

TEST(PatienceTest, WhatIsNotRetryableWaitsForSomebody) {
  Patience patience;
  EXPECT_FALSE(patience.after(failed(false), Memory(), 0, 0));
}

TEST(PatienceTest, AFailureOverWhatNobodyJudgedIsLookedAtAgain) {
  Memory memory;
  memory.unverified = {"run-1"};
  Patience patience;
  EXPECT_EQ(*patience.after(failed(false), memory, 0, 0), seconds(5));
  memory.quarantine = Quarantine();
  EXPECT_FALSE(patience.after(failed(false), memory, 0, 0));
}

// The assigned revision is held, and on disk is another one that no verifier could judge yet.
TEST(PatienceTest, WhatNobodyJudgedBehindAHeldRevisionIsLookedAtAgain) {
  Memory memory;
  memory.unverified = {"run-1"};
  memory.running.emplace();
  memory.running->key = "of run-1";
  Hold hold;
  hold.name = "revision";
  Report report;
  report.held(Stage::held, hold);
  Patience patience;
  EXPECT_EQ(patience.after(report, memory, 0, 0), std::optional<std::chrono::milliseconds>(seconds(5)));
  memory.hold("of run-1", "r1", 1, "bad", 0);
  EXPECT_FALSE(patience.after(report, memory, 0, 0)) << "it is judged already";
}

TEST(PatienceTest, AHintStartsTheBackOffAnew) {
  Patience patience;
  EXPECT_TRUE(patience.after(failed(true), Memory(), 0, 0));
  patience.reset();
  EXPECT_EQ(*patience.after(failed(true), Memory(), 0, 0), seconds(30));
}

TEST(PatienceTest, ObeysWhenTheOtherSideSaysLater) {
  Patience patience;
  Report report;
  report.failed(Stage::open, Error(errc::exhausted, "rate").after(seconds(90)));
  EXPECT_EQ(*patience.after(report, Memory(), 0, 0), seconds(90));
}

// cases Q9
TEST(PatienceTest, TheOtherSideSaysADayAtMost) {
  Patience patience;
  Report report;
  report.failed(Stage::open, Error(errc::exhausted, "rate").after(std::chrono::hours(24 * 365)));
  EXPECT_EQ(*patience.after(report, Memory(), 0, 0), std::chrono::hours(24));
}

TEST(PatienceTest, AHoldSaysWhenToLookAgain) {
  Patience patience;
  Report report;
  Hold hold;
  hold.name = "designer";
  hold.again_at_ms = 15'000;
  report.held(Stage::admit, hold);
  EXPECT_EQ(*patience.after(report, Memory(), 5'000, 0), seconds(10));
}

TEST(PatienceTest, AHoldIsLookedAtOnceADayWhateverItSays) {
  Patience patience;
  Report report;
  Hold hold;
  hold.name = "designer";
  hold.again_at_ms = std::numeric_limits<std::int64_t>::max();  // as a time of the clock it would lie in the past
  report.held(Stage::admit, hold);
  EXPECT_EQ(*patience.after(report, Memory(), 5'000, 0), std::chrono::hours(24));
}

// cases Q1
TEST(PatienceTest, AHoldThatAsksForALookAtOnceGetsLongerAndLongerPauses) {
  Patience patience;
  Report report;
  Hold hold;
  hold.name = "x";
  hold.again_at_ms = 1000;  // long ago
  report.held(Stage::admit, hold);
  const auto next = [&] { return patience.after(report, Memory(), 1'000'000, 0)->count() / 1000; };
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 6; ++i) waits.push_back(next());
  EXPECT_EQ(waits, (std::vector<std::int64_t>{5, 10, 20, 40, 60, 60}));
  report.hold->again_at_ms = 1'005'000;
  EXPECT_EQ(next(), 5) << "soon enough, so it is obeyed";
  report.hold->again_at_ms = 1'001'000;
  EXPECT_EQ(next(), 5) << "and the floor starts anew";
  EXPECT_EQ(next(), 10);
  patience.reset();
  EXPECT_EQ(next(), 5);
}

TEST(PatienceTest, AHoldWithoutATimeWaitsForSomebody) {
  Patience patience;
  Report report;
  Hold hold;
  hold.name = "revision";
  report.held(Stage::held, hold);
  EXPECT_FALSE(patience.after(report, Memory(), 0, 0));
}

TEST(PatienceTest, LooksSoonAtWhatIsAppliedAndNotVerified) {
  Patience patience;
  Report report;
  report.ended(Outcome::applied, Stage::verify);
  EXPECT_EQ(*patience.after(report, Memory(), 0, 0), seconds(5));
  EXPECT_EQ(*patience.after(report, Memory(), 0, 0), seconds(10));
}

TEST(PatienceTest, BeginsAtOnceWhatAnEarlierRunKeptFromBeginning) {
  Patience patience;
  Report report;
  report.ended(Outcome::reverted, Stage::verify);
  report.earlier = true;
  EXPECT_EQ(*patience.after(report, Memory(), 0, 0), seconds(0));
}

TEST(PatienceTest, RestsWhenWhatRunsIsVerified) {
  Patience patience;
  Report report;
  report.ended(Outcome::applied, Stage::verify, true);
  EXPECT_FALSE(patience.after(report, Memory(), 0, 0));
}

}  // namespace
}  // namespace stoker::host
