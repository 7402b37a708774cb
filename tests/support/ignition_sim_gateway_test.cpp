// What the simulated gateway tells of itself, in the shapes that were recorded of live ones.
#include "support/ignition_sim_fixture.hpp"

namespace ignition_sim {
namespace {

TEST_F(GatewayTest, ItsNameIsThatOfTheLoadedSystemProperties) {
  start();
  EXPECT_EQ(get_json("/data/api/v1/gateway-info").at("name").as_string(), "gateway");
  write_resource(data_, "config/resources/core/ignition/system-properties",
                 {{"config.json", R"({"systemName":"press-1"})"}});
  EXPECT_EQ(get_json("/data/api/v1/gateway-info").at("name").as_string(), "gateway");
  ASSERT_TRUE(gateway_->scan(Kind::config));
  EXPECT_EQ(get_json("/data/api/v1/gateway-info").at("name").as_string(), "press-1");
}

// cases I25
TEST_F(GatewayTest, ItsUptimeIsInMillisecondsSinceItsStartAndFallsAtARestart) {
  options_.scale = 0;
  start();
  const auto uptime = [&] { return get_json("/data/api/v1/overview").at("uptime").as_int64(); };
  while (uptime() < 100) std::this_thread::sleep_for(milliseconds(5));
  const auto before = uptime();
  EXPECT_LT(before, 5000);
  gateway_->restart();
  ASSERT_TRUE(gateway_->wait_for(State::running));
  EXPECT_LT(uptime(), before);
  gateway_->set_redundancy({.role = "Backup", .activity = "Cold"});
  EXPECT_EQ(get_json("/data/api/v1/redundancy").at("uptime").as_int64(), -1);
}

TEST_F(GatewayTest, OverviewAndGaugesHaveTheShapesOfALiveGateway) {
  start();
  const auto overview = get_json("/data/api/v1/overview");
  EXPECT_EQ(overview.at("version").as_string(), options_.version);
  EXPECT_EQ(overview.at("redundancy").at("activityLevel").as_string(), "Active");
  EXPECT_EQ(overview.at("memory").as_array().size(), 2U);
  EXPECT_LT(overview.at("cpu").as_double(), 1);
  EXPECT_EQ(overview.at("license").at("state").as_string(), "trial");
  const auto gauges = get_json("/data/api/v1/systemPerformance/currentGauges");
  EXPECT_GT(gauges.at("cpu").as_double(), 1);
  EXPECT_LT(gauges.at("heapMemory").as_int64(), gauges.at("maxMemory").as_int64());
}

TEST_F(GatewayTest, ModulesAreListed) {
  start();
  const auto healthy = get_json("/data/api/v1/modules/healthy?limit=-1&search=perspective");
  ASSERT_EQ(healthy.at("items").as_array().size(), 1U);
  EXPECT_EQ(healthy.at("items").at(0).at("state").as_string(), "ACTIVE");
  EXPECT_EQ(get_json("/data/api/v1/modules/quarantined").at("items").as_array().size(), 0U);
}

TEST_F(GatewayTest, PerspectiveSessionsHaveAPathOfTheirOwn) {
  start();
  EXPECT_EQ(get_json("/data/perspective/api/v1/sessions/").at("items").as_array().size(), 0U);
  control("/sim/sessions", R"([{"id":"s1","user":"ann","project":"Line"}])");
  const auto sessions = get_json("/data/perspective/api/v1/sessions/");
  EXPECT_EQ(sessions.at("items").at(0).at("username").as_string(), "ann");
  EXPECT_EQ(sessions.at("items").at(0).at("pageIds").as_array().size(), 1U);
}

TEST_F(GatewayTest, ARestartIsAskedForByACallThatConfirmsIt) {
  options_.restart = std::chrono::hours(1);
  start().set_pending_restarts({"Change of the deployment mode"});
  const auto pending = get_json("/data/api/v1/restart-tasks/pending").at("pending");
  EXPECT_EQ(pending, (json::array{"Change of the deployment mode"}));
  EXPECT_EQ(post("/data/api/v1/restart-tasks/restart").status, 400);
  EXPECT_EQ(post("/data/api/v1/restart-tasks/restart?confirm=true").body, "true");
  EXPECT_EQ(gateway_->state(), State::starting);
}

}  // namespace
}  // namespace ignition_sim
