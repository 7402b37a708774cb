// Every way in which a Run can end, and what each failure leads to, with fake plugins.
#include "tests/host/run/pipeline_fixture.hpp"

namespace stoker::host::testing {

namespace {

class PipelineTest : public PipelineFixture {};

Error retryable(const char* text) { return Error(errc::unreachable, text); }
Error final_error(const char* text) { return Error(errc::invalid, text); }

// ---------------------------------------------------------------- the quiet way

TEST_F(PipelineTest, AppliesAndVerifiesANewRevision) {
  wake();
  const Report report = run("r1");
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_TRUE(report.verified);
  EXPECT_EQ(world_.loaded, world_.revisions["r1"]);
  EXPECT_TRUE(memory().sure());
  EXPECT_EQ(memory().running->revision, "r1");
  EXPECT_EQ(memory().good->run, report.id);
  EXPECT_TRUE(world_.undo.empty()) << "undo up to a verified state may go";
  EXPECT_EQ(world_.lock_owner, "");
}

TEST_F(PipelineTest, HasItsStepsInTheOrderOfTheDesign) {
  wake();
  run("r1");
  const std::vector<std::string> expected{"observe", "open", "open-tree", "plan",   "admit",  "stage",
                                          "observe", "lock", "apply",     "verify", "forget", "close"};
  EXPECT_EQ(world_.calls, expected);
}

TEST_F(PipelineTest, ShowsItsStepWhileItLasts) {
  wake();
  std::vector<std::string> shown;
  const auto look = [&](World&) {
    const RunStep step = target_->step.value_or(RunStep());
    shown.push_back(std::string(name(step.stage)) + " " + std::to_string(step.changes));
  };
  for (const char* call : {"plan", "apply", "verify"}) world_.on(call, look);
  const Report report = run("r1");
  const std::string changes = std::to_string(report.counts.added);
  EXPECT_EQ(shown, (std::vector<std::string>{"plan 0", "apply " + changes, "verify " + changes}));
  EXPECT_FALSE(target_->step) << "nothing is under way";
}

TEST_F(PipelineTest, IsUnchangedWithoutOpeningTheSourceWhenTheRevisionIsKnown) {
  settle();
  const Report report = run("r1");
  EXPECT_EQ(report.outcome, Outcome::unchanged);
  EXPECT_TRUE(report.verified);
  EXPECT_EQ(world_.calls, std::vector<std::string>{"observe"});
}

TEST_F(PipelineTest, RecordsARevisionThatChangesNothingAsRunning) {
  settle();
  world_.revisions["readme"] = world_.revisions["r1"];
  const Report report = run("readme");
  EXPECT_EQ(report.outcome, Outcome::unchanged);
  EXPECT_EQ(memory().running->revision, "readme");
  EXPECT_TRUE(memory().sure());
  EXPECT_FALSE(world_.called("lock"));
}

TEST_F(PipelineTest, ReportNamesTheTreeItOpened) {  // pitfalls P16
  settle();
  world_.on("plan", [](World& world) { world.revisions["r2"] = {{"p/a", "swapped"}}; });
  const Report report = run("r2");
  EXPECT_EQ(report.revision, "r2");
  EXPECT_EQ(world_.live["p/a"], "a2");
}

TEST_F(PipelineTest, GivesTheInventoryWhatAPlanWithoutChangesTakesOver) {
  wake();
  world_.live = world_.loaded = world_.revisions["r1"];
  const Report report = run("r1");
  EXPECT_EQ(report.outcome, Outcome::applied) << "what runs was never verified";
  EXPECT_TRUE(report.verified);
  EXPECT_EQ(world_.inventory, world_.revisions["r1"]);
  EXPECT_FALSE(world_.called("apply"));
}

// ---------------------------------------------------------------- nobody verifies

// cases T18
TEST_F(PipelineTest, WhatNobodyVerifiesIsSettledAndNeverCalledVerified) {
  begin_process_without_verifiers();
  wake();
  const Report report = run("r1");
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_FALSE(report.verified);
  EXPECT_TRUE(report.settled) << "nothing is waited for";
  EXPECT_NE(summary(report).find("not verified"), std::string::npos) << summary(report);
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_EQ(report.notes[0].code, "no-verifier");
  EXPECT_TRUE(memory().unverified.empty()) << "the memory does not grow";
  EXPECT_TRUE(world_.undo.empty()) << "undo data are forgotten";
  EXPECT_EQ(memory().good->run, report.id);

  const Report again = run("r1");
  EXPECT_EQ(again.outcome, Outcome::unchanged);
  EXPECT_FALSE(again.verified);
}

// cases T18
TEST_F(PipelineTest, AVerifierThatComesLaterJudgesWhatNobodyHadJudged) {
  begin_process_without_verifiers();
  wake();
  run("r1");
  begin_process();
  wake();
  const Report report = run("r1");
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_TRUE(report.verified);
  EXPECT_TRUE(world_.called("verify"));
  EXPECT_EQ(run("r1").outcome, Outcome::unchanged);
}

TEST_F(PipelineTest, AnotherGatewayUrlIsVerifiedAnew) {
  settle();
  EXPECT_EQ(run("r1").outcome, Outcome::unchanged);
  target_->judges += " http://elsewhere:8088";
  EXPECT_EQ(run("r1").outcome, Outcome::applied);
  EXPECT_TRUE(world_.called("verify"));
  EXPECT_EQ(run("r1").outcome, Outcome::unchanged);
}

// ---------------------------------------------------------------- faults of the place

// cases T19
TEST_F(PipelineTest, AFaultOfThePlaceInApplyIsAHoldAndNeverHoldsTheRevision) {
  settle();
  world_.fail("apply", Error(errc::denied, "'p/a' belongs to root", "merge.denied"));
  const Report report = run("r2");
  ASSERT_EQ(report.outcome, Outcome::held);
  EXPECT_EQ(report.hold->name, "blocked");
  EXPECT_NE(report.hold->reason.find("'p/a' belongs to root"), std::string::npos);
  EXPECT_EQ(world_.live, world_.revisions["r1"]) << "it was taken back";
  EXPECT_EQ(world_.lock_owner, "");
  EXPECT_TRUE(memory().held.empty());
  EXPECT_EQ(run("r2").outcome, Outcome::applied) << "the next look finds it repaired";
}

// cases T20
TEST_F(PipelineTest, AFaultOfThePlaceBeforeApplyIsAHold) {
  settle();
  for (const char* step : {"plan", "stage"}) {
    world_.fail(step, Error(errc::denied, "a link is in the way", "merge.link"));
    const Report report = run("r2");
    ASSERT_EQ(report.outcome, Outcome::held) << step;
    EXPECT_EQ(report.hold->name, "blocked");
    EXPECT_TRUE(world_.staged.empty()) << "nothing is left beside the live files";
    EXPECT_FALSE(memory().waiting);
  }
  EXPECT_EQ(run("r2").outcome, Outcome::applied);
}

TEST_F(PipelineTest, WhatTheSourceRefusesIsNoFaultOfThePlace) {
  settle();
  Error refused(errc::denied, "the LFS server refuses the token", "lfs.denied");
  refused.detail = R"({"of": "source"})";
  world_.fail("stage", refused);
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.error->code, "lfs.denied");
}

// cases T19
TEST_F(PipelineTest, ARollbackThatThePlaceRefusesGoesOnWhenItIsCorrected) {
  settle();
  world_.revisions["bad"] = {{"p/a", "BAD"}};
  world_.fail("revert", Error(errc::denied, "the folder p is read-only", "merge.denied"));
  const Report report = run("bad");
  ASSERT_EQ(report.outcome, Outcome::held) << summary(report);
  EXPECT_EQ(report.hold->name, "blocked");
  EXPECT_FALSE(memory().quarantine);
  run("bad");
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
  EXPECT_FALSE(memory().in_flight);
}

TEST_F(PipelineTest, ARunThatLookedAtNothingSettlesNothing) {
  settle();
  world_.state = "starting";
  EXPECT_FALSE(run("r2").settled) << "the lane would not look at the files after a restart";
  world_.state = "running";
  world_.lock_owner = "somebody";
  target_->judges += " http://elsewhere:8088";
  EXPECT_FALSE(run("r1").settled) << "who would judge it now has not";
}

// cases T29
TEST_F(PipelineTest, ARecoveryThatCannotAskTheGatewayFinishesTheFilesAndVerifiesNothing) {
  settle();
  const std::map<std::string, std::string> base{{"revision", "r2"}, {"run", "run-9"}};
  FakeStrategy::leave_open(world_, "run-9", world_.revisions["r2"], base, false);
  target_.reset();
  auto memory_of = TargetMemory::open(data_);
  ASSERT_TRUE(memory_of);
  target_ = std::make_unique<Target>("press-1", workers, nullptr, *strategy_,
                                     Verifiers::unavailable(Error(errc::not_found, "the key is gone")),
                                     std::move(memory_of).value(), clock_);
  world_.calls.clear();
  const Report report = wake();
  EXPECT_EQ(world_.live, world_.revisions["r2"]);
  EXPECT_FALSE(target_->journal.may_be_open());
  EXPECT_FALSE(report.verified);
  EXPECT_EQ(memory().running->revision, "r2");
  EXPECT_FALSE(memory().sure());
  EXPECT_TRUE(memory().in_flight) << "nobody has judged it: a later process does";
  EXPECT_FALSE(world_.called("verify"));
}

// ---------------------------------------------------------------- holds

TEST_F(PipelineTest, HoldsWhileTheGatewayStarts) {
  settle();
  world_.state = "starting";
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::held);
  EXPECT_EQ(report.hold->name, "starting");
  EXPECT_FALSE(world_.called("open"));
}

