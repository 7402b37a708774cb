// The client against the real server: what it gets, and what it says when there is nothing to get.
#include "host/api/object_client.hpp"

#include "tests/host/api/raw_client.hpp"
#include "tests/support/served_objects.hpp"

#include <gtest/gtest.h>

namespace stoker::host::testing {
namespace {

const Kind& syncs() { return *kind_named("gs"); }

TEST(ObjectClientTest, WritesAndReads) {
  ServedObjects served;
  ObjectClient client = served.client();
  EXPECT_TRUE(client.ask_health());
  ASSERT_TRUE(client.create(syncs(), "default", sync_document("line-a")));
  EXPECT_EQ(client.list(syncs(), {})->items.size(), 1u);
  const auto patched = client.patch(syncs(), "default", "line-a", R"({"spec":{"paused":true}})");
  ASSERT_TRUE(patched);
  EXPECT_EQ(patched->at_pointer("/spec/paused"), true);
  EXPECT_TRUE(client.remove(syncs(), "default", "line-a", "uid-1"));
  EXPECT_EQ(client.get(syncs(), "default", "line-a").error().code, "object.not-found");
}

TEST(ObjectClientTest, AnErrorKeepsItsKindItsSentenceAndItsMistakes) {
  ServedObjects served;
  const auto wrong = served.client().create(syncs(), "default", sync_document("line-a", "", R"(,"pausd":true)"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(), errc::invalid);
  EXPECT_EQ(wrong.error().code, "object.invalid");
  const json::value causes = json::parse(wrong.error().detail);
  EXPECT_EQ(causes.at_pointer("/0/pointer"), "/spec/pausd");
  EXPECT_TRUE(causes.at_pointer("/0/message").as_string().starts_with("expected "));
}

TEST(ObjectClientTest, WithoutAHostItSaysWhatToDo) {
  test::TempFolder folder;
  const std::filesystem::path path = folder.path() / "stoker.sock";
  const auto none = ObjectClient(path).ask_health();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), errc::unreachable);
  EXPECT_EQ(none.error().code, host_not_running);
  EXPECT_NE(none.error().message.find(path.string()), std::string::npos);
  EXPECT_NE(none.error().message.find("stoker run"), std::string::npos);
  EXPECT_EQ(ObjectClient(folder.path() / std::string(108, 'x')).ask_health().error().code, "socket.path");
}

TEST(ObjectClientTest, AHostThatDoesNotAnswerIsATimeout) {
  test::TempFolder folder;
  const auto deaf = OwnSocket::listen(folder.path() / "stoker.sock");
  ASSERT_TRUE(deaf);
  ObjectClient client(folder.path() / "stoker.sock", std::chrono::milliseconds(100));
  EXPECT_EQ(client.ask_health().error(), errc::timeout);
}

using namespace std::chrono_literals;

Following within(std::chrono::milliseconds time) { return Following(std::chrono::steady_clock::now() + time); }

TEST(ObjectClientTest, FollowsFromWhatIsThere) {
  ServedObjects served;
  served.put(resource::gateway_syncs, sync_document("line-a"));
  std::vector<std::string> told;
  const auto ended = served.client().follow(syncs(), {}, within(20s), [&](std::string_view type, const json::value&) {
    told.emplace_back(type);
    if (told.size() == 1) served.patch(line_a, Part::spec, R"({"spec":{"paused":true}})");
    if (told.size() == 2) (void)served.on_loop([&] { return served.store.remove_now(line_a); });
    return told.size() < 3;
  });
  EXPECT_TRUE(ended);
  EXPECT_EQ(told, (std::vector<std::string>{"ADDED", "MODIFIED", "DELETED"}));
}

TEST(ObjectClientTest, WhatWasMissedIsToldOnceAfterAList) {
  ServedObjects served;
  served.put(resource::gateway_syncs, sync_document("line-a"));
  served.put(resource::gateway_syncs, sync_document("line-b"));
  std::vector<std::string> told;
  const auto ended =
      served.client().follow(syncs(), {}, within(20s), [&](std::string_view type, const json::value& object) {
        told.push_back(std::string(type) + " " + std::string(object.at_pointer("/metadata/name").as_string()));
        if (told.size() == 2)
          served.on_loop([&] {
            served.store.expire();
            (void)served.store.remove_now(line_a);
            served.store.expire();
          });
        return told.size() < 3;
      });
  EXPECT_TRUE(ended);
  EXPECT_EQ(told, (std::vector<std::string>{"ADDED line-a", "ADDED line-b", "DELETED line-a"}));
}

TEST(ObjectClientTest, FollowingEndsAtItsTime) {
  ServedObjects served;
  const auto ended =
      served.client().follow(syncs(), {}, within(100ms), [](std::string_view, const json::value&) { return true; });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error(), errc::timeout);
}

TEST(ObjectClientTest, FollowingSaysWhenAllThatWasThereIsTold) {
  ServedObjects served;
  served.put(resource::gateway_syncs, sync_document("line-a"));
  served.put(resource::gateway_syncs, sync_document("line-b"));
  std::size_t told = 0, listed = 0;
  Following how = within(20s);
  how.when_listed = [&] {
    listed += told;
    served.patch(line_a, Part::spec, R"({"spec":{"paused":true}})");
  };
  EXPECT_TRUE(served.client().follow(syncs(), {}, how, [&](auto, const auto&) { return ++told < 3; }));
  EXPECT_EQ(listed, 2u);
}

TEST(ObjectClientTest, AStopEndsFollowingWithoutAChange) {
  ServedObjects served;
  std::stop_source stop;
  Following how = within(20s);
  how.stop = stop.get_token();
  how.when_listed = [&] { stop.request_stop(); };
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(served.client().follow(syncs(), {}, how, [](auto, const auto&) { return true; }));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

// A wait is looked up from now and then, and what comes later is told all the same.
TEST(ObjectClientTest, WhatComesAfterAPauseIsTold) {
  ServedObjects served;
  std::stop_source stop;
  Following how = within(20s);
  how.stop = stop.get_token();
  std::thread later;
  how.when_listed = [&] {
    later = std::thread([&] {
      std::this_thread::sleep_for(900ms);
      served.put(resource::gateway_syncs, sync_document("line-a"));
    });
  };
  std::size_t told = 0;
  EXPECT_TRUE(served.client().follow(syncs(), {}, how, [&](auto, const auto&) { return ++told < 1; }));
  EXPECT_EQ(told, 1u);
  later.join();
}

}  // namespace
}  // namespace stoker::host::testing
