// The commands about plugins as a person meets them: the built program with the plugins that lie beside it, what it
// prints and its exit code.
#include <gtest/gtest.h>

#include "support/child.hpp"
#include "support/temp_folder.hpp"

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

child::Finished stoker(child::Arguments arguments) {
  arguments.insert(arguments.begin(), STOKER_PROGRAM);
  return child::finished(arguments);
}

TEST(ProgramCommandsTest, PluginListShowsWhatLiesBesideTheProgram) {
  const auto ended = stoker({"plugin", "list"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(contains(ended.out, "source-git        0.1.0     stoker.source/1\n")) << ended.out;
}

TEST(ProgramCommandsTest, PluginListOfFaultyOnesFailsAndStillListsTheGood) {
  const auto ended = stoker({"--plugins", STOKER_FAULTY_PLUGIN_DIR, "plugin", "list"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(contains(ended.out, "sound ")) << ended.out;
  EXPECT_TRUE(contains(ended.err, "STK-P004 ")) << ended.err;
}

TEST(ProgramCommandsTest, InspectShowsOnePluginAndItsSettings) {
  const auto ended = stoker({"plugin", "inspect", "source-git"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(contains(ended.out, "would load      yes")) << ended.out;
  EXPECT_TRUE(contains(ended.out, "  allowFile ")) << ended.out;
}

TEST(ProgramCommandsTest, InspectGivesTheSchemaAlone) {
  const auto ended = stoker({"plugin", "inspect", "source-git", "--schema"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(ended.out.starts_with("{\"type\":\"object\"")) << ended.out;
}

TEST(ProgramCommandsTest, InspectOfWhatIsNotThereIsTwoAndOfWhatIsNoPluginOne) {
  EXPECT_EQ(stoker({"plugin", "inspect", "teapot"}).code, 2);
  EXPECT_EQ(stoker({"plugin", "inspect", "./teapot.so"}).code, 2);
  EXPECT_EQ(stoker({"plugin", "inspect", STOKER_PROGRAM}).code, 1);
}

TEST(ProgramCommandsTest, ConfigSchemaOfAKindHasThreeForms) {
  const auto editors = stoker({"config", "schema", "--kind", "GatewaySync"});
  EXPECT_EQ(editors.code, 0) << editors.err;
  EXPECT_TRUE(editors.out.starts_with("{\"$schema\":")) << editors.out;
  const auto cluster = stoker({"config", "schema", "--kind", "gs", "-o", "crd"});
  EXPECT_TRUE(contains(cluster.out, "kind: CustomResourceDefinition\n")) << cluster.out;
  EXPECT_TRUE(contains(stoker({"config", "schema", "--kind", "st", "-o", "markdown"}).out, "| `spec.token` |"));
}

TEST(ProgramCommandsTest, ConfigSchemaOfWhatHasNoneIsTwo) {
  const auto unknown = stoker({"config", "schema", "--kind", "Pod"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_EQ(unknown.err, "there is no kind \"Pod\"; there are GatewaySync, SyncTarget, SyncApproval, Event\n");
  EXPECT_EQ(stoker({"config", "schema", "--kind", "Event", "-o", "crd"}).code, 2);
  EXPECT_EQ(stoker({"config", "schema", "-o", "crd"}).code, 2);
}

TEST(ProgramCommandsTest, ConfigSchemaHasTheSettingsOfThePlugins) {
  const auto ended = stoker({"config", "schema"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(contains(ended.out, "\"allowFile\"")) << ended.out;
}

class ConfigWithLibraryTest : public ::testing::Test {
 protected:
  child::Finished check(const std::string& modules) {
    file_ = folder_.write("stoker.yaml", "state: /s\nmodules:\n" + modules).string();
    return stoker({"config", "check", "-c", file_});
  }
  static std::string library(const std::string& name) {
    return std::string(STOKER_FAULTY_PLUGIN_DIR) + "/" + name + ".so";
  }
  stoker::host::test::TempFolder folder_;
  std::string file_;
};

// cases Q15: `run` refuses it for its manifest alone.
TEST_F(ConfigWithLibraryTest, CheckRefusesWhatWouldNotBeLoaded) {
  const auto refused = check("  faulty-major: {library: " + library("faulty-major") + "}\n");
  EXPECT_EQ(refused.code, 2);
  EXPECT_TRUE(contains(refused.err, "module faulty-major: ") && contains(refused.err, "[STK-P007]")) << refused.err;
  const auto left_out = check("  faulty-major: {required: false, library: " + library("faulty-major") + "}\n");
  EXPECT_EQ(left_out.code, 0) << left_out.err;
  EXPECT_TRUE(contains(left_out.err, "module faulty-major, which is not required: ")) << left_out.err;
}

// cases Q6
TEST_F(ConfigWithLibraryTest, AModuleWithAnotherNameThanItsPluginIsToldHowToSayIt) {
  const auto other = check("  pager: {library: " + library("sound") + "}\n");
  EXPECT_EQ(other.code, 2);
  EXPECT_TRUE(contains(other.err, "expected `plugin:` with the id that the library has")) << other.err;
  EXPECT_EQ(check("  pager: {plugin: sound, library: " + library("sound") + "}\n").code, 0);
}

// cases Q23
TEST_F(ConfigWithLibraryTest, ALibraryThatIsNotThereIsNoUnknownPlugin) {
  const auto missing = check("  pager: {library: /nowhere/pager.so}\n");
  EXPECT_EQ(missing.code, 2);
  EXPECT_FALSE(contains(missing.err, "unknown plugin")) << missing.err;
  EXPECT_TRUE(contains(missing.err, "nothing there: /nowhere/pager.so")) << missing.err;
}

// cases Q23
TEST_F(ConfigWithLibraryTest, SchemaHasTheSettingsOfTheLibrariesThatAFileNames) {
  check("  sound: {library: " + library("sound") + "}\n");
  EXPECT_TRUE(contains(stoker({"config", "schema", "-c", file_}).out, "\"sound\""));
}

TEST(ProgramCommandsTest, ExplainKnowsItsCodes) {
  const auto known = stoker({"explain", "STK-P012"});
  EXPECT_EQ(known.code, 0);
  EXPECT_TRUE(known.out.starts_with("STK-P012: no entry point\n")) << known.out;
  const auto unknown = stoker({"explain", "STK-P999"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_TRUE(contains(unknown.err, "STK-P999: there is no such code")) << unknown.err;
}

TEST(ProgramCommandsTest, ABadCommandIsBadUsage) {
  EXPECT_EQ(stoker({"plugin", "brew"}).code, 2);
  EXPECT_EQ(stoker({"brew"}).code, 2);
  EXPECT_EQ(stoker({}).code, 2);
}

}  // namespace
