// What the status of a Sync says, from what is known of it. Ready tells the truth.
#include "host/controller/sync_status.hpp"

#include "host/controller/sync_events.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <deque>

namespace stoker::host {
namespace {

namespace json = boost::json;

class StatusTest : public ::testing::Test {
 protected:
  StatusTest() {
    sync_.name = "line-a";
    sync_.profiles["line"].profile.name = "line";
    input_.sync = &sync_;
    input_.generation = 3;
    input_.resolved = ResolvedRef{"r2aaaaaaaa", "refs/heads/main"};
    input_.now_ms = 1735787045000;  // 2025-01-02T03:04:05Z
  }
  // A target that was assigned `revision` and reports that it runs `runs`.
  TargetRecord& add(const std::string& name, const std::string& revision, const std::string& runs) {
    TargetRecord& record = records_.emplace_back();
    record.name = name;
    Assignment assigned;
    assigned.sync = "line-a";
    assigned.target = name;
    assigned.revision = revision;
    assigned.token = 5;
    record.assignment = assigned;
    Report report(assigned);
    report.id = "run-" + name;
    report.ended(Outcome::applied, Stage::verify, true);
    report.running = RunningNow{runs, "refs/heads/main", true, true, 1735787000000};
    record.last = report;
    input_.targets.push_back({name, "line", name, true, &record, nullptr});
    return record;
  }
  TargetRecord& synced(const std::string& name) { return add(name, "r2aaaaaaaa", "r2aaaaaaaa"); }
  static std::string text(const json::value& of, const char* field) { return std::string(of.at(field).as_string()); }
  std::string status_text(const char* field) const { return text(json::parse(status_), field); }
  void judge() { status_ = sync_status(input_, status_); }
  std::string condition(const std::string& type, const char* field = "reason") {
    judge();
    const json::value whole = json::parse(status_);
    for (const json::value& each : whole.at("conditions").as_array())
      if (text(each, "type") == type) return std::string(each.at(field).as_string());
    return "none";
  }
  std::string ready() {
    return condition("Ready", "status") + " " + condition("Ready") + ": " + condition("Ready", "message");
  }
  std::vector<std::string> events_of(const std::function<void()>& change) {
    judge();
    const std::string before = status_;
    change();
    judge();
    std::vector<std::string> said;
    for (const EventText& event : events_between(before, status_)) said.push_back(event.reason + ": " + event.message);
    return said;
  }

