// stoker.yaml: an example with everything, the defaults, and every refusal with its place.
#include "host/config/config.hpp"
#include <gtest/gtest.h>
#include <boost/json.hpp>
#include "host/config/json_schema.hpp"
#include "host/config/validation.hpp"
#include "support/plugin_schemas.hpp"
#include "support/temp_folder.hpp"

#include <sstream>

namespace stoker::host {
namespace {

using test::plugins;

LoadedConfig load(const std::string& text) { return parse_config(text, "stoker.yaml", plugins()); }

TEST(ConfigTest, ReadsTheExample) {
  const LoadedConfig loaded = load(R"(role: standalone
state: /var/lib/stoker/
modules:
  source-git: {}
  trigger-poll: {settings: {interval: 90s}}
  strategy-merge:
  verify-ignition: {}
  verify-json: {order: 10}
  notify-ops: {plugin: notify-slack, required: false, settings: {webhookUrl: {secretRef: {name: slack, key: url}}}}
http: {listen: "127.0.0.1:9000"}
log: {format: json, level: warning, modules: {source-git: debug}}
pool: {threads: 8}
targets:
  - {name: press-1, sync: line-a, profile: line, data: /srv/press-1/data, labels: {line: a}, gateway: {url: "https://127.0.0.1:8043/", apiKey: {secretRef: {name: press-1, key: apiKey}}}}
syncs: syncs
)");
  ASSERT_TRUE(loaded.config) << loaded.errors.text();
  const Config& config = *loaded.config;
  EXPECT_EQ(config.state, "/var/lib/stoker");
  EXPECT_EQ(config.syncs, "syncs");
  ASSERT_EQ(config.modules.size(), 6u);
  EXPECT_EQ(config.modules[0].name, "verify-json");
  EXPECT_EQ(config.modules[1].plugin, "notify-slack");
  EXPECT_FALSE(config.modules[1].required);
  EXPECT_EQ(config.modules[4].settings, R"({"interval":"90s"})");
  EXPECT_EQ(config.http->port, 9000);
  EXPECT_TRUE(config.log.json);
  EXPECT_EQ(config.log.modules.at("source-git"), "debug");
  EXPECT_EQ(config.pool_threads, 8u);
  ASSERT_EQ(config.targets.size(), 1u);
  EXPECT_EQ(config.targets[0].pod, "press-1");
  EXPECT_EQ(config.targets[0].gateway->url, "https://127.0.0.1:8043");
  EXPECT_EQ(config.targets[0].gateway->api_key, (SecretRef{"press-1", "apiKey"}));
  EXPECT_EQ(config.targets[0].place.line, 14);
}

TEST(ConfigTest, WithoutModulesTheDefaultSetRuns) {
  const LoadedConfig loaded = load("state: /s\n");
  ASSERT_TRUE(loaded.config) << loaded.errors.text();
  std::string names;
  for (const ModuleConfig& module : loaded.config->modules) names += module.name + " ";
  EXPECT_EQ(names, "verify-json source-git strategy-merge trigger-poll verify-ignition ");
  EXPECT_EQ(loaded.config->modules[3].settings, R"({"interval":"60s"})");
  EXPECT_FALSE(loaded.config->http);
}

// cases T18
TEST(ConfigTest, ATargetIsVerifiedUnlessItSaysNone) {
  const LoadedConfig loaded = load(
      "state: /s\nsyncs: /x\ntargets:\n  - {name: a, sync: s, data: /a}\n"
      "  - {name: b, sync: s, data: /b, verify: none}\n  - {name: c, sync: s, data: /c, verify: auto}\n");
  ASSERT_TRUE(loaded.config) << loaded.errors.text();
  EXPECT_TRUE(loaded.config->targets[0].verify);
  EXPECT_FALSE(loaded.config->targets[1].verify);
  EXPECT_TRUE(loaded.config->targets[2].verify);
}

// cases Q10
TEST(ConfigTest, AModuleThatIsNotRequiredIsLeftOutWithoutItsPluginAndThatIsSaid) {
  const LoadedConfig loaded = load(
      "state: /s\nmodules:\n  notify-a: {required: false, library: /gone.so}\n"
      "  notify-b: {required: false, settings: {x: 1}}\n");
  ASSERT_TRUE(loaded.config) << loaded.errors.text();
  EXPECT_EQ(
      loaded.left_out,
      (std::vector<std::string>{
          "stoker.yaml:3:3: module notify-a is left out: /gone.so is no plugin that can be read; it is not required",
          "stoker.yaml:4:3: module notify-b is left out: the plugin \"notify-b\" is not installed; it is not "
          "required"}));
}

// cases Q10
TEST(ConfigTest, AModuleThatIsNotEnabledNeedsNoPlugin) {
  const LoadedConfig loaded =
      load("state: /s\nmodules: {a: {enabled: false, library: /gone.so}, b: {enabled: false}}\n");
  EXPECT_TRUE(loaded.config) << loaded.errors.text();
  EXPECT_TRUE(loaded.left_out.empty());
}

// cases C04
TEST(ConfigTest, TwoPathsToOneFolderAreTwoTargetsOfOneDataDirectory) {
  const test::TempFolder folder;
  std::filesystem::create_directory(folder.path() / "data");
  std::filesystem::create_symlink("data", folder.path() / "link");
  const std::string at = folder.path().string();
  const LoadedConfig loaded = load("state: /s\nsyncs: /x\ntargets:\n  - {name: a, sync: s, data: " + at +
                                   "/data}\n  - {name: b, sync: s, data: " + at + "/link}\n");
  EXPECT_EQ(
      loaded.errors.text(),
      "stoker.yaml:5:30: /targets/1/data: expected a data directory that no other target has, got another path to "
      "the one of target a\n");
}

struct Row {
  const char *what, *text, *message;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.what; }
};
class ConfigRefusesTest : public testing::TestWithParam<Row> {};
TEST_P(ConfigRefusesTest, WithPlaceAndRemedy) {
  const LoadedConfig loaded = load(std::string("state: /s\n") + GetParam().text);
  EXPECT_FALSE(loaded.config);
  EXPECT_EQ(loaded.errors.text(), std::string("stoker.yaml:") + GetParam().message + "\n");
}
INSTANTIATE_TEST_SUITE_P(
    Fields, ConfigRefusesTest,
    testing::Values(
        Row{"interval", "modules:\n  trigger-poll: {settings: {interval: sixty}}\n",
            "3:39: /modules/trigger-poll/settings/interval: expected a duration such as 60s, got \"sixty\""},
        Row{"settings_of_a_module_that_is_off", "modules: {trigger-poll: {enabled: false, settings: {interval: 60}}}\n",
            "2:63: /modules/trigger-poll/settings/interval: expected a duration such as 60s, got 60"},
        Row{"missing_setting", "modules:\n  notify-slack: {}\n",
            "3:3: /modules/notify-slack/settings/webhookUrl: expected a value, got nothing"},
        Row{"unknown_plugin", "modules: {triger-poll: {}}\n",
            "2:11: /modules/triger-poll: expected one of notify-slack, source-git, strategy-merge, trigger-poll, "
            "verify-ignition, verify-json, got "
            "the unknown plugin \"triger-poll\", did you mean trigger-poll?"},
        Row{"unknown_field", "trgets: []\n", "2:1: /trgets: expected \"targets\", got the unknown field \"trgets\""},
        Row{"default_of_a_wrong_form", "defaults: {polling: {interval: sixty}}\n",
            "2:32: /defaults/polling/interval: expected a duration such as 60s, got \"sixty\""},
        Row{"default_out_of_bounds", "defaults:\n  sync: {defaults: {syncPeriod: 2}}\n",
            "3:33: /defaults/sync/defaults/syncPeriod: expected at least 5, got 2"},
        Row{"default_of_what_is_the_syncs_alone", "defaults: {sync: {defaults: {paused: true}}}\n",
            "2:30: /defaults/sync/defaults/paused: expected one of syncPeriod, designerSessionPolicy, prune, got the "
            "unknown field \"paused\""},
        Row{"role", "role: controller\n",
            "2:7: /role: expected standalone, the only role in this version, got \"controller\""},
        Row{"isolation", "modules: {source-git: {isolation: process}}\n",
            "2:35: /modules/source-git/isolation: expected inprocess; a separate process for a plugin is not "
            "available in this version, got \"process\""},
        Row{"listen", "http: {listen: \"0.0.0.0:80\"}\n",
            "2:16: /http/listen: expected 127.0.0.1 or [::1], because these pages have no login; put a reverse "
            "proxy with a login in front, got \"0.0.0.0:80\""},
        Row{"port", "http: {listen: \"127.0.0.1:x\"}\n",
            "2:16: /http/listen: expected an address and a port such as 127.0.0.1:8081, got \"127.0.0.1:x\""},
        Row{"duplicate", "state: /t\n", "2:1: /state: expected each key once, got the same key again"},
        Row{"target_twice", "syncs: /x\ntargets:\n  - {name: a, sync: s, data: /a}\n  - {name: a, sync: s, data: /b}\n",
            "5:12: /targets/1/name: expected a name that no other target has, got \"a\" a second time"},
        Row{"data_twice", "syncs: /x\ntargets:\n  - {name: a, sync: s, data: /a}\n  - {name: b, sync: s, data: /a/}\n",
            "5:30: /targets/1/data: expected a data directory that no other target has, got the one of "
            "target a"},
        Row{"two_strategies",  // cases Q8
            "modules: {strategy-merge: {}, copy: {plugin: strategy-merge}}\n",
            "2:11: /modules/strategy-merge: expected one strategy; write enabled: false for one of copy and "
            "strategy-merge, got a second one"},
        Row{"library_that_is_gone", "modules: {x: {library: /gone.so}}\n",  // cases Q23
            "2:24: /modules/x/library: expected a file, got nothing there: /gone.so"},
        Row{"short_interval", "modules: {trigger-poll: {settings: {interval: 0s}}}\n",  // cases C14
            "2:47: /modules/trigger-poll/settings/interval: expected at least 1s, got \"0s\""},
        Row{"long_interval", "modules: {trigger-poll: {settings: {interval: 25h}}}\n",
            "2:47: /modules/trigger-poll/settings/interval: expected at most 24h, got \"25h\""},
        Row{"url_with_a_query",  // cases C09
            "syncs: /x\ntargets:\n  - {name: a, sync: s, data: /a, gateway: {url: \"https://a/b?c=d\"}}\n",
            "4:49: /targets/0/gateway/url: expected an http or https URL without a user, ? and #; a path is taken as "
            "that of a proxy, got other text"},
        Row{"verify_none_with_a_gateway",  // cases T18
            "syncs: /x\ntargets:\n  - {name: a, sync: s, data: /a, verify: none, gateway: {url: \"https://a\"}}\n",
            "4:42: /targets/0/verify: expected auto, because the gateway is asked what it loaded; or a target without "
            "gateway, got none"},
        Row{"api_key_as_text",
            "syncs: /x\ntargets:\n  - {name: a, sync: s, data: /a, gateway: {url: \"https://a\", apiKey: hunter2}}\n",
            "4:70: /targets/0/gateway/apiKey: expected {secretRef: {name: …, key: …}}, got the secret itself"}),
    [](const auto& row) { return row.param.what; });

TEST(ConfigTest, AllMistakesAreFoundInOneLook) {
  EXPECT_EQ(load("role: hub\nstate: x\nhttp: {listen: a}\nmodules: {x: {}}\n").errors.size(), 4u);
}

TEST(ConfigTest, AnEmptyFileSaysWhatIsMissing) { EXPECT_EQ(load("").errors.size(), 1u); }

TEST(ConfigTest, LibrariesAreKnownBeforeTheirManifests) {
  const test::TempFolder folder;
  const auto file = folder.write("stoker.yaml", "modules: {a: {library: /opt/a.so}, b: {library: b.so}, c: {}}\n");
  // cases Q10
  folder.write("off.yaml", "modules: {a: {library: /opt/a.so, enabled: false}}\n");
  EXPECT_TRUE(libraries_named(folder.path() / "off.yaml").empty());
  EXPECT_EQ(libraries_named(file), (std::vector<std::filesystem::path>{"/opt/a.so", folder.path() / "b.so"}));
}

TEST(ConfigSchemaTest, ComposesTheSettingsOfEachPlugin) {
  const auto schema = boost::json::parse(config_schema(plugins()));
  EXPECT_EQ(schema.at_pointer("/properties/modules/properties/trigger-poll/$ref").as_string(),
            "#/$defs/module-trigger-poll");
  EXPECT_EQ(schema.at_pointer("/$defs/module-trigger-poll/properties/settings/properties/interval/format").as_string(),
            "duration");
  EXPECT_TRUE(check_schema(schema));
  EXPECT_EQ(
      validate(schema, boost::json::parse(R"({"state":"/s","modules":{"trigger-poll":{"settings":{"interval":"x"}}}})"))
          .size(),
      1u);
}

}  // namespace
}  // namespace stoker::host
