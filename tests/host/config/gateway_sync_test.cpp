// GatewaySync files: what is read, merged and refused.
#include "host/config/gateway_sync.hpp"
#include <gtest/gtest.h>

namespace stoker::host {
namespace {

struct Read {
  std::optional<SyncSpec> sync;
  ConfigErrors errors;
};

Read read(const std::string& text) {
  YamlFile file = parse_yaml(text, "s.yaml");
  Read made{std::nullopt, std::move(file.errors)};
  if (!file.documents.empty()) made.sync = read_gateway_sync(file.documents[0], made.errors);
  return made;
}

const std::string head = R"(apiVersion: stoker.io/v1alpha1
kind: GatewaySync
metadata: {name: line-a, annotations: {stoker.io/retry: again, stoker.io/repair: please, other.io/x: y}}
spec:
  git: {repo: "file:///srv/config.git", ref: main}
)";
const std::string profiles = "  sync: {profiles: {line: {mappings: [{source: projects, destination: projects}]}}}\n";

TEST(GatewaySyncTest, ReadsASmallSyncWithDefaults) {
  const Read made = read(head + profiles);
  ASSERT_TRUE(made.sync) << made.errors.text();
  EXPECT_EQ(made.sync->name, "line-a");
  EXPECT_EQ(made.sync->name_space, "default");
  EXPECT_EQ(made.sync->retry, "again");
  EXPECT_EQ(made.sync->repair, "please");
  EXPECT_TRUE(made.sync->polling);
  EXPECT_FALSE(made.sync->polling_interval) << "the trigger has its own";
  EXPECT_TRUE(made.sync->auto_rollback);
  const SyncProfile& line = made.sync->profiles.at("line");
  EXPECT_EQ(line.profile.mappings, (std::vector<Mapping>{{"projects", "projects", MappingType::inferred, false}}));
  EXPECT_TRUE(line.profile.excludes.empty());
  EXPECT_EQ(line.profile.designer, DesignerPolicy::proceed);
  EXPECT_EQ(line.profile.sync_period, std::chrono::seconds(30));
}

TEST(GatewaySyncTest, DefaultsAndProfileAreMerged) {
  const Read made = read(head + R"(
  sync:
    defaults: {excludePatterns: [" a ", ./b], vars: {x: "1", y: "1"}, syncPeriod: 60, designerSessionPolicy: wait, dryRun: true, prune: {maxFiles: 5}}
    profiles:
      line: {mappings: [{source: a, destination: b}], excludePatterns: [b, c], vars: {y: "2"}, dryRun: false, prune: {maxPercent: 50}}
)");
  ASSERT_TRUE(made.sync) << made.errors.text();
  const SyncProfile& line = made.sync->profiles.at("line");
  EXPECT_EQ(line.profile.excludes, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(line.profile.vars, (std::map<std::string, std::string>{{"x", "1"}, {"y", "2"}}));
  EXPECT_EQ(line.profile.sync_period, std::chrono::seconds(60));
  EXPECT_EQ(line.profile.designer, DesignerPolicy::wait);
  EXPECT_FALSE(line.dry_run);
  EXPECT_EQ(line.profile.prune, (Prune{5, 50}));
}

TEST(GatewaySyncTest, DefaultExcludesComeOnlyWithDefaults) {
  const Read made =
      read(head + "  sync: {defaults: {}, profiles: {line: {mappings: [{source: a, destination: b}]}}}\n");
  ASSERT_TRUE(made.sync);
  EXPECT_EQ(made.sync->profiles.at("line").profile.excludes,
            (std::vector<std::string>{"**/.git/", "**/.gitkeep", "**/.resources/**"}));
}

class GatewaySyncRefusesTest : public testing::TestWithParam<std::string> {};
TEST_P(GatewaySyncRefusesTest, WhatIsNotThereYetByName) {
  const Read made = read(head + profiles + "  " + GetParam() + ": {}\n");
  EXPECT_FALSE(made.sync);
  ASSERT_EQ(made.errors.size(), 1u) << made.errors.text();
  EXPECT_EQ(made.errors[0].text(), std::string("s.yaml:7:3: /spec/") + GetParam() +
                                       ": expected no such field; it is not available in this version, got \"" +
                                       GetParam() + "\"");
}
INSTANTIATE_TEST_SUITE_P(Fields, GatewaySyncRefusesTest,
                         testing::Values("agent", "snapshots", "rollback", "deployment", "dependsOn", "approvals",
                                         "windows", "drift", "capture", "alerting", "webhook", "normalize",
                                         "perspectiveSessionPolicy"));

// A file with such a name could never be applied.
TEST(GatewaySyncTest, ANameThatNoObjectMayHaveIsAMistakeAtItsPlace) {
  const Read made = read(R"(apiVersion: stoker.io/v1alpha1
kind: GatewaySync
metadata: {name: Line-A}
spec:
  git: {repo: "https://example.com/x.git", ref: main}
  sync: {profiles: {line: {mappings: [{source: a, destination: b}]}}}
)");
  EXPECT_FALSE(made.sync);
  EXPECT_EQ(made.errors.size(), 1u) << made.errors.text();
  EXPECT_NE(made.errors.text().find("s.yaml:3:18: /metadata/name: "), std::string::npos) << made.errors.text();
}

TEST(GatewaySyncTest, PatchesAreKeptAsTheyWereWritten) {
  const Read made = read(head + R"(
  sync:
    profiles:
      line:
        mappings:
          - source: a
            destination: b
            patches:
              - {file: "**/config.json", set: {settings.host: "{{.GatewayName}}.example", 'a\.b': "9090"}}
              - {set: {z: ""}}
          - {source: c, destination: d, patches: []}
)");
  ASSERT_TRUE(made.sync) << made.errors.text();
  const std::vector<Mapping>& mappings = made.sync->profiles.at("line").profile.mappings;
  EXPECT_EQ(mappings[0].patches,
            (std::vector<Patch>{{"**/config.json", {{"settings.host", "{{.GatewayName}}.example"}, {"a\\.b", "9090"}}},
                                {"", {{"z", ""}}}}));
  EXPECT_TRUE(mappings[1].patches.empty());
}

// features F09
TEST(GatewaySyncTest, NormalizeOfTheDefaultsComesBeforeThatOfTheProfile) {
  const Read made = read(head + R"(
  sync:
    defaults: {normalize: [{files: "**/config.json", set: {.systemName: "{{.GatewayName}}"}}]}
    profiles:
      line: {mappings: [{source: a, destination: b}], normalize: [{files: b/x.json, set: {a: "1"}}]}
      other: {mappings: [{source: a, destination: b}]}
)");
  ASSERT_TRUE(made.sync) << made.errors.text();
  const Patch common{"**/config.json", {{".systemName", "{{.GatewayName}}"}}};
  EXPECT_EQ(made.sync->profiles.at("line").profile.normalize, (std::vector<Patch>{common, {"b/x.json", {{"a", "1"}}}}));
  EXPECT_EQ(made.sync->profiles.at("other").profile.normalize, (std::vector<Patch>{common}));
}

TEST(GatewaySyncTest, RefusesMistakesInPatchesAndCredentialsByPlace) {
  const Read made = read(R"(apiVersion: stoker.io/v1alpha1
kind: GatewaySync
metadata: {name: a}
spec:
  git:
    repo: https://example.com/x.git
    ref: main
    knownHosts: x
  sync:
    profiles:
      line:
        mappings:
          - {source: a, destination: b, template: "yes"}
          - {source: c, destination: d, template: false, patches: [{set: {}}, {set: {a: 1}}, {files: x, set: {a: b}}]}
)");
  EXPECT_FALSE(made.sync);
  const std::string text = made.errors.text();
  EXPECT_EQ(made.errors.size(), 5u) << text;
  EXPECT_NE(text.find("s.yaml:8:5: /spec/git/knownHosts: "), std::string::npos) << text;
  EXPECT_NE(text.find("s.yaml:13:51: /spec/sync/profiles/line/mappings/0/template: "), std::string::npos) << text;
  for (const char* wrong : {"0/set: ", "1/set/a: ", "2/files: "})
    EXPECT_NE(text.find(std::string("/spec/sync/profiles/line/mappings/1/patches/") + wrong), std::string::npos)
        << text;
}

TEST(GatewaySyncTest, NamesTheSecretsOfARepository) {
  const Read made = read(R"(
apiVersion: stoker.io/v1alpha1
kind: GatewaySync
metadata: {name: a}
spec:
  git:
    repo: git@example.com:x.git
    ref: main
    auth:
      token: {secretRef: {name: a, key: b}}
      sshKey:
        secretRef: {name: c, key: d}
        passphrase: {secretRef: {name: g, key: h}}
        knownHosts: {secretRef: {name: e, key: f}}
      githubApp:
        appId: 12
        installationId: 345678901234
        privateKeySecretRef: {name: i, key: j}
        apiBaseURL: https://ghe.example.com/api/v3
    lfs: true
    submodules: true
  sync: {profiles: {line: {mappings: [{source: a, destination: b}]}}}
)");
  ASSERT_TRUE(made.sync) << made.errors.text();
  EXPECT_EQ(made.sync->source.auth,
            (GitAuth{SecretRef{"a", "b"}, SecretRef{"c", "d"}, SecretRef{"g", "h"}, SecretRef{"e", "f"},
                     GithubAppAuth{12, 345678901234, SecretRef{"i", "j"}, "https://ghe.example.com/api/v3"}}));
  EXPECT_EQ(made.sync->source.contents(), "lfs submodules");
  const SourceSpec plain = read(head + profiles).sync->source;
  EXPECT_EQ(plain.auth, GitAuth());
  EXPECT_EQ(plain.contents(), "");
}

TEST(GatewaySyncTest, AnUnknownFieldIsAnErrorWithTheNearestName) {
  const Read made = read(head + profiles + "  puased: true\n");
  ASSERT_EQ(made.errors.size(), 1u);
  EXPECT_EQ(made.errors[0].text(), "s.yaml:7:3: /spec/puased: expected \"paused\", got the unknown field \"puased\"");
}

struct Row {
  const char *what, *profile, *pointer;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.what; }
};
class GatewaySyncProfileTest : public testing::TestWithParam<Row> {};
TEST_P(GatewaySyncProfileTest, RefusesABadRule) {
  const Read made = read(head + "  sync: {profiles: {p: " + GetParam().profile + "}}\n");
  EXPECT_FALSE(made.sync);
  ASSERT_EQ(made.errors.size(), 1u) << made.errors.text();
  EXPECT_EQ(made.errors[0].pointer, std::string("/spec/sync/profiles/p") + GetParam().pointer);
}
INSTANTIATE_TEST_SUITE_P(
    Rules, GatewaySyncProfileTest,
    testing::Values(Row{"no_mappings", "{mappings: []}", "/mappings"},
                    Row{"source_above", "{mappings: [{source: a/../b, destination: b}]}", "/mappings/0/source"},
                    Row{"destination_absolute", "{mappings: [{source: a, destination: /b}]}",
                        "/mappings/0/destination"},
                    Row{"type", "{mappings: [{source: a, destination: b, type: folder}]}", "/mappings/0/type"},
                    Row{"var_name", "{vars: {1a: x}, mappings: [{source: a, destination: b}]}", "/vars/1a"},
                    Row{"exclude_absolute", "{excludePatterns: [/a], mappings: [{source: a, destination: b}]}",
                        "/excludePatterns/0"},
                    Row{"exclude_bracket", "{excludePatterns: ['a[b'], mappings: [{source: a, destination: b}]}",
                        "/excludePatterns/0"},
                    Row{"exclude_no_member", "{excludePatterns: ['a[]b]'], mappings: [{source: a, destination: b}]}",
                        "/excludePatterns/0"},
                    Row{"exclude_open_class", "{excludePatterns: ['a[b\\]'], mappings: [{source: a, destination: b}]}",
                        "/excludePatterns/0"},
                    Row{"exclude_brace", "{excludePatterns: ['{a'], mappings: [{source: a, destination: b}]}",
                        "/excludePatterns/0"},
                    Row{"period", "{syncPeriod: 4, mappings: [{source: a, destination: b}]}", "/syncPeriod"},
                    Row{"policy", "{designerSessionPolicy: ask, mappings: [{source: a, destination: b}]}",
                        "/designerSessionPolicy"}),
    [](const auto& row) { return row.param.what; });

TEST(GatewaySyncTest, PublicExcludesAreFine) {
  const Read made = read(head + R"(
  sync: {profiles: {p: {mappings: [{source: a, destination: .}], excludePatterns: ["**/.uuid", "**/tag-*/MQTT Engine", "{a,b}/[!x]/[\\]]", "a\\["]}}}
)");
  EXPECT_TRUE(made.sync) << made.errors.text();
}

// cases Q8
TEST(GatewaySyncTest, ASourceOfAnotherKindHasAModuleARefAndSettings) {
  const Read made = read(
      "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: a}\nspec:\n"
      "  source: {module: source-dir, ref: now, settings: {path: /srv}}\n" +
      profiles);
  ASSERT_TRUE(made.sync) << made.errors.text();
  EXPECT_EQ(made.sync->source.module, "source-dir");
  EXPECT_EQ(made.sync->ref, "now");
  EXPECT_EQ(made.sync->source.settings, R"({"path":"/srv"})");
  EXPECT_EQ(made.sync->source.repo, "");
  EXPECT_EQ(made.sync->line, 3);
}

// cases Q8
TEST(GatewaySyncTest, ASourceIsSaidOnceAndWhole) {
  const std::string start = "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: a}\nspec:\n";
  EXPECT_EQ(read(start + profiles).errors.text(),
            "s.yaml:4:1: /spec/git: expected a repository, or spec.source, got neither\n");
  EXPECT_EQ(read(start + "  source: {module: x}\n" + profiles).errors.text(),
            "s.yaml:5:3: /spec/source/ref: expected a value, got nothing\n");
  EXPECT_EQ(read(start + "  source: {module: x, ref: y}\n  git: {repo: a, ref: b}\n" + profiles).errors.text(),
            "s.yaml:5:3: /spec/source: expected only module beside spec.git, which has the ref, got more\n");
}

TEST(GatewaySyncTest, AUrlWithCredentialsIsRefusedAndNotShown) {
  const Read made = read(R"(apiVersion: stoker.io/v1alpha1
kind: GatewaySync
metadata: {name: a}
spec: {git: {repo: "https://me:hunter2@example.com/x.git", ref: main}, sync: {profiles: {p: {mappings: [{source: a, destination: b}]}}}}
)");
  ASSERT_EQ(made.errors.size(), 1u);
  EXPECT_EQ(made.errors.text().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace stoker::host
