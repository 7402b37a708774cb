// What the shipped plugins say of themselves must be what this host understands: their built libraries are read.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "host/config/json_schema.hpp"
#include "host/loading/plugin_library.hpp"

namespace stoker::host {
namespace {

constexpr const char* shipped[] = {"source-git",  "trigger-poll",    "strategy-merge",
                                   "verify-json", "verify-ignition", "notify-webhook"};

Result<Manifest> manifest_of(const std::string& id) {
  return read_manifest(std::filesystem::path(STOKER_PLUGIN_DIR) / (id + ".so"));
}

std::string mistake_in(const std::string& schema) {
  const auto understood = check_schema(boost::json::parse(schema));
  return understood ? "" : understood.error().message;
}

TEST(ManifestTest, EveryShippedPluginBringsASchemaTheHostUnderstands) {
  for (const char* id : shipped) {
    const auto manifest = manifest_of(id);
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(mistake_in(manifest->settings_schema), "") << id << ": settings";
    EXPECT_EQ(mistake_in(manifest->use_schema), "") << id << ": use";
  }
}

TEST(ManifestTest, EveryShippedPluginMayBeLoadedAndIsNamedAsItsFile) {
  for (const char* id : shipped) {
    const auto manifest = manifest_of(id);
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->id, id);
    const auto allowed = may_load(*manifest, own_offer());
    EXPECT_TRUE(allowed) << allowed.error().message;
  }
}

}  // namespace
}  // namespace stoker::host
