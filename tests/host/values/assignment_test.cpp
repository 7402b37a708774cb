// The document that is kept on disk, and the digests that decide what is the same work.
#include "host/values/assignment.hpp"
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <functional>

namespace stoker::host {
namespace {

namespace json = boost::json;

Assignment sample() {
  Assignment a;
  a.sync = "line-a";
  a.target = a.pod = "press-1";
  a.labels = {{"line", "a"}};
  a.ref = "refs/heads/main";
  a.revision = "0123456789012345678901234567890123456789";
  a.source.repo = "https://git.example.com/config.git";
  a.source.lfs = true;
  a.token = 7;
  a.profile.name = "line";
  a.profile.mappings = {{"projects", "projects", MappingType::dir, false}};
  a.profile.excludes = {"**/.uuid"};
  a.profile.vars = {{"line", "a"}};
  a.profile.prune = {20, 10};
  return a;
}

GitAuth every_credential() {
  GitAuth auth;
  auth.token = SecretRef{"git", "token"};
  auth.ssh_key = SecretRef{"git", "key"};
  auth.passphrase = SecretRef{"git", "passphrase"};
  auth.known_hosts = SecretRef{"git", "hosts"};
  auth.github_app = GithubAppAuth{11, 12, {"app", "pem"}, "https://api.example.com"};
  return auth;
}

TEST(AssignmentTest, ReadsBackWhatItWrote) {
  Assignment a = sample();
  a.hold = Hold{"paused", "why", "resume", 5, 6};
  a.dry_run = true;
  a.auto_rollback = false;
  a.retry = "again";
  a.repair = "please";
  a.verify_deadline = std::chrono::milliseconds(1500);
  a.source.auth = every_credential();
  a.source.module = "source-dir";  // cases Q8: what was assigned is opened by the same source
  a.source.settings = R"({"path":"/srv"})";
  a.profile.designer = DesignerPolicy::fail;
  a.profile.mappings.push_back({"conf", "conf", MappingType::inferred, false, true});
  a.profile.mappings[1].patches = {{"**/config.json", {{"a\\.b", "{{.GatewayName}}"}, {"c", ""}}}, {"", {{"d", "1"}}}};
  a.profile.normalize = {{"**", {{".a", "\"1\""}}}};
  const auto read = assignment_from_json(to_json(a));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), to_json(a));
  EXPECT_EQ(read->profile, a.profile);
  EXPECT_EQ(read->hold, a.hold);
  EXPECT_EQ(read->repair, "please");
  EXPECT_EQ(read->source, a.source);
}

TEST(AssignmentTest, KeepsNothingOfWhatARunFindsOutOrDecides) {
  const json::value document = json::parse(to_json(sample()));
  for (const char* field : {"facts", "look", "looks", "repair", "baseline", "inputs"})
    EXPECT_FALSE(document.get_object().contains(field)) << field;
}

// As the program before this one wrote it: facts and decisions of a Run stand in it, and no source.
TEST(AssignmentTest, ReadsWhatAnOlderProgramWrote) {
  const auto read = assignment_from_json(R"({"format":1,"sync":"line-a","namespace":"default",
    "target":{"name":"press-1","pod":"press-1","labels":{"line":"a"},"ordinal":0},
    "ref":"refs/heads/main","revision":"0123","contents":"lfs submodules","token":7,"dryRun":false,"retry":"",
    "look":"all","repair":true,"inputs":"1f","vars":"2e",
    "profile":{"name":"line","mappings":[{"source":"projects","destination":"projects","type":"dir","required":false}],
      "excludes":[],"vars":{},"designer":"wait","syncPeriod":"30s","prune":{"maxFiles":20,"maxPercent":10}},
    "autoRollback":{"enabled":true},"deadlines":{"verify":"120s"},
    "facts":{"state":"running","role":"backup","version":"","started":""},"looks":false,"baseline":{"bad":[]}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->revision, "0123");
  EXPECT_EQ(read->profile.designer, DesignerPolicy::wait);
  EXPECT_EQ(read->source.repo, "");
  EXPECT_EQ(read->source.contents(), "lfs submodules") << "else a held revision would not be known again";
}

TEST(AssignmentTest, ANewerFormatIsRefused) {
  EXPECT_EQ(assignment_from_json(R"({"format":2})").error().kind, errc::incompatible);
}

