#include "host/agent/gateway_metrics.hpp"

namespace stoker::host {

GatewayMetrics::GatewayMetrics(Metrics& metrics)
    : metrics_(metrics),
      designers_(
          metrics.gauge("stoker_agent_designer_sessions_active", "Designers that are open on the gateway", {"target"})),
      start_seconds_(metrics.histogram("stoker_agent_gateway_startup_duration_seconds",
                                       "Time from the first look that found the gateway starting to the first that "
                                       "found it running",
                                       {"target"})) {}

void GatewayMetrics::observe(const std::string& target, const Facts& facts, std::int64_t now_ms) {
  if (facts.designers)
    designers_.record(static_cast<double>(*facts.designers), {target});
  else
    designers_.forget({target});
  observe_start(target, facts.state, now_ms);
}

// One that goes down again, or that waits for a person, has not started.
void GatewayMetrics::observe_start(const std::string& target, GatewayState state, std::int64_t now_ms) {
  if (state == GatewayState::starting) {
    starting_since_.try_emplace(target, now_ms);
    return;
  }
  const auto began = starting_since_.find(target);
  if (began == starting_since_.end()) return;
  if (state == GatewayState::running)
    start_seconds_.record(static_cast<double>(now_ms - began->second) / 1000.0, {target});
  starting_since_.erase(began);
}

void GatewayMetrics::forget(const std::string& target) {
  starting_since_.erase(target);
  metrics_.remove("target", target);
}

}  // namespace stoker::host
