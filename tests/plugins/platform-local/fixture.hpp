// LocalFixture: the plugin's class with a fake host and a file of its own.
#pragma once

#include "local_platform.hpp"

#include <stoker/testing/fake_host.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "support/temp_folder.hpp"

namespace stoker::local::test {

using Op = ObjectEvent::Op;
using Events = testing::Collected<ObjectEvent>;
using Listed = testing::Collected<Object>;

inline constexpr const char* things = "things.example.io";

// The value at a JSON pointer as text; "(none)" where there is none.
inline std::string value(std::string_view document, std::string_view pointer) {
  const auto whole = testing::JsonText::parse(document);
  const auto found = whole ? whole->at(pointer) : std::nullopt;
  return found ? found->plain() : "(none)";
}
inline std::string value(const Object& object, std::string_view pointer) { return value(object.document, pointer); }

class LocalFixture : public ::testing::Test {
 protected:
  LocalFixture() { open(); }

  // Opens the file, again when it is open.
  void open(ChangeLog::Bounds bounds = {}) {
    platform.reset();
    platform = std::make_unique<LocalPlatform>(file(), host.host(), bounds);
  }
  std::string file() const { return (folder.path() / "objects.db").string(); }

  // `metadata` and `more` begin with a comma, where they are not empty.
  static std::string thing(const std::string& name, const std::string& metadata = "",
                           const std::string& spec = R"({"size": 1})") {
    return R"({"apiVersion": "example.io/v1", "kind": "Thing", "metadata": {"namespace": "default", "name": ")" + name +
           "\"" + metadata + R"(}, "spec": )" + spec + "}";
  }
  static ObjectKey key(const std::string& name) { return {things, "default", name}; }
  static std::string owned_by(const Object& owner, const std::string& kind = "Thing") {
    return R"(, "ownerReferences": [{"apiVersion": "example.io/v1", "kind": ")" + kind + R"(", "name": ")" +
           owner.key.name + R"(", "uid": ")" + owner.uid + R"("}])";
  }

  Object insert(const std::string& document) {
    auto made = platform->insert(call.call(), things, document, "test");
    if (!made) throw std::runtime_error(made.error().message);
    return *made;
  }
  Result<Object> patch(const std::string& name, const std::string& text, Part part = Part::spec) {
    return platform->patch(call.call(), key(name), part, text, "test");
  }
  Result<Object> get(const std::string& name) { return platform->get(call.call(), key(name)); }
  Result<Object> remove(const std::string& name) { return platform->remove(call.call(), key(name), "", 0, "test"); }
  std::vector<Object> list() {
    Listed all;
    const auto version = platform->list(call.call(), {things, "", ""}, all.out());
    if (!version) throw std::runtime_error(version.error().message);
    return all.items;
  }
  std::uint64_t version() {
    Listed all;
    const auto version = platform->list(call.call(), {things, "", ""}, all.out());
    if (!version) throw std::runtime_error(version.error().message);
    return *version;
  }
  std::uint64_t watch(std::uint64_t from, const std::string& labels = "") {
    const auto number = platform->watch(call.call(), {things, "", labels}, from);
    if (!number) throw std::runtime_error(number.error().message);
    return *number;
  }
  // What `next` tells until it has nothing more to tell at once.
  std::vector<ObjectEvent> told() {
    Events events;
    Result<void> more;
    do {
      testing::FakeCall brief([left = 2]() mutable { return --left > 0 ? 5 : 0; });
      more = platform->next(brief.call(), events.out());
    } while (more);
    if (more.error().kind != errc::timeout) throw std::runtime_error(more.error().message);
    return events.items;
  }

  // Meanwhile the system refuses writes beyond the first 100,000 bytes of a file.
  template <class Body>
  static auto without_room(Body body) {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    rlimit tight = before;
    tight.rlim_cur = 100'000;
    ::setrlimit(RLIMIT_FSIZE, &tight);
    auto answer = body();
    ::setrlimit(RLIMIT_FSIZE, &before);
    return answer;
  }
  static std::string large_thing(const std::string& name) {
    return thing(name, "", R"({"text": ")" + std::string(300'000, 'x') + "\"}");
  }

  host::test::TempFolder folder;
  testing::FakeHost host{testing::FakeManifest(STOKER_PLUGIN_MANIFEST)};
  testing::FakeCall call;
  std::unique_ptr<LocalPlatform> platform;
};

}  // namespace stoker::local::test
