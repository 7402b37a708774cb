// The rollout as a function: rows of spec, revision, targets in, assignments out.
#include "host/controller/rollout.hpp"
#include <gtest/gtest.h>

namespace stoker::host {
namespace {

class RolloutTest : public testing::Test {
 protected:
  RolloutTest() {
    sync_.name = "line-a";
    SyncProfile profile;
    profile.profile.name = "line";
    profile.profile.mappings = {{"projects", "projects", MappingType::inferred, false}};
    sync_.profiles["line"] = profile;
    for (const char* name : {"press-1", "press-2"})
      targets_.push_back({name, name, "line", {{"line", "a"}}, 0, std::nullopt});
  }
  // One pass; what is assigned is what the next pass finds.
  std::vector<Assignment> pass(std::uint64_t token = 1) {
    const std::vector<Assignment> made = rollout(sync_, resolved_, targets_, token, false);
    for (const Assignment& a : made)
      for (RolloutTarget& target : targets_)
        if (target.name == a.target) target.last = a;
    return made;
  }
  SyncSpec sync_;
  std::vector<RolloutTarget> targets_;
  std::optional<ResolvedRef> resolved_ = ResolvedRef{"r1", "refs/heads/main"};
};

TEST_F(RolloutTest, TheNewestRevisionGoesToAllTargets) {
  const auto made = pass(3);
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0].target, "press-1");
  EXPECT_EQ(made[0].revision, "r1");
  EXPECT_EQ(made[0].ref, "refs/heads/main");
  EXPECT_EQ(made[0].token, 3u);
  EXPECT_EQ(made[0].labels, (std::map<std::string, std::string>{{"line", "a"}}));
  EXPECT_EQ(made[1].target, "press-2");
}

TEST_F(RolloutTest, TheSamePassTwiceAssignsNothingTheSecondTime) {
  pass();
  EXPECT_TRUE(pass(2).empty());
}

TEST_F(RolloutTest, TokensOnlyGrow) {
  pass(9);
  resolved_->revision = "r2";
  EXPECT_EQ(pass(2)[0].token, 10u);
}

TEST_F(RolloutTest, NothingIsAssignedBeforeAnythingIsResolved) {
  resolved_.reset();
  EXPECT_TRUE(pass().empty());
}

TEST_F(RolloutTest, ASourceThatIsAwayKeepsTheRevisionAndTakesTheNewProfile) {
  const auto first = pass();
  resolved_.reset();
  sync_.profiles["line"].profile.prune.max_files = 500;
  const auto second = pass();
  EXPECT_EQ(second[0].revision, "r1");
  EXPECT_FALSE(second[0].same_work(first[0]));
}

TEST_F(RolloutTest, APausedSyncKeepsThePreviousRevisionAndSaysWhy) {
  pass();
  sync_.paused = true;
  resolved_->revision = "r2";
  const auto made = pass();
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0].revision, "r1");
  ASSERT_TRUE(made[0].hold);
  EXPECT_EQ(made[0].hold->name, "paused");
  EXPECT_EQ(made[0].hold->reason, "Sync line-a is paused");
}

TEST_F(RolloutTest, APausedProfileHoldsOnlyItsTargets) {
  sync_.profiles["other"] = sync_.profiles["line"];
  targets_[1].profile = "other";
  pass();
  sync_.profiles["line"].paused = true;
  resolved_->revision = "r2";
  const auto made = pass();
  EXPECT_EQ(made[0].revision, "r1");
  EXPECT_EQ(made[1].revision, "r2");
  EXPECT_FALSE(made[1].hold);
}

TEST_F(RolloutTest, PausedFromTheStartAssignsNothing) {
  sync_.paused = true;
  EXPECT_TRUE(pass().empty());
}

TEST_F(RolloutTest, ResumeAssignsTheNewest) {
  pass();
  sync_.paused = true;
  pass();
  sync_.paused = false;
  resolved_->revision = "r2";
  const auto made = pass();
  EXPECT_EQ(made[0].revision, "r2");
  EXPECT_FALSE(made[0].hold);
}

TEST_F(RolloutTest, TheRetryTextReachesTheTargets) {
  const auto first = pass();
  sync_.retry = "2025-01-02";
  const auto second = pass();
  EXPECT_EQ(second[0].retry, "2025-01-02");
  EXPECT_FALSE(second[0].same_work(first[0]));
}

// cases T32
TEST_F(RolloutTest, TheRepairTextReachesTheTargets) {
  const auto first = pass();
  sync_.repair = "monday";
  const auto second = pass();
  EXPECT_EQ(second[0].repair, "monday");
  EXPECT_FALSE(second[0].same_work(first[0]));
}

TEST_F(RolloutTest, ARaisedPruneChangesTheInputs) {
  const auto first = pass();
  sync_.profiles["line"].profile.prune.max_files = 1000;
  EXPECT_NE(pass()[0].inputs(Role::independent), first[0].inputs(Role::independent));
}

TEST_F(RolloutTest, ATargetOfAnotherSyncStartsAnew) {
  pass();
  targets_[0].last->sync = "line-b";
  const auto resolved = std::exchange(resolved_, std::nullopt);
  EXPECT_TRUE(pass().empty()) << "what another Sync wanted is nothing to go on with";
  resolved_ = resolved;
  const auto made = pass();
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(made[0].target, "press-1");
}

TEST_F(RolloutTest, AProfileThatIsGoneAssignsNothing) {
  targets_[0].profile = "gone";
  EXPECT_EQ(pass().size(), 1u);
}

}  // namespace
}  // namespace stoker::host
