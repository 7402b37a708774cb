// The Run under random schedules: the real pipeline, the real memory on files and the built strategy-merge against a
// world that fails, moves and kills between any two steps. What must hold: rules.hpp.
#include "lane.hpp"
#include "tests/support/seed.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

namespace stoker::schedule {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t schedules = 1'000;
#else
constexpr std::uint64_t schedules = 10'000;
#endif
constexpr std::uint64_t shards = 20;

std::uint64_t base_seed() { return seed::given_or(1); }

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

// Each was the shortest that broke a rule once.
constexpr const char* found[] = {
    "fresh r6 1:> 9:assign:r7",
    "adopt r3 1:> 6:var 7:> 7.150=disk_full",
    "settled r3 1:> 4:> 1.6=source_down 4.1=source_up 4.37=!EIO 4.196=!EACCES",
    "settled r3 0:gw_stop 1:> 2:> 1.36=!ENOSPC 2.47=!ENOSPC",
    "settled r2 1:assign:r3 2:> 2.176=!ENOSPC",
    "same r5 0:assign:r6 1:> 1.233=kill",
    "same r6 1:> 1.241=!ENOSPC",
    "settled r5 0:gw_stop 3:> 4:gw_up 5:gw_ready 6:> 3.109=disk_full",
    "fresh r1 0:> 0.191=!EACCES 0.215=kill",
    "adopt r1 0:> 0.172=!EIO 0.233=!EACCES",
    "settled r5 0:gw_stop 1:> 3:> 1.127=!EIO 3.5=assign:r1",
    "settled r5 0:gw_stop 1:> 1.29=kill 1.85=kill 1.201=assign:r1 1.217=!EIO",
    "same r1 0:> 1:assign:r3 2:> 2.61=role_swap",
    "same r3 0:role_swap 1:> 4:gw_stop 5:> 1.69=!ENOSPC",
    "settled r2 1:role_swap 3:assign:r5 4:> 4.82=!EIO",
    "same r1 0:> 1:assign:r3 2:> 3:assign:r5 4:> 2.58=!EIO 2.62=kill 2.81=kill 2.151=assign:r1 2.198=!ENOSPC "
    "4.61=!EACCES",
    "settled r5 0:> 1:source_down 3:> 0.86=role_swap",
    "settled r6 0:> 5:assign:r6 6:> 0.95=kill 0.119=unsure_on 0.120=assign:r2",
    "settled r3 0:scans_slow 1:assign:r7 2:> 2.109=!lost",
    "fresh r1 0:> 1:gw_up 2:gw_ready 3:gw_ready 5:> 5.37=stubborn_on",
    "settled r3 0:no_rollback 1:> 1.105=kill 1.111=api_save",
    "settled r5 0:gw_stop 1:> 2:assign:r3 3:> 4:gw_up 5:gw_ready 6:> 6.6=kill 6.36=selfwrite",
};

TEST(ScheduleTest, ThoseThatOnceBrokeARuleKeepIt) {
  Bench bench;
  for (const char* text : found) {
    const auto schedule = from_text(text);
    ASSERT_TRUE(schedule) << text;
    const Outcome outcome = follow(bench, Picks(*schedule), true);
    EXPECT_EQ(outcome.broken, "") << told(outcome);
  }
}

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
