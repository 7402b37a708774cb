// The fake host that plugin authors test with answers as the contract says.
#include <gtest/gtest.h>

#include <stoker/testing/fake_host.hpp>

namespace stoker::testing {
namespace {

constexpr std::string_view document =
    R"({"settings": {"url": "http://a\/b", "list": [1, {"x": null}], "a/b": "\u00e9\ud83d\ude00", "on": true, "wait": "90s"}})";

TEST(FakeHostTest, GivesValuesByJsonPointer) {
  FakeHost host;
  const Config config = host.config(document);
  EXPECT_EQ(config.text("/settings/url"), "http://a/b");
  EXPECT_EQ(config.json("/settings/list/1"), R"({"x": null})");
  EXPECT_EQ(config.text("/settings/a~1b"), "\u00e9\U0001F600");
  EXPECT_TRUE(config.flag("/settings/on"));
  EXPECT_EQ(config.duration("/settings/wait"), std::chrono::seconds(90));
  EXPECT_FALSE(config.find("/settings/none"));
  EXPECT_EQ(config.keys("/settings/list"), (std::vector<std::string>{"0", "1"}));
}

class JsonTextTest : public ::testing::TestWithParam<const char*> {};

TEST_P(JsonTextTest, RefusesWhatIsNotJson) { EXPECT_FALSE(JsonText::parse(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Texts, JsonTextTest,
                         ::testing::Values("", "{", "{\"a\"}", "[1,]", "01", "\"a", "\"\\x\"", "tru", "{} {}",
                                           "\"\\u12\"", "-"));

TEST(JsonTextBoundTest, RefusesWhatIsNestedTooDeep) {
  EXPECT_FALSE(JsonText::parse(std::string(1000, '[') + std::string(1000, ']')));
}

TEST(FakeHostTest, GivesOnlyTheServicesThatAreNeeded) {
  FakeHost host;
  host.without(STOKER_LOG_ID);
  host.host().log().info("lost");
  EXPECT_TRUE(host.log.lines().empty());
  EXPECT_EQ(host.refused(), std::vector<std::string>{STOKER_LOG_ID});
}

// cases Q5: the real host withholds them too, so a unit test must see it.
TEST(FakeHostTest, GivesTheServicesThatTheManifestNamesAndNoOther) {
  FakeHost host{FakeManifest(STOKER_FAKE_MANIFEST)};
  EXPECT_TRUE(host.raw()->query(host.raw(), str(STOKER_LOG_ID)));
  EXPECT_TRUE(host.raw()->query(host.raw(), str(STOKER_METRICS_ID))) << "of optionalNeeds";
  EXPECT_FALSE(host.raw()->query(host.raw(), str(STOKER_CLOCK_ID)));
  EXPECT_EQ(host.refused(), std::vector<std::string>{STOKER_CLOCK_ID});
}

// cases Q5
TEST(ServicesTest, AreSafeWithoutTheNeed) {
  FakeHost host;
  FakeCall call;
  for (const char* id : {STOKER_LOG_ID, STOKER_CLOCK_ID, STOKER_METRICS_ID, STOKER_HTTP_CLIENT_ID}) host.without(id);
  host.host().log().error("nobody reads this");
  host.host().metric(STOKER_METRIC_COUNTER, "stoker_pager_sent_total", "Sent").record(1);
  EXPECT_EQ(host.host().http_client().send(call.call(), {}).error().kind, errc::internal);
  const Clock clock = host.host().clock();
  EXPECT_GT(clock.wall_ms(), 1'700'000'000'000) << "the time of the system";
  EXPECT_LE(clock.monotonic_ms(), clock.monotonic_ms());
  const auto slept = clock.sleep(call.call(), std::chrono::hours(1));
  EXPECT_EQ(slept.error().message, "the manifest does not name stoker.clock/1 in needs");
}

// cases Q21
TEST(FakeHostTest, FillsInTheDefaultsOfTheManifest) {
  FakeHost host{FakeManifest(STOKER_FAKE_MANIFEST)};
  const Config config =
      host.config(R"({"settings": {"url": "http://a", "retry": {"times": 7}, "to": [{}]}, "use": {}})");
  EXPECT_EQ(config.text("/settings/url"), "http://a");
  EXPECT_EQ(config.number("/settings/port"), 443);
  EXPECT_EQ(config.json("/settings/retry"), R"({"times":7,"wait":"5s"})");
  EXPECT_EQ(config.text("/settings/to/0/name"), "all");
  EXPECT_FALSE(config.find("/settings/token")) << "it has no default";
  EXPECT_EQ(host.config("{}").number("/settings/port"), 443);
}

TEST(FakeHttpTest, AnswersTheScriptAndRemembersTheRequests) {
  FakeHost host;
  FakeCall call;
  host.http.answer({429, {{"Retry-After", "7"}}, "slow down"});
  host.http.fail(Error(errc::unreachable, "refused", "http.refused"));
  HttpRequest request;
  request.url = "http://pager.test/";
  const auto first = host.host().http_client().send(call.call(), request);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->header("retry-after"), "7");
  EXPECT_EQ(host.host().http_client().send(call.call(), request).error().code, "http.refused");
  EXPECT_EQ(host.http.requests().size(), 2u);
}

TEST(FakeCallTest, ItsDeadlineRunsDownWithTheClock) {
  FakeHost host;
  const auto call = host.call(std::chrono::seconds(10));
  const auto slept = host.host().clock().sleep(call->call(), std::chrono::seconds(60));
  ASSERT_FALSE(slept);
  EXPECT_EQ(slept.error().kind, errc::timeout);
  EXPECT_EQ(call->call().check().error().kind, errc::timeout);
}

TEST(FakeCallTest, CancelsAfterSoManyLooks) {
  FakeCall call;
  call.cancel_after_looks(2);
  EXPECT_TRUE(call.call().check());
  EXPECT_EQ(call.call().check().error().kind, errc::cancelled);
}

TEST(FakeKindsTest, HasOneKindWhoseDocumentsAreAllRight) {
  FakeHost host;
  const auto kinds = host.host().kinds().list();
  ASSERT_TRUE(kinds);
  ASSERT_EQ(kinds->size(), 1u);
  EXPECT_EQ(kinds->front().resource, "things.example.io");
  EXPECT_EQ(host.host().kinds().check("things.example.io", "", "{}").value_or(""), "{}");
  EXPECT_EQ(host.host().kinds().check("others.example.io", "", "{}").error().kind, errc::not_found);
}

TEST(FakeKindsTest, AnswersAsTheCheckOfTheTestDoes) {
  FakeHost host;
  host.kinds.check_document = [](auto, std::string_view before, std::string_view text) -> Result<std::string> {
    if (text.empty()) return Error(errc::invalid, "empty", "object.invalid");
    return std::string(before) + std::string(text);
  };
  EXPECT_EQ(host.host().kinds().check("things.example.io", "a", "b").value_or(""), "ab");
  EXPECT_EQ(host.host().kinds().check("things.example.io", "a", "").error().code, "object.invalid");
}

TEST(CollectedTest, RefusesAfterSoManyRecords) {
  Collected<Note> notes;
  notes.refuse_after(1, errc::exhausted);
  EXPECT_TRUE(notes.out().put({"drift", "a", ""}));
  EXPECT_EQ(notes.out().put({"drift", "b", ""}).error().kind, errc::exhausted);
  EXPECT_EQ(notes.items.size(), 1u);
}

TEST(FakeViewTest, SaysWhatChangedSinceAKnownRevision) {
  FakeView view("r2", {{"a", "1"}, {"b", "2"}});
  view.before["r1"] = {{"a", "1"}, {"c", "3"}};
  const auto deltas = view.view().since("r1");
  ASSERT_TRUE(deltas && *deltas);
  ASSERT_EQ((*deltas)->size(), 2u);
  EXPECT_EQ((**deltas)[0].file.path, "b");
  EXPECT_EQ((**deltas)[1].op, Delta::Op::remove);
  EXPECT_FALSE(*view.view().since("r0"));
}

TEST(FakePlanTest, HasNoContentForWhatIsNotInIt) {
  const FakePlan plan({Change{}}, {{"a", "1"}});
  std::string bytes;
  const auto keep = [&](std::string_view chunk) {
    bytes += chunk;
    return Result<void>();
  };
  EXPECT_TRUE(plan.plan().content("a", keep));
  EXPECT_EQ(bytes, "1");
  EXPECT_EQ(plan.plan().content("b", keep).error().kind, errc::not_found);
}

}  // namespace
}  // namespace stoker::testing
