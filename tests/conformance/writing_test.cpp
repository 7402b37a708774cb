// Replacing an object, and its two parts. coordination P2
#include "conformance/fixture.hpp"

namespace conformance {
namespace {

using WritingConformance = Conformance;
using stoker::errc;

// coordination P2
TEST_F(WritingConformance, AnUpdateReplacesSpecAndLabels) {
  const Object made = insert(thing("a", {{"size", 1}, {"token", 5}}, "line=a"));
  std::string wanted = with(made.document, "/spec/size", 2);
  wanted = without(without(wanted, "/spec/token"), "/metadata/labels/line");
  const auto updated = platform().update(Part::spec, wanted);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(at(*updated, "/spec/size"), 2);
  EXPECT_TRUE(at(*updated, "/spec/token").is_null());
  EXPECT_TRUE(at(*updated, "/metadata/labels/line").is_null());
  EXPECT_GT(updated->version, made.version);
  EXPECT_EQ(updated->uid, made.uid);
  EXPECT_EQ(platform().get(key("a")).value_or({}), *updated);
}

// coordination P2
TEST_F(WritingConformance, AnUpdateOfAnOlderVersionIsAConflictAndChangesNothing) {
  const Object made = insert(thing("a", {{"size", 1}}));
  const auto second = platform().update(Part::spec, with(made.document, "/spec/size", 2));
  ASSERT_TRUE(second);
  const auto third = platform().update(Part::spec, with(made.document, "/spec/size", 3));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().kind, errc::conflict);
  EXPECT_EQ(third.error().code, "object.conflict");
  EXPECT_EQ(platform().get(key("a")).value_or({}), *second);
}

// coordination P2
TEST_F(WritingConformance, TheVersionIsThatOfBothParts) {
  const Object made = insert(thing("a"));
  ASSERT_TRUE(platform().patch(key("a"), Part::status, R"({"status": {"phase": "Ready"}})"));
  EXPECT_EQ(platform().update(Part::spec, with(made.document, "/spec/size", 3)).error().code, "object.conflict");
}

// coordination P2
TEST_F(WritingConformance, AnUpdateWithoutAVersionIsInvalid) {
  const Object made = insert(thing("a"));
  EXPECT_EQ(platform().update(Part::spec, without(made.document, "/metadata/resourceVersion")).error().kind,
            errc::invalid);
  EXPECT_EQ(platform().update(Part::status, without(made.document, "/metadata/resourceVersion")).error().kind,
            errc::invalid);
}

// coordination P2
TEST_F(WritingConformance, AnUpdateWithAnotherUidIsAConflict) {
  const Object made = insert(thing("a"));
  const std::string other =
      with(with(made.document, "/spec/size", 9), "/metadata/uid", "11111111-1111-4111-8111-111111111111");
  EXPECT_EQ(platform().update(Part::spec, other).error().code, "object.conflict");
}

// coordination P2
TEST_F(WritingConformance, AnUpdateOfWhatIsNotThereIsNotFound) {
  const Object made = insert(thing("a"));
  ASSERT_TRUE(platform().remove(key("a")));
  EXPECT_EQ(platform().update(Part::spec, made.document).error().code, "object.not-found");
  EXPECT_EQ(platform().update(Part::status, made.document).error().code, "object.not-found");
}

// coordination P2
TEST_F(WritingConformance, OfTenUpdatesFromOneVersionOneHolds) {
  const Object made = insert(thing("a"));
  const Answers answers =
      at_once(10, [&](int i) { return platform().update(Part::spec, with(made.document, "/spec/size", i + 1)); });
  EXPECT_EQ(answers.succeeded, 1);
  EXPECT_EQ(answers.codes.count("object.conflict"), 9u);
}

// coordination P2
TEST_F(WritingConformance, InsertDropsAStatus) {
  const Object made = insert(with(thing("a"), "/status", json::object{{"phase", "Ready"}}));
  EXPECT_TRUE(at(made, "/status").is_null());
}

// coordination P2
TEST_F(WritingConformance, AWriteOfTheStatusChangesNothingElse) {
  const Object made = insert(thing("a", {{"size", 1}}, "line=a"));
  std::string wanted = with(made.document, "/status", json::object{{"phase", "Ready"}});
  wanted = with(with(wanted, "/spec/size", 50), "/metadata/labels/line", "b");
  wanted = with(wanted, "/metadata/annotations", json::object{{"note", "x"}});
  const auto updated = platform().update(Part::status, wanted);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(at(*updated, "/status/phase"), "Ready");
  EXPECT_EQ(at(*updated, "/spec/size"), 1);
  EXPECT_EQ(at(*updated, "/metadata/labels/line"), "a");
  EXPECT_TRUE(at(*updated, "/metadata/annotations").is_null());
  EXPECT_EQ(at(*updated, "/metadata/generation"), 1);
}

// coordination P2
TEST_F(WritingConformance, AWriteOfTheSpecKeepsTheStatus) {
  insert(thing("a"));
  const auto ready = platform().patch(key("a"), Part::status, R"({"status": {"phase": "Ready"}})");
  ASSERT_TRUE(ready);
  const auto failed =
      platform().update(Part::spec, with(with(ready->document, "/status/phase", "Failed"), "/spec/size", 2));
  ASSERT_TRUE(failed);
  EXPECT_EQ(at(*failed, "/status/phase"), "Ready");
  const auto dropped = platform().update(Part::spec, with(without(failed->document, "/status"), "/spec/size", 3));
  ASSERT_TRUE(dropped);
  EXPECT_EQ(at(*dropped, "/status/phase"), "Ready");
}

// coordination P2
TEST_F(WritingConformance, APatchOfTheOtherPartChangesNothing) {
  const Object made = insert(thing("a"));
  EXPECT_EQ(platform().patch(key("a"), Part::spec, R"({"status": {"phase": "Ready"}})")->version, made.version);
  EXPECT_EQ(platform().patch(key("a"), Part::status, R"({"spec": {"size": 5}})")->version, made.version);
}

// coordination P2
TEST_F(WritingConformance, AStatusUpdateWithoutAStatusTakesItAway) {
  insert(thing("a"));
  const auto ready = platform().patch(key("a"), Part::status, R"({"status": {"phase": "Ready"}})");
  const auto bare = platform().update(Part::status, without(ready->document, "/status"));
  ASSERT_TRUE(bare) << bare.error().message;
  EXPECT_TRUE(at(*bare, "/status").is_null());
}

// coordination P2
TEST_F(WritingConformance, AWriteThatChangesNothingKeepsTheVersion) {
  const Object made = insert(thing("a", {{"size", 4}}));
  const auto kept = [&](const Result<Object>& answer) { return answer && answer->version == made.version; };
  EXPECT_TRUE(kept(platform().update(Part::spec, made.document, "another-writer")));
  EXPECT_TRUE(kept(platform().update(Part::status, made.document, "another-writer")));
  EXPECT_TRUE(kept(platform().patch(key("a"), Part::spec, R"({"spec": {"size": 4}})", "another-writer")));
  EXPECT_TRUE(kept(platform().patch(key("a"), Part::spec, "{}")));
  EXPECT_TRUE(kept(platform().patch(key("a"), Part::spec, R"({"spec": {"token": null}})")));
  EXPECT_TRUE(kept(platform().update(Part::spec, without(made.document, "/spec/enabled"))));  // its default comes back
  EXPECT_EQ(platform().get(key("a")).value_or({}), made);
}

// coordination P2
TEST_F(WritingConformance, EmptyMetadataIsTheSameAsNone) {
  const Object made = insert(with(thing("a"), "/metadata/finalizers", json::array()));
  EXPECT_TRUE(at(made, "/metadata/finalizers").is_null());
  std::string wanted = with(made.document, "/metadata/finalizers", json::array());
  wanted = with(wanted, "/metadata/ownerReferences", json::array());
  wanted = with(wanted, "/metadata/annotations", json::object());
  EXPECT_EQ(platform().update(Part::spec, wanted)->version, made.version);
}

// coordination P2
TEST_F(WritingConformance, WhatThePlatformSetsIsIgnoredInAWrite) {
  const Object made = insert(thing("a"));
  std::string wanted = with(made.document, "/metadata/generation", 99);
  wanted = with(wanted, "/metadata/creationTimestamp", "2001-01-01T00:00:00Z");
  wanted = without(wanted, "/metadata/managedFields");
  wanted = without(wanted, "/metadata/uid");
  EXPECT_EQ(platform().update(Part::spec, wanted)->version, made.version);
  EXPECT_EQ(platform().patch(key("a"), Part::spec, R"({"metadata": {"generation": 7}})")->version, made.version);
}

// coordination P2
TEST_F(WritingConformance, GenerationGrowsWithTheSpecAlone) {
  insert(thing("a"));
  const auto generation = [&](Part part, const std::string& patch) {
    return at(*platform().patch(key("a"), part, patch), "/metadata/generation");
  };
  EXPECT_EQ(generation(Part::spec, R"({"metadata": {"labels": {"line": "a"}}})"), 1);
  EXPECT_EQ(generation(Part::spec, R"({"metadata": {"annotations": {"note": "a"}}})"), 1);
  EXPECT_EQ(generation(Part::status, R"({"status": {"phase": "Ready"}})"), 1);
  EXPECT_EQ(generation(Part::spec, R"({"metadata": {"finalizers": ["conformance.stoker.io/f"]}})"), 1);
  EXPECT_EQ(generation(Part::spec, R"({"spec": {"size": 1}})"), 2);
  EXPECT_EQ(generation(Part::spec, R"({"spec": {"size": 1}})"), 2);
  EXPECT_EQ(generation(Part::spec, R"({"spec": {"size": 2}})"), 3);
}

// coordination P2
TEST_F(WritingConformance, PatchesWithoutAConditionAllHold) {
  insert(thing("a", {{"notes", json::object()}}));
  const Answers answers = at_once(16, [&](int i) {
    return platform().patch(key("a"), Part::spec, R"({"spec": {"notes": {"n)" + std::to_string(i) + R"(": "x"}}})");
  });
  EXPECT_EQ(answers.succeeded, 16);
  EXPECT_EQ(at(*platform().get(key("a")), "/spec/notes").as_object().size(), 16u);
}

}  // namespace
}  // namespace conformance
