// What verify-ignition does in each of its functions.
#include "ignition_fixture.hpp"

namespace verify_ignition {
namespace {

// --- create ---

TEST_F(IgnitionTest, WithoutAKeyOrAnAddressItIsRefusedByName) {
  EXPECT_EQ(create("", key_), STOKER_E_INVALID);
  EXPECT_NE(error_.message.find("gateway.url"), std::string::npos);
  EXPECT_EQ(create("http://127.0.0.1:1", ""), STOKER_E_INVALID);
  EXPECT_NE(error_.message.find("gateway.apiKey"), std::string::npos);
}

// --- observe ---

TEST_F(IgnitionTest, ObservesARunningGateway) {
  start();
  EXPECT_EQ(fact("/state"), "running");
  EXPECT_EQ(fact("/role"), "independent");
  EXPECT_EQ(fact("/version"), "8.3.6");
}

TEST_F(IgnitionTest, RefusedIsDown) {
  options_.state = State::down;
  start();
  EXPECT_EQ(fact("/state"), "down");
}

TEST_F(IgnitionTest, StartingAndCommissioningAreSeen) {
  options_.state = State::starting;
  options_.scale = 1;
  start();
  EXPECT_EQ(fact("/state"), "starting");
  gateway_->set_state(State::commissioning);
  EXPECT_EQ(fact("/state"), "commissioning");
}

TEST_F(IgnitionTest, AResetIsNotDown) {
  start();
  fault("/StatusPing", "", "reset");
  EXPECT_EQ(observe(), STOKER_E_UNREACHABLE);
  EXPECT_TRUE(error_.retryable);
  EXPECT_NE(error_.code, "ignition.down");
}

TEST_F(IgnitionTest, APairThatSynchronisesIsHeld) {
  start();
  gateway_->set_redundancy({"Master", "Active", true, false});
  EXPECT_EQ(fact("/role"), "master");
  EXPECT_EQ(fact("/hold/name"), "redundancy");
}

// --- admit ---

TEST_F(IgnitionTest, AdmitsWhatNothingSpeaksAgainst) {
  start();
  ASSERT_EQ(admit(view_), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::allow);
}

TEST_F(IgnitionTest, AKeyThatIsRefusedHoldsThePlan) {
  start();
  for (const char* status : {"401", "403"}) {
    fault("/data", "", status);
    ASSERT_EQ(admit(view_), STOKER_OK) << error_.message;
    EXPECT_EQ(decision().verdict, Verdict::hold);
    EXPECT_EQ(decision().name, "token");
  }
}

TEST_F(IgnitionTest, NobodyIsAskedWhoIsDown) {
  options_.state = State::down;
  start();
  state_ = "down";
  ASSERT_EQ(admit(view_), STOKER_OK);
  EXPECT_EQ(decision().verdict, Verdict::allow);
}

TEST_F(IgnitionTest, WaitHoldsAndNamesWhoIsThere) {
  start().set_designers({{"d1", "ann", "Line"}});
  designer_ = "wait";
  ASSERT_EQ(admit(view_), STOKER_OK);
  EXPECT_EQ(decision().verdict, Verdict::hold);
  EXPECT_EQ(decision().name, "designer");
  EXPECT_NE(decision().reason.find("ann"), std::string::npos);
  EXPECT_NE(decision().reason.find("Line"), std::string::npos);
  EXPECT_EQ(decision().again_at_ms, host_.host().clock().wall_ms() + 10'000);
}

TEST_F(IgnitionTest, FailHoldsWithoutLookingAgainAndProceedGoesOn) {
  start().set_designers({{"d1", "ann", "Line"}});
  designer_ = "fail";
  ASSERT_EQ(admit(view_), STOKER_OK);
  EXPECT_EQ(decision().name, "designer");
  EXPECT_EQ(decision().again_at_ms, 0);
  designer_ = "proceed";
  ASSERT_EQ(admit(view_), STOKER_OK);
  EXPECT_EQ(decision().verdict, Verdict::allow);
}

TEST_F(IgnitionTest, AListThatCannotBeReadHolds) {  // pitfalls P17
  start();
  designer_ = "wait";
  for (const char* answer : {"401", "500", "503", "reset", "text"}) {
    fault("/data/api/v1/designers", "", answer);
    ASSERT_EQ(admit(view_), STOKER_OK) << answer << error_.message;
    EXPECT_EQ(decision().name, "designer") << answer;
  }
  designer_ = "proceed";
  ASSERT_EQ(admit(view_), STOKER_OK);
  EXPECT_EQ(decision().verdict, Verdict::allow);
}

// cases T18
TEST_F(IgnitionTest, AProjectThatWouldLieWhereNoGatewayLoadsItIsRefused) {
  start();
  const FakePlan beside({change("Line/project.json", Change::Op::add), change("Line/a.txt", Change::Op::add)});
  ASSERT_EQ(admit(beside), STOKER_OK);
  EXPECT_EQ(decision().name, "data-folder");
  EXPECT_EQ(decision().verdict, Verdict::refuse);
  EXPECT_NE(decision().reason.find("map to projects/"), std::string::npos) << decision().reason;
  const FakePlan other({change("other/a.txt", Change::Op::add), change("projects/Line/project.json", Change::Op::add)});
  ASSERT_EQ(admit(other), STOKER_OK);
  EXPECT_EQ(decision().verdict, Verdict::allow);
}

TEST_F(IgnitionTest, ASingletonOnlyInAModeIsRefused) {
  start();
  const std::string singleton = "/com.inductiveautomation.perspective/general-configuration/resource.json";
  const FakePlan alone({change("config/resources/dev" + singleton, Change::Op::add)});
  ASSERT_EQ(admit(alone), STOKER_OK);
  EXPECT_EQ(decision().name, "singleton");
  const FakePlan with_core({change("config/resources/dev" + singleton, Change::Op::add),
                            change("config/resources/core" + singleton, Change::Op::add)});
  ASSERT_EQ(admit(with_core), STOKER_OK);
  EXPECT_EQ(decision().verdict, Verdict::allow);
}

TEST_F(IgnitionTest, ThePlanMayNotTakeOurKeyAway) {
  start();
  const FakePlan plan({change("config/resources/core/ignition/api-token/stoker/config.json", Change::Op::remove)});
  ASSERT_EQ(admit(plan), STOKER_OK);
  EXPECT_EQ(decision().verdict, Verdict::refuse);
  EXPECT_EQ(decision().name, "token");
}

// --- lock and unlock ---

TEST_F(IgnitionTest, LocksTheKindsThatThePlanTouches) {
  start();
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::allow);
  EXPECT_TRUE(gateway_->lock(Kind::projects));
  EXPECT_FALSE(gateway_->lock(Kind::config));
  ASSERT_EQ(unlock(), STOKER_OK) << error_.message;
  EXPECT_FALSE(gateway_->lock(Kind::projects));
  EXPECT_EQ(unlock(), STOKER_OK);
}

TEST_F(IgnitionTest, UnlocksWithoutATicket) {
  start();
  ASSERT_EQ(lock(both_), STOKER_OK) << error_.message;
  ticket_.clear();
  ASSERT_EQ(unlock(), STOKER_OK) << error_.message;
  EXPECT_FALSE(gateway_->lock(Kind::projects));
  EXPECT_FALSE(gateway_->lock(Kind::config));
}

TEST_F(IgnitionTest, ASecondLockThatIsRefusedGivesTheFirstBack) {
  start().take_lock(Kind::config, "bob", std::chrono::seconds(60));
  ASSERT_EQ(lock(both_), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().name, "scan-locked");
  EXPECT_NE(decision().reason.find("bob"), std::string::npos);
  EXPECT_FALSE(gateway_->lock(Kind::projects));
}

TEST_F(IgnitionTest, ALockOfOurOwnKeyIsOurs) {
  start();
  ASSERT_EQ(lock(view_), STOKER_OK);
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::allow);
}

TEST_F(IgnitionTest, AnothersLockIsLeftAlone) {
  start().take_lock(Kind::projects, "bob", std::chrono::seconds(60));
  EXPECT_EQ(unlock(), STOKER_OK);
  EXPECT_EQ(verify(view_), STOKER_E_CONFLICT);
  EXPECT_NE(error_.message.find("bob"), std::string::npos);
  EXPECT_TRUE(gateway_->lock(Kind::projects));
}

TEST_F(IgnitionTest, ADesignerThatOpensAfterAdmitHoldsTheLock) {  // pitfalls P17
  start();
  designer_ = "wait";
  ASSERT_EQ(admit(view_), STOKER_OK);
  EXPECT_EQ(decision().verdict, Verdict::allow);
  gateway_->set_designers({{"d1", "ann", "Line"}});
  ASSERT_EQ(lock(view_), STOKER_OK);
  EXPECT_EQ(decision().name, "designer");
  EXPECT_FALSE(gateway_->lock(Kind::projects));
  looks_ = false;
  ASSERT_EQ(lock(view_), STOKER_OK);
  EXPECT_EQ(decision().verdict, Verdict::allow);
}

TEST_F(IgnitionTest, TheStateAtTheLockDecides) {
  start();
  state_ = "down";
  ASSERT_EQ(lock(view_), STOKER_OK);
  EXPECT_EQ(decision().name, "starting");
  gateway_->set_state(State::down);
  state_ = "running";
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::allow);
  EXPECT_EQ(unlock(), STOKER_OK);
}