TEST_F(PipelineTest, HoldsWhileTheGatewayIsCommissioned) {
  settle();
  world_.state = "commissioning";
  EXPECT_EQ(run("r2").hold->name, "commissioning");
}

TEST_F(PipelineTest, HoldsWhileRedundancyIsPending) {
  settle();
  world_.redundancy_pending = true;
  EXPECT_EQ(run("r2").hold, (Hold{"redundancy", "a sync is pending", "the pair", 5, 6}));
}

TEST_F(PipelineTest, HoldsAtAdmitBeforeAnythingIsStaged) {
  settle();
  world_.designer = true;
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::held);
  EXPECT_EQ(report.stage, Stage::admit);
  EXPECT_FALSE(world_.called("stage"));
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
}

TEST_F(PipelineTest, LooksAgainRightBeforeApplyAndKeepsWhatWasStaged) {  // pitfalls P17
  settle();
  world_.on("stage", [](World& world) { world.designer = true; });
  const Report held = run("r2");
  EXPECT_EQ(held.outcome, Outcome::held);
  EXPECT_EQ(held.stage, Stage::lock);
  EXPECT_EQ(memory().waiting->run, held.id);
  EXPECT_FALSE(memory().in_flight);

  world_.designer = false;
  const Report report = run("r2");
  EXPECT_EQ(report.id, held.id) << "a held Run is taken up again under its id";
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_FALSE(world_.called("stage")) << "staged files that fit are used";
  EXPECT_FALSE(memory().waiting);
}

