// Merge patches, and conditions of patches. coordination P3
#include "conformance/fixture.hpp"

namespace conformance {
namespace {

using ConditionsConformance = Conformance;
using stoker::errc;

std::string on_version(std::uint64_t version, const std::string& more) {
  return R"({"metadata": {"resourceVersion": ")" + std::to_string(version) + R"("}, )" + more + "}";
}

constexpr const char* new_size = R"("spec": {"size": 2})";
constexpr const char* new_phase = R"("status": {"phase": "Ready"})";

// coordination P3
TEST_F(ConditionsConformance, APatchOfThePresentVersionHolds) {
  const Object made = insert(thing("a"));
  const auto sized = platform().patch(key("a"), Part::spec, on_version(made.version, new_size));
  ASSERT_TRUE(sized) << sized.error().message;
  EXPECT_EQ(at(*sized, "/spec/size"), 2);
  const auto ready = platform().patch(key("a"), Part::status, on_version(sized->version, new_phase));
  ASSERT_TRUE(ready) << ready.error().message;
  EXPECT_EQ(at(*ready, "/status/phase"), "Ready");
}

// coordination P3
TEST_F(ConditionsConformance, APatchOfAnotherVersionIsAConflictAndChangesNothing) {
  const Object made = insert(thing("a"));
  const auto now = platform().patch(key("a"), Part::spec, R"({"spec": {"token": 1}})");
  for (const std::uint64_t version : {made.version, now->version + 1'000'000'000}) {
    EXPECT_EQ(platform().patch(key("a"), Part::spec, on_version(version, new_size)).error().code, "object.conflict");
    EXPECT_EQ(platform().patch(key("a"), Part::status, on_version(version, new_phase)).error().code, "object.conflict");
  }
  EXPECT_EQ(platform().get(key("a")).value_or({}), *now);
}

// coordination P3
TEST_F(ConditionsConformance, AnOlderVersionIsAConflictAlsoWhenNothingWouldChange) {
  const Object made = insert(thing("a", {{"size", 2}}));
  ASSERT_TRUE(platform().patch(key("a"), Part::spec, R"({"spec": {"token": 1}})"));
  EXPECT_EQ(platform().patch(key("a"), Part::spec, on_version(made.version, new_size)).error().code, "object.conflict");
}

// coordination P3
TEST_F(ConditionsConformance, AVersionThatIsNoneIsInvalid) {
  insert(thing("a"));
  for (const char* version : {"abc", "", "0", "-1"}) {
    const std::string patch =
        R"({"metadata": {"resourceVersion": ")" + std::string(version) + R"("}, "spec": {"size": 2}})";
    EXPECT_EQ(platform().patch(key("a"), Part::spec, patch).error().kind, errc::invalid) << version;
  }
}

// coordination P3
TEST_F(ConditionsConformance, OfTenPatchesOfOneVersionOneHolds) {
  const Object made = insert(thing("a"));
  const Answers answers = at_once(10, [&](int i) {
    return platform().patch(key("a"), Part::spec,
                            on_version(made.version, R"("spec": {"size": )" + std::to_string(i + 1) + "}"));
  });
  EXPECT_EQ(answers.succeeded, 1);
  EXPECT_EQ(answers.codes.count("object.conflict"), 9u);
}

// coordination P3
TEST_F(ConditionsConformance, MapsAreMergedListsAreReplacedAndNullTakesAway) {
  insert(thing("a", {{"size", 5}, {"notes", {{"x", "1"}, {"y", "2"}}}, {"steps", json::array{"a", "b"}}}));
  const auto patched = platform().patch(key("a"), Part::spec,
                                        R"({"spec": {"size": null, "notes": {"x": null, "z": "3"}, "steps": ["c"]}})");
  ASSERT_TRUE(patched) << patched.error().message;
  EXPECT_TRUE(at(*patched, "/spec/size").is_null());
  EXPECT_EQ(at(*patched, "/spec/notes"), (json::object{{"y", "2"}, {"z", "3"}}));
  EXPECT_EQ(at(*patched, "/spec/steps"), json::array{"c"});
}

// coordination P3, P5
TEST_F(ConditionsConformance, NullBringsADefaultBack) {
  insert(thing("a", {{"enabled", false}}));
  EXPECT_EQ(at(*platform().patch(key("a"), Part::spec, R"({"spec": {"enabled": null}})"), "/spec/enabled"), true);
}

// coordination P3
TEST_F(ConditionsConformance, APatchOfWhatIsNotThereIsNotFound) {
  EXPECT_EQ(platform().patch(key("a"), Part::spec, R"({"spec": {"size": 1}})").error().code, "object.not-found");
  EXPECT_EQ(platform().patch(key("a"), Part::status, R"({"status": {}})").error().code, "object.not-found");
}

// coordination P3
TEST_F(ConditionsConformance, APatchMovesNoObject) {
  const Object made = insert(thing("a"));
  for (const char* patch : {R"({"metadata": {"name": "b"}})", R"({"metadata": {"namespace": "elsewhere"}})",
                            R"({"kind": "Other"})", R"({"apiVersion": "conformance.stoker.io/v9"})"})
    EXPECT_EQ(platform().patch(key("a"), Part::spec, patch).error().kind, errc::invalid) << patch;
  EXPECT_EQ(platform().get(key("a")).value_or({}), made);
}

// coordination P3
TEST_F(ConditionsConformance, APatchIsAJsonObject) {
  insert(thing("a"));
  for (const char* patch : {"", "[]", "nonsense", R"({"spec": )", "3"})
    EXPECT_EQ(platform().patch(key("a"), Part::spec, patch).error().kind, errc::invalid) << patch;
}

}  // namespace
}  // namespace conformance
