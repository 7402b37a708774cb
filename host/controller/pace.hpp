// The pace of calls: a number of them at once, and then one in each interval. A value without a clock. [any thread]
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace stoker::host {

class Pace {
 public:
  Pace(unsigned at_once, std::chrono::milliseconds interval) : interval_(interval), credit_(interval * at_once) {}

  // How long the next call has to wait. It counts as made after that time. `now_ms`: by monotonic_ms() of the clock.
  std::chrono::milliseconds next(std::int64_t now_ms) {
    const std::chrono::milliseconds now(now_ms);
    paid_until_ = std::max(paid_until_, now - credit_) + interval_;
    return std::max(paid_until_ - now, std::chrono::milliseconds(0));
  }

 private:
  std::chrono::milliseconds interval_, credit_;
  std::chrono::milliseconds paid_until_ = std::chrono::milliseconds::min() / 2;
};

}  // namespace stoker::host
