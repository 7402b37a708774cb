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
  Syncs load(const Syncs* last = nullptr) {
    config_.syncs = folder_.path();
    config_.targets = targets_;
    return load_syncs(config_, last);
  }
  void enable(const std::string& name, const std::string& use_schema = "{}") {
    ModuleConfig& module = config_.modules.emplace_back();
    module.name = name;
    module.kinds = {"stoker.source/1"};
    module.use_schema = use_schema;
  }
  static TargetConfig target(const std::string& name_of_sync, const std::string& profile) {
    TargetConfig made;
    made.name = "press-1";
    made.sync = name_of_sync;
    made.profile = profile;
    made.place = {"stoker.yaml", 4, 5};
    return made;
  }
  test::TempFolder folder_;
  Config config_;
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

// cases C12
TEST_F(SyncsTest, ANameTwiceIsRefusedInBothFilesAndBothPlacesAreSaid) {
  const auto first = folder_.write("a.yaml", sync("a", "v1"));
  const auto second = folder_.write("b.yaml", sync("other") + "---\n" + sync("a", "v2"));
  targets_ = {target("a", "line")};
  const Syncs syncs = load();
  EXPECT_EQ(syncs.errors.text(), second.string() +
                                     ":8:18: /metadata/name: expected a name that no other Sync has; neither is used, "
                                     "got \"a\", which is also in " +
                                     first.string() + ":3\n");
  EXPECT_FALSE(syncs.good.contains("a"));
  EXPECT_TRUE(syncs.good.contains("other"));
}

// cases C12
TEST_F(SyncsTest, ANameThatComesASecondTimeOnReloadKeepsItsLastGoodVersion) {
  folder_.write("line.yaml", sync("a", "v1"));
  const Syncs first = load();
  folder_.write("line-backup.yaml", sync("a", "v0"));
  folder_.write("line.yaml", sync("a", "v2"));
  const Syncs second = load(&first);
  EXPECT_EQ(second.errors.size(), 1u);
  EXPECT_EQ(second.good.at("a").ref, "v1");
}

// ---------------------------------------------------------------- the source of a Sync

std::string sync_of(const std::string& source) {
  return "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: a}\nspec: {" + source +
         ", sync: {profiles: {line: {mappings: [{source: a, destination: b}]}}}}\n";
}

// cases Q8
TEST_F(SyncsTest, TheOnlySourceIsThatOfEverySync) {
  enable("source-git");
  folder_.write("a.yaml", sync("a"));
  EXPECT_EQ(load().good.at("a").source.module, "source-git");
}

// cases Q8
TEST_F(SyncsTest, OfTwoSourcesASyncHasToNameOne) {
  enable("source-dir");
  enable("source-git");
  const auto file = folder_.write("a.yaml", sync("a"));
  EXPECT_EQ(load().errors.text(), file.string() +
                                      ":3:18: /spec/source/module: expected one of the sources source-dir, source-git, "
                                      "got nothing\n");
  folder_.write("a.yaml", sync_of("source: {module: source-git}, git: {repo: \"file:///x\", ref: main}"));
  const Syncs named = load();
  ASSERT_TRUE(named.errors.empty()) << named.errors.text();
  EXPECT_EQ(named.good.at("a").source.module, "source-git");
  EXPECT_EQ(named.good.at("a").source.repo, "file:///x");
}

// cases Q8
TEST_F(SyncsTest, ASourceThatIsNotEnabledIsRefused) {
  enable("source-git");
  folder_.write("a.yaml", sync_of("source: {module: source-dir}, git: {repo: x, ref: y}"));
  const std::string errors = load().errors.text();
  EXPECT_NE(errors.find("expected one of the sources source-git, got \"source-dir\""), std::string::npos) << errors;
}

// cases Q8
TEST_F(SyncsTest, ASourceOfAnotherKindGetsTheSettingsOfTheSyncCheckedByItsSchema) {
  enable("source-git");
  enable("source-dir", R"({"type": "object", "properties": {"source": {"type": "object", "additionalProperties": false,
    "required": ["path"], "properties": {"path": {"type": "string"}, "depth": {"type": "integer", "default": 3}}}}})");
  folder_.write("a.yaml", sync_of("source: {module: source-dir, ref: now, settings: {path: /srv}}"));
  const Syncs good = load();
  ASSERT_TRUE(good.errors.empty()) << good.errors.text();
  EXPECT_EQ(good.good.at("a").ref, "now");
  EXPECT_EQ(good.good.at("a").source.settings, R"({"path":"/srv","depth":3})");
  folder_.write("a.yaml", sync_of("source: {module: source-dir, ref: now, settings: {pth: /srv}}"));
  const std::string errors = load(&good).errors.text();
  EXPECT_NE(errors.find("/spec/source/settings/path: expected a value, got nothing"), std::string::npos) << errors;
  EXPECT_EQ(load(&good).good.at("a").source.settings, good.good.at("a").source.settings);
}

// cases Q8
TEST_F(SyncsTest, SettingsForASourceThatDescribesNoneAreRefused) {
  enable("source-git");
  folder_.write("a.yaml", sync_of("source: {ref: now, settings: {path: /srv}}"));
  const std::string errors = load().errors.text();
  EXPECT_NE(errors.find("expected spec.git, because module source-git describes no source"), std::string::npos)
      << errors;
}

// A command may have made it: the files alone cannot say that it is not there.
TEST_F(SyncsTest, ATargetWhoseSyncStandsInNoFileIsSaidApart) {
  folder_.write("a.yaml", sync("a"));
  targets_ = {target("b", "line")};
  const Syncs syncs = load();
  EXPECT_EQ(syncs.errors.text(), "");
  EXPECT_EQ(syncs.missing.text(),
            "stoker.yaml:4:5: target press-1: expected one of the Syncs a; one that `stoker apply` made is not seen "
            "here, got \"b\"\n");
}

TEST_F(SyncsTest, ATargetOfAnUnknownProfileIsAnErrorAtItsPlace) {
  folder_.write("a.yaml", sync("a"));
  targets_ = {target("a", "press")};
  EXPECT_EQ(load().errors.text(),
            "stoker.yaml:4:5: target press-1: expected a profile of Sync a (line), got \"press\"\n");
}

TEST_F(SyncsTest, AFolderThatIsNotThereIsAnError) {
  Config config;
  config.syncs = folder_.path() / "none";
  EXPECT_FALSE(load_syncs(config).errors.empty());
}

}  // namespace
}  // namespace stoker::host