TEST_F(IgnitionTest, ALockThatTheKeyMayNotTakeHolds) {
  start();
  fault("/data/api/v1/scan-lock", "POST", "403");
  ASSERT_EQ(lock(view_), STOKER_OK);
  EXPECT_EQ(decision().verdict, Verdict::hold);
  EXPECT_EQ(decision().name, "token");
}

// --- verify ---

TEST_F(IgnitionTest, AScanThatEndsWellIsHealthyAndGivesTheLockBack) {
  start();
  ASSERT_EQ(lock(both_), STOKER_OK) << error_.message;
  const auto scans = gateway_->scans().size();
  ASSERT_EQ(verify(both_), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::healthy);
  EXPECT_EQ(gateway_->scans().size(), scans + 2);
  EXPECT_FALSE(gateway_->lock(Kind::projects));
  EXPECT_FALSE(gateway_->lock(Kind::config));
  EXPECT_EQ(host_.host().keys(text_.last(), "/scan").size(), 2u);
}

TEST_F(IgnitionTest, ABadParentIsUnhealthyByName) {
  start();
  const FakePlan plan({change("projects/Line/project.json")});
  ASSERT_EQ(lock(plan), STOKER_OK);
  write("projects/Line/project.json", R"({"title":"Line","enabled":true,"inheritable":false,"parent":"Nobody"})");
  ASSERT_EQ(verify(plan), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::unhealthy);
  EXPECT_EQ(decision().name, "project:Line");
}

