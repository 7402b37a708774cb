// What the gateway shows after a scan, and the judgement of it: not worse than before. `look_back` asks, `judge` is
// pure.
#pragma once

#include "footprint.hpp"
#include "gateway_client.hpp"

namespace ignition {

// What is bad and what is there, seen now. `already`: resources to look at beside those of the plan.
stoker::Result<Baseline> look_back(stoker::Call& call, const GatewayClient& gateway, const Footprint& plan,
                                   const std::set<std::string>& already);

// Before the plan is applied: what it delivers is not there yet, and that is not bad.
Baseline before(Baseline seen, const Footprint& plan);
// What is bad now and was not. Without a baseline: only what the plan delivers.
std::vector<stoker::Decision> judge(Baseline& now, const Footprint& plan, const std::optional<Baseline>& baseline);

}  // namespace ignition
