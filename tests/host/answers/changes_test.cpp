#include "host/answers/changes.hpp"

#include "host/values/run_diff.hpp"

#include <boost/json.hpp>

#include "stories.hpp"

namespace stoker::host {
namespace {

Report changed() {
  Report report;
  report.id = "m5abc-def";
  report.target = "press-1";
  report.from = good;
  report.revision = fresh;
  report.outcome = Outcome::applied;
  report.started_at_ms = story_now - 300000;
  ChangeList plan;
  const auto add = [&](const std::string& path, Change::Op op, const std::string& before, const std::string& after) {
    Change change;
    change.path = path;
    change.op = op;
    change.before = before;
    change.after = after;
    change.blob = op == Change::Op::remove ? "" : "b10b";
    plan.add(change);
  };
  add("config/resources/core/a.json", Change::Op::add, "", "");
  add("projects/Line2/project.json", Change::Op::replace, "aa", "bb");
  add("projects/Line2/x\x1b[2J.json", Change::Op::remove, "cc", "");
  report.plan(plan);
  return report;
}

TEST(ChangesTest, OfARunAreATextOfOneLineEach) {
  expect_golden(changes_text(to_json(run_diff_of(changed())), story_now), "diff.txt");
}

TEST(ChangesTest, AreKeptAsADocument) { expect_golden(to_json(run_diff_of(changed())) + "\n", "diff.json"); }

TEST(ChangesTest, AFirstRunComesFromNothing) {
  Report report = changed();
  report.from.clear();
  const std::string text = changes_text(to_json(run_diff_of(report)), story_now);
  EXPECT_NE(text.find("  nothing -> 2b3c4d5: 1 added, 1 modified, 1 deleted\n"), text.npos) << text;
}

TEST(ChangesTest, WhatDoesNotFitIsCounted) {
  ChangeList plan;
  for (std::size_t i = 0; i < RunDiff::changes_max + 5; ++i) {
    Change change;
    change.path = "f" + std::to_string(i);
    plan.add(change);
  }
  Report report = changed();
  report.plan(plan, plan.size());
  const RunDiff diff = run_diff_of(report);
  EXPECT_EQ(diff.changes.size(), RunDiff::changes_max);
  EXPECT_EQ(diff.more, 5u);
  EXPECT_NE(changes_text(to_json(diff), story_now).find("  and 5 more that are not kept\n"), std::string::npos);
}

TEST(ChangesTest, StayBelowAMebibyteWhateverTheNames) {
  ChangeList plan;
  for (std::size_t i = 0; i < RunDiff::changes_max; ++i) {
    Change change;
    change.path = std::string(4000, 'x') + std::to_string(i);
    plan.add(change);
  }
  Report report = changed();
  report.plan(plan, plan.size());
  EXPECT_LT(to_json(run_diff_of(report)).size(), 1024u * 1024);
}

TEST(ChangesTest, TheRunThatPeopleMeanIsTheLastOneThatChangedFiles) {
  const auto run = [](const std::string& id, const std::string& result, int files) {
    return R"({"id": ")" + id + R"(", "result": ")" + result + R"(", "filesChanged": )" + std::to_string(files) + "}";
  };
  const std::string history = R"("history": [)" + run("r4", "held", 3) + ", " + run("r3", "applied", 0) + ", " +
                              run("r2", "reverted", 2) + ", " + run("r1", "applied", 5) + "]";
  EXPECT_EQ(last_changing_run(target_object(history)), "r2");
  EXPECT_EQ(last_changing_run(target_object("")), "");
}

TEST(ChangesTest, OfTheLastRunStandInTheStatus) {
  const std::string target = R"({"status": )" + to_json(changed()) + "}";
  const std::string text = changes_text(changes_in_status(target, "m5abc-def"), story_now);
  EXPECT_TRUE(text.starts_with(
      "press-1: Run m5abc-def, applied 5 minutes ago (2025-01-02T11:55:00Z)\n  1a2b3c4 -> 2b3c4d5: 1 added"))
      << text;
  EXPECT_EQ(changes_in_status(target, "another"), "");
  EXPECT_EQ(changes_in_status("not json", "m5abc-def"), "");
}

// features F01
TEST(ChangesTest, OfTwoDryRunsTheNewestIsShown) {
  const auto plan = [](const char* id, const char* at) {
    return R"({"id": ")" + std::string(id) + R"(", "target": "press-1", "outcome": "planned", "startedAt": ")" + at +
           R"(", "counts": {"added": 1}, "changes": [{"path": "projects/Line/a.txt", "op": "add"}]})";
  };
  const std::string target = R"({"metadata": {"name": "press-1"}, "status": {"plan": )" +
                             plan("plan-1", "2025-01-02T03:04:05Z") + R"(, "waiting": )" +
                             plan("plan-2", "2025-01-02T03:04:06Z") + "}}";
  const std::string text = changes_text(newest_plan(target), story_now);
  EXPECT_NE(text.find("Run plan-2, planned"), text.npos) << text;
  EXPECT_NE(text.find("+ projects/Line/a.txt"), text.npos) << text;
  EXPECT_EQ(newest_plan(R"({"metadata": {"name": "press-1"}, "status": {}})"), "");
}

}  // namespace
}  // namespace stoker::host
