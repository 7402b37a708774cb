// `stoker config check`: what it prints and how it ends.
#include "host/commands/config.hpp"

#include "support/plugin_schemas.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace stoker::host {
namespace {

using test::plugins;

TEST(ConfigCheckTest, CountsWhatIsThere) {
  const test::TempFolder folder;
  folder.write("syncs/a.yaml",
               "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: s}\nspec: {git: {repo: "
               "\"file:///x\", ref: main}, "
               "sync: {profiles: {default: {mappings: [{source: a, destination: b}]}}}}\n");
  const auto file = folder.write("stoker.yaml", "state: /s\nsyncs: syncs\ntargets: [{name: a, sync: s, data: /a}]\n");
  std::ostringstream out, err;
  EXPECT_EQ(config_check({file, plugins()}, out, err), 0);
  EXPECT_EQ(err.str(), "");
  EXPECT_EQ(out.str(), "ok: 5 modules, 1 target, 1 Sync\n");
}

// cases T18, C14
TEST(ConfigCheckTest, FindsATargetThatWouldBeRefusedBecauseItHasNoGateway) {
  const test::TempFolder folder;
  folder.write("syncs/a.yaml",
               "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: s}\nspec: {git: {repo: "
               "\"file:///x\", ref: main}, sync: {profiles: {default: {mappings: [{source: a, destination: b}]}}}}\n");
  const auto file = folder.write("stoker.yaml", "state: /s\nsyncs: syncs\ntargets: [{name: a, sync: s, data: /a}]\n");
  PluginSchemas asking = plugins();
  asking["verify-ignition"].use = R"({"type": "object", "required": ["gateway"]})";
  std::ostringstream out, err;
  EXPECT_EQ(config_check({file, asking}, out, err), 2);
  EXPECT_EQ(err.str(),
            file.string() +
                ":3:11: target a: expected gateway: {url: …} for verify-ignition to ask, or verify: none when "
                "nobody has to confirm what runs there, got neither\n");
}

// cases Q10
TEST(ConfigCheckTest, SaysWhichModulesAreLeftOut) {
  const test::TempFolder folder;
  const auto file = folder.write("stoker.yaml", "state: /s\nmodules: {x: {required: false, library: /gone.so}}\n");
  std::ostringstream out, err;
  EXPECT_EQ(config_check({file, plugins()}, out, err), 0);
  EXPECT_NE(err.str().find("module x is left out: /gone.so"), std::string::npos) << err.str();
}

// It reads files only.
TEST(ConfigCheckTest, SaysThatASyncOfACommandIsNotSeen) {
  const test::TempFolder folder;
  folder.write("syncs/none.yaml", "");
  const auto file = folder.write("stoker.yaml", "state: /s\nsyncs: syncs\ntargets: [{name: a, sync: s, data: /a}]\n");
  std::ostringstream out, err;
  EXPECT_EQ(config_check({file, plugins()}, out, err), 2);
  EXPECT_NE(err.str().find("one that `stoker apply` made is not seen here, got \"s\""), std::string::npos) << err.str();
}

TEST(ConfigCheckTest, PrintsMistakesAndAnswersTwo) {
  std::ostringstream out, err;
  EXPECT_EQ(config_check({"/nonexistent/stoker.yaml", plugins()}, out, err), 2);
  EXPECT_EQ(err.str(), "/nonexistent/stoker.yaml: expected a file, got nothing there\n");
}

}  // namespace
}  // namespace stoker::host
