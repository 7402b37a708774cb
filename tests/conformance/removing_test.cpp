// Removing objects, and their finalizers. coordination P3
#include "conformance/fixture.hpp"

namespace conformance {
namespace {

using RemovingConformance = Conformance;
using stoker::errc;

constexpr const char* other_uid = "11111111-1111-4111-8111-111111111111";

std::string finalizers(const std::string& list) { return R"({"metadata": {"finalizers": [)" + list + "]}}"; }
constexpr const char* one = R"("conformance.stoker.io/one")";
constexpr const char* one_and_two = R"("conformance.stoker.io/one", "conformance.stoker.io/two")";
constexpr const char* one_and_three = R"("conformance.stoker.io/one", "conformance.stoker.io/three")";

// coordination P3
TEST_F(RemovingConformance, HandsBackTheObjectAsItWas) {
  const Object made = insert(thing("a", {{"size", 3}}));
  const auto removed = platform().remove(key("a"));
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(removed->key, made.key);
  EXPECT_EQ(removed->uid, made.uid);
  EXPECT_EQ(at(*removed, "/spec/size"), 3);
  EXPECT_EQ(platform().get(key("a")).error().code, "object.not-found");
  EXPECT_TRUE(platform().list("", mine())->objects.empty());
}

// coordination P3
TEST_F(RemovingConformance, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(platform().remove(key("a")).error().code, "object.not-found");
  EXPECT_EQ(platform().remove(key("a"), other_uid, 5).error().code, "object.not-found");
}

// coordination P3
TEST_F(RemovingConformance, AnotherUidIsAConflict) {
  const Object made = insert(thing("a"));
  EXPECT_EQ(platform().remove(key("a"), other_uid).error().code, "object.conflict");
  EXPECT_EQ(platform().get(key("a")).value_or({}), made);
  EXPECT_TRUE(platform().remove(key("a"), made.uid));
}

// coordination P3
TEST_F(RemovingConformance, AnotherVersionIsAConflict) {
  const Object made = insert(thing("a"));
  const auto now = platform().patch(key("a"), Part::spec, R"({"spec": {"size": 2}})");
  EXPECT_EQ(platform().remove(key("a"), "", made.version).error().code, "object.conflict");
  EXPECT_EQ(platform().remove(key("a"), made.uid, made.version).error().code, "object.conflict");
  EXPECT_TRUE(platform().remove(key("a"), made.uid, now->version));
}

// coordination P3
TEST_F(RemovingConformance, OfSixRemovalsOneSucceeds) {
  insert(thing("a"));
  const Answers answers = at_once(6, [&](int) { return platform().remove(key("a")); });
  EXPECT_EQ(answers.succeeded, 1);
  EXPECT_EQ(answers.codes.count("object.not-found"), 5u);
}

// coordination P3
TEST_F(RemovingConformance, AnObjectWithFinalizersStaysUntilTheLastIsTakenAway) {
  insert(thing("a"));
  ASSERT_TRUE(platform().patch(key("a"), Part::spec, finalizers(one_and_two)));
  const auto watch = watch_mine(version_now());
  const auto going = platform().remove(key("a"));
  ASSERT_TRUE(going) << going.error().message;
  EXPECT_TRUE(at(*going, "/metadata/deletionTimestamp").is_string());
  EXPECT_EQ(platform().get(key("a")).value_or({}), *going);
  const auto shorter = platform().patch(key("a"), Part::spec, finalizers(one));
  ASSERT_TRUE(shorter);
  ASSERT_TRUE(platform().patch(key("a"), Part::spec, finalizers("")));
  EXPECT_EQ(platform().get(key("a")).error().code, "object.not-found");
  const auto events = platform().events(watch, 3);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0], (ObjectEvent{watch, Op::changed, *going}));
  EXPECT_EQ(events[1], (ObjectEvent{watch, Op::changed, *shorter}));
  EXPECT_EQ(events[2].op, Op::removed);
  EXPECT_EQ(events[2].object.uid, going->uid);
  EXPECT_GT(events[2].object.version, shorter->version);
}

// coordination P3
TEST_F(RemovingConformance, TheLastFinalizerMayGoByAnUpdate) {
  insert(thing("a"));
  ASSERT_TRUE(platform().patch(key("a"), Part::spec, finalizers(one)));
  const auto going = platform().remove(key("a"));
  ASSERT_TRUE(platform().update(Part::spec, without(going->document, "/metadata/finalizers")));
  EXPECT_EQ(platform().get(key("a")).error().code, "object.not-found");
}

// coordination P3
TEST_F(RemovingConformance, ASecondRemovalChangesNothing) {
  insert(thing("a"));
  ASSERT_TRUE(platform().patch(key("a"), Part::spec, finalizers(one)));
  const auto going = platform().remove(key("a"));
  EXPECT_EQ(platform().remove(key("a")).value_or({}), *going);
  EXPECT_EQ(platform().remove(key("a"), other_uid).error().code, "object.conflict");
}

// coordination P3
TEST_F(RemovingConformance, NobodyAddsAFinalizerThen) {
  insert(thing("a"));
  ASSERT_TRUE(platform().patch(key("a"), Part::spec, finalizers(one)));
  ASSERT_TRUE(platform().remove(key("a")));
  EXPECT_EQ(platform().patch(key("a"), Part::spec, finalizers(one_and_three)).error().kind, errc::invalid);
  EXPECT_TRUE(platform().patch(key("a"), Part::spec, R"({"spec": {"size": 2}})"));  // the rest may still change
}

// coordination P3
TEST_F(RemovingConformance, ItsNameIsTakenUntilItIsGone) {
  insert(thing("a"));
  ASSERT_TRUE(platform().patch(key("a"), Part::spec, finalizers(one)));
  ASSERT_TRUE(platform().remove(key("a")));
  EXPECT_EQ(platform().insert(thing("a")).error().code, "object.exists");
  const auto kept = platform().patch(key("a"), Part::spec, R"({"metadata": {"deletionTimestamp": null}})");
  ASSERT_TRUE(kept);
  EXPECT_TRUE(at(*kept, "/metadata/deletionTimestamp").is_string());
}

}  // namespace
}  // namespace conformance
