// States of the simulated gateway, what it does not know, and what a test sets.
#include "support/ignition_sim_fixture.hpp"

namespace ignition_sim {
namespace {

// --- States ---

TEST_F(GatewayTest, RefusesConnectionsWhileItIsDown) {
  options_.state = State::down;
  start();
  EXPECT_TRUE(get("/StatusPing").refused);
  gateway_->set_state(State::running);
  EXPECT_EQ(get("/StatusPing").body, R"({"state":"RUNNING"})");
  gateway_->set_state(State::down);
  EXPECT_TRUE(get("/StatusPing").refused);
}

TEST_F(GatewayTest, AnswersStatusButNothingElseWhileItStarts) {
  options_.state = State::starting;
  options_.scale = 1;
  start();
  EXPECT_EQ(get("/StatusPing").body, R"({"state":"STARTING"})");
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 503);
}

TEST_F(GatewayTest, StartsByItselfAndLoadsTheTree) {
  options_.state = State::starting;
  options_.scale = 0.001;
  start();
  ASSERT_TRUE(gateway_->wait_for(State::running));
  EXPECT_EQ(gateway_->projects().count("Line"), 1U);
}

TEST_F(GatewayTest, SendsEveryCallToWelcomeUntilItIsCommissioned) {
  options_.state = State::starting;
  options_.commissioning = true;
  options_.scale = 0;
  start();
  ASSERT_TRUE(gateway_->wait_for(State::commissioning));
  EXPECT_EQ(get("/StatusPing").body, R"({"state":"RUNNING","details":"COMMISSIONING"})");
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 302);
  EXPECT_EQ(get("/data/api/v1/gateway-info").headers["Location"], "/welcome");
  EXPECT_TRUE(get("/system/gwinfo").body.starts_with("ContextStatus=NEEDS_COMMISSIONING;"));
  gateway_->set_state(State::running);
  EXPECT_TRUE(std::filesystem::exists(data_ / "config/resources/core/ignition/security-properties/config.json"));
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 200);
}

TEST_F(GatewayTest, CommissioningPutsTheFactorysPermissionsOverOnesOwnWhenItResets) {
  options_.commissioning = options_.commissioning_resets = true;
  options_.state = State::starting;
  options_.scale = 0;
  start();
  ASSERT_TRUE(gateway_->wait_for(State::commissioning));
  gateway_->set_state(State::running);
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 403);
}

TEST_F(GatewayTest, AnswersUnavailableDuringARestart) {
  options_.scale = 1;
  start().restart();
  EXPECT_EQ(get("/StatusPing").body, R"({"state":"STARTING"})");
  EXPECT_EQ(get("/data/api/v1/designers").status, 503);
}

TEST_F(GatewayTest, FaultsOnAnEmptyDataDirectory) {
  std::filesystem::remove_all(data_);
  std::filesystem::create_directory(data_);
  start();
  EXPECT_EQ(get("/StatusPing").body, R"({"state":"FAULTED"})");
  EXPECT_EQ(get("/system/gwinfo").status, 503);
}

TEST_F(GatewayTest, FaultsOnASingletonThatExistsOnlyInAMode) {
  write_resource(data_, "config/resources/dev/ignition/cobranding", {{"config.json", "{}"}});
  EXPECT_EQ(start().state(), State::faulted);
  EXPECT_NE(gateway_->fault().find("cobranding"), std::string::npos);
}

TEST_F(GatewayTest, TellsItsRoleInARedundantPair) {
  start().set_redundancy({"Backup", "Cold", true, false});
  EXPECT_NE(get("/system/gwinfo").body.find("RedundancyStatus=Backup;"), std::string::npos);
  const auto redundancy = get_json("/data/api/v1/redundancy");
  EXPECT_EQ(redundancy.at("role").as_string(), "Backup");
  EXPECT_TRUE(redundancy.at("syncPending").as_bool());
}

// --- What it does not know ---

TEST_F(GatewayTest, ARequestThatItDoesNotKnowIsRecorded) {
  Gateway other(options_);
  other.start();
  const auto answer = http_client::get(other.url() + "/data/api/v1/no-such-thing", key());
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(json::parse(answer.body).at("status").as_string(), "404");
  EXPECT_EQ(http_client::get(other.control_url() + "/sim/nothing").status, 404);
  EXPECT_EQ(other.unknown(), (std::vector<std::string>{"GET /data/api/v1/no-such-thing", "GET /sim/nothing"}));
}

TEST_F(GatewayTest, AParameterThatItDoesNotKnowIsRecorded) {
  Gateway other(options_);
  other.start();
  EXPECT_EQ(http_client::get(other.url() + "/data/api/v1/designers?filter=user", key()).status, 200);
  EXPECT_EQ(other.unknown(), std::vector<std::string>{"GET /data/api/v1/designers?filter=user: parameter filter"});
}

// --- What a test sets ---

TEST_F(GatewayTest, DesignersAreListedAsTheyAreSet) {
  start();
  EXPECT_EQ(get_json("/data/api/v1/designers").at("items").as_array().size(), 0U);
  control("/sim/designers", R"([{"user":"ann","project":"Line"}])");
  EXPECT_EQ(get_json("/data/api/v1/designers").at("items").at(0).at("user").as_string(), "ann");
  gateway_->set_designers({});
  EXPECT_EQ(get_json("/data/api/v1/designers").at("metadata").at("total").as_int64(), 0);
}