TEST(AssignmentTest, WhatIsNoAssignmentIsInvalidAndSaysWhere) {
  const std::pair<const char*, const char*> all[] = {
      {"", "not a JSON object"},
      {"[]", "not a JSON object"},
      {"{}", "/format is missing"},
      {R"({"format":1,"token":"x"})", "/token is not"},
      {R"({"format":1,"token":-1})", "/token is not"},
      {R"({"format":1,"profile":{"mappings":[1]}})", "/profile/mappings/0 is not an object"},
      {R"({"format":1,"profile":{"mappings":[{"type":"tree"}]}})", "/profile/mappings/0/type is \"tree\""},
      {R"({"format":1,"profile":{"vars":{"a/b":1}}})", "/profile/vars/a~1b is not a string"},
      {R"({"format":1,"source":{"auth":{"token":"secret"}}})", "/source/auth/token is not an object"}};
  for (const auto& [text, said] : all) {
    const auto read = assignment_from_json(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error(), errc::invalid) << text;
    EXPECT_NE(read.error().message.find(said), std::string::npos) << read.error().message;
  }
}

// What changes which digest: inputs, vars, held key, and whether it is other work.
struct Row {
  const char* what;
  std::function<void(Assignment&)> change;
  bool inputs, vars, held, work;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.what; }
};
class AssignmentDigestTest : public testing::TestWithParam<Row> {};

TEST_P(AssignmentDigestTest, ChangesWhatItShould) {
  const Assignment before = sample();
  Assignment after = before;
  GetParam().change(after);
  EXPECT_EQ(before.inputs(Role::master) != after.inputs(Role::master), GetParam().inputs);
  EXPECT_EQ(before.vars_digest() != after.vars_digest(), GetParam().vars);
  EXPECT_EQ(before.held_key() != after.held_key(), GetParam().held);
  EXPECT_EQ(!before.same_work(after), GetParam().work);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, AssignmentDigestTest,
    testing::Values(
        Row{"revision", [](Assignment& a) { a.revision[0] = 'f'; }, false, false, true, true},
        Row{"contents", [](Assignment& a) { a.source.lfs = false; }, true, false, true, true},
        Row{"mapping", [](Assignment& a) { a.profile.mappings[0].required = true; }, true, false, true, true},
        Row{"template", [](Assignment& a) { a.profile.mappings[0].rendered = true; }, true, false, true, true},
        Row{"patches",
            [](Assignment& a) {
              a.profile.mappings[0].patches = {{"", {{"a", "1"}}}};
            },
            true, false, true, true},
        Row{"normalize",
            [](Assignment& a) {
              a.profile.normalize = {{"**", {{"a", "1"}}}};
            },
            true, false, true, true},
        Row{"label", [](Assignment& a) { a.labels["line"] = "b"; }, false, false, false, false},
        Row{"exclude", [](Assignment& a) { a.profile.excludes.push_back("x"); }, true, false, true, true},
        Row{"prune", [](Assignment& a) { a.profile.prune.max_files = 100; }, true, false, false, true},
        Row{"repository", [](Assignment& a) { a.source.repo += "/"; }, false, false, false, true},
        Row{"credentials", [](Assignment& a) { a.source.auth = every_credential(); }, false, false, false, false},
        Row{"module", [](Assignment& a) { a.source.module = "source-git"; }, false, false, false, false},
        Row{"settings", [](Assignment& a) { a.source.settings = "{}"; }, true, false, true, true},
        Row{"vars", [](Assignment& a) { a.profile.vars["line"] = "b"; }, false, true, true, true},
        Row{"token", [](Assignment& a) { a.token = 8; }, false, false, false, false},
        Row{"retry", [](Assignment& a) { a.retry = "x"; }, false, false, false, true},
        Row{"repair", [](Assignment& a) { a.repair = "x"; }, false, false, false, true},
        Row{"dryRun", [](Assignment& a) { a.dry_run = true; }, false, false, false, true},
        Row{"hold", [](Assignment& a) { a.hold = Hold{}; }, false, false, false, true}),
    [](const auto& row) { return row.param.what; });

// cases Q8: a folder that says "latest" in both.
TEST(AssignmentTest, TheModuleOfASourceWithSettingsIsPartOfTheInputs) {
  Assignment a = sample(), b = sample();
  a.source.settings = b.source.settings = R"({"path":"/srv"})";
  b.source.module = "source-dir";
  EXPECT_NE(a.inputs(Role::master), b.inputs(Role::master));
}

