// Watching objects. coordination P1
#include "conformance/fixture.hpp"

#include <algorithm>

namespace conformance {
namespace {

using WatchingConformance = Conformance;
using stoker::errc;

bool rises(const std::vector<ObjectEvent>& events) {
  return std::adjacent_find(events.begin(), events.end(), [](const ObjectEvent& one, const ObjectEvent& next) {
           return one.object.version >= next.object.version;
         }) == events.end();
}

std::vector<std::uint64_t> versions_of(const std::vector<ObjectEvent>& events) {
  std::vector<std::uint64_t> versions;
  for (const ObjectEvent& event : events) versions.push_back(event.object.version);
  return versions;
}

// coordination P1
TEST_F(WatchingConformance, TellsOfEachChangeAfterTheListWithTheWholeObject) {
  insert(thing("before"));
  const auto watch = watch_mine(version_now());
  const Object made = insert(thing("a"));
  const auto patched = platform().patch(key("a"), Part::spec, R"({"spec": {"size": 2}})");
  const auto ready = platform().patch(key("a"), Part::status, R"({"status": {"phase": "Ready"}})");
  ASSERT_TRUE(patched && ready);
  EXPECT_EQ(platform().events(watch, 3),
            (std::vector<ObjectEvent>{
                {watch, Op::added, made}, {watch, Op::changed, *patched}, {watch, Op::changed, *ready}}));
}

// coordination P1, P3
TEST_F(WatchingConformance, TellsOfARemovalWithTheUidTheLastDocumentAndALaterVersion) {
  const Object made = insert(thing("a", {{"size", 3}}));
  const auto watch = watch_mine(version_now());
  ASSERT_TRUE(platform().remove(key("a")));
  const auto events = platform().events(watch, 1);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].op, Op::removed);
  EXPECT_EQ(events[0].object.key, key("a"));
  EXPECT_EQ(events[0].object.uid, made.uid);
  EXPECT_GT(events[0].object.version, made.version);
  EXPECT_EQ(at(events[0].object, "/spec/size"), 3);
}

// coordination P1
TEST_F(WatchingConformance, FromZeroBeginsWithWhatIsThere) {
  const Object one = insert(thing("a")), other = insert(thing_there("b"));
  const auto watch = watch_mine(0);
  auto events = platform().events(watch, 2);
  std::sort(events.begin(), events.end(),
            [](const auto& a, const auto& b) { return a.object.version < b.object.version; });
  EXPECT_EQ(events, (std::vector<ObjectEvent>{{watch, Op::added, one}, {watch, Op::added, other}}));
  const Object third = insert(thing("c"));
  EXPECT_EQ(platform().events(watch, 3).back(), (ObjectEvent{watch, Op::added, third}));
}

// coordination P1
TEST_F(WatchingConformance, VersionsOfTheEventsRiseWhileManyWriteInTwoNamespaces) {
  const auto watch = watch_mine(version_now());
  const Answers answers = at_once(6, [&](int writer) {
    Result<Object> last;
    for (int i = 0; i < 10; ++i) {
      const std::string what = "w" + std::to_string(writer) + "-" + std::to_string(i);
      last = platform().insert(writer % 2 ? thing(what) : thing_there(what));
    }
    return last;
  });
  EXPECT_EQ(answers.succeeded, 6);
  const auto events = platform().events(watch, 60);
  EXPECT_EQ(events.size(), 60u);
  EXPECT_TRUE(rises(events)) << pretty(events);
}

// coordination P1
TEST_F(WatchingConformance, NoChangeOfAnObjectIsMergedAway) {
  const auto watch = watch_mine(version_now());
  std::vector<std::uint64_t> written = {insert(thing("a")).version};
  for (int i = 1; i <= 30; ++i)
    written.push_back(
        platform().patch(key("a"), Part::spec, R"({"spec": {"token": )" + std::to_string(i) + "}}")->version);
  EXPECT_EQ(versions_of(platform().events(watch, 31)), written);
}

// coordination P1
TEST_F(WatchingConformance, ASecondWatchFromTheSameVersionIsToldTheSame) {
  const std::uint64_t from = version_now();
  const auto first = watch_mine(from);
  insert(thing("a"));
  ASSERT_TRUE(platform().patch(key("a"), Part::spec, R"({"spec": {"size": 2}})"));
  ASSERT_TRUE(platform().remove(key("a")));
  const auto told = platform().events(first, 3);
  const auto second = watch_mine(from);
  const auto told_again = platform().events(second, 3);
  ASSERT_EQ(told_again.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(told_again[i].object, told[i].object);
  EXPECT_NE(first, second);
  EXPECT_EQ(told_up_to_now(first), told);  // and nothing again
}

// coordination P1
TEST_F(WatchingConformance, GoesOnFromTheVersionOfAnEvent) {
  const auto first = watch_mine(version_now());
  insert(thing("a"));
  insert(thing("b"));
  insert(thing("c"));
  const auto told = platform().events(first, 3);
  ASSERT_EQ(told.size(), 3u);
  platform().unwatch(first);
  const auto second = watch_mine(told[1].object.version);
  EXPECT_EQ(told_up_to_now(second), (std::vector<ObjectEvent>{{second, Op::added, told[2].object}}));
}

// coordination P1
TEST_F(WatchingConformance, AVersionThatWasNeverReachedIsExpired) {
  const auto watch = platform().watch("", mine(), version_now() + 1'000'000'000);
  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().kind, errc::not_found);
  EXPECT_EQ(watch.error().code, "object.expired");
}

// coordination P1
TEST_F(WatchingConformance, AnObjectThatLeavesTheSelectionIsRemovedWithItsLastFittingDocument) {
  const Object made = insert(thing("a", {{"size", 1}}, "line=a"));
  const auto watch = watch_mine(version_now(), "line=a");
  const auto moved =
      platform().patch(key("a"), Part::spec, R"({"metadata": {"labels": {"line": "b"}}, "spec": {"size": 2}})");
  ASSERT_TRUE(moved);
  const auto events = platform().events(watch, 1);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].op, Op::removed);
  EXPECT_EQ(events[0].object.uid, made.uid);
  EXPECT_EQ(events[0].object.version, moved->version);
  EXPECT_EQ(at(events[0].object, "/metadata/labels/line"), "a");
  EXPECT_EQ(at(events[0].object, "/spec/size"), 1);
}

