// The Run under random schedules: the real pipeline, the real memory on files and the built strategy-merge against a
// world that fails, moves and kills between any two steps (run.md; design: the tests' own rules.hpp).
#include "lane.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

namespace stoker::schedule {
namespace {

constexpr std::uint64_t schedules = 10'000, shards = 20;

std::uint64_t base_seed() {
  const char* seed = std::getenv("STOKER_TEST_SEED");
  return seed ? std::strtoull(seed, nullptr, 10) : 1;
}

Picks drawn(std::uint64_t seed) {
  static constexpr double rates[] = {.004, .012, .03};
  return Picks(random_story(seed), seed ^ 0x9e3779b97f4a7c15, rates[seed % 3]);
}

// The same violation by a shorter schedule: what can be left out is left out, one by one.
Schedule shrunk(Bench& bench, Schedule from, const std::string& rule) {
  const auto breaks = [&](const Schedule& schedule) { return follow(bench, Picks(schedule), false).broken == rule; };
  for (bool again = true; again;) {
    again = false;
    for (std::size_t i = from.ops.size(); i-- > 0;) {
      Schedule less = from;
      less.ops.erase(less.ops.begin() + static_cast<std::ptrdiff_t>(i));
      if (breaks(less)) from = less, again = true;
    }
    std::vector<Schedule::Place> places;
    for (const auto& [place, what] : from.picks) places.push_back(place);
    for (const auto& place : places) {
      Schedule less = from;
      less.picks.erase(place);
      if (breaks(less)) from = less, again = true;
    }
  }
  return from;
}

std::string told(const Outcome& outcome) {
  std::string text;
  for (const std::string& line : outcome.trace) text += line + "\n";
  return text + "rule " + outcome.broken + ": " + outcome.text + "\nagain: STOKER_TEST_SCHEDULE='" +
         to_text(outcome.schedule) + "' schedule_test --gtest_filter=ScheduleTest.OneThatIsGiven\n";
}

class RandomSchedules : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  Bench bench_;
};

TEST_P(RandomSchedules, KeepEveryRule) {
  std::map<std::string, std::uint64_t> counts, broken;
  const std::uint64_t each = schedules / shards, first = GetParam() * each;
  for (std::uint64_t k = first; k < first + each; ++k) {
    const std::uint64_t seed = base_seed() * 1'000'003 + k;
    const Outcome outcome = follow(bench_, drawn(seed), false);
    for (const auto& [what, count] : outcome.counts) counts[what] += count;
    if (outcome.broken.empty() || broken[outcome.broken]++ > 0) continue;
    const Schedule shortest = shrunk(bench_, outcome.schedule, outcome.broken);
    ADD_FAILURE() << "schedule " << k << " of seed " << base_seed() << ", shrunk from " << outcome.schedule.length()
                  << " to " << shortest.length() << ":\n"
                  << told(follow(bench_, Picks(shortest), true));
  }
  for (const auto& [rule, count] : broken) std::cout << "rule " << rule << " broke in " << count << " schedules\n";
  std::cout << each << " schedules from " << first << " on, seed " << base_seed();
  for (const auto& [what, count] : counts) {
    std::cout << ", " << count << " " << what;
    RecordProperty(what, std::to_string(count));
  }
  std::cout << "\n";
}

INSTANTIATE_TEST_SUITE_P(Shard, RandomSchedules, ::testing::Range<std::uint64_t>(0, shards));

// To see one again: STOKER_TEST_SCHEDULE is what a violation printed. Without it: a good revision on a settled target.
TEST(ScheduleTest, OneThatIsGiven) {
  const char* given = std::getenv("STOKER_TEST_SCHEDULE");
  const auto schedule = from_text(given ? given : "settled r2 0:>");
  ASSERT_TRUE(schedule) << "not a schedule: " << given;
  Bench bench;
  const Outcome outcome = follow(bench, Picks(*schedule), true);
  if (given) std::cout << told(outcome);
  EXPECT_EQ(outcome.broken, "") << told(outcome);
}

}  // namespace
}  // namespace stoker::schedule
