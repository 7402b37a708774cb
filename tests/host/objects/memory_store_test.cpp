// The store of the tests keeps what platforms promise, as far as tests rely on it.
#include "tests/support/memory_store.hpp"
#include "tests/support/host_loop.hpp"

#include <gtest/gtest.h>

namespace stoker::host::testing {
namespace {

constexpr const char* line_a =
    R"({"apiVersion":"stoker.io/v1alpha1","kind":"GatewaySync","metadata":{"name":"line-a","namespace":"default","labels":{"line":"a"}},"spec":{"paused":false}})";
const ObjectKey key{resource::gateway_syncs, "default", "line-a"};

struct MemoryStoreTest : ::testing::Test {
  HostLoop host{1};
  MemoryStore store;
  std::vector<std::pair<ObjectEvent::Op, std::uint64_t>> events;

  ObjectStore::Watch watch(const std::string& labels, std::uint64_t from) {
    ObjectQuery query(resource::gateway_syncs, {}, labels);
    auto begun = host.await(store.watch(
        query, from, [this](const ObjectEvent& event) { events.emplace_back(event.op, event.object.version); }));
    return begun ? *begun : nullptr;
  }
  void settle() { host.await(store.get(key)).value_or(Object()); }
};

TEST_F(MemoryStoreTest, AVersionGrowsWithEachWriteAndTheGenerationWithTheSpec) {
  EXPECT_EQ(host.await(store.insert(resource::gateway_syncs, line_a, "ann"))->version, 1u);
  EXPECT_EQ(host.await(store.patch(key, Part::spec, R"({"metadata":{"labels":{"x":"y"}}})", "ann"))->version, 2u);
  const auto paused = host.await(store.patch(key, Part::spec, R"({"spec":{"paused":true},"status":{"a":1}})", "ann"));
  EXPECT_EQ(json::parse(paused->document).at_pointer("/metadata/generation"), 2);
  EXPECT_FALSE(json::parse(paused->document).as_object().contains("status"));
  EXPECT_EQ(host.await(store.patch(key, Part::spec, R"({"spec":{"paused":true}})", "ann"))->version, 3u);
  EXPECT_EQ(host.await(store.patch(key, Part::status, R"({"status":{"a":1}})", "ann"))->version, 4u);
}

TEST_F(MemoryStoreTest, AWriteOfAnotherVersionConflicts) {
  ASSERT_TRUE(store.insert_now(resource::gateway_syncs, line_a));
  EXPECT_EQ(store.insert_now(resource::gateway_syncs, line_a).error().code, "object.exists");
  EXPECT_EQ(store.patch_now(key, Part::spec, R"({"metadata":{"resourceVersion":"7"}})").error().code,
            "object.conflict");
  EXPECT_EQ(store.remove_now(key, "another").error().code, "object.conflict");
  EXPECT_TRUE(store.remove_now(key, "uid-1", 1));
  EXPECT_EQ(store.remove_now(key).error().code, "object.not-found");
}

TEST_F(MemoryStoreTest, AWatchTellsEachChangeOnceFromItsVersionOn) {
  ASSERT_TRUE(store.insert_now(resource::gateway_syncs, line_a));
  ASSERT_TRUE(store.patch_now(key, Part::spec, R"({"spec":{"paused":true}})"));
  auto open = watch("", 1);
  ASSERT_TRUE(store.remove_now(key));
  settle();
  const decltype(events) expected{{ObjectEvent::Op::changed, 2}, {ObjectEvent::Op::removed, 3}};
  EXPECT_EQ(events, expected);
  open.reset();
  EXPECT_EQ(store.watches_count(), 0u);
}

TEST_F(MemoryStoreTest, AnObjectThatNoLongerFitsIsRemovedForTheWatch) {
  ASSERT_TRUE(store.insert_now(resource::gateway_syncs, line_a));
  auto open = watch("line=a", 0);
  ASSERT_TRUE(store.patch_now(key, Part::spec, R"({"metadata":{"labels":{"line":"b"}}})"));
  ASSERT_TRUE(store.patch_now(key, Part::spec, R"({"metadata":{"labels":{"line":"a"}}})"));
  settle();
  const decltype(events) expected{
      {ObjectEvent::Op::added, 1}, {ObjectEvent::Op::removed, 2}, {ObjectEvent::Op::added, 3}};
  EXPECT_EQ(events, expected);
}

TEST_F(MemoryStoreTest, AWatchOfForgottenChangesIsExpired) {
  ASSERT_TRUE(store.insert_now(resource::gateway_syncs, line_a));
  auto open = watch("", 1);
  ASSERT_TRUE(store.patch_now(key, Part::spec, R"({"spec":{"paused":true}})"));
  store.expire();
  settle();
  EXPECT_EQ(events.back().first, ObjectEvent::Op::expired);
  EXPECT_EQ(watch("", 1), nullptr);
}

TEST_F(MemoryStoreTest, AnObjectWithFinalizersWaitsForThem) {
  ASSERT_TRUE(store.insert_now(resource::gateway_syncs, line_a));
  ASSERT_TRUE(store.patch_now(key, Part::spec, R"({"metadata":{"finalizers":["x.io/y"]}})"));
  ASSERT_TRUE(store.remove_now(key));
  EXPECT_NE(store.find(key)->document.find("deletionTimestamp"), std::string::npos);
  ASSERT_TRUE(store.patch_now(key, Part::spec, R"({"metadata":{"finalizers":null}})"));
  EXPECT_EQ(store.find(key), nullptr);
}

}  // namespace
}  // namespace stoker::host::testing
