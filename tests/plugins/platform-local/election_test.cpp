// Elections by the fake clock, and over a start.
#include "fixture.hpp"

namespace {

using namespace stoker;
using namespace std::chrono_literals;

class ElectionTest : public stoker::local::test::LocalFixture {
 protected:
  bool leads(const std::string& candidate, std::chrono::milliseconds ttl = 15s) {
    const auto answer = platform->lead(call.call(), "shard", candidate, ttl);
    if (!answer) throw std::runtime_error(answer.error().message);
    return *answer;
  }
};

TEST_F(ElectionTest, ASilentLeaderIsFollowedAfterItsTtl) {
  ASSERT_TRUE(leads("a"));
  host.clock.advance(14'999ms);
  EXPECT_FALSE(leads("b"));
  host.clock.advance(1ms);
  EXPECT_TRUE(leads("b"));
  EXPECT_FALSE(leads("a"));
}

TEST_F(ElectionTest, ARenewalBeginsTheTtlAnew) {
  ASSERT_TRUE(leads("a"));
  host.clock.advance(10s);
  ASSERT_TRUE(leads("a"));
  host.clock.advance(10s);
  EXPECT_FALSE(leads("b"));
}

TEST_F(ElectionTest, TheLongerTtlCounts) {
  ASSERT_TRUE(leads("a", 15s));
  host.clock.advance(6s);
  EXPECT_FALSE(leads("b", 5s));
  host.clock.advance(9s);
  EXPECT_TRUE(leads("b", 5s));
}

TEST_F(ElectionTest, TheWallClockDecidesNothing) {
  ASSERT_TRUE(leads("a"));
  host.clock.set_wall_ms(4'000'000'000'000);
  EXPECT_FALSE(leads("b"));
}

TEST_F(ElectionTest, AfterAStartAnotherWaitsAFullTtl) {
  ASSERT_TRUE(leads("a"));
  host.clock.advance(1h);
  open();
  EXPECT_FALSE(leads("b"));
  host.clock.advance(14s);
  EXPECT_FALSE(leads("b"));
  host.clock.advance(1s);
  EXPECT_TRUE(leads("b"));
}

TEST_F(ElectionTest, AfterAStartTheLeaderGoesOn) {
  ASSERT_TRUE(leads("a"));
  open();
  EXPECT_TRUE(leads("a"));
  EXPECT_FALSE(leads("b"));
}

TEST_F(ElectionTest, AnElectionChangesNoVersion) {
  const std::uint64_t before = version();
  ASSERT_TRUE(leads("a"));
  ASSERT_TRUE(platform->resign(call.call(), "shard", "a"));
  EXPECT_EQ(version(), before);
}

TEST_F(ElectionTest, NamesAndTtlAreChecked) {
  EXPECT_EQ(platform->lead(call.call(), "", "a", 1s).error().kind, errc::invalid);
  EXPECT_EQ(platform->lead(call.call(), "shard", "", 1s).error().kind, errc::invalid);
  EXPECT_EQ(platform->lead(call.call(), "shard", "a", 0s).error().kind, errc::invalid);
}

}  // namespace
