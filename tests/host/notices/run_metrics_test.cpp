// The metrics that dashboards of the public operator read, from Reports.
#include "host/notices/run_metrics.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

class RunMetricsTest : public ::testing::Test {
 protected:
  static Report report(Outcome outcome, bool verified) {
    Assignment assigned;
    assigned.sync = "line-a";
    assigned.target = "press-1";
    assigned.profile.name = "line";
    Report made(assigned);
    made.ended(outcome, Stage::verify, verified);
    made.counts.added = 2;
    made.counts.changed = 3;
    made.duration_ms = 1500;
    made.stages = {{"open", 100}, {"verify", 400}};
    return made;
  }
  bool says(const std::string& line) const { return metrics_.text().find(line + "\n") != std::string::npos; }
  Metrics metrics_;
  RunMetrics runs_{metrics_};
};

TEST_F(RunMetricsTest, AnAppliedRunCountsItsFilesAndItsStages) {
  runs_.count(report(Outcome::applied, true));
  EXPECT_TRUE(says(R"(stoker_agent_sync_total{profile="line",result="success",target="press-1"} 1)"));
  EXPECT_TRUE(says(R"(stoker_agent_files_changed{profile="line",target="press-1"} 5)"));
  EXPECT_TRUE(says(R"(stoker_files_changed_total{target="press-1"} 5)"));
  EXPECT_TRUE(says(R"(stoker_agent_scan_total{result="success",target="press-1"} 1)"));
  EXPECT_TRUE(says(R"(stoker_agent_last_sync_success{target="press-1"} 1)"));
}

TEST_F(RunMetricsTest, WhatNobodyVerifiedIsNoSuccess) {
  runs_.count(report(Outcome::applied, false));
  EXPECT_TRUE(says(R"(stoker_agent_last_sync_success{target="press-1"} 0)"));
}

TEST_F(RunMetricsTest, AHoldSaysWhyNothingWasDone) {
  Report held = report(Outcome::held, false);
  Hold designer;
  designer.name = "designer";
  held.hold = designer;
  runs_.count(held);
  EXPECT_TRUE(says(R"(stoker_agent_sync_skipped_total{reason="designer_blocked",target="press-1"} 1)"));
  EXPECT_TRUE(says(R"(stoker_agent_designer_sessions_blocked{target="press-1"} 1)"));
  runs_.count(report(Outcome::unchanged, true));
  EXPECT_TRUE(says(R"(stoker_agent_sync_skipped_total{reason="commit_unchanged",target="press-1"} 1)"));
  EXPECT_TRUE(says(R"(stoker_agent_designer_sessions_blocked{target="press-1"} 0)"));
}

TEST_F(RunMetricsTest, ARunThatWasTakenBackSaysWhatMadeItSo) {
  Report reverted = report(Outcome::reverted, true);
  reverted.decisions.push_back(Decision::unhealthy("project:Line2", "it is not there"));
  runs_.count(reverted);
  EXPECT_TRUE(says(R"(stoker_rollback_triggered_total{target="press-1",trigger="projectLoadError"} 1)"));
  EXPECT_TRUE(says(R"(stoker_agent_sync_total{profile="line",result="error",target="press-1"} 1)"));
}

}  // namespace
}  // namespace stoker::host
