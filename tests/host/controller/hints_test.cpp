// Hints become looks; none is lost, none is answered by a look that began before it.
#include "host/controller/hints.hpp"
#include <gtest/gtest.h>

#include <vector>

namespace stoker::host {
namespace {

using Names = std::vector<std::string>;

class TriggerTest : public testing::Test {
 protected:
  TriggerTest() {
    for (const char* sync : {"a", "b"}) hints_.add(sync);
    for (const std::string& sync : due()) hints_.end_resolve(sync, hints_.begin_resolve(sync));
  }
  Names due() const {
    Names names;
    for (const char* sync : {"a", "b", "c"})
      if (hints_.due(sync)) names.push_back(sync);
    return names;
  }
  Hints hints_;
};

TEST_F(TriggerTest, ANewSyncIsLookedAtOnce) {
  for (const char* sync : {"a", "b", "c"}) hints_.add(sync);
  EXPECT_EQ(due(), Names{"c"});
}

TEST_F(TriggerTest, HintDuringResolveResolvesAgain) {  // pitfalls P20
  hints_.hint("a", true, "1");
  const auto token = hints_.begin_resolve("a");
  hints_.hint("a", true, "2");
  EXPECT_EQ(due(), Names{});
  hints_.end_resolve("a", token);
  EXPECT_EQ(due(), Names{"a"});
}

TEST_F(TriggerTest, EveryPushLooksAgain) {  // pitfalls P23
  for (const char* delivery : {"1", "2", "3"}) {
    const auto before = hints_.token("a");
    EXPECT_EQ(hints_.hint("a", true, delivery), Hints::Counted::yes);
    EXPECT_GT(hints_.token("a"), before);
    ASSERT_EQ(due(), Names{"a"});
    hints_.end_resolve("a", hints_.begin_resolve("a"));
  }
}

TEST_F(TriggerTest, AnEqualDeliveryCountsOnce) {
  hints_.hint("a", true, "1");
  EXPECT_EQ(hints_.hint("a", true, "1"), Hints::Counted::known_delivery);
  EXPECT_EQ(hints_.hint("b", true, "1"), Hints::Counted::yes);
}

TEST_F(TriggerTest, HintsWithoutADeliveryAllCount) {
  hints_.hint("a", false);
  EXPECT_EQ(hints_.hint("a", false), Hints::Counted::yes);
}

TEST_F(TriggerTest, DeliveriesAreForgottenAfterAThousand) {
  hints_.hint("a", true, "first");
  for (std::size_t i = 0; i < deliveries_max; ++i) hints_.hint("a", true, std::to_string(i));
  EXPECT_EQ(hints_.hint("a", true, "first"), Hints::Counted::yes);
}

TEST_F(TriggerTest, ManyHintsAreOneLook) {
  hints_.hint("a", false);
  hints_.hint("a", false);
  hints_.end_resolve("a", hints_.begin_resolve("a"));
  EXPECT_EQ(due(), Names{});
}

TEST_F(TriggerTest, AHintForAllIsForEach) {
  hints_.hint("", false);
  EXPECT_EQ(due(), (Names{"a", "b"}));
}

TEST_F(TriggerTest, AnUnknownSyncIsSaid) { EXPECT_EQ(hints_.hint("x", true), Hints::Counted::unknown_sync); }

TEST_F(TriggerTest, AFailedLookStaysDue) {
  hints_.hint("a", false);
  hints_.begin_resolve("a");
  hints_.fail_resolve("a");
  EXPECT_EQ(due(), Names{"a"});
}

TEST_F(TriggerTest, OnlySomebodysActResetsTheBackOff) {
  hints_.hint("a", false);
  EXPECT_FALSE(hints_.urgent("a"));
  hints_.hint("a", true);
  EXPECT_TRUE(hints_.urgent("a"));
  hints_.begin_resolve("a");
  EXPECT_FALSE(hints_.urgent("a"));
}

TEST_F(TriggerTest, WhatSomebodyAskedForOutlivesALookThatFails) {
  hints_.end_resolve("a", hints_.begin_resolve("a"));
  hints_.hint("a", true);
  hints_.begin_resolve("a");
  hints_.fail_resolve("a");
  EXPECT_TRUE(hints_.asked("a"));
  hints_.end_resolve("a", hints_.begin_resolve("a"));
  EXPECT_FALSE(hints_.asked("a"));
  hints_.hint("a", false);
  EXPECT_FALSE(hints_.asked("a")) << "a timer asks for nothing";
}

TEST_F(TriggerTest, TokensGrowPastThoseOfAnEarlierProcess) {
  hints_.start_from("a", 57);
  EXPECT_GT(hints_.token("a"), 57u);
}

TEST_F(TriggerTest, ASyncThatIsGoneIsForgotten) {
  hints_.hint("a", false);
  const auto token = hints_.begin_resolve("a");
  hints_.remove("a");
  hints_.end_resolve("a", token);
  EXPECT_EQ(hints_.token("a"), 0u);
}

}  // namespace
}  // namespace stoker::host
