// When a scan has ended, under each habit that a gateway may have.
#include "ignition_fixture.hpp"

namespace verify_ignition {
namespace {

using ignition_sim::Requests;
using ignition_sim::Told;
using ignition_sim::Unscanned;

class ScanTest : public IgnitionTest {
 protected:
  void restart_with(const ignition_sim::Habits& habits) {
    options_.habits = habits;
    if (verifier_) table_->destroy(std::exchange(verifier_, nullptr));
    start();
  }
  void lock_and_write(const std::string& bytes) {
    // The plugin's clock is a fake: its patience with a scan that is active takes no time.
    do {
      ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
    } while (held("scan-active"));
    ASSERT_TRUE(allowed());
    write(std::string(kView) + "/view.json", bytes);
  }
  bool has_loaded_what_lies_there() {
    return gateway_->digest("projects") ==
           ignition_sim::loaded_digest(ignition_sim::view_of(ignition_sim::read_tree(data_, "projects")));
  }
};

// cases L2, I10
TEST_F(ScanTest, ATimestampOfProjectScansThatNeverMovesTakesNothingBack) {
  for (const Told told : {Told::activity, Told::nothing}) {
    restart_with({.project_scans = told});
    lock_and_write(told == Told::nothing ? "{\"n\":2}" : "{\"n\":1}");
    ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
    EXPECT_TRUE(healthy());
    EXPECT_TRUE(has_loaded_what_lies_there());
  }
}

// cases L2, I10
TEST_F(ScanTest, WhereNoTimestampMovesTheListOfProjectsStillJudges) {
  restart_with({.project_scans = Told::nothing});
  const FakePlan plan({change("projects/Line/project.json")});
  ASSERT_EQ(lock(plan), STOKER_OK) << error_.message;
  write("projects/Line/project.json", R"({"title":"Line","enabled":true,"inheritable":false,"parent":"Nobody"})");
  ASSERT_EQ(verify(plan), STOKER_OK) << error_.message;
  EXPECT_TRUE(unhealthy("project:Line"));
}

// cases L2
TEST_F(ScanTest, ATimestampThatMovedOnceIsDemandedFromThenOn) {
  start();
  lock_and_write("{\"n\":1}");
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  ASSERT_TRUE(healthy());
  baseline_ = text_.last();
  gateway_->set_scan_course(Kind::projects, Course::never);
  lock_and_write("{\"n\":2}");
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(held("scan-unconfirmed")) << "no scan ran, and this gateway would have said so";
}

// A gateway that changes its ways is not held for ever.
TEST_F(ScanTest, ATimestampThatDidNotMoveThreeTimesInARowIsNotDemandedAnyMore) {
  start();
  lock_and_write("{\"n\":1}");
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  baseline_ = text_.last();
  ticket_.clear();
  gateway_->set_scan_course(Kind::projects, Course::never);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
    EXPECT_TRUE(held("scan-unconfirmed"));
  }
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
  EXPECT_EQ(notes(), std::vector<std::string>{"scan-unconfirmed"});
}

// Whether a scan that finds nothing new moves the timestamp is not known.
TEST_F(ScanTest, AfterAPlanWithoutChangesNoTimestampIsDemanded) {
  start();
  const FakePlan nothing;
  lock_and_write("{\"n\":1}");
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  baseline_ = text_.last();
  ticket_.clear();
  gateway_->set_scan_course(Kind::projects, Course::never);
  ASSERT_EQ(verify(nothing), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
}

// cases L2
TEST_F(ScanTest, AConfigScanWithoutANewerTimestampHasNotEnded) {
  start();
  const FakePlan config({change(std::string(kDatabase) + "/config.json")});
  ASSERT_EQ(lock(config), STOKER_OK) << error_.message;
  gateway_->set_scan_course(Kind::config, Course::never);
  ASSERT_EQ(verify(config), STOKER_OK) << error_.message;
  EXPECT_TRUE(held("scan-unconfirmed")) << "what was not loaded is no reason to take it back";
}

// cases I11
TEST_F(ScanTest, WhateverBecomesOfARequestDuringAScanTheWholeTreeIsLoaded) {
  options_.scan = std::chrono::seconds(20);  // 20 ms
  for (const Requests requests : {Requests::coalesce, Requests::queue, Requests::drop}) {
    restart_with({.requests = requests});
    lock_and_write("{\"n\":" + std::to_string(static_cast<int>(requests)) + "}");
    gateway_->request_scan(Kind::projects, "somebody");
    while (!gateway_->scan_status(Kind::projects).active) std::this_thread::yield();
    write("projects/Line/project.json", R"({"title":"new","enabled":true,"inheritable":false,"parent":""})");
    ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
    EXPECT_TRUE(healthy());
    EXPECT_TRUE(has_loaded_what_lies_there());
  }
}

// cases I11, I12
TEST_F(ScanTest, WhereProjectsAreScannedByThemselvesTheWholeTreeIsLoadedAllTheSame) {
  options_.scan = std::chrono::seconds(4);  // 4 ms
  settings_ = R"({"acquireTimeout": "1h", "holdTimeout": "60s", "scanTimeout": "1h"})";
  for (const Requests requests : {Requests::coalesce, Requests::drop}) {
    for (const bool respects : {true, false}) {
      restart_with(
          {.requests = requests, .scan_every = std::chrono::milliseconds(5), .automatic_respects_lock = respects});
      for (int run = 0; run < 5; ++run) {
        lock_and_write("{\"n\":" + std::to_string(run) + "}");
        ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
        EXPECT_TRUE(healthy());
        EXPECT_TRUE(has_loaded_what_lies_there());
      }
    }
  }
}

// cases I29
TEST_F(ScanTest, ATimestampThatIsMissingOrNoTimeMeansNever) {
  for (const Unscanned unscanned : {Unscanned::missing, Unscanned::null, Unscanned::zero, Unscanned::minus_one}) {
    restart_with({.unscanned = unscanned});
    ASSERT_EQ(admit(both_), STOKER_OK) << static_cast<int>(unscanned) << error_.message;
    EXPECT_TRUE(allowed());
    ASSERT_EQ(lock(both_), STOKER_OK) << static_cast<int>(unscanned) << error_.message;
    ASSERT_EQ(verify(both_), STOKER_OK) << static_cast<int>(unscanned) << error_.message;
    EXPECT_TRUE(healthy());
  }
}

}  // namespace
}  // namespace verify_ignition
