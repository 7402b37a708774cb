// The document of docs/documents.md and the digests of run.md 4.
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
  a.contents = "lfs";
  a.token = 7;
  a.profile.name = "line";
  a.profile.mappings = {{"projects", "projects", "dir", false}};
  a.profile.excludes = {"**/.uuid"};
  a.profile.vars = {{"line", "a"}};
  a.profile.prune = {20, 10};
  a.facts = {"running", "independent", "8.3.1", "then", std::nullopt};
  return a;
}

TEST(AssignmentTest, TheDocumentIsTheOneThatIsDescribed) {
  Assignment a = sample();
  a.hold = Hold{"paused", "why", "", 0, 0};
  a.baseline = R"({"projects":[]})";
  json::value document = json::parse(to_json(a));
  EXPECT_EQ(document.as_object()["inputs"].as_string().size(), 64u);
  document.as_object().erase("inputs");
  document.as_object().erase("vars");
  EXPECT_EQ(document, json::parse(R"({"format":1,"sync":"line-a","namespace":"default",
    "target":{"name":"press-1","pod":"press-1","labels":{"line":"a"},"ordinal":0},
    "ref":"refs/heads/main","revision":"0123456789012345678901234567890123456789","contents":"lfs","token":7,"dryRun":false,"retry":"",
    "hold":{"name":"paused","reason":"why"},"look":"changes","repair":false,
    "profile":{"name":"line","mappings":[{"source":"projects","destination":"projects","type":"dir","required":false}],
      "excludes":["**/.uuid"],"vars":{"line":"a"},"designer":"proceed","syncPeriod":"30s","prune":{"maxFiles":20,"maxPercent":10}},
    "autoRollback":{"enabled":true},"deadlines":{"verify":"120s"},
    "facts":{"state":"running","role":"independent","version":"8.3.1","started":"then"},"looks":true,"baseline":{"projects":[]}})"));
}

TEST(AssignmentTest, ReadsBackWhatItWrote) {
  Assignment a = sample();
  a.hold = Hold{"paused", "why", "resume", 5, 6};
  a.facts.hold = Hold{"redundancy", "sync", "", 0, 0};
  a.scan_all = a.repair = a.dry_run = true;
  a.looks = a.auto_rollback = false;
  a.retry = "again";
  a.verify_deadline = std::chrono::milliseconds(1500);
  a.baseline = R"({"x":1})";
  const auto read = from_json(to_json(a));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), to_json(a));
  EXPECT_EQ(read->profile, a.profile);
  EXPECT_EQ(read->hold, a.hold);
  EXPECT_EQ(read->facts, a.facts);
}

TEST(AssignmentTest, ANewerFormatIsRefused) {
  EXPECT_EQ(from_json(R"({"format":2})").error().kind, errc::incompatible);
}

TEST(AssignmentTest, WhatIsNoAssignmentIsInvalid) {
  for (const char* text : {"", "[]", "{}", R"({"format":1,"token":"x"})", R"({"format":1,"profile":{"mappings":[1]}})"})
    EXPECT_EQ(from_json(text).error().kind, errc::invalid) << text;
}

// What changes which digest: inputs, vars, held key, and whether it is other work (run.md 1 and 4).
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
  EXPECT_EQ(before.inputs() != after.inputs(), GetParam().inputs);
  EXPECT_EQ(before.vars_digest() != after.vars_digest(), GetParam().vars);
  EXPECT_EQ(before.held_key() != after.held_key(), GetParam().held);
  EXPECT_EQ(!before.same_work(after), GetParam().work);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, AssignmentDigestTest,
    testing::Values(Row{"revision", [](Assignment& a) { a.revision[0] = 'f'; }, false, false, true, true},
                    Row{"contents", [](Assignment& a) { a.contents = ""; }, true, false, true, true},
                    Row{"mapping", [](Assignment& a) { a.profile.mappings[0].required = true; }, true, false, true,
                        true},
                    Row{"exclude", [](Assignment& a) { a.profile.excludes.push_back("x"); }, true, false, true, true},
                    Row{"prune", [](Assignment& a) { a.profile.prune.max_files = 100; }, true, false, false, true},
                    Row{"role", [](Assignment& a) { a.facts.role = "backup"; }, true, false, false, false},
                    Row{"vars", [](Assignment& a) { a.profile.vars["line"] = "b"; }, false, true, true, true},
                    Row{"token", [](Assignment& a) { a.token = 8; }, false, false, false, false},
                    Row{"retry", [](Assignment& a) { a.retry = "x"; }, false, false, false, true},
                    Row{"dryRun", [](Assignment& a) { a.dry_run = true; }, false, false, false, true},
                    Row{"hold", [](Assignment& a) { a.hold = Hold{}; }, false, false, false, true}),
    [](const auto& row) { return row.param.what; });

TEST(AssignmentTest, FieldsDoNotRunIntoEachOther) {
  Assignment a = sample(), b = sample();
  a.profile.mappings = {{"ab", "c", "", false}};
  b.profile.mappings = {{"a", "bc", "", false}};
  EXPECT_NE(a.inputs(), b.inputs());
}

}  // namespace
}  // namespace stoker::host