TEST_F(IgnitionTest, WhatWasBadBeforeIsNotJudged) {
  write("projects/Line/project.json", R"({"title":"Line","enabled":true,"inheritable":false,"parent":"Nobody"})");
  start();
  ASSERT_EQ(lock(view_), STOKER_OK);
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::healthy);
  EXPECT_NE(text_.last().find("project:Line"), std::string::npos);  // reported all the same
}

TEST_F(IgnitionTest, ADeliveredProjectMustBeListed) {
  start();
  const FakePlan plan({change("projects/New/project.json", Change::Op::add)});
  ASSERT_EQ(lock(plan), STOKER_OK);
  write("projects/New/project.json", "no json");
  ASSERT_EQ(verify(plan), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().name, "project:New");
}

TEST_F(IgnitionTest, AProjectThatVanishesIsUnhealthyUnlessThePlanRemovesIt) {
  start();
  const FakePlan removal({change("projects/Line/project.json", Change::Op::remove)});
  ASSERT_EQ(lock(view_), STOKER_OK);
  write("projects/Line/project.json", "not JSON");
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().name, "project:Line");
  std::filesystem::remove(data_ / "projects/Line/project.json");
  ASSERT_EQ(verify(removal), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::healthy);
}

TEST_F(IgnitionTest, AResourceThatFallsIllIsUnhealthy) {
  start();
  ASSERT_EQ(lock(both_), STOKER_OK);
  gateway_->set_health("ignition/database-connection/main", false, "no route");
  ASSERT_EQ(verify(both_), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().name, "resource:ignition/database-connection/main");
}