TEST_F(PipelineTest, ForgetsAWaitingRunWhenAnotherRevisionComes) {
  settle();
  world_.on("stage", [](World& world) { world.designer = true; });
  const Report held = run("r2");
  world_.designer = false;
  const Report report = run("good");
  EXPECT_NE(report.id, held.id);
  EXPECT_TRUE(world_.staged.empty());
}

TEST_F(PipelineTest, HoldsWhileAnotherActorHasTheLock) {
  settle();
  world_.lock_owner = "somebody";
  const Report report = run("r2");
  EXPECT_EQ(report.hold->name, "scan-locked");
  EXPECT_EQ(world_.lock_owner, "somebody");
}

TEST_F(PipelineTest, HoldsAtLockWhenTheGatewayBeganToStartMeanwhile) {
  settle();
  world_.on("stage", [](World& world) { world.state = "starting"; });
  const Report report = run("r2");
  EXPECT_EQ(report.stage, Stage::lock);
  EXPECT_EQ(report.hold->name, "starting");
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
}

TEST_F(PipelineTest, HoldsAMassDeletion) {  // pitfalls P40
  settle();
  FakeStrategy::mass_delete_ = true;
  const Report report = run("r2");
  FakeStrategy::mass_delete_ = false;
  ASSERT_EQ(report.outcome, Outcome::held);
  EXPECT_EQ(report.hold->name, "mass-delete");
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
}

TEST_F(PipelineTest, HoldsWhatTheRolloutHolds) {
  settle();
  Assignment paused = assignment("r2");
  paused.hold = Hold{"paused", "by a person", "spec.paused: false", 0, 99};
  EXPECT_EQ(run(paused).hold, paused.hold) << "who ends it and when are told too";
}

// ---------------------------------------------------------------- a gateway that is down

TEST_F(PipelineTest, PutsFilesInPlaceBeforeTheFirstStartAndVerifiesInASecondPass) {
  world_.state = "down";
  wake();
  const Report first = run("r1");
  EXPECT_EQ(first.outcome, Outcome::applied);
  EXPECT_FALSE(first.verified);
  EXPECT_EQ(world_.live, world_.revisions["r1"]);

  world_.state = "running";
  world_.live["p/a"] = "rewritten by commissioning";
  const Report second = run("r1");
  EXPECT_TRUE(second.verified);
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
}

TEST_F(PipelineTest, MendsAGatewayThatABadRevisionKeepsFromStarting) {
  world_.state = "faulted";
  wake();
  run("bad");
  const Report report = run("good");
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_FALSE(report.verified);
  world_.state = "running";
  EXPECT_TRUE(run("good").verified);
}

TEST_F(PipelineTest, TakesAGatewayThatCannotBeAskedForNeitherDownNorUp) {
  settle();
  world_.fail("observe", retryable("timed out"));
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.stage, Stage::observe);
  EXPECT_TRUE(report.error->retryable);
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
}

TEST_F(PipelineTest, IsAppliedAndNotVerifiedWhenTheGatewayStopsInVerify) {
  settle();
  world_.on("apply", [](World& world) { world.state = "down"; });
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_FALSE(report.verified);
  EXPECT_TRUE(memory().held.empty()) << "nobody is held for a stopped gateway";
}

TEST_F(PipelineTest, LeavesAnotherActorsLockAloneInVerify) {
  settle();
  world_.on("verify", [](World& world) { world.lock_owner = "somebody"; });
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_FALSE(report.verified);
  EXPECT_EQ(world_.lock_owner, "somebody");
}

