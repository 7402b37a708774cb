// Dry runs before any target gets new work (spec.validation.dryRunBefore, features F01): rows of what stands and what
// was reported in, Assignments out.
#include <gtest/gtest.h>
#include "host/controller/rollout.hpp"

namespace stoker::host {
namespace {

class FirstDryRunsTest : public testing::Test {
 protected:
  FirstDryRunsTest() {
    sync_.name = "line-a";
    SyncProfile profile;
    profile.profile.name = "line";
    profile.profile.mappings = {{"projects", "projects", MappingType::inferred, false}};
    sync_.profiles["line"] = profile;
    for (const char* name : {"press-1", "press-2", "press-3"})
      targets_.push_back({name, name, "line", {}, 0, std::nullopt, {}, {}, std::nullopt});
    pass();  // r1, before anybody asks for dry runs
    sync_.dry_run_before = true;
  }
  FirstDryRuns judged() const { return judge_dry_runs(sync_, resolved_, targets_, now_ms_); }
  // One pass; what is assigned is what the next pass finds.
  void pass() {
    for (const Assignment& a : rollout(sync_, resolved_, targets_, ++token_, false, {}, judged()))
      target(a.target).last = a;
  }
  RolloutTarget& target(const std::string& name) {
    for (RolloutTarget& each : targets_)
      if (each.name == name) return each;
    throw std::out_of_range(name);
  }
  const Assignment& assigned(const std::string& name) { return *target(name).last; }
  // The target answers the dry run that it was asked for.
  Report& answer(const std::string& name, Outcome outcome = Outcome::planned) {
    Report report(assigned(name));
    report.of_waiting = true;
    report.answers_plan = assigned(name).waiting.asked;
    report.outcome = outcome;
    report.started_at_ms = now_ms_;
    return target(name).dry_run.emplace(std::move(report));
  }
  void fail(const std::string& name, Error why) { answer(name, Outcome::failed).error = std::move(why); }
  std::vector<std::string> revisions() {
    std::vector<std::string> all;
    for (const RolloutTarget& each : targets_) all.push_back(each.last ? each.last->revision : "");
    return all;
  }
  using Texts = std::vector<std::string>;

