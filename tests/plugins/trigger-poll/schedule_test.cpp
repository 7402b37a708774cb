// The schedule of trigger-poll: what is due when.
#include "plugins/trigger-poll/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

poll::Schedule exact() { return poll::Schedule(0, 1); }

TEST(PollScheduleTest, NothingIsDueWithoutSyncs) {
  poll::Schedule schedule = exact();
  EXPECT_EQ(schedule.next_due(), std::nullopt);
  EXPECT_EQ(schedule.take_due(1h), Names{});
}

TEST(PollScheduleTest, TheFirstPollIsOneIntervalAfterWatch) {
  poll::Schedule schedule = exact();
  schedule.watch({{"a", "file:///r", 10s}}, 100s);
  EXPECT_EQ(schedule.next_due(), 110s);
  EXPECT_EQ(schedule.take_due(109'999ms), Names{});
  EXPECT_EQ(schedule.take_due(110s), Names{"a"});
  EXPECT_EQ(schedule.next_due(), 120s);
}

TEST(PollScheduleTest, SyncsOfOneRepositoryComeDueTogetherAtTheSmallestInterval) {
  poll::Schedule schedule = exact();
  schedule.watch({{"slow", "file:///r", 60s}, {"quick", "file:///r", 10s}, {"other", "file:///s", 60s}}, 0s);
  EXPECT_EQ(schedule.take_due(10s), (Names{"slow", "quick"}));
  EXPECT_EQ(schedule.take_due(11s), Names{});
}

TEST(PollScheduleTest, ASleepOfTheMachineCostsOnePollAndNotMany) {
  poll::Schedule schedule = exact();
  schedule.watch({{"a", "file:///r", 10s}}, 0s);
  EXPECT_EQ(schedule.take_due(10h), Names{"a"});
  EXPECT_EQ(schedule.next_due(), 10h + 10s);
}

TEST(PollScheduleTest, AKnownRepositoryKeepsItsTimeWhenTheListChanges) {
  poll::Schedule schedule = exact();
  schedule.watch({{"a", "file:///r", 60s}}, 0s);
  schedule.watch({{"a", "file:///r", 60s}, {"b", "file:///r", 60s}}, 50s);
  EXPECT_EQ(schedule.next_due(), 60s);
}

TEST(PollScheduleTest, AShorterIntervalBringsTheNextPollForward) {
  poll::Schedule schedule = exact();
  schedule.watch({{"a", "file:///r", 60s}}, 0s);
  schedule.watch({{"a", "file:///r", 5s}}, 10s);
  EXPECT_EQ(schedule.next_due(), 15s);
}

TEST(PollScheduleTest, AnIntervalBelowTheBoundCountsAsTheBound) {
  poll::Schedule schedule = exact();
  schedule.watch({{"a", "file:///r", 1ms}}, 0s);
  EXPECT_EQ(schedule.next_due(), poll::interval_min);
}

TEST(PollScheduleTest, JitterStaysWithinItsPercentAndDiffersBetweenProcesses) {
  std::vector<std::chrono::milliseconds> drawn;
  for (std::uint_fast32_t seed = 1; seed <= 100; ++seed) {
    poll::Schedule schedule(10, seed);
    schedule.watch({{"a", "file:///r", 100s}}, 0s);
    drawn.push_back(*schedule.next_due());
  }
  std::sort(drawn.begin(), drawn.end());
  EXPECT_GE(drawn.front(), 90s);
  EXPECT_LE(drawn.back(), 110s);
  EXPECT_GT(drawn.back() - drawn.front(), 10s);
}

}  // namespace
