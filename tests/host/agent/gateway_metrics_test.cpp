// What observations of gateways become as metrics.
#include "host/agent/gateway_metrics.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

class GatewayMetricsTest : public ::testing::Test {
 protected:
  void observe(GatewayState state, std::int64_t second, std::optional<std::int64_t> designers = {}) {
    Facts facts;
    facts.state = state;
    facts.designers = designers;
    gateways_.observe("press-1", facts, second * 1000);
  }
  bool has(const std::string& line) const { return metrics_.text().find(line) != std::string::npos; }
  bool has_starts(int count, const std::string& seconds) const {
    return has("stoker_agent_gateway_startup_duration_seconds_count{target=\"press-1\"} " + std::to_string(count)) &&
           has("stoker_agent_gateway_startup_duration_seconds_sum{target=\"press-1\"} " + seconds);
  }

  Metrics metrics_;
  GatewayMetrics gateways_{metrics_};
};

TEST_F(GatewayMetricsTest, OpenDesignersAreCountedWhereTheGatewaySaysSo) {
  observe(GatewayState::running, 0, 3);
  EXPECT_TRUE(has("stoker_agent_designer_sessions_active{target=\"press-1\"} 3"));
  observe(GatewayState::running, 30, 0);
  EXPECT_TRUE(has("stoker_agent_designer_sessions_active{target=\"press-1\"} 0"));
  observe(GatewayState::down, 60);
  EXPECT_FALSE(has("stoker_agent_designer_sessions_active{")) << "nobody knows";
}

TEST_F(GatewayMetricsTest, AStartLastsFromTheFirstLookThatFoundItToTheFirstThatFoundItRunning) {
  observe(GatewayState::down, 0);
  observe(GatewayState::starting, 10);
  observe(GatewayState::starting, 20);
  observe(GatewayState::running, 55);
  observe(GatewayState::running, 85);
  EXPECT_TRUE(has_starts(1, "45")) << metrics_.text();
  observe(GatewayState::starting, 100);
  observe(GatewayState::running, 105);
  EXPECT_TRUE(has_starts(2, "50")) << metrics_.text();
}

TEST_F(GatewayMetricsTest, OneThatGoesDownAgainOrWaitsForAPersonHasNotStarted) {
  observe(GatewayState::starting, 0);
  observe(GatewayState::down, 10);
  observe(GatewayState::running, 20);
  observe(GatewayState::starting, 30);
  observe(GatewayState::commissioning, 40);
  observe(GatewayState::running, 50);
  EXPECT_FALSE(has("stoker_agent_gateway_startup_duration_seconds_count"));
}

TEST_F(GatewayMetricsTest, OfATargetThatIsGoneNothingIsLeft) {
  observe(GatewayState::starting, 0);
  observe(GatewayState::running, 10, 1);
  gateways_.forget("press-1");
  EXPECT_FALSE(has("press-1"));
}

}  // namespace
}  // namespace stoker::host