// coordination P1
TEST_F(WatchingConformance, AnObjectThatComesIntoTheSelectionIsAdded) {
  insert(thing("a", {}, "line=b"));
  const auto watch = watch_mine(version_now(), "line=a");
  const auto moved = platform().patch(key("a"), Part::spec, R"({"metadata": {"labels": {"line": "a"}}})");
  ASSERT_TRUE(moved);
  EXPECT_EQ(platform().events(watch, 1), (std::vector<ObjectEvent>{{watch, Op::added, *moved}}));
}

// coordination P1
TEST_F(WatchingConformance, NothingIsToldOfWhatDoesNotFitBeforeAndAfter) {
  insert(thing("a", {}, "line=b"));
  const auto watch = watch_mine(version_now(), "line=a");
  ASSERT_TRUE(platform().patch(key("a"), Part::spec, R"({"metadata": {"labels": {"line": "c"}}})"));
  ASSERT_TRUE(platform().remove(key("a")));
  EXPECT_EQ(pretty(told_up_to_now(watch, "line=a")), "");
}

// coordination P1
TEST_F(WatchingConformance, AWatchOfOneNamespaceTellsOfNoOther) {
  const auto watch = watch_mine(version_now(), "", here);
  insert(thing_there("b"));
  EXPECT_EQ(pretty(told_up_to_now(watch)), "");
}

// coordination P1, P2
TEST_F(WatchingConformance, NobodyIsToldOfAWriteThatChangesNothing) {
  const Object made = insert(thing("a", {{"size", 4}}));
  const auto watch = watch_mine(version_now());
  EXPECT_TRUE(platform().update(Part::spec, made.document));
  EXPECT_TRUE(platform().patch(key("a"), Part::spec, R"({"spec": {"size": 4}})"));
  EXPECT_EQ(pretty(told_up_to_now(watch)), "");
}

// coordination P1
TEST_F(WatchingConformance, NothingIsToldOfARefusedWrite) {
  insert(thing("a"));
  const auto watch = watch_mine(version_now());
  EXPECT_FALSE(platform().patch(key("a"), Part::spec, R"({"spec": {"size": 1000}})"));
  EXPECT_FALSE(platform().insert(thing("a")));
  EXPECT_FALSE(platform().insert(thing("b", {{"size", 1000}})));
  EXPECT_EQ(pretty(told_up_to_now(watch)), "");
}

// coordination P1
TEST_F(WatchingConformance, AnEndedWatchTellsNothingMore) {
  const auto ended = watch_mine(version_now());
  const auto other = watch_mine(version_now());
  platform().unwatch(ended);
  insert(thing("a"));
  EXPECT_EQ(platform().events(other, 1).size(), 1u);
  insert(thing("b"));
  EXPECT_EQ(platform().events(other, 2).size(), 2u);
  EXPECT_EQ(platform().events(ended, 0).size(), 0u);
}

// coordination P1
TEST_F(WatchingConformance, EndingAWatchThatIsNotThereDoesNothing) { platform().unwatch(987654321); }

// coordination P1
TEST_F(WatchingConformance, NextEndsSoonAfterACancelAndNothingIsLost) {
  const auto watch = watch_mine(version_now());
  EXPECT_LT(platform().restart_listening().count(), 2000);
  const Object made = insert(thing("a"));
  EXPECT_EQ(platform().events(watch, 1), (std::vector<ObjectEvent>{{watch, Op::added, made}}));
}

// coordination P1
TEST_F(WatchingConformance, AWatchMissesNothingThatIsWrittenWhileItBegins) {
  std::atomic<bool> enough = false;
  std::vector<std::uint64_t> written;
  std::thread writer([&] {
    for (int i = 0; !enough && i < 1000; ++i) written.push_back(insert(thing("a" + std::to_string(i))).version);
  });
  const auto listed = platform().list("", mine());
  const auto watch = watch_mine(listed->version);
  while (platform().events(watch, 5).size() < 5) {
  }
  enough = true;
  writer.join();
  std::erase_if(written, [&](std::uint64_t version) { return version <= listed->version; });
  EXPECT_EQ(versions_of(platform().events(watch, written.size())), written);
}

}  // namespace
}  // namespace conformance
