// Finishes what a dead process left in a data folder, from the folder alone: its journal, the target's memory, and the
// Assignment that is kept beside it. No Sync, no secret, no gateway and no source is needed. [event loop]
#pragma once

#include "host/agent/opened_target.hpp"
#include "host/config/known_targets.hpp"

namespace stoker::host {

// With the memory and the strategy of a target whose verifiers cannot be made, for this reason. True: no journal is
// open now.
asio::awaitable<bool> finish_journal(AgentParts parts, TargetConfig config, std::shared_ptr<TargetMemory> memory,
                                     StrategyInstance& strategy, Error why);

// Of a target that is not in the configuration. closed: nothing is open in its folder. absent: the folder, or what
// Stoker keeps there, is not there now; a volume may be mounted later. elsewhere: another process has it open.
enum class Finished { closed, absent, elsewhere };
Async<Finished> finish_known(AgentParts parts, KnownTarget known);

}  // namespace stoker::host