  SyncSpec sync_;
  std::vector<RolloutTarget> targets_;
  std::optional<ResolvedRef> resolved_ = ResolvedRef{"r1", "refs/heads/main"};
  std::int64_t now_ms_ = 1'000'000;
  std::uint64_t token_ = 0;
};

TEST_F(FirstDryRunsTest, NoTargetGetsARevisionBeforeAllHavePlannedIt) {
  resolved_->revision = "r2";
  pass();
  EXPECT_EQ(revisions(), (Texts{"r1", "r1", "r1"}));
  EXPECT_EQ(assigned("press-1").waiting.revision, "r2");
  EXPECT_FALSE(assigned("press-1").hold) << "what runs is looked after as before";
  EXPECT_EQ(judged().unanswered, (Texts{"press-1", "press-2", "press-3"}));
  answer("press-1");
  answer("press-2", Outcome::unchanged);
  pass();
  EXPECT_EQ(revisions(), (Texts{"r1", "r1", "r1"}));
  EXPECT_EQ(judged().unanswered, Texts{"press-3"});
  answer("press-3");
  pass();
  EXPECT_EQ(revisions(), (Texts{"r2", "r2", "r2"}));
  EXPECT_TRUE(assigned("press-1").waiting.asked.empty());
}

TEST_F(FirstDryRunsTest, TheWorkThatIsAssignedIsTheOneThatWasPlanned) {
  resolved_->revision = "r2";
  sync_.profiles["line"].profile.excludes = {"**/*.bak"};
  pass();
  EXPECT_TRUE(assigned("press-1").profile.excludes.empty());
  EXPECT_EQ(assigned("press-1").waiting.profile.excludes, Texts{"**/*.bak"});
  for (const char* name : {"press-1", "press-2", "press-3"}) answer(name);
  sync_.profiles["line"].profile.excludes = {"**/*.tmp"};  // after the dry runs
  pass();
  EXPECT_EQ(revisions(), (Texts{"r1", "r1", "r1"}));
  EXPECT_EQ(judged().unanswered.size(), 3u);
}

TEST_F(FirstDryRunsTest, AChangeOfTheRulesAloneIsPlannedFirstToo) {
  sync_.profiles["line"].profile.prune.max_files = 500;
  pass();
  EXPECT_EQ(assigned("press-1").profile.prune.max_files, 20);
  for (const char* name : {"press-1", "press-2", "press-3"}) answer(name);
  pass();
  EXPECT_EQ(assigned("press-1").profile.prune.max_files, 500);
}

TEST_F(FirstDryRunsTest, OneFailureKeepsTheRevisionFromAllAndSaysWhose) {
  resolved_->revision = "r2";
  pass();
  answer("press-1");
  answer("press-3");
  fail("press-2", Error(errc::invalid, "no folder projects", "run.source"));
  pass();
  EXPECT_EQ(revisions(), (Texts{"r1", "r1", "r1"}));
  EXPECT_EQ(assigned("press-1").waiting.problem, "target press-2: no folder projects [run.source]");
  resolved_->revision = "r3";  // the next revision is another question
  pass();
  EXPECT_EQ(assigned("press-1").waiting.problem, "");
  EXPECT_EQ(judged().unanswered.size(), 3u);
}

TEST_F(FirstDryRunsTest, WhatIsWrongWithTheRevisionStandsAgainstItAndAHoldOfTheMomentDoesNot) {
  resolved_->revision = "r2";
  pass();
  answer("press-1").decisions = {Decision::make(Decision::Verdict::hold, "designer", "a Designer is open")};
  answer("press-2", Outcome::held);
  answer("press-3").decisions = {Decision::make(Decision::Verdict::hold, "mass-delete", "300 files")};
  pass();
  EXPECT_EQ(revisions(), (Texts{"r1", "r1", "r1"}));
  EXPECT_EQ(assigned("press-1").waiting.problem, "target press-3: mass-delete: 300 files");
  answer("press-3").decisions = {Decision::make(Decision::Verdict::refuse, "verifier", "no")};
  EXPECT_FALSE(judged().done);
  answer("press-3");
  pass();
  EXPECT_EQ(revisions(), (Texts{"r2", "r2", "r2"}));
}

TEST_F(FirstDryRunsTest, AFailureThatMayPassIsTriedAgainAfterAWhile) {
  resolved_->revision = "r2";
  pass();
  const std::string first = assigned("press-1").waiting.asked;
  answer("press-2");
  answer("press-3");
  Error away(errc::unreachable, "no route");
  away.retryable = true;
  fail("press-1", away);
  pass();
  EXPECT_EQ(assigned("press-1").waiting.asked, first);
  now_ms_ += 30'000;
  pass();
  EXPECT_NE(assigned("press-1").waiting.asked, first);
  pass();
  answer("press-1");
  pass();
  EXPECT_EQ(revisions(), (Texts{"r2", "r2", "r2"}));
}

TEST_F(FirstDryRunsTest, ARetryAsksForTheDryRunsAnew) {
  resolved_->revision = "r2";
  pass();
  answer("press-1");
  answer("press-2");
  fail("press-3", Error(errc::invalid, "no space"));
  pass();
  sync_.retry = "again";
  pass();
  EXPECT_EQ(judged().unanswered.size(), 3u);
  EXPECT_EQ(assigned("press-1").waiting.problem, "");
}

TEST_F(FirstDryRunsTest, ATargetThatIsPausedIsNotWaitedForAndIsPlannedWhenItGoesOn) {
  target("press-2").wishes.paused = true;
  resolved_->revision = "r2";
  pass();
  answer("press-1");
  answer("press-3");
  pass();
  EXPECT_EQ(revisions(), (Texts{"r2", "r1", "r2"}));
  target("press-2").wishes.paused = false;
  pass();
  EXPECT_EQ(revisions(), (Texts{"r2", "r1", "r2"}));
  answer("press-2");
  pass();
  EXPECT_EQ(revisions(), (Texts{"r2", "r2", "r2"}));
}

TEST_F(FirstDryRunsTest, ATargetWithoutWorkIsHeldUntilItsFirstDryRunAlsoAcrossAPause) {
  targets_.push_back({"press-4", "press-4", "line", {}, 0, std::nullopt, {}, {}, std::nullopt});
  pass();
  ASSERT_TRUE(assigned("press-4").hold);
  EXPECT_EQ(assigned("press-4").hold->name, "dry-run-first");
  target("press-4").wishes.paused = true;
  pass();
  target("press-4").wishes.paused = false;
  pass();
  ASSERT_TRUE(assigned("press-4").hold);
  EXPECT_EQ(assigned("press-4").hold->name, "dry-run-first");
  answer("press-4");
  const std::uint64_t before = assigned("press-4").token;
  pass();
  EXPECT_FALSE(assigned("press-4").hold);
  EXPECT_GT(assigned("press-4").token, before);
}

TEST_F(FirstDryRunsTest, ARefThatGoesBackEndsTheWaitWithoutADryRun) {
  resolved_->revision = "r2";
  pass();
  const std::uint64_t before = assigned("press-1").token;
  resolved_->revision = "r1";
  pass();
  EXPECT_TRUE(assigned("press-1").waiting.asked.empty());
  EXPECT_EQ(assigned("press-1").token, before);
}

TEST_F(FirstDryRunsTest, WhatRestrainsATargetCountsAtOnce) {
  resolved_->revision = "r2";
  pass();
  sync_.profiles["line"].dry_run = true;
  pass();
  EXPECT_TRUE(assigned("press-1").dry_run);
}

TEST_F(FirstDryRunsTest, SwitchedOffItReleasesWhatWaits) {
  resolved_->revision = "r2";
  pass();
  sync_.dry_run_before = false;
  pass();
  EXPECT_EQ(revisions(), (Texts{"r2", "r2", "r2"}));
}

// Dry runs may end, and others assign, between the judgement and the decision about one target.
TEST_F(FirstDryRunsTest, AJudgementOfBeforeDoesNotLetWorkWaitThatATargetHasAlready) {
  resolved_->revision = "r2";
  pass();
  const FirstDryRuns before = judged();
  for (const char* name : {"press-1", "press-2", "press-3"}) answer(name);
  pass();
  for (const Assignment& late : rollout(sync_, resolved_, targets_, ++token_, true, {}, before)) {
    EXPECT_TRUE(late.waiting.asked.empty()) << late.target;
    EXPECT_EQ(late.revision, "r2");
  }
}

TEST_F(FirstDryRunsTest, ATargetWhosePlaceIsInTheWayHasPlannedNothing) {
  resolved_->revision = "r2";
  pass();
  answer("press-1");
  answer("press-2");
  Hold hold;
  hold.name = "blocked";
  hold.reason = "data folder /srv/data: it is not there";
  answer("press-3", Outcome::held).hold = hold;
  pass();
  EXPECT_EQ(revisions(), (Texts{"r1", "r1", "r1"}));
  EXPECT_EQ(assigned("press-1").waiting.problem, "target press-3: data folder /srv/data: it is not there");
}

}  // namespace
}  // namespace stoker::host
