// Who has a Designer open, and what the policy makes of it (F07). Fails closed under wait and fail: a list that cannot
// be read holds too. Runs on the thread of the call.
#pragma once

#include "documents.hpp"
#include "gateway_client.hpp"

namespace ignition {

// Allow, or hold `designer`; an error only when the call was cancelled.
stoker::Result<stoker::Decision> ask_designers(stoker::Call& call, const GatewayClient& gateway, DesignerPolicy policy,
                                               std::int64_t again_at_ms, const stoker::Log& log);
// How many are open, for people to see. Nothing: the gateway does not say so, or not at once.
std::optional<std::int64_t> count_designers(stoker::Call& call, const GatewayClient& gateway);

}  // namespace ignition