// cases L1, I2: what a verifier cannot judge is neither good nor bad.
TEST_F(PipelineTest, AVerifierThatCannotJudgeHoldsAndNothingIsTakenBack) {
  settle();
  world_.cannot_judge = "the key may not write";
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_FALSE(report.verified);
  ASSERT_TRUE(report.hold);
  EXPECT_EQ(report.hold->name, "token");
  EXPECT_EQ(report.hold->again_at_ms, 4711);
  EXPECT_EQ(report.notes.front().code, "remark");
  EXPECT_TRUE(world_.called("unlock"));
  EXPECT_FALSE(world_.called("revert"));
  EXPECT_TRUE(memory().held.empty());

  world_.cannot_judge.clear();
  const Report later = run("r2");
  EXPECT_TRUE(later.verified) << summary(later);
  EXPECT_FALSE(later.hold);
}

// cases T28: the verdict on a tree does not depend on whether the Run before was verified.
TEST_F(PipelineTest, AVerifierIsShownWhatAllUnverifiedRunsChanged) {
  settle();
  world_.cannot_judge = "not yet";
  world_.revisions["c"] = {{"p/a", "a2"}, {"p/b", "b2"}, {"p/c", "c"}};
  run("r2");
  EXPECT_EQ(world_.judged, (std::vector<std::string>{"p/a", "p/b"}));
  world_.cannot_judge.clear();
  EXPECT_TRUE(run("c").verified);
  EXPECT_EQ(world_.judged, (std::vector<std::string>{"p/a", "p/b", "p/c"}));
}

// cases L7, I18: a save that waited for the gateway's lock replaces what was delivered.
TEST_F(PipelineTest, WhatIsOverwrittenAfterTheRenamesIsPutBackOnceAndThenHeld) {
  settle();
  world_.overwritten = "theirs";
  const Report first = run("r2");
  EXPECT_EQ(first.outcome, Outcome::applied);
  EXPECT_FALSE(first.verified) << "what the gateway has is not ours";
  EXPECT_EQ(first.notes.back().code, "overwritten");
  EXPECT_FALSE(first.hold);

  const Report second = run("r2");
  EXPECT_FALSE(second.verified);
  ASSERT_TRUE(second.hold);
  EXPECT_EQ(second.hold->name, "drift");
  EXPECT_NE(second.hold->reason.find("by ann"), std::string::npos) << second.hold->reason;

  begin_process();
  wake();
  world_.overwritten.clear();
  const Report third = run("r2");
  EXPECT_EQ(third.outcome, Outcome::held) << "nothing is tried until a person says so";
  EXPECT_FALSE(world_.called("apply"));
  Assignment asked = assignment("r2");
  asked.retry = "once more";
  EXPECT_TRUE(run(asked).verified);
  EXPECT_FALSE(memory().overwritten);
}

TEST_F(PipelineTest, WhatIsOverwrittenIsPutBackByOtherWorkToo) {
  settle();
  world_.overwritten = "theirs";
  EXPECT_FALSE(run("r2").verified);
  world_.overwritten.clear();
  world_.revisions["c"] = {{"p/a", "a2"}, {"p/b", "b2"}, {"p/c", "c"}};
  EXPECT_TRUE(run("c").verified);
  EXPECT_EQ(world_.live["p/a"], "a2");
}

TEST_F(PipelineTest, WithoutALookAtWhatWasDeliveredNothingIsVerified) {
  settle();
  world_.inspect_fails = Error(errc::unreachable, "the disk does not answer");
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_FALSE(report.verified);
  EXPECT_FALSE(world_.called("revert"));
  world_.inspect_fails.reset();
  EXPECT_TRUE(run("r2").verified);
}

TEST_F(PipelineTest, ASwitchedOffRollbackIsKeptOnTheVolume) {
  settle();
  Assignment off = assignment("r1");
  ASSERT_TRUE(await(keep(*target_, off)));
  off.auto_rollback = false;
  ASSERT_TRUE(await(keep(*target_, off)));
  EXPECT_FALSE(target_->memory.assignment()->auto_rollback);
}

TEST_F(PipelineTest, TheTokenOnTheVolumeIsAtMostSoManyBehind) {
  settle();
  Assignment next = assignment("r1");
  ASSERT_TRUE(await(keep(*target_, next)));
  const std::uint64_t first = next.token;
  next.token = first + unwritten_tokens_max;
  ASSERT_TRUE(await(keep(*target_, next)));
  EXPECT_EQ(target_->memory.assignment()->token, first) << "a token alone is not worth a write";
  ++next.token;
  ASSERT_TRUE(await(keep(*target_, next)));
  EXPECT_EQ(target_->memory.assignment()->token, next.token);
}

TEST_F(PipelineTest, WhatIsOverwrittenOnceIsPutBackAndVerified) {
  settle();
  world_.overwritten = "theirs";
  EXPECT_FALSE(run("r2").verified);
  world_.overwritten.clear();
  EXPECT_TRUE(run("r2").verified);
  EXPECT_EQ(world_.live["p/a"], "a2");
  EXPECT_FALSE(memory().overwritten);
}

