// What a gateway says about itself: observe, and ask_state for its state alone. Runs on the thread of the call.
#pragma once

#include "documents.hpp"
#include "gateway_client.hpp"
#include "on_disk.hpp"

namespace ignition {

// What an answer to /StatusPing says, or the failure to get one. down is a refused connection and nothing else; what
// cannot be asked is an error.
stoker::Result<State> state_said(const stoker::Result<stoker::HttpAnswer>& answer);
stoker::Result<State> ask_state(stoker::Call& call, const GatewayClient& gateway);
// `disk`: the target's data folder, which has to be the one of this gateway. `now_ms`: Unix time.
stoker::Result<Facts> observe(stoker::Call& call, const GatewayClient& gateway, const OnDisk& disk,
                              std::int64_t now_ms);

// Why a pair must not be written to now; nothing: it may. `role`: of this node.
std::optional<std::string> pair_fault(const std::string& role, const Pairing& pair);

// The state that an error of the client stands for, if it stands for one.
std::optional<State> state_of(const stoker::Error& error);
// The error that says so: unreachable, which is no verdict on a revision.
stoker::Error not_there(State state);

}  // namespace ignition
