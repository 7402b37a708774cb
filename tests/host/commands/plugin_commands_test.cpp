// `stoker plugin list` and `inspect` as functions.
#include "host/commands/plugin.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "support/plugin_files.hpp"

namespace stoker::host {
namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

class PluginCommandsTest : public ::testing::Test {
 protected:
  Folder folder;
  std::ostringstream out, err;
};

TEST_F(PluginCommandsTest, ListShowsTheGoodAndSaysTheBroken) {
  std::filesystem::copy_file(faulty("faulty-crashes"), folder / "crashes.so");
  write(folder / "broken.so", "x");
  EXPECT_EQ(plugin_list({{folder.path()}, false}, out, err), 1);
  EXPECT_EQ(out.str(),
            "ID               VERSION   KINDS\nfaulty-crashes   1.0.0     stoker.verifier/1, stoker.notifier/1\n");
  EXPECT_TRUE(err.str().starts_with("STK-P002 ")) << err.str();
}

TEST_F(PluginCommandsTest, ListAsJsonHasBoth) {
  std::filesystem::copy_file(faulty("sound"), folder / "sound.so");
  EXPECT_EQ(plugin_list({{folder.path()}, true}, out, err), 0);
  EXPECT_TRUE(contains(out.str(), R"("id":"sound")") && contains(out.str(), R"("diagnostics":[])")) << out.str();
}

TEST_F(PluginCommandsTest, ListSaysWhyAPluginWouldNotLoad) {
  std::filesystem::copy_file(faulty("faulty-major"), folder / "faulty-major.so");
  EXPECT_EQ(plugin_list({{folder.path()}, false}, out, err), 1);
  EXPECT_TRUE(contains(out.str(), "faulty-major   1.0.0")) << out.str();
  EXPECT_TRUE(err.str().starts_with("STK-P007 ")) << err.str();
}

TEST_F(PluginCommandsTest, ListOfNothingSaysWhereItLooked) {
  EXPECT_EQ(plugin_list({{folder.path(), "/nowhere"}, false}, out, err), 0);
  EXPECT_EQ(err.str(), "no plugins in " + folder.path().string() + ", /nowhere\n");
}

TEST_F(PluginCommandsTest, InspectShowsTheOneExport) {
  EXPECT_EQ(plugin_inspect({faulty("sound").string(), {}, false, true}, out, err), 0) << err.str();
  EXPECT_TRUE(contains(out.str(), R"("exports":["stoker_plugin_entry"])")) << out.str();
  EXPECT_TRUE(contains(out.str(), R"("wouldLoad":true)")) << out.str();
}

// cases Q17: the operator would meet it, and cannot mend it.
TEST_F(PluginCommandsTest, InspectChecksTheSchemaOfTheSettings) {
  EXPECT_EQ(plugin_inspect({faulty("faulty-schema").string(), {}, false, false}, out, err), 0);
  EXPECT_TRUE(contains(out.str(), "would load      no, because schema.invalid ")) << out.str();
  EXPECT_TRUE(contains(out.str(), "config.settings of its plugin.json: schema /properties/path/pattern")) << out.str();
  EXPECT_TRUE(contains(out.str(), "correct plugin.json and build the plugin again")) << out.str();
}

TEST_F(PluginCommandsTest, InspectFindsAPluginByItsId) {
  std::filesystem::copy_file(faulty("faulty-major"), folder / "any-name.so");
  EXPECT_EQ(plugin_inspect({"faulty-major", {folder.path()}, false, false}, out, err), 0);
  EXPECT_TRUE(contains(out.str(), "no, because STK-P007 ")) << out.str();
}

TEST_F(PluginCommandsTest, InspectOfAnUnknownIdIsNotFound) {
  EXPECT_EQ(plugin_inspect({"teapot", {folder.path()}, false, false}, out, err), 2);
  EXPECT_TRUE(contains(err.str(), "no plugin of this id in " + folder.path().string())) << err.str();
}

TEST_F(PluginCommandsTest, InspectOfAnIdWhoseFileIsBrokenSaysWhatIsBroken) {
  write(folder / "teapot.so", "x");
  EXPECT_EQ(plugin_inspect({"teapot", {folder.path()}, false, false}, out, err), 1);
  EXPECT_TRUE(err.str().starts_with("STK-P002 ")) << err.str();
}

TEST_F(PluginCommandsTest, InspectShowsSettingsAsATable) {
  EXPECT_EQ(plugin_inspect({faulty("faulty-throws").string(), {}, false, false}, out, err), 0);
  EXPECT_TRUE(contains(out.str(),
                       "settings\n  thrown   \"\" | error | memory   default \"\"\n"
                       "  create   boolean               default false   make no instance at all\n"))
      << out.str();
}

TEST_F(PluginCommandsTest, InspectNeverPrintsASecretsDefault) {
  EXPECT_EQ(plugin_inspect({faulty("sound").string(), {}, true, false}, out, err), 0);
  EXPECT_EQ(plugin_inspect({faulty("sound").string(), {}, false, false}, out, err), 0);
  EXPECT_TRUE(contains(out.str(), "x-stoker-secret")) << out.str();
  EXPECT_TRUE(contains(out.str(), "  token   string, secret   optional")) << out.str();
  EXPECT_FALSE(contains(out.str(), "hunter2")) << out.str();
}

}  // namespace
}  // namespace stoker::host
