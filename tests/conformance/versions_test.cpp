// Versions, uids and times. coordination P4, P5
#include "conformance/fixture.hpp"

#include <chrono>
#include <ctime>

namespace conformance {
namespace {

using VersionsConformance = Conformance;

// coordination P4
TEST_F(VersionsConformance, TheVersionOfAnObjectIsAPositiveNumberAsText) {
  const Object made = insert(thing("a"));
  EXPECT_GT(made.version, 0u);
  EXPECT_EQ(at(made, "/metadata/resourceVersion").as_string(), std::to_string(made.version));
  EXPECT_EQ(at(made, "/metadata/uid").as_string(), made.uid);
}

// coordination P4
TEST_F(VersionsConformance, RiseOverTheWholeStore) {
  std::vector<std::uint64_t> versions = {insert(thing("a")).version, insert(thing_there("b")).version};
  versions.push_back(platform().patch(key("a"), Part::spec, R"({"spec": {"size": 2}})")->version);
  versions.push_back(platform().patch(key("a"), Part::status, R"({"status": {"phase": "Ready"}})")->version);
  versions.push_back(insert(thing("c")).version);
  versions.push_back(version_now() + 1);
  for (std::size_t i = 1; i < versions.size(); ++i) EXPECT_LT(versions[i - 1], versions[i]) << i;
}

// coordination P4
TEST_F(VersionsConformance, AnObjectThatIsMadeAnewHasALaterVersionAndAnotherUid) {
  const Object first = insert(thing("a"));
  ASSERT_TRUE(platform().patch(key("a"), Part::spec, R"({"spec": {"size": 2}})"));
  ASSERT_TRUE(platform().remove(key("a")));
  const std::uint64_t removed = version_now();
  const Object second = insert(thing("a"));
  EXPECT_GT(removed, first.version);
  EXPECT_GT(second.version, removed);
  EXPECT_NE(second.uid, first.uid);
  EXPECT_EQ(at(second, "/metadata/generation"), 1);
}

// coordination P4
TEST_F(VersionsConformance, ARemovalHasAVersionOfItsOwn) {
  const Object made = insert(thing("a"));
  const auto watch = watch_mine(version_now());
  ASSERT_TRUE(platform().remove(key("a")));
  const Object next = insert(thing("b"));
  const auto events = platform().events(watch, 2);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_GT(events[0].object.version, made.version);
  EXPECT_LT(events[0].object.version, next.version);
}

// coordination P4
TEST_F(VersionsConformance, UidsAreNewForEachObject) {
  std::set<std::string> uids;
  for (int i = 0; i < 20; ++i) uids.insert(insert(thing("a" + std::to_string(i))).uid);
  EXPECT_EQ(uids.size(), 20u);
  EXPECT_EQ(uids.begin()->size(), 36u);
}

// coordination P5
TEST_F(VersionsConformance, WhatThePlatformSetsIsIgnoredInANewObject) {
  std::string asked = with(thing("a"), "/metadata/creationTimestamp", "2001-01-01T00:00:00Z");
  asked = with(asked, "/metadata/uid", "11111111-1111-4111-8111-111111111111");
  asked = with(asked, "/metadata/generation", 77);
  asked = with(asked, "/metadata/deletionTimestamp", "2001-01-01T00:00:00Z");
  const Object made = insert(asked);
  std::tm parts{};
  const std::string created(at(made, "/metadata/creationTimestamp").as_string());
  ASSERT_NE(::strptime(created.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts), nullptr) << created;
  EXPECT_LT(std::abs(std::difftime(::timegm(&parts), std::time(nullptr))), 600);
  EXPECT_NE(made.uid, "11111111-1111-4111-8111-111111111111");
  EXPECT_EQ(at(made, "/metadata/generation"), 1);
  EXPECT_TRUE(at(made, "/metadata/deletionTimestamp").is_null());
}

// coordination P4
TEST_F(VersionsConformance, ANewObjectHasNoVersionYet) {
  EXPECT_EQ(platform().insert(with(thing("a"), "/metadata/resourceVersion", "5")).error().kind, stoker::errc::invalid);
}

}  // namespace
}  // namespace conformance