TEST_F(GatewayTest, SelfWritesChangeWhatAGatewayKeepsForItself) {
  start();
  EXPECT_EQ(control("/sim/self-writes", "").status, 200);
  for (const auto* path : {".uuid", "config/ignition/tags/valueStore.idb",
                           "config/resources/core/ignition/tag-definition/System/tags.json"})
    EXPECT_TRUE(std::filesystem::exists(data_ / path)) << path;
}

TEST_F(GatewayTest, AFaultReplacesTheAnswerSoManyTimes) {
  start();
  control("/sim/faults", R"({"answers":[{"path":"/data/api/v1/designers","answer":"500","times":1}]})");
  EXPECT_EQ(get("/data/api/v1/designers").status, 500);
  EXPECT_EQ(get("/data/api/v1/designers").status, 200);
}

TEST_F(GatewayTest, EachFaultLooksAsNamed) {
  start();
  for (const auto& [fault, status] : std::map<std::string, int>{
           {"401", 401}, {"403", 403}, {"503", 503}, {"302", 302}, {"500", 500}, {"text", 200}}) {
    gateway_->set_faults({{.path = "/data", .method = "", .answer = fault}});
    const auto answer = get("/data/api/v1/designers");
    EXPECT_EQ(answer.status, status) << fault;
    EXPECT_FALSE(answer.type.starts_with("application/json")) << fault;
  }
}

// cases L9, I13
TEST_F(GatewayTest, ARedirectMayLeadElsewhereThanToCommissioning) {
  start();
  for (const auto* location : {"https://127.0.0.1:8043/", "/idp/default/authn/login"}) {
    gateway_->set_faults({{.path = "/data", .method = "", .answer = std::string("302 ") + location}});
    const auto answer = get("/data/api/v1/designers");
    EXPECT_EQ(answer.status, 302);
    EXPECT_EQ(answer.headers.at("Location"), location);
  }
}

TEST_F(GatewayTest, TheControlPortSetsHabitsAndKeepsThoseThatAreNotNamed) {
  start();
  EXPECT_EQ(control("/sim/habits", R"({"lockDuringScan":true})").status, 200);
  EXPECT_EQ(control("/sim/habits", R"({"unscanned":"zero"})").status, 200);
  EXPECT_EQ(control("/sim/habits", R"({"requests":"later"})").status, 400);
  EXPECT_EQ(get_json("/data/api/v1/scan/projects").at("lastScanTimestamp").as_int64(), 0);
  gateway_->set_scan_course(Kind::projects, Course::stuck);
  post("/data/api/v1/scan/projects");
  EXPECT_EQ(post("/data/api/v1/scan-lock/projects", "{}").status, 200);
}

TEST_F(GatewayTest, ABrokenConnectionGivesNoAnswer) {
  start().set_faults({{.path = "", .method = "", .answer = "reset"}});
  const auto answer = get("/StatusPing");
  EXPECT_EQ(answer.status, 0);
  EXPECT_FALSE(answer.refused);
}

TEST_F(GatewayTest, SilentAndEndlessAnswersNeverEnd) {
  start();
  for (const auto* fault : {"silent", "endless"}) {
    gateway_->set_faults({{.path = "", .method = "", .answer = fault}});
    EXPECT_EQ(http_client::get(gateway_->url() + "/StatusPing", {}, milliseconds(100)).status, 0) << fault;
  }
}

TEST_F(GatewayTest, ASlowAnswerArrivesInTheEnd) {
  start().set_faults({{.path = "", .method = "", .answer = "slow"}});
  EXPECT_EQ(get("/StatusPing").body, R"({"state":"RUNNING"})");
}

TEST_F(GatewayTest, ACallMayBeCarriedOutAndItsAnswerLost) {
  start().set_faults(
      {{.path = "/data/api/v1/scan-lock", .method = "POST", .answer = "reset", .times = 1, .after = true}});
  EXPECT_EQ(post("/data/api/v1/scan-lock/projects", "{}").status, 0);
  EXPECT_TRUE(gateway_->lock(Kind::projects));
}

TEST_F(GatewayTest, AScanThatNeverStartsKeepsItsTimestamp) {
  start();
  const auto before = gateway_->scan_status(Kind::projects).last_timestamp;
  control("/sim/faults", R"({"scan":{"projects":"never"}})");
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 200);
  EXPECT_EQ(gateway_->scan_status(Kind::projects).last_timestamp, before);
  EXPECT_FALSE(gateway_->scan_status(Kind::projects).active);
}

TEST_F(GatewayTest, CallsAreRecordedWithoutTheSecret) {
  start();
  get("/data/api/v1/designers?limit=-1");
  const auto calls = gateway_->calls();
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].target, "/data/api/v1/designers?limit=-1");
  EXPECT_EQ(calls[0].key, "stoker");
  EXPECT_EQ(calls[0].status, 200);
}

TEST_F(GatewayTest, TheControlPortSetsTheState) {
  start();
  EXPECT_EQ(control("/sim/state", R"({"state":"down"})").status, 200);
  EXPECT_TRUE(get("/StatusPing").refused);
  EXPECT_EQ(control("/sim/state", R"({"state":"asleep"})").status, 400);
  const auto told = http_client::get(gateway_->control_url() + "/sim/state");
  EXPECT_EQ(json::parse(told.body).at("state").as_string(), "down");
}

}  // namespace
}  // namespace ignition_sim