// What an older program wrote has to be the same work.
TEST(AssignmentTest, WithoutPatchesTheDigestsAreWhatTheyWere) {
  const Assignment a = sample();
  EXPECT_EQ(a.inputs(Role::master), "0345dd219a65e86fdec06f1eee645e9472ebeb1bbff904ffa7350841e3dacfc3");
  EXPECT_EQ(a.work_key(), "46cdfe9fafaca29b8fdf84b32b6da7370165c28e8603cb73fc28c29b940b87c5");
  EXPECT_EQ(a.held_key(), "b6b43b607c5958af1bd3b5560c52791f19bdc75eb7c0d1aa0d6d436ddf6cc394");
}

TEST(AssignmentTest, EachPartOfAPatchIsPartOfTheInputs) {
  Assignment before = sample();
  before.profile.mappings[0].patches = before.profile.normalize = {{"f", {{"p", "v"}}}};
  const auto differs = [&](const std::function<void(Assignment&)>& change) {
    Assignment after = before;
    change(after);
    return before.inputs(Role::master) != after.inputs(Role::master) && before.held_key() != after.held_key();
  };
  EXPECT_TRUE(differs([](Assignment& a) { a.profile.mappings[0].patches[0].file = "g"; }));
  EXPECT_TRUE(differs([](Assignment& a) { a.profile.mappings[0].patches[0].set = {{"q", "v"}}; }));
  EXPECT_TRUE(differs([](Assignment& a) { a.profile.mappings[0].patches[0].set = {{"p", "w"}}; }));
  EXPECT_TRUE(differs([](Assignment& a) { a.profile.normalize[0].set = {{"p", "w"}}; }));
  EXPECT_TRUE(differs([](Assignment& a) { a.profile.normalize.clear(); }));
  EXPECT_FALSE(differs([](Assignment& a) { a.labels["zone"] = "x"; })) << "no value asks for one";
}

// What a template may ask for, in a path, in a file or in the value of a patch.
class RenderedValueTest : public testing::TestWithParam<std::function<void(Assignment&)>> {};
TEST_P(RenderedValueTest, IsPartOfTheInputsWhereAMappingHasATemplate) {
  for (const Mapping& mapping :
       {Mapping{"a", "b", MappingType::inferred, false, true}, Mapping{"{{.Ref}}", "b"}, Mapping{"a", "{{.PodName}}"},
        Mapping{"a", "b", MappingType::inferred, false, false, {{"", {{"a", "{{.Ref}}"}}}}}}) {
    Assignment before = sample();
    before.profile.mappings = {mapping};
    Assignment after = before;
    GetParam()(after);
    EXPECT_NE(before.inputs(Role::master), after.inputs(Role::master));
    EXPECT_FALSE(before.same_work(after));
    EXPECT_EQ(before.held_key(), after.held_key());
  }
}
INSTANTIATE_TEST_SUITE_P(Fields, RenderedValueTest,
                         testing::Values([](Assignment& a) { a.target = "x"; }, [](Assignment& a) { a.pod = "x"; },
                                         [](Assignment& a) { a.ordinal = 4; }, [](Assignment& a) { a.sync = "x"; },
                                         [](Assignment& a) { a.name_space = "x"; }, [](Assignment& a) { a.ref = "x"; },
                                         [](Assignment& a) { a.labels["zone"] = "x"; }));

TEST(AssignmentTest, ALabelIsPartOfTheInputsWhereAValueOfNormalizeIsATemplate) {
  Assignment before = sample();
  before.profile.normalize = {{"**", {{"a", "{{.Labels.zone}}"}}}};
  Assignment after = before;
  after.labels["zone"] = "x";
  EXPECT_NE(before.inputs(Role::master), after.inputs(Role::master));
}

TEST(AssignmentTest, ARoleIsPartOfTheInputs) {
  EXPECT_NE(sample().inputs(Role::master), sample().inputs(Role::backup));
}

TEST(AssignmentTest, FieldsDoNotRunIntoEachOther) {
  Assignment a = sample(), b = sample();
  a.profile.mappings = {{"ab", "c", MappingType::inferred, false}};
  b.profile.mappings = {{"a", "bc", MappingType::inferred, false}};
  EXPECT_NE(a.inputs(Role::master), b.inputs(Role::master));
}

}  // namespace
}  // namespace stoker::host
