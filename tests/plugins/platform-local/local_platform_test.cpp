// platform-local as a class, with a fake host: what only this platform promises. What each platform promises is in
// tests/conformance.
#include "local_platform.hpp"

#include <stoker/testing/fake_host.hpp>

#include <gtest/gtest.h>

#include <thread>

#include "support/temp_folder.hpp"

namespace {

using namespace stoker;
using namespace std::chrono_literals;
using stoker::host::test::TempFolder;
using stoker::local::ChangeLog;
using stoker::local::LocalPlatform;
using stoker::testing::FakeCall;
using stoker::testing::FakeHost;
using stoker::testing::FakeManifest;
using stoker::testing::JsonText;
using Events = stoker::testing::Collected<ObjectEvent>;
using Objects = stoker::testing::Collected<Object>;
using Op = ObjectEvent::Op;

constexpr const char* things = "things.example.io";

std::string thing(const std::string& name, const std::string& more = R"("spec": {"size": 1})",
                  const std::string& metadata = "") {
  return R"({"apiVersion": "example.io/v1", "kind": "Thing", "metadata": {"namespace": "default", "name": ")" + name +
         "\"" + metadata + "}, " + more + "}";
}

std::string value(const Object& object, const std::string& pointer) {
  const auto whole = JsonText::parse(object.document);
  const auto found = whole ? whole->at(pointer) : std::nullopt;
  return found ? found->plain() : "(none)";
}

class LocalPlatformTest : public ::testing::Test {
 protected:
  void open(ChangeLog::Bounds bounds = {}) {
    platform.reset();
    platform = std::make_unique<LocalPlatform>(file(), host.host(), bounds);
  }
  std::string file() const { return (folder.path() / "objects.db").string(); }
  Object insert(const std::string& document) {
    auto made = platform->insert(call.call(), things, document, "test");
    if (!made) throw std::runtime_error(made.error().message);
    return *made;
  }
  ObjectKey key(const std::string& name) const { return {things, "default", name}; }
  std::uint64_t version() {
    Objects all;
    return platform->list(call.call(), {things, "", ""}, all.out()).value_or(0);
  }
  // What `next` tells until it has nothing more.
  std::vector<ObjectEvent> told() {
    Events events;
    FakeCall brief([this, looks = 0]() mutable { return ++looks > 3 ? 0 : 30; });
    while (platform->next(brief.call(), events.out())) {
    }
    return events.items;
  }

  TempFolder folder;
  FakeHost host{FakeManifest(STOKER_PLUGIN_MANIFEST)};
  FakeCall call;
  std::unique_ptr<LocalPlatform> platform;
};

TEST_F(LocalPlatformTest, KeepsObjectsInItsFile) {
  open();
  const Object made = insert(thing("a"));
  open();
  const auto kept = platform->get(call.call(), key("a"));
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(*kept, made);
  EXPECT_EQ(value(*kept, "/metadata/creationTimestamp"), "2025-01-02T03:04:05Z");
}

TEST_F(LocalPlatformTest, TellsOfAChange) {
  open();
  const auto watch = platform->watch(call.call(), {things, "", ""}, version());
  ASSERT_TRUE(watch);
  const Object made = insert(thing("a"));
  const auto patched =
      platform->patch(call.call(), key("a"), Part::status, R"({"status": {"phase": "Ready"}})", "test");
  ASSERT_TRUE(patched) << patched.error().message;
  const auto removed = platform->remove(call.call(), key("a"), "", 0, "test");
  ASSERT_TRUE(removed);
  EXPECT_EQ(told(), (std::vector<ObjectEvent>{
                        {*watch, Op::added, made}, {*watch, Op::changed, *patched}, {*watch, Op::removed, *removed}}));
}

TEST_F(LocalPlatformTest, UpdatesOnePartOfAnObject) {
  open();
  const Object made = insert(thing("a"));
  std::string wanted = made.document;
  wanted.replace(wanted.find(R"("size":1)"), 8, R"("size":2)");
  const auto updated = platform->update(call.call(), things, Part::spec, wanted, "other");
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(value(*updated, "/spec/size"), "2");
  EXPECT_EQ(value(*updated, "/metadata/generation"), "2");
  EXPECT_EQ(platform->update(call.call(), things, Part::spec, wanted, "other").error().code, "object.conflict");
}

}  // namespace
