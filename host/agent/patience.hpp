// When a target is looked at again by itself, after what a Run ended in. Pure: it answers a time, the lane waits.
#pragma once

#include "host/run/target_memory.hpp"
#include "host/values/report.hpp"

#include <chrono>
#include <optional>

namespace stoker::host {

class Patience {
 public:
  // Milliseconds from now. Nothing: only a hint, another assignment or a change of the target starts a Run.
  // `jitter` lengthens the back-off by this part of it, so that many targets do not come back at the same moment.
  std::optional<std::chrono::milliseconds> after(const Report& report, const Memory& memory, std::int64_t now_ms,
                                                 double jitter);
  void reset() { failures_ = unverified_ = 0; }

 private:
  unsigned failures_ = 0;    // retryable ones in a row
  unsigned unverified_ = 0;  // applied but not verified, in a row
};

}  // namespace stoker::host
