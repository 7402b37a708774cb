// Why does a target, a Sync or the fleet not do what people expect? Pure functions from objects, as they are stored, to
// an Answer. Documents are JSON texts; an empty one means that there is no such object. [any thread]
#pragma once

#include "host/answers/answer.hpp"

namespace stoker::host {

struct WhyAsked {
  std::string name, name_space = "default";
  std::int64_t now_ms = 0;
};

// `sync`: the GatewaySync of the target, which may be known without a SyncTarget only from who else asks.
Answer why_target(const std::string& target, const std::string& sync, const WhyAsked& asked);
// Has this Sync found a gateway of that name?
bool knows_gateway(const std::string& sync, const std::string& name);
// `targets`: the SyncTargets of the Sync.
Answer why_sync(const std::string& sync, const std::vector<std::string>& targets, const WhyAsked& asked);
// All of both. The name is empty.
Answer why_fleet(const std::vector<std::string>& syncs, const std::vector<std::string>& targets, const WhyAsked& asked);

}  // namespace stoker::host
