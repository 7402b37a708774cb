// Who may call the simulated gateway.
#include "support/ignition_sim_fixture.hpp"

namespace ignition_sim {
namespace {

TEST_F(GatewayTest, AKnownTokenMayCall) {
  start();
  EXPECT_EQ(get_json("/data/api/v1/gateway-info").at("ignitionVersion").as_string(), options_.version);
}

TEST_F(GatewayTest, AnUnknownTokenGetsJettysPage) {
  start();
  token_ = "stoker:AAAA";
  const auto answer = get("/data/api/v1/gateway-info");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.type, "text/html;charset=iso-8859-1");
  EXPECT_NE(answer.body.find("<h2>HTTP ERROR 401 Unauthorized</h2>"), std::string::npos);
}

TEST_F(GatewayTest, TheSecretAloneIsNoToken) {
  start();
  token_ = token_.substr(token_.find(':') + 1);
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 401);
}

TEST_F(GatewayTest, AKeyForSecureChannelsIsForbiddenOnPlainHttp) {
  token_ = write_api_token(data_, "stoker", {.collection = "external", .levels = {"Any"}, .secure_channel = true});
  start();
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 403);
}

TEST_F(GatewayTest, AKeyWithoutTheLevelForWritingMayOnlyRead) {
  write_security_properties(data_, {.access = {}, .read = {"Authenticated/readers"}, .write = {kOwnLevel}});
  token_ = write_api_token(data_, "reader", {.levels = {"Authenticated/readers"}});
  start();
  EXPECT_EQ(get("/data/api/v1/scan/projects").status, 200);
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 403);
}

// cases L1, I1
TEST_F(GatewayTest, TheFactorysPermissionsLetNoKeyWriteNotEvenOneThatHoldsTheirLevel) {
  write_security_properties(data_, factory_permissions());
  token_ = write_api_token(data_, "admin", {.levels = {kFactoryLevel}});
  start();
  EXPECT_EQ(get("/data/api/v1/scan/projects").status, 200);
  const auto answer = post("/data/api/v1/scan/projects");
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.body.find("<h2>HTTP ERROR 403 Forbidden</h2>"), std::string::npos);
}

TEST_F(GatewayTest, AGatewayWithoutSecurityPropertiesHasTheFactorysPermissions) {
  std::filesystem::remove_all(data_ / "config/resources/core/ignition/security-properties");
  start();
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 403);
  token_ = write_api_token(data_, "admin", {.levels = {kFactoryLevel}});
  ASSERT_TRUE(gateway_->scan(Kind::config));
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 200);
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 403);
}

TEST_F(GatewayTest, ALevelOfTwoPartsLetsExactlyItsKeysWrite) {
  const auto own = token_;
  token_ = write_api_token(data_, "other", {.levels = {"Authenticated/other", kFactoryLevel}});
  start();
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 403);
  token_ = own;
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 200);
}

TEST_F(GatewayTest, ABareAuthenticatedLetsEveryKeyWriteAndNobodyWithoutOne) {
  write_security_properties(data_, {{"Authenticated"}, {"Authenticated"}, {"Authenticated"}});
  token_ = write_api_token(data_, "other", {.levels = {"Authenticated/other"}});
  start();
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 200);
  token_.clear();
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 401);
}

TEST_F(GatewayTest, AnEmptyListLetsEverybodyIn) {
  write_security_properties(data_, {{}, {}, {}});
  token_.clear();
  start();
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 200);
}

TEST_F(GatewayTest, PermissionsInCoreWinOverThoseInExternal) {
  write_security_properties(data_, factory_permissions());
  write_security_properties(data_, {}, "external");
  start();
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 403);
  write_security_properties(data_, {});
  write_security_properties(data_, factory_permissions(), "external");
  ASSERT_TRUE(gateway_->scan(Kind::config));
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 200);
}

// No public source says whether a gateway looks at the rights or at the body first.
TEST_F(GatewayTest, ARequestThatIsWrongInBothIsForbiddenOrBadAsTheSwitchSays) {
  write_security_properties(data_, factory_permissions());
  token_ = write_api_token(data_, "admin", {.levels = {kFactoryLevel}});
  for (const bool body_first : {false, true}) {
    options_.habits.body_before_rights = body_first;
    start();
    EXPECT_EQ(post("/data/api/v1/scan-lock/projects", R"({"acquireTimeout":0})").status, body_first ? 400 : 403);
    EXPECT_EQ(post("/data/api/v1/scan-lock/projects", R"({"acquireTimeout":1})").status, 403);
  }
}

TEST_F(GatewayTest, AKeyWorksFromTheScanThatBringsItToTheScanThatTakesIt) {
  start();
  token_ = write_api_token(data_, "second");
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 401);
  ASSERT_TRUE(gateway_->scan(Kind::config));
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 200);
  std::filesystem::remove_all(data_ / "config/resources/external/ignition/api-token/second");
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 200);
  ASSERT_TRUE(gateway_->scan(Kind::config));
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 401);
}

}  // namespace
}  // namespace ignition_sim
