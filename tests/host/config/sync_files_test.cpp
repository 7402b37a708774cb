// Folders of GatewaySync files: a bad one stands alone.
#include "host/config/sync_files.hpp"
#include <gtest/gtest.h>
#include "support/temp_folder.hpp"

namespace stoker::host {
namespace {

std::string sync(const std::string& name, const std::string& ref = "main") {
  return "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: " + name +
         "}\nspec: {git: {repo: \"file:///x\", ref: " + ref +
         "}, sync: {profiles: {line: {mappings: [{source: a, destination: b}]}}}}\n";
}

class SyncsTest : public testing::Test {
 protected:
  Syncs load(const Syncs* last = nullptr) { return load_syncs(folder_.path(), targets_, last); }
  static TargetConfig target(const std::string& name_of_sync, const std::string& profile) {
    TargetConfig made;
    made.name = "press-1";
    made.sync = name_of_sync;
    made.profile = profile;
    made.place = {"stoker.yaml", 4, 5};
    return made;
  }
  test::TempFolder folder_;
  std::vector<TargetConfig> targets_;
};

TEST_F(SyncsTest, AFolderIsReadWithAllDocuments) {
  folder_.write("a.yaml", sync("a") + "---\n" + sync("b"));
  folder_.write("c.yml", sync("c"));
  folder_.write("README.md", "x");
  folder_.write(".hidden.yaml", "x");
  const Syncs syncs = load();
  EXPECT_TRUE(syncs.errors.empty()) << syncs.errors.text();
  EXPECT_EQ(syncs.good.size(), 3u);
}

TEST_F(SyncsTest, ABadFileTakesNoOtherDown) {
  folder_.write("a.yaml", sync("a"));
  folder_.write("b.yaml", "kind: Secret\n");
  const Syncs syncs = load();
  EXPECT_FALSE(syncs.errors.empty());
  EXPECT_TRUE(syncs.good.contains("a"));
}

TEST_F(SyncsTest, ABadFileOnReloadKeepsItsLastGoodVersion) {
  folder_.write("a.yaml", sync("a", "v1"));
  folder_.write("b.yaml", sync("b", "v1"));
  const Syncs first = load();
  folder_.write("a.yaml", sync("a", "v2"));
  folder_.write("b.yaml", sync("b", "v2") + "x: [");
  const Syncs second = load(&first);
  EXPECT_FALSE(second.errors.empty());
  EXPECT_EQ(second.good.at("a").ref, "v2");
  EXPECT_EQ(second.good.at("b").ref, "v1");
}

TEST_F(SyncsTest, ADeletedFileIsADeletedSync) {
  const auto file = folder_.write("a.yaml", sync("a"));
  const Syncs first = load();
  std::filesystem::remove(file);
  EXPECT_TRUE(load(&first).good.empty());
}

TEST_F(SyncsTest, ANameTwiceIsAnError) {
  folder_.write("a.yaml", sync("a", "v1"));
  folder_.write("b.yaml", sync("a", "v2"));
  const Syncs syncs = load();
  EXPECT_EQ(syncs.errors.size(), 1u);
  EXPECT_EQ(syncs.good.at("a").ref, "v1");
}

TEST_F(SyncsTest, ATargetOfAnUnknownSyncIsAnErrorAtItsPlace) {
  folder_.write("a.yaml", sync("a"));
  targets_ = {target("b", "line")};
  EXPECT_EQ(load().errors.text(), "stoker.yaml:4:5: target press-1: expected one of the Syncs a, got \"b\"\n");
}

TEST_F(SyncsTest, ATargetOfAnUnknownProfileIsAnErrorAtItsPlace) {
  folder_.write("a.yaml", sync("a"));
  targets_ = {target("a", "press")};
  EXPECT_EQ(load().errors.text(),
            "stoker.yaml:4:5: target press-1: expected a profile of Sync a (line), got \"press\"\n");
}

TEST_F(SyncsTest, AFolderThatIsNotThereIsAnError) {
  EXPECT_FALSE(load_syncs(folder_.path() / "none", {}).errors.empty());
}

}  // namespace
}  // namespace stoker::host