  SyncSpec sync_;
  StatusInput input_;
  std::deque<TargetRecord> records_;
  Trouble trouble_;
  std::string status_;
};

TEST_F(StatusTest, IsReadyWhenEachTargetRunsTheRevisionAndItWasVerified) {
  synced("press-1");
  synced("press-2");
  EXPECT_EQ(ready(), "True SyncSucceeded: All gateways synced");
  EXPECT_EQ(condition("AllGatewaysSynced", "message"), "2/2 synced");
}

// pitfalls P13
TEST_F(StatusTest, IsNotReadyUntilReportsMatchTheAssignment) {
  synced("press-1");
  TargetRecord& other = synced("press-2");
  other.assignment->token = 6;  // something new was assigned, and no Report answers it
  EXPECT_EQ(ready(), "False Reconciling: Waiting for gateways to sync");
  EXPECT_EQ(condition("AllGatewaysSynced", "message"), "1/2 synced");
  other.assignment->token = 5;
  EXPECT_EQ(condition("Ready", "status"), "True");
  other.last->running->revision = "r1";
  EXPECT_EQ(condition("Ready", "status"), "False") << "it runs another revision than it was assigned";
}

// pitfalls P13
TEST_F(StatusTest, IsNotReadyRightAfterAPush) {
  synced("press-1");
  EXPECT_EQ(condition("Ready", "status"), "True");
  input_.resolved->revision = "r3bbbbbbbb";
  EXPECT_EQ(condition("Ready", "status"), "False");
}

// pitfalls P14
// features F01
TEST_F(StatusTest, WorkThatWaitsForDryRunsIsNotReadyAndSaysWhoIsMissing) {
  for (const char* name : {"press-1", "press-2"}) {
    TargetRecord& record = synced(name);
    record.assignment->waiting.asked = "key/1";
    record.assignment->waiting.revision = "r3bbbbbbbb";
  }
  records_[0].waiting.emplace().answers_plan = "key/1";
  EXPECT_EQ(ready(),
            "False DryRunFirst: Revision r3bbbbb goes to no further gateway: 1 of 2 dry runs have not ended: press-2");
  EXPECT_EQ(condition("AllGatewaysSynced", "message"), "0/2 synced");
  records_[0].assignment->waiting.problem = "target press-2: no folder";
  EXPECT_EQ(
      ready(),
      "False DryRunFirst: Revision r3bbbbb goes to no further gateway: a dry run stands against it: target press-2: no "
      "folder");
}

TEST_F(StatusTest, ATargetThatIsPausedIsNotSyncedAndReportsWhatRuns) {
  TargetRecord& record = synced("press-1");
  Hold paused;
  paused.name = "paused";
  record.assignment->hold = paused;
  EXPECT_EQ(ready(), "False Reconciling: Waiting for gateways to sync");
  EXPECT_EQ(json::parse(status_).at("discoveredGateways").at(0).at("syncedCommit"), "r2aaaaaaaa");
}

TEST_F(StatusTest, WhatNobodyVerifiedIsNotReadyUnlessNobodyHasTo) {
  TargetRecord& record = synced("press-1");
  record.last->running->verified = false;
  EXPECT_EQ(ready(), "False NotVerified: 1/1 gateways run the revision, but nobody verified it");
  input_.targets[0].wants_verification = false;
  EXPECT_EQ(condition("Ready", "status"), "True");
}

TEST_F(StatusTest, APausedSyncSaysSo) {
  synced("press-1");
  sync_.paused = true;
  EXPECT_EQ(ready(), "False Paused: Reconciliation paused");
}

TEST_F(StatusTest, ARefThatCannotBeResolvedIsSaidAndWhatRunsStays) {
  synced("press-1");
  trouble_.why = Error(errc::not_found, "there is no branch main", "git.ref-not-found");
  input_.trouble = &trouble_;
  EXPECT_EQ(ready(), "False Reconciling: Ref not resolved");
  EXPECT_EQ(condition("RefResolved"), "RefResolutionFailed");
  EXPECT_EQ(condition("RefResolved", "message"), "Ref resolution failed: there is no branch main [git.ref-not-found]");
  EXPECT_EQ(json::parse(status_).at("refResolutionStatus"), "Error");
  EXPECT_EQ(json::parse(status_).at("lastSyncCommit"), "r2aaaaaaaa");
}

TEST_F(StatusTest, ASyncThatCannotBeUsedSaysWhy) {
  input_.unusable = Error(errc::invalid, "/spec/git/ref: expected text", "config.sync");
  input_.sync = nullptr;
  EXPECT_EQ(ready(), "False Reconciling: Profiles invalid");
  EXPECT_EQ(condition("ProfilesValid", "message"), "/spec/git/ref: expected text [config.sync]");
}

TEST_F(StatusTest, WithoutATargetNothingIsReady) {
  EXPECT_EQ(condition("AllGatewaysSynced"), "NoGatewaysDiscovered");
  EXPECT_EQ(condition("AllGatewaysSynced", "message"), "0/0 synced");
  EXPECT_EQ(condition("Ready", "status"), "False");
}

TEST_F(StatusTest, TimesMoveOnlyWithWhatTheySay) {
  synced("press-1");
  const std::string since = condition("Ready", "lastTransitionTime");
  const std::string synced_at(json::parse(status_).at("lastSyncTime").as_string());
  input_.now_ms += 60'000;
  EXPECT_EQ(condition("Ready", "lastTransitionTime"), since);
  EXPECT_EQ(status_text("lastSyncTime"), synced_at);
  input_.resolved->revision = "r3bbbbbbbb";
  EXPECT_NE(condition("Ready", "lastTransitionTime"), since);
  EXPECT_NE(status_text("lastSyncTime"), synced_at);
}

TEST_F(StatusTest, ThoseThatAreNotWellComeFirst) {
  synced("press-1");
  add("press-2", "r2aaaaaaaa", "r1");
  TargetRecord& failed = synced("press-3");
  failed.last->failed(Stage::stage, Error(errc::exhausted, "disk full"));
  judge();
  const json::value whole = json::parse(status_);
  const json::array& gateways = whole.at("discoveredGateways").as_array();
  EXPECT_EQ(gateways[0].at("name"), "press-3");
  EXPECT_EQ(gateways[0].at("syncStatus"), "Error");
  EXPECT_EQ(gateways[1].at("syncStatus"), "Pending");
  EXPECT_EQ(gateways[2].at("syncStatus"), "Synced");
}

// pitfalls P13
TEST_F(StatusTest, ATargetThatCannotBeOpenedIsAnErrorWhateverItReportedBefore) {
  synced("press-1");
  EXPECT_EQ(condition("AgentReady", "status") + " " + condition("AgentReady", "message"), "True 1/1 agents are ready");
  TargetRecord& closed = synced("press-2");
  AgentStand stand;
  stand.why_not_open = Error(errc::conflict, "target press-2: process 7 has it", "target.locked");
  renew_conditions(closed, stand, input_.now_ms);
  EXPECT_EQ(ready(), "False Reconciling: Waiting for gateways to sync");
  EXPECT_EQ(condition("AgentReady", "status") + " " + condition("AgentReady", "message"),
            "False 1/2 agents are ready, press-2: target press-2: process 7 has it [target.locked]");
  const json::value whole = json::parse(status_);
  const json::value& first = whole.at("discoveredGateways").as_array().at(0);
  EXPECT_EQ(text(first, "name") + " " + text(first, "syncStatus"), "press-2 Error");
  EXPECT_EQ(text(first, "message"), "target press-2: process 7 has it [target.locked]");
}

TEST_F(StatusTest, TheListOfTargetsIsBounded) {
  for (int i = 0; i < 150; ++i) synced("press-" + std::to_string(i));
  judge();
  EXPECT_EQ(json::parse(status_).at("discoveredGateways").as_array().size(), 100u);
  EXPECT_EQ(condition("AllGatewaysSynced", "message"), "150/150 synced") << "all of them are counted";
}

// ---------------------------------------------------------------- Events

TEST_F(StatusTest, APushIsTheRefItsRevisionAndTheirCompletion) {
  TargetRecord& record = synced("press-1");
  const auto events = events_of(
      [&] { input_.resolved->revision = record.assignment->revision = record.last->running->revision = "r3bbbbbbbb"; });
  EXPECT_EQ(events, (std::vector<std::string>{"RefResolved: Resolved ref refs/heads/main to r3bbbbb",
                                              "SyncCompleted: The gateway synced successfully"}));
}

TEST_F(StatusTest, AnotherRefIsSaid) {
  synced("press-1");
  const auto events = events_of([&] { input_.resolved->ref = "refs/tags/v2"; });
  EXPECT_EQ(events, (std::vector<std::string>{"RefUpdated: Updated ref from refs/heads/main to refs/tags/v2"}));
}

TEST_F(StatusTest, AFailureIsSaidOnceAndAgainWhenItIsAnotherOne) {
  TargetRecord& record = synced("press-1");
  const auto first = events_of([&] { record.last->failed(Stage::stage, Error(errc::exhausted, "disk full")); });
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0], "SyncFailed: Gateway press-1 failed to sync: failed at r2aaaaaaaa, stage: disk full");
  EXPECT_TRUE(events_of([&] { input_.now_ms += 1000; }).empty());
  EXPECT_EQ(events_of([&] { record.last->failed(Stage::stage, Error(errc::denied, "no right")); }).size(), 1u);
}

TEST_F(StatusTest, AnOpenDesignerAndAPauseAreSaid) {
  TargetRecord& record = synced("press-1");
  const auto held = events_of([&] {
    Hold designer;
    designer.name = "designer";
    designer.reason = "alice has a Designer open";
    record.last->held(Stage::admit, designer);
  });
  ASSERT_EQ(held.size(), 1u);
  EXPECT_TRUE(held[0].starts_with("DesignerSessionsBlocked: Gateway press-1: ")) << held[0];
  EXPECT_EQ(events_of([&] { sync_.paused = true; }), (std::vector<std::string>{"Paused: Reconciliation paused"}));
}

TEST_F(StatusTest, ARefThatFailsIsSaidOnce) {
  synced("press-1");
  trouble_.why = Error(errc::unreachable, "no answer", "git.unreachable");
  EXPECT_EQ(events_of([&] { input_.trouble = &trouble_; }),
            (std::vector<std::string>{
                "RefResolutionFailed: Ref resolution failed (it is tried again): no answer [git.unreachable]"}));
  EXPECT_TRUE(events_of([&] { input_.now_ms += 1000; }).empty());
}

}  // namespace
}  // namespace stoker::host