TEST_F(IgnitionTest, WithoutATicketTheLastDetailIsTheBaseline) {
  write("projects/Line/project.json", R"({"title":"Line","enabled":true,"inheritable":false,"parent":"Nobody"})");
  start();
  const FakePlan project({change("projects/Line/project.json")});
  ASSERT_EQ(verify(project), STOKER_OK) << error_.message;  // no baseline at all: what is delivered must be valid
  EXPECT_EQ(decision().name, "project:Line");
  baseline_ = text_.last();
  ASSERT_EQ(verify(project), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::healthy);
}

TEST_F(IgnitionTest, WhatWasBadBeforeIsSaidThoughTheChangeIsNotBlamed) {
  write("projects/Line/project.json", R"({"title":"Line","enabled":true,"inheritable":false,"parent":"Nobody"})");
  start();
  const FakePlan project({change("projects/Line/project.json")});
  ASSERT_EQ(verify(project), STOKER_OK) << error_.message;
  baseline_ = text_.last();
  ASSERT_EQ(verify(project), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::healthy);
  ASSERT_EQ(notes_.items.size(), 1u);
  EXPECT_EQ(notes_.items[0].code, "bad-before");
  EXPECT_NE(notes_.items[0].text.find("project Line"), std::string::npos) << notes_.items[0].text;
}

// As when the URL is of one gateway and the data folder of another. cases T18
TEST_F(IgnitionTest, AGatewayThatListsNoDeliveredProjectIsNotCalledVerifiedBecauseItWasSoBefore) {
  write("projects/Line/project.json", "no project");
  start();
  const FakePlan project({change("projects/Line/project.json")});
  ASSERT_EQ(verify(project), STOKER_OK) << error_.message;
  ASSERT_EQ(decision().name, "project:Line");
  baseline_ = text_.last();
  ASSERT_EQ(verify(project), STOKER_OK) << error_.message;
  EXPECT_TRUE(held("blocked")) << decision().reason;
}

TEST_F(IgnitionTest, AnEmptyPlanIsJudgedOverTheDestinations) {
  start();
  ASSERT_EQ(verify(FakePlan()), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::healthy);
  EXPECT_EQ(host_.host().keys(text_.last(), "/scan"), std::vector<std::string>{"projects"});
}

TEST_F(IgnitionTest, AKeyThatConfigurationMayHaveTakenAwayIsUnhealthy) {
  start();
  const FakePlan database({change(kDatabase + std::string("/config.json"))});
  ASSERT_EQ(lock(database), STOKER_OK);
  for (const char* answer : {"401", "403"}) {  // pitfalls P15
    fault("/data/api/v1/scan/", "", answer);
    ASSERT_EQ(verify(database), STOKER_OK) << error_.message;
    EXPECT_EQ(decision().verdict, Verdict::unhealthy) << answer;
    EXPECT_EQ(decision().name, "token") << answer;
  }
}

// A project cannot take a key away, and a key that never worked says nothing about files.
TEST_F(IgnitionTest, AKeyThatIsRefusedOtherwiseIsNoVerdict) {  // cases L1, I2
  start();
  const FakePlan database({change(kDatabase + std::string("/config.json"))});
  ASSERT_EQ(lock(view_), STOKER_OK);
  for (const FakePlan* plan : {&view_, &database}) {
    if (plan == &database) ticket_.clear();
    fault("/data/api/v1/scan/", "POST", "403");
    ASSERT_EQ(verify(*plan), STOKER_OK) << error_.message;
    EXPECT_EQ(decision().verdict, Verdict::hold);
    EXPECT_EQ(decision().name, "token");
  }
}

