// An instance of a trigger: it says when to look at a source again.
#pragma once

#include "host/calls/instance.hpp"

#include <stoker/abi/trigger.h>
#include <stoker/records.hpp>

namespace stoker::host {

class TriggerInstance : public Instance<stoker_trigger_v1, stoker_trigger> {
 public:
  using Instance::Instance;
  Async<void> watch(std::string syncs);
  // Hints until the deadline: none is an empty list. Blocks a thread of its own pool: pass workers of the triggers.
  Async<std::vector<Hint>> next(CallLimits limits);
};

}  // namespace stoker::host
