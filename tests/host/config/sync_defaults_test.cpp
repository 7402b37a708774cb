// `defaults:` of stoker.yaml: what counts for each Sync that does not say otherwise.
#include "host/config/sync_defaults.hpp"

#include "host/config/config.hpp"
#include "host/config/gateway_sync.hpp"
#include "host/config/object_schemas.hpp"
#include "support/plugin_schemas.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <set>

namespace stoker::host {
namespace {

namespace json = boost::json;

using std::chrono::minutes;
using std::chrono::seconds;

const char* const of_file = R"(state: /s
defaults:
  polling: {interval: 5m}
  sync:
    defaults: {syncPeriod: 60, designerSessionPolicy: wait, prune: {maxFiles: 50}}
)";

SyncDefaults defaults_of(const std::string& file) {
  LoadedConfig loaded = parse_config(file, "stoker.yaml", test::plugins());
  EXPECT_TRUE(loaded.config) << loaded.errors.text();
  return loaded.config ? loaded.config->defaults : SyncDefaults();
}

SyncSpec read(const std::string& more_spec, const SyncDefaults& defaults) {
  const YamlFile file = parse_yaml(
      "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line-a}\nspec:\n"
      "  git: {repo: 'file:///srv/config.git', ref: main}\n" +
          more_spec,
      "a.yaml");
  ConfigErrors errors;
  std::optional<SyncSpec> sync = read_gateway_sync(file.documents.at(0), errors, defaults);
  EXPECT_TRUE(sync) << errors.text();
  return sync.value_or(SyncSpec());
}

const std::string silent = "  sync: {profiles: {line: {mappings: [{source: a, destination: b}]}}}\n";

// Adds the fields without a default to `found`; of a map that is no field of its own, those in it.
void add_fields(const json::value& root, const json::object& schema, const std::string& at,
                std::set<std::string>& found) {
  const json::value* properties = schema.if_contains("properties");
  const bool is_whole = at == "/sync/defaults/prune" || at == "/git" || at == "/source" || at == "/gateway/api";
  if (properties && !is_whole) {
    for (const auto& [name, below] : properties->as_object())
      add_fields(root, opened_schema(root, below), at + "/" + std::string(name), found);
  } else if (!schema.contains("default")) {
    found.insert(at);
  }
}

bool has_default(const json::value& schema) {
  const json::object* object = schema.if_object();
  if (!object) return false;
  if (object->contains("default")) return true;
  for (const auto& [key, value] : *object)
    if (has_default(value)) return true;
  return false;
}

TEST(SyncDefaultsTest, WhatASyncDoesNotSayIsWhatTheFileSays) {
  const SyncSpec sync = read(silent, defaults_of(of_file));
  EXPECT_EQ(sync.polling_interval, minutes(5));
  const Profile& line = sync.profiles.at("line").profile;
  EXPECT_EQ(line.sync_period, seconds(60));
  EXPECT_EQ(line.designer, DesignerPolicy::wait);
  EXPECT_EQ(line.prune, (Prune{50, 10})) << "half of it is of the file";
  EXPECT_EQ(line.name, "line");
}

TEST(SyncDefaultsTest, ASyncAndItsProfileMaySayOtherwise) {
  const SyncSpec sync = read(
      "  polling: {interval: 10s}\n  sync:\n    defaults: {syncPeriod: 90, prune: {maxFiles: 7}}\n"
      "    profiles: {line: {designerSessionPolicy: fail, mappings: [{source: a, destination: b}]}}\n",
      defaults_of(of_file));
  EXPECT_EQ(sync.polling_interval, seconds(10));
  const Profile& line = sync.profiles.at("line").profile;
  EXPECT_EQ(line.sync_period, seconds(90));
  EXPECT_EQ(line.designer, DesignerPolicy::fail);
  EXPECT_EQ(line.prune, (Prune{7, 10}));
}

TEST(SyncDefaultsTest, WithoutThemASyncIsReadAsItIsWritten) {
  const SyncSpec plain = read(silent, defaults_of("state: /s\n"));
  EXPECT_FALSE(plain.polling_interval);
  EXPECT_EQ(plain, read(silent, {}));
}

// The defaults of a Sync exclude files by being there.
TEST(SyncDefaultsTest, TheyExcludeNothing) {
  EXPECT_TRUE(read(silent, defaults_of(of_file)).profiles.at("line").profile.excludes.empty());
}

// A default of the schema is stored with the object, and nobody could tell it from what a user wrote.
TEST(SyncDefaultsTest, NoFieldOfThemHasADefaultInTheSchemaOfTheSync) {
  EXPECT_FALSE(has_default(sync_defaults_schema()));
}

// Which of the two a new field is, somebody has to decide.
TEST(SyncDefaultsTest, EveryFieldWithoutADefaultIsOneOfThemOrOfTheSyncAlone) {
  const json::value& root = object_schema("gatewaysync");
  std::set<std::string> found;
  add_fields(root, opened_schema(root, root.at("properties").at("spec")), "", found);
  std::set<std::string> known{"/git",
                              "/source",
                              "/gateway/api",
                              "/sync/profiles",
                              "/sync/defaults/excludePatterns",
                              "/sync/defaults/vars",
                              "/sync/defaults/normalize",
                              "/sync/defaults/dryRun",
                              "/sync/defaults/paused"};
  for (const std::string_view field : sync_default_fields()) known.emplace(field);
  EXPECT_EQ(found, known);
}

}  // namespace
}  // namespace stoker::host