TEST_F(IgnitionTest, AScanThatNeverEndsIsATimeout) {  // pitfalls P15, P73
  start();
  ASSERT_EQ(lock(view_), STOKER_OK);
  for (const Course course : {Course::stuck, Course::never}) {
    gateway_->set_scan_course(Kind::projects, course);
    EXPECT_EQ(verify(view_), STOKER_E_TIMEOUT);
    EXPECT_EQ(error_.code, "ignition.scan-timeout");
  }
}

TEST_F(IgnitionTest, AScanThatIsRefusedUntilTheEndIsATimeout) {  // pitfalls P15, P73
  start();
  ASSERT_EQ(lock(view_), STOKER_OK);
  fault("/data/api/v1/scan/", "POST", "500");
  EXPECT_EQ(verify(view_), STOKER_E_TIMEOUT);
  EXPECT_EQ(error_.code, "ignition.scan-timeout");
  EXPECT_NE(error_.message.find("500"), std::string::npos) << "it says why: " << error_.message;
}

TEST_F(IgnitionTest, AScanThatIsRefusedForAMomentIsAskedForAgain) {  // pitfalls P15
  start();
  ASSERT_EQ(lock(view_), STOKER_OK);
  gateway_->set_faults({{"/data/api/v1/scan/", "POST", "500", 3}});
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::healthy);
}

TEST_F(IgnitionTest, ALostAnswerToTheRequestDoesNoHarm) {
  start();
  ASSERT_EQ(lock(view_), STOKER_OK);
  gateway_->set_faults({{"/data/api/v1/scan/", "POST", "reset", 1, true}});
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::healthy);
}

TEST_F(IgnitionTest, AGatewayThatIsAwayIsNoVerdict) {
  options_.scale = 1;
  start();
  const auto verify_as = [&](State state) {
    gateway_->set_state(state);
    EXPECT_EQ(verify(view_), STOKER_E_UNREACHABLE);
    return error_.code;
  };
  EXPECT_EQ(verify_as(State::starting), "ignition.starting");
  EXPECT_EQ(verify_as(State::commissioning), "ignition.commissioning");
  EXPECT_EQ(verify_as(State::down), "ignition.down");
}

TEST_F(IgnitionTest, ARestartDuringTheScanIsNoVerdict) {
  start();
  fault("/data/api/v1/scan/", "POST", "503");
  EXPECT_EQ(verify(view_), STOKER_E_UNREACHABLE);
  EXPECT_EQ(error_.code, "ignition.starting");
  fault("/data/api/v1/projects", "", "302");
  EXPECT_EQ(verify(view_), STOKER_E_UNREACHABLE);
  EXPECT_EQ(error_.code, "ignition.commissioning");
}

TEST_F(IgnitionTest, AFaultedGatewayIsUnhealthy) {
  start().set_state(State::faulted);
  EXPECT_EQ(fact("/state"), "faulted");
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_EQ(decision().verdict, Verdict::unhealthy);
  EXPECT_EQ(decision().name, "gateway");
}

TEST_F(IgnitionTest, ACancelEndsTheWait) {  // pitfalls P44
  start().set_scan_course(Kind::projects, Course::stuck);
  decisions_.items.clear();
  FakeCall cancelled;
  cancelled.cancel_after_looks(6);
  const std::string a = assignment();
  EXPECT_EQ(table_->verify(verifier_, cancelled.raw(), str(a), view_.raw(), {}, decisions_.sink(), notes_.sink(),
                           text_.sink()),
            STOKER_E_CANCELLED);
  EXPECT_TRUE(decisions_.items.empty());
}

}  // namespace
}  // namespace verify_ignition
