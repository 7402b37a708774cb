// platform-local as a class, with a fake host: what only this platform promises. What each platform promises is in
// tests/conformance.
#include "local_platform.hpp"

#include "fixture.hpp"

#include <iostream>

namespace {

using namespace stoker;
using namespace stoker::local;
using namespace std::chrono_literals;
using stoker::local::test::Listed;
using stoker::local::test::value;
using stoker::testing::FakeCall;
using stoker::testing::FakeHost;
using LocalPlatformTest = stoker::local::test::LocalFixture;

TEST_F(LocalPlatformTest, TimesAreThoseOfTheHost) {
  EXPECT_EQ(value(insert(thing("a")), "/metadata/creationTimestamp"), "2025-01-02T03:04:05Z");
}

TEST_F(LocalPlatformTest, KeepsItsFileInTheFolderOfTheModule) {
  const std::string state = (folder.path() / "state" / "platform").string();
  LocalPlatform other(host.config(R"({"use": {}, "state": ")" + state + "\"}"), host.host());
  ASSERT_TRUE(other.insert(call.call(), test::things, thing("a"), "test"));
  EXPECT_TRUE(std::filesystem::exists(state + "/objects.db"));
}

TEST_F(LocalPlatformTest, TheFileMayBeElsewhere) {
  const std::string wanted = (folder.path() / "elsewhere.db").string();
  LocalPlatform other(host.config(R"({"settings": {"file": ")" + wanted + R"("}, "use": {}, "state": "/nowhere"})"),
                      host.host());
  ASSERT_TRUE(other.insert(call.call(), test::things, thing("a"), "test"));
  EXPECT_TRUE(std::filesystem::exists(wanted));
}

TEST_F(LocalPlatformTest, TheCheckSeesWhatIsReplaced) {
  std::vector<std::string> seen;
  host.kinds.check_document = [&](auto, std::string_view before, std::string_view document) -> Result<std::string> {
    seen.emplace_back(before);
    return std::string(document);
  };
  const Object made = insert(thing("a"));
  ASSERT_TRUE(patch("a", R"({"spec": {"size": 2}})"));
  EXPECT_EQ(seen, (std::vector<std::string>{"", made.document}));
}

TEST_F(LocalPlatformTest, WhatTheCheckAddsIsStored) {
  host.kinds.check_document = [](auto, auto, std::string_view document) -> Result<std::string> {
    std::string complete(document);
    return complete.replace(complete.find(R"("size":1)"), 8, R"("size":1,"colour":"red")");
  };
  EXPECT_EQ(value(insert(thing("a")), "/spec/colour"), "red");
  EXPECT_EQ(value(*get("a"), "/spec/colour"), "red");
}

TEST_F(LocalPlatformTest, WhatTheCheckRefusesIsHandedOn) {
  host.kinds.check_document = [](auto, auto, auto) -> Result<std::string> {
    Error error(errc::invalid, "size is too small", "object.invalid");
    error.detail = R"([{"pointer": "/spec/size", "expected": "more", "got": 1}])";
    return error;
  };
  const auto made = platform->insert(call.call(), test::things, thing("a"), "test");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, "object.invalid");
  EXPECT_EQ(value(made.error().detail, "/0/pointer"), "/spec/size");
  EXPECT_TRUE(list().empty());
}

TEST_F(LocalPlatformTest, ARefusedWriteTakesNoVersion) {
  insert(thing("a"));
  const std::uint64_t before = version();
  EXPECT_FALSE(platform->insert(call.call(), test::things, thing("a"), "test"));
  EXPECT_FALSE(patch("a", R"({"metadata": {"resourceVersion": "1"}})"));
  EXPECT_EQ(version(), before);
  EXPECT_EQ(insert(thing("b")).version, before + 1);
}

TEST_F(LocalPlatformTest, AKindWithoutAStatusOfItsOwnHasOnePart) {
  host.kinds.kinds[0].has_status = false;
  insert(thing("a"));
  EXPECT_EQ(patch("a", R"({"status": {"phase": "Ready"}})", Part::status).error().kind, errc::not_found);
  const auto ready = patch("a", R"({"status": {"phase": "Ready"}})");
  ASSERT_TRUE(ready);
  EXPECT_EQ(value(*ready, "/status/phase"), "Ready");
  EXPECT_EQ(value(*ready, "/metadata/generation"), "2");
}