// The newest Run left that file alone, but nobody has verified the one that delivered it.
TEST_F(PipelineTest, WhatAnEarlierUnverifiedRunDeliveredIsLookedAtToo) {
  settle();
  world_.cannot_judge = "not yet";
  world_.revisions["c"] = {{"p/a", "a2"}, {"p/b", "b2"}, {"p/c", "c"}};
  run("r2");
  world_.cannot_judge.clear();
  world_.overwritten = "theirs";
  const Report report = run("c");
  EXPECT_FALSE(report.verified) << "what r2 delivered is not there";
  ASSERT_FALSE(report.notes.empty());
  EXPECT_EQ(report.notes.back().code, "overwritten");
  world_.overwritten.clear();
  EXPECT_TRUE(run("c").verified);
  EXPECT_EQ(world_.live["p/a"], "a2");
}

// ---------------------------------------------------------------- dry runs

TEST_F(PipelineTest, ADryRunRemembersAndChangesNothing) {
  settle();
  const std::string before = to_json(memory());
  Assignment dry = assignment("r2");
  dry.dry_run = true;
  const Report report = run(dry);
  EXPECT_EQ(report.outcome, Outcome::planned);
  EXPECT_EQ(report.counts.added, 1u);
  EXPECT_EQ(to_json(memory()), before);
  EXPECT_FALSE(world_.called("stage"));
  EXPECT_FALSE(world_.called("forget"));
}

TEST_F(PipelineTest, ADryRunOfAHeldRevisionIsPlannedWithItsDecisions) {
  settle();
  run("bad");
  world_.designer = true;
  Assignment dry = assignment("bad");
  dry.dry_run = true;
  const Report report = run(dry);
  EXPECT_EQ(report.outcome, Outcome::planned);
  ASSERT_EQ(report.decisions.size(), 2u);
  EXPECT_EQ(report.decisions[0].name, "revision");  // cases T30
  EXPECT_EQ(report.decisions[1].name, "designer");
}

TEST_F(PipelineTest, ADryRunWithNothingToDoIsPlanned) {
  settle();
  Assignment dry = assignment("r1");
  dry.dry_run = true;
  EXPECT_EQ(run(dry).outcome, Outcome::planned);
}

// ---------------------------------------------------------------- failures before apply

class FailsBeforeApply : public PipelineFixture, public ::testing::WithParamInterface<const char*> {};

TEST_P(FailsBeforeApply, AndLeavesTheTreeAndForgetsItsStaging) {
  settle();
  world_.fail(GetParam(), retryable("away"));
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_TRUE(report.error->retryable);
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
  EXPECT_TRUE(world_.staged.empty());
  EXPECT_FALSE(memory().waiting);
  EXPECT_FALSE(memory().in_flight);
  EXPECT_EQ(run("r2").outcome, Outcome::applied) << "the same revision again";
}

TEST_P(FailsBeforeApply, AndIsSupersededWhenItWasCancelled) {  // pitfalls P44
  settle();
  world_.fail(GetParam(), Error(errc::cancelled, "cancelled"));
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::superseded);
  EXPECT_TRUE(world_.staged.empty());
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
}

INSTANTIATE_TEST_SUITE_P(Stages, FailsBeforeApply, ::testing::Values("open", "plan", "admit", "stage", "lock"));

TEST_F(PipelineTest, FailsWhenAPolicyRefuses) {
  settle();
  world_.fail("admit", Error(errc::invalid, "no friday changes", "refuse"));
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.stage, Stage::admit);
  EXPECT_FALSE(report.error->retryable);
}

TEST_F(PipelineTest, UnlocksAfterALockThatFailed) {
  settle();
  world_.fail("lock", Error(errc::timeout, "no answer"));
  run("r2");
  EXPECT_TRUE(world_.called("unlock"));
}

TEST_F(PipelineTest, ANewAssignmentAfterTheLockStopsTheRunBeforeApply) {  // pitfalls P44
  settle();
  std::stop_source stop;
  world_.on("lock", [&](World&) { stop.request_stop(); });
  const Report report = run(assignment("r2"), stop.get_token());
  EXPECT_EQ(report.outcome, Outcome::superseded);
  EXPECT_FALSE(world_.called("apply"));
  EXPECT_EQ(world_.lock_owner, "");
  EXPECT_FALSE(memory().in_flight);
}

TEST_F(PipelineTest, ACancelInVerifyIsAppliedAndNeverHeld) {
  settle();
  std::stop_source stop;
  world_.on("apply", [&](World&) { stop.request_stop(); });
  const Report report = run(assignment("r2"), stop.get_token());
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_FALSE(report.verified);
  EXPECT_TRUE(memory().held.empty());
  EXPECT_EQ(world_.lock_owner, "");
}

// ---------------------------------------------------------------- conflict

TEST_F(PipelineTest, PlansAgainOnceWhenFilesChangedUnderIt) {
  settle();
  world_.fail("apply", Error(errc::conflict, "p/a changed"));
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_EQ(world_.count("plan"), 2u);
  EXPECT_EQ(world_.count("stage"), 1u) << "staged files that still fit are used";
}

