// When what somebody else wrote into the spec of a target's object is written over again: at once the first time, later
// and later while it goes on, so that two writers that fight cost one write in five minutes. Pure. [any thread]
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace stoker::host {

class Corrections {
 public:
  static constexpr std::int64_t pause_max_ms = 300'000, over_after_ms = 600'000;

  // Somebody wrote. True: it is the first time in this series, so it is to be said.
  bool begin(std::int64_t now_ms) {
    if (due_) return false;
    if (count_ != 0 && now_ms - last_ms_ > over_after_ms) count_ = 0;
    due_ = count_ == 0 ? now_ms : last_ms_ + std::min(pause_max_ms, std::int64_t(1000) << std::min(count_, 20u));
    return count_ == 0;
  }
  // The object says again what it is to say.
  void end() { due_.reset(); }
  // It was written, or that was tried.
  void tried(std::int64_t now_ms) {
    ++count_;
    last_ms_ = now_ms;
    due_.reset();
  }
  std::optional<std::int64_t> due() const { return due_; }

 private:
  unsigned count_ = 0;
  std::int64_t last_ms_ = 0;
  std::optional<std::int64_t> due_;
};

}  // namespace stoker::host
