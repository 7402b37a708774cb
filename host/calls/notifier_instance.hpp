// An instance of a notifier: it tells somebody outside how a Run ended.
#pragma once

#include "host/calls/instance.hpp"

#include <stoker/abi/notifier.h>

namespace stoker::host {

class NotifierInstance : public Instance<stoker_notifier_v1, stoker_notifier> {
 public:
  using Instance::Instance;
  Async<void> notify(CallLimits limits, std::string key, std::string report);
};

}  // namespace stoker::host
