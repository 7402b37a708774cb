// What is observed of the gateways, as metrics: during Runs and between them. The names are those that users of the
// public stoker-operator have in their dashboards, with the target beside them. The Agent owns it. [event loop]
#pragma once

#include "host/offered/metrics.hpp"
#include "host/values/facts.hpp"

#include <map>

namespace stoker::host {

class GatewayMetrics {
 public:
  explicit GatewayMetrics(Metrics& metrics);

  // `now_ms`: by monotonic_ms() of the clock.
  void observe(const std::string& target, const Facts& facts, std::int64_t now_ms);
  // Nobody observes the target any more. All series of it go, also those of other parts.
  void forget(const std::string& target);

 private:
  void observe_start(const std::string& target, GatewayState state, std::int64_t now_ms);

  Metrics& metrics_;
  Metric designers_, start_seconds_;
  std::map<std::string, std::int64_t> starting_since_;  // by target: when it was first seen to start
};

}  // namespace stoker::host
