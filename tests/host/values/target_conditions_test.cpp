// What the conditions of one target say, from what is known of it. Ready tells the truth.
#include "host/values/target_conditions.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

class TargetConditionsTest : public ::testing::Test {
 protected:
  TargetConditionsTest() {
    assign("r1", 5);
    record_.last = report();
    record_.generation = 3;
  }
  void assign(const std::string& revision, std::uint64_t token) {
    Assignment assigned;
    assigned.target = "press-1";
    assigned.revision = revision;
    assigned.token = token;
    record_.assignment = assigned;
  }
  // Of a Run of what is assigned, which went well.
  Report report() const {
    Report made(*record_.assignment);
    made.ended(Outcome::applied, Stage::verify, true);
    made.running = RunningNow{made.revision, "refs/heads/main", true, true, 1735787000000};
    return made;
  }
  void hold(const std::string& name, const std::string& reason) {
    Hold made;
    made.name = name;
    made.reason = reason;
    record_.last->held(Stage::admit, std::move(made));
  }
  void close() { stand_.why_not_open = Error(errc::conflict, "target press-1: process 7 has it", "target.locked"); }
  // "True SyncSucceeded: r1 runs and is verified"
  std::string said(const std::string& type) {
    renew_conditions(record_, stand_, now_ms_);
    const Condition* found = find_condition(record_.conditions, type);
    if (!found) return "none";
    return (found->is_true ? "True " : "False ") + found->reason + ": " + found->message;
  }
  std::int64_t since(const std::string& type) { return find_condition(record_.conditions, type)->since_ms; }

  TargetRecord record_;
  AgentStand stand_;
  std::int64_t now_ms_ = 1735787045000;
};

TEST_F(TargetConditionsTest, ItIsReadyWhenItRunsWhatIsAssignedAndThatWasVerified) {
  EXPECT_EQ(said("Ready"), "True SyncSucceeded: r1 runs and is verified");
  EXPECT_EQ(said("Progressing"), "False Idle: Nothing is due");
  EXPECT_EQ(said("AgentReady"), "True AgentReady: It is open");
}

// pitfalls P13
TEST_F(TargetConditionsTest, ANewerAssignmentEndsReadyUntilItsRunHasEnded) {
  assign("r2", 6);
  EXPECT_EQ(said("Ready"), "False Reconciling: The Run of r2 has not ended");
  EXPECT_EQ(said("Progressing"), "True SyncInProgress: The Run of r2 is due");
  record_.last = report();
  EXPECT_EQ(said("Ready"), "True SyncSucceeded: r2 runs and is verified");
  EXPECT_EQ(said("Progressing"), "False Idle: Nothing is due");
}

// pitfalls P13
TEST_F(TargetConditionsTest, TheSameRevisionWithOtherRulesIsNotReadyEither) {
  assign("r1", 6);
  EXPECT_EQ(said("Ready"), "False Reconciling: The Run of r1 has not ended");
}

// pitfalls P14
TEST_F(TargetConditionsTest, APauseIsSaidAndIsNoProgress) {
  hold("paused", "Sync line-a is paused by ann");
  EXPECT_EQ(said("Ready"), "False Paused: Sync line-a is paused by ann");
  EXPECT_EQ(said("Progressing"), "False Idle: Nothing is due");
  EXPECT_EQ(record_.last->running->revision, "r1");
}

TEST_F(TargetConditionsTest, AHoldIsNamed) {
  hold("designer", "jdoe has project Line2 open");
  EXPECT_EQ(said("Ready"), "False Held: designer: jdoe has project Line2 open");
  assign("r2", 6);
  EXPECT_EQ(said("Ready"), "False Reconciling: The Run of r2 has not ended") << "that hold was of another Run";
}

TEST_F(TargetConditionsTest, AHoldOfTheRolloutCountsBeforeItsRun) {
  Hold paused;
  paused.name = "paused";
  paused.reason = "target press-1 is paused";
  record_.assignment->hold = paused;
  EXPECT_EQ(said("Ready"), "False Paused: target press-1 is paused");
}