TEST_F(PipelineTest, BacksOffAfterASecondConflict) {
  settle();
  world_.fail("apply", Error(errc::conflict, "p/a changed"));
  world_.fail("apply", Error(errc::conflict, "p/a changed"));
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_TRUE(report.error->retryable);
  EXPECT_FALSE(memory().in_flight);
  EXPECT_EQ(world_.lock_owner, "");
  EXPECT_TRUE(memory().held.empty());
}

// ---------------------------------------------------------------- apply fails

TEST_F(PipelineTest, AFailedApplyIsTakenBackByItsOwnJournal) {
  settle();
  world_.fail("apply", retryable("disk"));
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.stage, Stage::apply);
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
  EXPECT_TRUE(memory().held.empty()) << "retryable: the same revision again";
  EXPECT_EQ(world_.lock_owner, "");
  EXPECT_EQ(run("r2").outcome, Outcome::applied);
}

TEST_F(PipelineTest, ARevisionWhoseApplyFailsForGoodIsHeld) {
  settle();
  world_.fail("apply", final_error("impossible"));
  run("r2");
  EXPECT_EQ(run("r2").hold->name, "revision");
  EXPECT_EQ(memory().running->revision, "r1");
}

TEST_F(PipelineTest, AFailedApplyRevertsNoOtherRun) {
  settle();
  world_.on("apply", [](World& world) { world.state = "down"; });
  ASSERT_EQ(run("r2").outcome, Outcome::applied);  // applied, not verified
  world_.state = "running";
  world_.fail("apply", retryable("disk"));
  run("good");
  EXPECT_EQ(world_.live, world_.revisions["r2"]);
}

TEST_F(PipelineTest, WhatCannotBeTakenBackIsQuarantined) {
  settle();
  world_.fail("apply", retryable("disk"));
  world_.fail("revert", retryable("disk"));
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.hold->name, "quarantine");
  EXPECT_FALSE(world_.called("unlock")) << "no scan of a tree that is not whole: the lock runs out";
}

// ---------------------------------------------------------------- verify says no

TEST_F(PipelineTest, ABadRevisionIsTakenBackAndHeld) {
  settle();
  const Report report = run("bad");
  EXPECT_EQ(report.outcome, Outcome::reverted);
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
  EXPECT_EQ(world_.loaded, world_.revisions["r1"]) << "the gateway had loaded the bad files";
  EXPECT_EQ(memory().running->revision, "r1");
  EXPECT_TRUE(memory().sure());
  const Report again = run("bad");
  EXPECT_EQ(again.hold->name, "revision");
  EXPECT_FALSE(world_.called("open"));
}

TEST_F(PipelineTest, AVerifierThatStaysSilentIsAVerdict) {  // pitfalls P73
  settle();
  world_.fail("verify", Error(errc::timeout, "the scan did not end"));
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::reverted);
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
}

TEST_F(PipelineTest, AVerifierThatCouldNotBeAskedIsNoVerdict) {
  settle();
  bool once = true;
  workers.refuse([&](const std::string& what) { return what.ends_with(": verify") && std::exchange(once, false); });
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::applied);
  EXPECT_FALSE(report.verified);
  EXPECT_EQ(world_.live, world_.revisions["r2"]);
  EXPECT_EQ(world_.lock_owner, "");
  EXPECT_TRUE(run("r2").verified);
}

TEST_F(PipelineTest, TheHoldIsDurableBeforeAnythingIsPutBack) {
  settle();
  bool held = false;
  world_.on("revert", [&](World&) {
    auto text = read_file(data_ / ".stoker/target.json", 1 << 20);
    held = text && memory_from_json(*text)->holds(assignment("bad")) && memory_from_json(*text)->in_flight->go_back;
  });
  run("bad");
  EXPECT_TRUE(held);
}

// cases T44: the lock may be there although its answer was lost, and giving it back asks for a scan.
TEST_F(PipelineTest, NoScanIsAskedForBetweenALockThatFailsAndTheRollback) {
  settle();
  world_.on("verify", [](World& world) { world.fail("lock", Error(errc::unreachable, "the answer was lost")); });
  EXPECT_EQ(run("bad").outcome, Outcome::reverted);
  const auto reverted = std::find(world_.calls.begin(), world_.calls.end(), "revert");
  ASSERT_NE(reverted, world_.calls.end());
  EXPECT_EQ(std::count(world_.calls.begin(), reverted, "unlock"), 0) << "it would read while the files move";
}

TEST_F(PipelineTest, WhereThereIsNothingToGoBackToTheFilesStay) {
  world_.state = "down";
  wake();
  run("bad");
  world_.state = "running";
  const Report report = run("bad");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(world_.live, world_.revisions["bad"]);
  EXPECT_EQ(run("bad").hold->name, "revision");
  EXPECT_EQ(run("good").outcome, Outcome::applied);
}

TEST_F(PipelineTest, AnAdoptedGatewayHasAStateToGoBackTo) {
  wake();
  world_.live = world_.loaded = {{"p/a", "old"}};
  EXPECT_EQ(run("bad").outcome, Outcome::reverted);
  EXPECT_EQ(world_.live, (Content{{"p/a", "old"}}));
}

