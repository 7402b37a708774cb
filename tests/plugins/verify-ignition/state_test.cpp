// What the gateway is and who is there: redirects, its name, restarts, its place in a pair.
#include "ignition_fixture.hpp"

#include "support/ignition_sim/pair.hpp"

namespace verify_ignition {
namespace {

class StateTest : public IgnitionTest {
 protected:
  std::string hold() { return fact("/hold/name"); }
  std::string hold_reason() { return host_.host().value(text_.last(), "/hold/reason").value_or(""); }
};

// cases L9, I13
TEST_F(StateTest, ARedirectElsewhereThanToWelcomeIsNoCommissioning) {
  start();
  for (const char* location : {"https://127.0.0.1:8043/StatusPing", "/idp/default/authn/login"}) {
    fault("", "", std::string("302 ") + location);
    EXPECT_NE(observe(), STOKER_OK) << text_.last();
    EXPECT_EQ(error_.code, "ignition.redirect");
    EXPECT_NE(error_.message.find(location), std::string::npos) << error_.message;
    fault("/data", "", std::string("302 ") + location);
    EXPECT_NE(admit(view_), STOKER_OK);
    EXPECT_EQ(error_.code, "ignition.redirect");
    EXPECT_NE(error_.message.find(location), std::string::npos) << error_.message;
  }
}

// cases L9
TEST_F(StateTest, ARedirectToWelcomeIsCommissioning) {
  start();
  fault("", "", "302");
  EXPECT_EQ(fact("/state"), "commissioning");
}

// cases I24
TEST_F(StateTest, AGatewayThatIsNotTheOneOfTheDataFolderIsNotChanged) {
  options_.name = "press-2";
  start();
  ignition_sim::write_resource(data_, "config/resources/core/ignition/system-properties",
                               {{"config.json", R"({"systemName":"press-1"})"}});
  EXPECT_EQ(fact("/hold/name"), "blocked");
  for (const char* name : {"press-1", "press-2"})
    EXPECT_NE(fact("/hold/reason").find(name), std::string::npos) << fact("/hold/reason");
}

// cases I24
TEST_F(StateTest, AGatewayThatIsTheOneOfTheDataFolderIsChanged) {
  ignition_sim::write_resource(data_, "config/resources/core/ignition/system-properties",
                               {{"config.json", R"({"systemName":"press-1"})"}});
  start();
  ASSERT_EQ(admit(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(allowed());
}

// cases I25
TEST_F(StateTest, ARestartBetweenTwoLooksIsSeen) {
  options_.scale = 0;
  start();
  const std::string started = fact("/started");
  EXPECT_NE(started, "");
  EXPECT_EQ(fact("/started"), started);
  gateway_->set_clock_offset(std::chrono::hours(1));
  host_.clock.advance(std::chrono::hours(1));
  gateway_->restart();
  ASSERT_TRUE(gateway_->wait_for(State::running));
  EXPECT_NE(fact("/started"), started);
}

TEST_F(StateTest, TheFactsCountTheOpenDesignersWhereTheGatewaySaysSo) {
  start();
  EXPECT_EQ(fact("/designers"), "0");
  gateway_->set_designers({{"d1", "ann", "Line"}, {"d2", "bob", ""}});
  EXPECT_EQ(fact("/designers"), "2");
  fault("/data/api/v1/designers", "GET", "500");
  EXPECT_EQ(fact("/designers"), "") << "nobody knows, and everything else is as known as before";
  EXPECT_EQ(fact("/state"), "running");
}

TEST_F(StateTest, AnObservationGivesTheCountOfDesignersTwoSeconds) {
  start();
  EXPECT_EQ(fact("/state"), "running");
  const auto requests = host_.http.requests();
  ASSERT_FALSE(requests.empty());
  EXPECT_NE(requests.back().url.find("/data/api/v1/designers"), std::string::npos) << "after all that counts";
  EXPECT_LE(host_.http.limits_ms().back(), 2000);
}

// cases I27
TEST_F(StateTest, ADesignerWithoutAProjectIsNamedAsOne) {
  start().set_designers({{"d1", "ann", ""}});
  designer_ = "wait";
  ASSERT_EQ(admit(view_), STOKER_OK);
  ASSERT_TRUE(held("designer"));
  EXPECT_NE(decision().reason.find("no project"), std::string::npos) << decision().reason;
}

// --- pairs ---

// cases L3, I14
TEST_F(StateTest, TheFactsSayWhetherANodeIsActive) {
  start();
  EXPECT_EQ(fact("/active"), "true");
  gateway_->set_redundancy({.role = "Master", .activity = "Cold"});
  EXPECT_EQ(fact("/active"), "false");
  gateway_->set_redundancy({.role = "Backup", .activity = "Warm"});
  EXPECT_EQ(fact("/active"), "false");
}

// cases L3, I14
TEST_F(StateTest, AMasterThatIsNotActiveAndABackupThatIsAreHeld) {
  start();
  gateway_->set_redundancy({.role = "Master", .activity = "Cold"});
  EXPECT_EQ(hold(), "redundancy");
  gateway_->set_redundancy({.role = "Backup", .activity = "Active"});
  EXPECT_EQ(hold(), "redundancy");
}

TEST_F(StateTest, TheNodesOfASettledPairAreNotHeld) {
  start();
  gateway_->set_redundancy({.role = "Master", .activity = "Active"});
  EXPECT_EQ(hold(), "");
  gateway_->set_redundancy({.role = "Backup", .activity = "Cold"});
  EXPECT_EQ(hold(), "");
}

// cases L3
TEST_F(StateTest, AfterAFailoverTheMasterOfARealPairIsHeld) {
  start();
  char name[] = "/tmp/verify-ignition-XXXXXX";
  ignition_sim::Options options = options_;
  options.data = mkdtemp(name);
  std::filesystem::copy(data_ / "config", options.data / "config", std::filesystem::copy_options::recursive);
  {
    ignition_sim::Gateway backup(options);
    backup.start();
    ignition_sim::Pair pair(*gateway_, backup, std::chrono::milliseconds(5));
    EXPECT_TRUE(pair.wait_until_settled());
    EXPECT_EQ(hold(), "");
    pair.failover();
    EXPECT_EQ(hold(), "redundancy");
  }
  std::filesystem::remove_all(options.data);
}

// cases I15
TEST_F(StateTest, APairWhoseSyncFailedIsHeldWithTheRemedy) {
  start();
  gateway_->set_redundancy({.role = "Master", .activity = "Active", .project_state = "SyncError"});
  EXPECT_EQ(hold(), "redundancy");
  EXPECT_NE(hold_reason().find("resync"), std::string::npos) << hold_reason();
}

// cases L4, I16
TEST_F(StateTest, TagsInAModeAreNotDeliveredToAPair) {
  start();
  gateway_->set_redundancy({.role = "Master", .activity = "Active"});
  role_ = "master";
  for (const char* type : {"tag-definition", "tag-type-definition"}) {
    const FakePlan plan(
        {change("config/resources/prod/ignition/" + std::string(type) + "/default/tags.json", Change::Op::add)});
    ASSERT_EQ(admit(plan), STOKER_OK) << error_.message;
    EXPECT_FALSE(allowed()) << type;
    EXPECT_NE(decision().reason.find("prod"), std::string::npos) << decision().reason;
  }
}

// cases L4, I16
TEST_F(StateTest, TagsInAModeAreDeliveredToAGatewayAloneAndThoseInCoreToAPair) {
  start();
  const FakePlan mode({change("config/resources/prod/ignition/tag-definition/default/tags.json", Change::Op::add)});
  ASSERT_EQ(admit(mode), STOKER_OK) << error_.message;
  EXPECT_TRUE(allowed());
  gateway_->set_redundancy({.role = "Master", .activity = "Active"});
  role_ = "master";
  const FakePlan core({change("config/resources/core/ignition/tag-definition/default/tags.json", Change::Op::add)});
  ASSERT_EQ(admit(core), STOKER_OK) << error_.message;
  EXPECT_TRUE(allowed());
}

// cases L4, I16
TEST_F(StateTest, APlanThatTakesTheTagsOfAModeAwayIsAllowedOnAPair) {
  const std::string tags = "config/resources/prod/ignition/tag-definition/default/tags.json";
  write(tags, "{}");
  start();
  gateway_->set_redundancy({.role = "Master", .activity = "Active"});
  role_ = "master";
  const FakePlan plan({change(tags, Change::Op::remove)});
  ASSERT_EQ(admit(plan), STOKER_OK) << error_.message;
  EXPECT_TRUE(allowed());
}

}  // namespace
}  // namespace verify_ignition