TEST_F(LocalPlatformTest, AKindThatAppearsLaterIsKnown) {
  EXPECT_FALSE(platform->watch(call.call(), {"others.example.io", "", ""}, 0));
  host.kinds.kinds.push_back({"others.example.io", "example.io", "v1", "Other", "others", true});
  EXPECT_TRUE(platform->watch(call.call(), {"others.example.io", "", ""}, 0));
}

TEST_F(LocalPlatformTest, ARemovalThatWaitsRaisesTheGeneration) {
  insert(thing("a", R"(, "finalizers": ["example.io/f"])"));
  const auto going = remove("a");
  ASSERT_TRUE(going);
  EXPECT_EQ(value(*going, "/metadata/generation"), "2");
  EXPECT_EQ(value(*going, "/metadata/deletionTimestamp"), "2025-01-02T03:04:05Z");
}

TEST_F(LocalPlatformTest, NamesOfWritersAreBounded) {
  EXPECT_TRUE(platform->insert(call.call(), test::things, thing("a"), std::string(256, 'w')));
  EXPECT_EQ(platform->insert(call.call(), test::things, thing("b"), std::string(257, 'w')).error().kind, errc::invalid);
}

TEST_F(LocalPlatformTest, TheLargestObjectCanBeRemoved) {
  const auto with_text = [&](std::size_t bytes) {
    return thing("a", R"(, "finalizers": ["example.io/f"])", R"({"text": ")" + std::string(bytes, 'x') + "\"}");
  };
  const std::size_t bytes = STOKER_OBJECT_BYTES_MAX - insert(with_text(0)).document.size();
  ASSERT_TRUE(patch("a", R"({"metadata": {"finalizers": null}})"));
  ASSERT_TRUE(remove("a"));
  EXPECT_EQ(platform->insert(call.call(), test::things, with_text(bytes), "test").error().code, "object.invalid");
  insert(with_text(bytes - 600));
  const auto going = remove("a");
  ASSERT_TRUE(going) << going.error().message;
  EXPECT_LE(going->document.size(), STOKER_OBJECT_BYTES_MAX);
  EXPECT_TRUE(patch("a", R"({"metadata": {"finalizers": null}})"));
  EXPECT_TRUE(list().empty());
}

TEST_F(LocalPlatformTest, ACancelledCallWritesNothing) {
  FakeCall cancelled;
  cancelled.cancel();
  EXPECT_EQ(platform->insert(cancelled.call(), test::things, thing("a"), "test").error().kind, errc::cancelled);
  EXPECT_TRUE(list().empty());
}

TEST_F(LocalPlatformTest, AnUnknownPartIsInvalid) {
  insert(thing("a"));
  EXPECT_EQ(patch("a", "{}", Part(7)).error().kind, errc::invalid);
}

TEST_F(LocalPlatformTest, WithoutKindsItSaysWhatIsMissing) {
  FakeHost bare;
  bare.without(STOKER_KINDS_ID);
  LocalPlatform other((folder.path() / "other.db").string(), bare.host(), {});
  EXPECT_NE(other.get(call.call(), key("a")).error().message.find("stoker.kinds/1"), std::string::npos);
}

// The bounds are wide, because tests run beside others; the times of a quiet machine are printed.
TEST_F(LocalPlatformTest, ListsTenThousandObjectsQuickly) {
  const std::string spec = R"({"text": ")" + std::string(2'000, 'x') + "\"}";
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) insert(thing("a" + std::to_string(i), R"(, "labels": {"line": "a"})", spec));
  const auto written = std::chrono::steady_clock::now();
  EXPECT_EQ(list().size(), 10'000u);
  const auto listed = std::chrono::steady_clock::now();
  Listed selected;
  ASSERT_TRUE(platform->list(call.call(), {test::things, "", "line=b"}, selected.out()));
  const auto chosen = std::chrono::steady_clock::now();
  const auto ms = [](auto time) { return std::chrono::duration<double, std::milli>(time).count(); };
  std::cout << "a write " << ms(written - start) / 10'000 << " ms, a list of all " << ms(listed - written)
            << " ms, of none by label " << ms(chosen - listed) << " ms\n";
  EXPECT_LT(ms(listed - written), 2'000);
}

}  // namespace