TEST_F(PipelineTest, WithoutAutoRollbackTheFilesStayAndTheRevisionIsHeld) {
  settle();
  Assignment off = assignment("bad");
  off.auto_rollback = false;
  EXPECT_EQ(run(off).outcome, Outcome::failed);
  EXPECT_EQ(world_.live, world_.revisions["bad"]);
  EXPECT_EQ(run(off).hold->name, "revision");
}

TEST_F(PipelineTest, ARevertThatFailsIsQuarantinedUntilRetry) {
  settle();
  world_.fail("revert", final_error("gone"));
  const Report report = run("bad");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.hold->name, "quarantine");
  EXPECT_TRUE(memory().quarantine);
}

TEST_F(PipelineTest, AGatewayThatIsNotHealthyAfterGoingBackIsQuarantined) {
  settle();
  world_.on("verify", [](World& world) { world.sick = true; });
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(report.hold->name, "quarantine");
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
  world_.sick = false;
  EXPECT_EQ(run("good").outcome, Outcome::applied) << "another revision ends it";
}

TEST_F(PipelineTest, ASickGatewayThatWasSickBeforeIsNotReverted) {
  settle();
  world_.sick = true;
  EXPECT_EQ(run("r2").outcome, Outcome::applied);
  EXPECT_EQ(world_.live, world_.revisions["r2"]);
}

TEST_F(PipelineTest, WhatWasGoodBeforeIsNotRevertedForAReadmeOnASickGateway) {
  settle();
  world_.revisions["readme"] = world_.revisions["r1"];
  world_.sick = true;
  EXPECT_EQ(run("readme").outcome, Outcome::unchanged);
  EXPECT_TRUE(memory().held.empty());
}

TEST_F(PipelineTest, TheBaselineStaysTheLastVerifiedOneWhileSomethingIsNotVerified) {
  settle();
  world_.on("apply", [](World& world) { world.state = "down"; });
  run("bad");
  world_.state = "running";
  world_.loaded = world_.live;  // it started with the bad tree
  world_.revisions["bad2"] = {{"p/a", "BAD"}, {"p/c", "c"}};
  EXPECT_EQ(run("bad2").outcome, Outcome::reverted) << "bad on bad is still bad";
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
}

// ---------------------------------------------------------------- held revisions

TEST_F(PipelineTest, AHoldSurvivesNewerRevisionsAndRestarts) {  // pitfalls P75
  settle();
  run("bad");
  EXPECT_EQ(run("good").outcome, Outcome::applied);
  begin_process();
  wake();
  const Report again = run("bad");
  ASSERT_EQ(again.outcome, Outcome::held);
  EXPECT_EQ(again.hold->name, "revision");
}

TEST_F(PipelineTest, ARetryTextFreesOnce) {
  settle();
  run("bad");
  Assignment retry = assignment("bad");
  retry.retry = "by anna";
  EXPECT_EQ(run(retry).outcome, Outcome::reverted) << "it was tried again";
  EXPECT_EQ(run(retry).hold->name, "revision") << "the same text does not free again";
}

TEST_F(PipelineTest, ARepairedVariableFreesAHeldRevision) {
  settle();
  run("bad");
  Assignment other = assignment("bad");
  other.profile.vars["line"] = "b";
  EXPECT_EQ(run(other).outcome, Outcome::reverted);
}

TEST_F(PipelineTest, AFailoverFreesNothing) {
  settle();
  run("bad");
  world_.role = "master";
  EXPECT_EQ(run("bad").hold->name, "revision");
}

// ---------------------------------------------------------------- wake

TEST_F(PipelineTest, WakeWithNothingOpenTouchesNothing) {
  settle();
  begin_process();
  world_.calls.clear();
  const Report report = wake();
  EXPECT_EQ(report.outcome, Outcome::unchanged);
  EXPECT_FALSE(world_.called("lock"));
  EXPECT_FALSE(world_.called("verify"));
}

TEST_F(PipelineTest, AGatewayThatIsDownAfterARestartIsWhatItSaidLast) {
  settle();
  world_.role = "backup";
  EXPECT_EQ(run("nowhere").stage, Stage::open) << "a Run that came no further";
  begin_process();
  world_.state = "down";
  EXPECT_EQ(run("r2").facts.role, Role::backup);
}

class KilledTest : public PipelineFixture {
 protected:
  // A process that was killed within apply of r2.
  void killed_in_apply(bool undo) {
    settle();
    Memory next = memory();
    next.in_flight = InFlight{"run-2", assignment("r2"), {{"fake", "bad="}}, false, true};
    ASSERT_TRUE(target_->memory.write(next));
    std::map<std::string, std::string> base{{"revision", "r2"},
                                            {"inputs", assignment("r2").inputs(Role::independent)},
                                            {"vars", assignment("r2").vars_digest()},
                                            {"run", "run-2"}};
    FakeStrategy::leave_open(world_, "run-2", world_.revisions["r2"], base, undo);
    world_.lock_owner = "us";
    begin_process();
    world_.calls.clear();
  }
};

