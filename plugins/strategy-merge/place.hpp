// What the place itself puts in the way of a plan: rights, owners, immutable files, a read-only mount. It is found
// before anything is tried, so that a dry run says it too. It touches nothing. Used by the one thread of a call.
#pragma once

#include "live_tree.hpp"
#include "plan.hpp"

#include <optional>
#include <string>

namespace stoker::merge {

// A sentence that names the path, its owner and what to do; no value: nothing is in the way, as far as can be seen.
Result<std::optional<std::string>> find_obstacle(LiveTree& live, const Plan& plan);

}  // namespace stoker::merge
