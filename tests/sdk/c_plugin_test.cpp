// A plugin in C is loaded as any other: built by gcc, and by clang where it is there.
#include <gtest/gtest.h>

#include <stoker/abi/notifier.h>
#include <filesystem>
#include <stoker/testing/fake_host.hpp>

#include "host/loading/plugin_library.hpp"

namespace stoker::host {
namespace {

void tell(const std::filesystem::path& file) {
  const auto manifest = read_manifest(file);
  ASSERT_TRUE(manifest) << manifest.error().message;
  PluginLibraries libraries;
  const auto library = libraries.load(*manifest);
  ASSERT_TRUE(library) << library.error().message;
  const auto* table = (*library)->table<stoker_notifier_v1>(STOKER_NOTIFIER_ID);
  testing::FakeHost host;
  testing::FakeCall call;
  stoker_notifier* notifier = nullptr;
  ASSERT_EQ(table->create(host.raw(), call.raw(), str("{}"), &notifier), STOKER_OK);
  EXPECT_EQ(table->notify(notifier, call.raw(), str("key-1"), str("{}")), STOKER_OK);
  EXPECT_TRUE(host.log.says("key-1"));
  EXPECT_EQ(table->notify(notifier, call.raw(), str(""), str("{}")), STOKER_E_INVALID);
  EXPECT_EQ(call.error()->code, "c.no-key");
  table->destroy(notifier);
}

TEST(CPluginTest, BuiltByGccIsLoaded) { tell(STOKER_SDK_TEST_DIR "/c-notifier.so"); }

TEST(CPluginTest, BuiltByClangIsLoaded) {
  if (!std::filesystem::exists(STOKER_SDK_TEST_DIR "/c-notifier-clang.so"))
    GTEST_SKIP() << "not built: no clang, or a sanitizer is on";
  tell(STOKER_SDK_TEST_DIR "/c-notifier-clang.so");
}

}  // namespace
}  // namespace stoker::host