TEST_F(KilledTest, AnApplyIsFinishedVerifiedAndRemembered) {
  killed_in_apply(false);
  const Report report = wake();
  EXPECT_TRUE(report.verified);
  EXPECT_EQ(world_.loaded, world_.revisions["r2"]);
  EXPECT_EQ(memory().running->revision, "r2");
  EXPECT_TRUE(memory().sure());
  EXPECT_EQ(world_.lock_owner, "");
}

TEST_F(KilledTest, WhatWasOverwrittenMeanwhileIsPutBackByTheNextRun) {
  killed_in_apply(false);
  world_.overwritten = "theirs";
  wake();
  EXPECT_TRUE(memory().overwritten);
  EXPECT_FALSE(memory().in_flight) << "it is judged: it need not be scanned again and again";
  world_.overwritten.clear();
  EXPECT_TRUE(run("r2").verified);
  EXPECT_EQ(world_.live["p/a"], "a2");
}

TEST_F(KilledTest, AnApplyThatWasTurnedIsUndone) {
  killed_in_apply(true);
  wake();
  EXPECT_EQ(world_.loaded, world_.revisions["r1"]);
  EXPECT_EQ(memory().running->revision, "r1");
  EXPECT_TRUE(memory().sure());
}

TEST_F(KilledTest, RecoveryNeedsNeitherTheSourceNorAGateway) {
  killed_in_apply(false);
  target_->find_source = [](const SourceSpec&) { return no_source(); };
  world_.state = "down";
  wake();
  EXPECT_EQ(world_.live, world_.revisions["r2"]);
  EXPECT_TRUE(memory().in_flight) << "what the gateway loads is not known: it stands";
  EXPECT_FALSE(world_.called("open"));
}

TEST_F(KilledTest, WhatCannotBeFinishedBacksOffAndIsTriedByTheNextRun) {
  killed_in_apply(false);
  world_.fail("recover", retryable("disk"));
  EXPECT_EQ(wake().outcome, Outcome::failed);
  EXPECT_EQ(run("r2").outcome, Outcome::unchanged);
  EXPECT_EQ(world_.loaded, world_.revisions["r2"]);
}

TEST_F(KilledTest, AGoBackIsCarriedOn) {
  settle();
  world_.on("revert", [&](World& world) { world.fail("verify", Error(errc::unreachable, "starting")); });
  run("bad");  // reverted, and the gateway went away before what was put back was judged
  ASSERT_TRUE(memory().in_flight);
  Memory next = memory();
  next.in_flight->go_back = true;
  ASSERT_TRUE(target_->memory.write(next));
  begin_process();
  EXPECT_EQ(wake().outcome, Outcome::reverted);
  EXPECT_FALSE(memory().in_flight);
  EXPECT_EQ(world_.loaded, world_.revisions["r1"]);
}

TEST_F(KilledTest, ALockWithoutARenameIsGivenBack) {
  settle();
  Memory next = memory();
  next.in_flight = InFlight{"run-2", assignment("r2"), {}, false, false};
  ASSERT_TRUE(target_->memory.write(next));
  world_.lock_owner = "us";
  begin_process();
  wake();
  EXPECT_EQ(world_.lock_owner, "");
  EXPECT_FALSE(memory().in_flight);
}

// ---------------------------------------------------------------- memory

TEST_F(PipelineTest, ASecondProcessIsToldWhoOwnsTheTarget) {
  auto second = TargetMemory::open(data_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), errc::conflict);
  EXPECT_NE(second.error().message.find("pid " + std::to_string(::getpid())), std::string::npos)
      << second.error().message;
}

TEST_F(PipelineTest, AnUnchangedRunWritesNothing) {
  settle();
  const auto before = std::filesystem::last_write_time(data_ / ".stoker/target.json");
  run("r1");
  EXPECT_EQ(std::filesystem::last_write_time(data_ / ".stoker/target.json"), before);
}

TEST_F(PipelineTest, AMemoryOfANewerFormatIsRefusedWithWhatToDo) {
  target_.reset();
  ASSERT_TRUE(replace_file(data_ / ".stoker/target.json", R"({"format":2})"));
  auto opened = TargetMemory::open(data_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), errc::incompatible);
  EXPECT_NE(opened.error().message.find("upgrade"), std::string::npos);
  ASSERT_TRUE(replace_file(data_ / ".stoker/target.json", R"({"format":1})"));
  begin_process();
}

TEST_F(PipelineTest, AFullDiskForgetsNothingAndIsTriedAgain) {
  settle();
  std::filesystem::remove_all(data_ / ".stoker/target.json.new");
  std::filesystem::create_directory(data_ / ".stoker/target.json.new");  // every write of the memory fails
  const Report report = run("r2");
  EXPECT_EQ(report.outcome, Outcome::failed);
  EXPECT_EQ(world_.live, world_.revisions["r1"]);
  std::filesystem::remove_all(data_ / ".stoker/target.json.new");
  EXPECT_EQ(run("r2").outcome, Outcome::applied);
}

}  // namespace
}  // namespace stoker::host::testing
