// Everything that an object says against what people want, as a list of reasons, worst first. [any thread]
#pragma once

#include "host/answers/answer.hpp"
#include "host/answers/seen.hpp"

namespace stoker::host {

// What the SyncTarget says by itself, and of its Sync what concerns this target alone.
std::vector<Reason> reasons_of_target(Seen target, Seen sync, std::int64_t now_ms);
// What the GatewaySync says, and what therefore concerns all of its targets.
std::vector<Reason> reasons_of_sync(Seen sync, std::int64_t now_ms);
void sort_worst_first(std::vector<Reason>& reasons);
// Of a message of a condition, "target press-2: Sync line-a has no profile lime". Empty: it is about the whole Sync.
std::string target_named_in(const std::string& message);

// "press-1 runs 1a2b3c4 of main, verified, for 5 minutes; nothing is waited for."
Reason all_well(Seen target, std::int64_t now_ms);

}  // namespace stoker::host