TEST_F(TargetConditionsTest, WhatNobodyVerifiedIsNotReadyUnlessNobodyHasTo) {
  record_.last->running->verified = false;
  EXPECT_EQ(said("Ready"), "False NotVerified: r1 runs, but nobody verified it");
  stand_.wants_verification = false;
  EXPECT_EQ(said("Ready"), "True SyncSucceeded: r1 runs");
}

TEST_F(TargetConditionsTest, AFileThatNobodyJudgedYetIsProgress) {
  record_.last->running->verified = record_.last->running->settled = false;
  EXPECT_TRUE(said("Ready").starts_with("False Reconciling: ")) << said("Ready");
  EXPECT_TRUE(said("Progressing").starts_with("True SyncInProgress: ")) << said("Progressing");
}

TEST_F(TargetConditionsTest, AFailureAndAPlanAreNotReady) {
  record_.last->failed(Stage::stage, Error(errc::exhausted, "disk full", "merge.space"));
  EXPECT_EQ(said("Ready"), "False SyncFailed: failed at r1, stage: disk full [merge.space]");
  record_.last = report();
  record_.last->counts.added = 2;
  record_.last->ended(Outcome::planned, Stage::admit);
  EXPECT_EQ(said("Ready"), "False DryRun: planned 2 changes at r1");
}

TEST_F(TargetConditionsTest, WhatTheLastRunFoundIsSaid) {
  EXPECT_EQ(said("Drifted"), "False None: None was found");
  record_.last->notes.push_back({"drift", "projects/P/a.txt", "changed by somebody else"});
  EXPECT_TRUE(said("Drifted").starts_with("True FilesModified: ")) << said("Drifted");
  record_.last->failed(Stage::admit, Error(errc::invalid, "a.json:3:1: no value", "ConfigSyntaxError"));
  EXPECT_EQ(said("ConfigSyntaxError"), "True SyntaxError: a.json:3:1: no value");
  record_.last->ended(Outcome::reverted, Stage::revert);
  EXPECT_TRUE(said("AutoRollbackPerformed").starts_with("True RolledBack: ")) << said("AutoRollbackPerformed");
}

TEST_F(TargetConditionsTest, OneThatCannotBeOpenedIsNotReadyWhateverItsLastReportSays) {
  close();
  EXPECT_EQ(said("AgentReady"), "False AgentNotReady: target press-1: process 7 has it [target.locked]");
  EXPECT_EQ(said("Ready"), "False AgentNotReady: target press-1: process 7 has it [target.locked]");
  EXPECT_EQ(said("Progressing"), "False Idle: Nothing is due");
  EXPECT_EQ(state_of(record_), TargetState::error);
  stand_.why_not_open.reset();
  EXPECT_EQ(said("Ready"), "True SyncSucceeded: r1 runs and is verified");
  EXPECT_EQ(state_of(record_), TargetState::synced);
}

TEST_F(TargetConditionsTest, TimesMoveOnlyWithTheStatus) {
  said("Ready");
  now_ms_ += 60'000;
  assign("r2", 6);
  said("Ready");
  EXPECT_EQ(since("Ready"), now_ms_);
  EXPECT_EQ(since("AgentReady"), now_ms_ - 60'000);
  now_ms_ += 60'000;
  hold("designer", "open");
  record_.last->token = 6;
  said("Ready");
  EXPECT_EQ(since("Ready"), now_ms_ - 60'000) << "it is false for another reason";
}

TEST_F(TargetConditionsTest, WhatIsSaidAlreadyIsNoNews) {
  EXPECT_TRUE(renew_conditions(record_, stand_, now_ms_));
  EXPECT_FALSE(renew_conditions(record_, stand_, now_ms_ + 60'000));
  record_.generation = 4;
  EXPECT_TRUE(renew_conditions(record_, stand_, now_ms_)) << "they are about a newer spec now";
}

TEST_F(TargetConditionsTest, TheyAreTheSameWhenTheyAreReadAgain) {
  record_.name = "press-1";
  record_.name_space = "default";
  said("Ready");
  auto read = target_record(sync_target_status(record_));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->conditions, record_.conditions);
}

}  // namespace
}  // namespace stoker::host
