// Decides when a target has its next Run without a hint, from the result of the last one. Pure: it returns a time, and
// the lane waits.
#pragma once

#include "host/run/target_memory.hpp"
#include "host/values/report.hpp"

#include <chrono>
#include <optional>

namespace stoker::host {

class Patience {
 public:
  // The time until the next Run. No value: only a hint, another Assignment or a change of the target starts a Run.
  // `jitter` lengthens the back-off by this part of it, so that many targets do not come back at the same moment.
  std::optional<std::chrono::milliseconds> after(const Report& report, const Memory& memory, std::int64_t now_ms,
                                                 double jitter);
  void reset() { failures_ = unverified_ = early_ = 0; }

 private:
  // At least 5 s, and longer each time that a hold asks for less in a row, up to a minute.
  std::chrono::milliseconds with_floor(std::chrono::milliseconds wait);

  unsigned failures_ = 0;    // retryable failures in a row
  unsigned unverified_ = 0;  // Runs in a row that applied but could not verify
  unsigned early_ = 0;       // holds in a row that asked for a look sooner than the floor
};

}  // namespace stoker::host
