// What verify-ignition does with a key that may not do all that Stoker needs, and with a lock request that is refused.
#include "ignition_fixture.hpp"

namespace verify_ignition {
namespace {

class TokenTest : public IgnitionTest {
 protected:
  // As a gateway comes: its permissions name a level that lets no key write, and the key holds that level.
  void use_the_factorys_permissions() {
    ignition_sim::write_security_properties(data_, ignition_sim::factory_permissions());
    key_ = ignition_sim::write_api_token(data_, "stoker", {.levels = {ignition_sim::kFactoryLevel}});
  }
  void let_the_key_only_read() { ignition_sim::write_security_properties(data_, {.write = {"Authenticated/writers"}}); }
  void refuse_the_lock(int status, const std::string& message) {
    host_.http.handler = [=](const HttpRequest& request) -> Result<HttpAnswer> {
      if (request.method != "POST" || request.url.find("/scan-lock/") == std::string::npos) return carry(request);
      return HttpAnswer{static_cast<unsigned>(status),
                        {{"Content-Type", "text/html;charset=iso-8859-1"}},
                        "<html><body><h2>HTTP ERROR " + std::to_string(status) + ' ' + message +
                            "</h2><table><tr><th>MESSAGE:</th><td>" + message + "</td></tr></table></body></html>"};
    };
  }
};

// cases L1, I1
TEST_F(TokenTest, AKeyThatMayNotWriteIsSaidAtAdmitWithTheWayToALevelOfItsOwn) {
  use_the_factorys_permissions();
  start();
  const auto scans = gateway_->scans().size();
  ASSERT_EQ(admit(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(held("token") || refused("token")) << held("token").message();
  EXPECT_NE(decision().reason.find("level"), std::string::npos) << decision().reason;
  EXPECT_EQ(gateway_->scans().size(), scans) << "to ask for a scan is not harmless";
}

// cases L1
TEST_F(TokenTest, AKeyThatMayWriteIsAskedAtAdmitWithoutALockOrAScan) {
  start();
  const auto scans = gateway_->scans().size();
  ASSERT_EQ(admit(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(allowed());
  EXPECT_EQ(calls("POST", "/data/api/v1/scan/"), 0U);
  EXPECT_EQ(gateway_->scans().size(), scans);
  EXPECT_FALSE(gateway_->lock(Kind::projects));
  EXPECT_FALSE(gateway_->lock(Kind::config));
}

// cases L1
TEST_F(TokenTest, SomebodysLockIsNotDisturbedByTheQuestionForTheRightToWrite) {
  start().take_lock(Kind::projects, "bob", std::chrono::seconds(60));
  ASSERT_EQ(admit(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(allowed());
  ASSERT_TRUE(gateway_->lock(Kind::projects));
  EXPECT_EQ(gateway_->lock(Kind::projects)->actor, "bob");
}

// cases L1, I1: whether a gateway looks at the rights or at the body first is open
TEST_F(TokenTest, WhereTheQuestionCannotTellTheAnswerToTheLockDecides) {
  use_the_factorys_permissions();
  options_.habits.body_before_rights = true;
  start();
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(held("token"));
  EXPECT_FALSE(gateway_->lock(Kind::projects));
}

// cases L1, I2
TEST_F(TokenTest, AKeyThatOnlyReadsIsNoVerdictOnFilesThatWereAppliedWhileTheGatewayWasDown) {
  let_the_key_only_read();
  options_.state = State::down;
  state_ = "down";
  start();
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  ASSERT_TRUE(allowed());
  gateway_->set_state(State::running);
  state_ = "running";
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(held("token"));
}

// cases L1, I2
TEST_F(TokenTest, AKeyThatIsNotKnownIsNoVerdictOnFilesThatWereAppliedWhileTheGatewayWasDown) {
  options_.state = State::down;
  state_ = "down";
  start();
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  std::filesystem::remove_all(data_ / "config/resources/external/ignition/api-token");
  gateway_->set_state(State::running);
  state_ = "running";
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(held("token"));
}

// cases L1, pitfalls P15
TEST_F(TokenTest, APlanThatTakesTheRightsOfAKeyAwayThatCouldWriteIsUnhealthy) {
  start();
  ASSERT_EQ(lock(both_), STOKER_OK) << error_.message;
  ignition_sim::write_security_properties(data_, {.access = {}, .read = {"Authenticated/others"}, .write = {}});
  ASSERT_EQ(verify(both_), STOKER_OK) << error_.message;
  EXPECT_TRUE(unhealthy("token"));
}

// cases L6, I3
TEST_F(TokenTest, TimeoutsBelowASecondAreASecond) {
  settings_ = R"({"acquireTimeout": "500ms", "holdTimeout": "0s", "scanTimeout": "1h"})";
  start();
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(allowed());
}

// cases L6, I3
TEST_F(TokenTest, TimeoutsAreRoundedUpToSeconds) {
  settings_ = R"({"acquireTimeout": "1s", "holdTimeout": "59500ms", "scanTimeout": "1h"})";
  start();
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  ASSERT_TRUE(gateway_->lock(Kind::projects));
  EXPECT_EQ(gateway_->lock(Kind::projects)->remaining, 59);
}

// cases L6, I4
TEST_F(TokenTest, WhatTheGatewaysPageSaysOfARefusedLockIsSaid) {
  start();
  for (const int status : {400, 500}) {
    refuse_the_lock(status, "Timeouts must be positive.");
    const auto ended = lock(view_);
    const std::string said = ended == STOKER_OK ? decision().reason : error_.message + error_.detail;
    EXPECT_NE(said.find("Timeouts must be positive."), std::string::npos) << status << ": " << said;
  }
}

// A copy of the key in a collection that wins over the one in use takes the key away too.
TEST_F(TokenTest, APlanThatAddsASecondCopyOfOurKeyIsRefused) {
  start();
  const FakePlan copy({change("config/resources/dev/ignition/api-token/stoker/config.json", Change::Op::add)},
                      {{"config/resources/dev/ignition/api-token/stoker/config.json", "{}"}});
  ASSERT_EQ(admit(copy), STOKER_OK) << error_.message;
  EXPECT_TRUE(refused("token"));
}

TEST_F(TokenTest, APlanThatTakesOurRightsAwayInAModeIsRefused) {
  start();
  const std::string file = "config/resources/dev/ignition/security-properties/config.json";
  const std::string others =
      R"({"writePermissions":{"type":"AnyOf","securityLevels":[{"name":"Authenticated","children":[{"name":"others","children":[]}]}]}})";
  const FakePlan plan({change(file, Change::Op::add)}, {{file, others}});
  ASSERT_EQ(admit(plan), STOKER_OK) << error_.message;
  EXPECT_TRUE(refused("token"));
}

TEST_F(TokenTest, AProxyThatDoesNotLetTheQuestionThroughIsNoAnswer) {
  start();
  fault("/data/api/v1/scan-lock", "POST", "405");
  EXPECT_EQ(admit(view_), STOKER_E_UNREACHABLE);
  EXPECT_NE(error_.message.find("proxy"), std::string::npos) << error_.message;
}

}  // namespace
}  // namespace verify_ignition
