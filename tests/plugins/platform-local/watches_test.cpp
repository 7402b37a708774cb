// What only the watches of this platform promise: bookmarks, bounds, and that nothing is polled.
#include "watches.hpp"

#include "fixture.hpp"

#include <thread>

namespace {

using namespace stoker;
using namespace stoker::local;
using namespace std::chrono_literals;
using Op = ObjectEvent::Op;
using stoker::local::test::Events;
using stoker::testing::FakeCall;

class WatchesTest : public stoker::local::test::LocalFixture {
 protected:
  Object insert_elsewhere(const std::string& name) {  // of another kind
    std::string document = thing(name);
    document.replace(document.find("Thing"), 5, "Other");
    auto made = platform->insert(call.call(), "others.example.io", document, "test");
    if (!made) throw std::runtime_error(made.error().message);
    return *made;
  }
  WatchesTest() { host.kinds.kinds.push_back({"others.example.io", "example.io", "v1", "Other", "others", true}); }
};

TEST_F(WatchesTest, ABookmarkComesAfterAMinuteInWhichOthersChanged) {
  const auto number = watch(version());
  const Object other = insert_elsewhere("a");
  EXPECT_TRUE(told().empty());
  host.clock.advance(59s);
  EXPECT_TRUE(told().empty());
  host.clock.advance(1s);
  const auto events = told();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].op, Op::bookmark);
  EXPECT_EQ(events[0].watch, number);
  EXPECT_EQ(events[0].object.version, other.version);
  EXPECT_TRUE(events[0].object.document.empty());
}

TEST_F(WatchesTest, NoBookmarkComesWhenNothingHappenedAtAll) {
  watch(version());
  host.clock.advance(10min);
  EXPECT_TRUE(told().empty());
}

TEST_F(WatchesTest, AWatchThatFellBehindTheLogExpires) {
  open({10, 1 << 20});
  const auto number = watch(version());
  insert(thing("a"));
  for (int i = 2; i <= 30; ++i) ASSERT_TRUE(patch("a", R"({"spec": {"size": )" + std::to_string(i) + "}}"));
  EXPECT_EQ(told(), (std::vector<ObjectEvent>{{number, Op::expired, {}}}));
  ASSERT_TRUE(remove("a"));
  EXPECT_TRUE(told().empty());
}

TEST_F(WatchesTest, AWatchExpiresWhenAnOlderCopyOfTheFileIsThere) {
  insert(thing("a"));
  platform.reset();
  const std::string copy = file() + ".copy";
  std::filesystem::copy_file(file(), copy);
  open();
  const auto number = watch(insert(thing("b")).version);
  // A failure makes the platform open the file anew.
  std::filesystem::rename(copy, file());
  std::filesystem::remove(file() + "-wal");
  ASSERT_FALSE(without_room([&] { return platform->insert(call.call(), test::things, large_thing("c"), "test"); }));
  EXPECT_EQ(told(), (std::vector<ObjectEvent>{{number, Op::expired, {}}}));
}

TEST_F(WatchesTest, AThousandWatchesAndNoMore) {
  std::vector<std::uint64_t> numbers;
  for (int i = 0; i < 1'000; ++i) numbers.push_back(watch(version()));
  const auto one_more = platform->watch(call.call(), {test::things, "", ""}, 0);
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().kind, errc::exhausted);
  insert(thing("a"));
  EXPECT_EQ(told().size(), 1'000u);
  platform->unwatch(numbers.front());
  EXPECT_TRUE(platform->watch(call.call(), {test::things, "", ""}, version()));
}

TEST_F(WatchesTest, MoreChangesThanFitIntoOneCallComeInOrder) {
  watch(version());
  std::vector<std::uint64_t> written;
  for (int i = 0; i < 1'200; ++i) written.push_back(insert(thing("a" + std::to_string(i))).version);
  std::vector<std::uint64_t> versions;
  for (const ObjectEvent& event : told()) versions.push_back(event.object.version);
  EXPECT_EQ(versions, written);
}

TEST_F(WatchesTest, ManyChangesOfAnotherKindDelayNothing) {
  const auto number = watch(version());
  for (int i = 0; i < 1'100; ++i) insert_elsewhere("a" + std::to_string(i));
  const Object made = insert(thing("a"));
  const auto start = std::chrono::steady_clock::now();
  Events events;
  ASSERT_TRUE(platform->next(call.call(), events.out()));
  EXPECT_EQ(events.items, (std::vector<ObjectEvent>{{number, Op::added, made}}));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 90ms);
}

TEST_F(WatchesTest, ACommitWakesNextAtOnce) {
  watch(version());
  Events events;
  std::chrono::steady_clock::time_point told_at, written_at;
  std::thread waiting([&] {
    FakeCall long_call;
    EXPECT_TRUE(platform->next(long_call.call(), events.out()));
    told_at = std::chrono::steady_clock::now();
  });
  std::this_thread::sleep_for(30ms);
  insert(thing("a"));
  written_at = std::chrono::steady_clock::now();
  waiting.join();
  EXPECT_EQ(events.items.size(), 1u);
  EXPECT_LT(told_at - written_at, 40ms);
}

TEST_F(WatchesTest, NextEndsWhenItIsCancelled) {
  watch(version());
  FakeCall cancelled;
  std::thread canceller([&] {
    std::this_thread::sleep_for(20ms);
    cancelled.cancel();
  });
  Events events;
  const auto ended = platform->next(cancelled.call(), events.out());
  canceller.join();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, errc::cancelled);
}

TEST_F(WatchesTest, NextEndsAtItsDeadline) {
  FakeCall past([left = 3]() mutable { return --left > 0 ? 5 : 0; });
  Events events;
  EXPECT_EQ(platform->next(past.call(), events.out()).error().kind, errc::timeout);
}

TEST_F(WatchesTest, AReceiverThatWantsNoMoreEndsNext) {
  watch(version());
  insert(thing("a"));
  insert(thing("b"));
  Events events;
  events.refuse_after(1, errc::exhausted);
  EXPECT_EQ(platform->next(call.call(), events.out()).error().kind, errc::exhausted);
}

}  // namespace
