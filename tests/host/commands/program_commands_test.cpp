// The commands about plugins as a person meets them: the built program with the plugins that lie beside it, what it
// prints and its exit code.
#include <gtest/gtest.h>

#include "support/child.hpp"

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

child::Finished stoker(child::Arguments arguments) {
  arguments.insert(arguments.begin(), STOKER_PROGRAM);
  return child::finished(arguments);
}

TEST(ProgramCommandsTest, PluginListShowsWhatLiesBesideTheProgram) {
  const auto ended = stoker({"plugin", "list"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(contains(ended.out, "source-git       0.1.0    stoker.source/1\n")) << ended.out;
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

TEST(ProgramCommandsTest, ConfigSchemaHasTheSettingsOfThePlugins) {
  const auto ended = stoker({"config", "schema"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(contains(ended.out, "\"allowFile\"")) << ended.out;
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
