// The host's time. One Clock is made in main and handed to whatever needs time; tests advance a ManualClock instead.
// ClockService shows it to a plugin as "stoker.clock/1". [any thread]
#pragma once

#include <stoker/abi/services.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace stoker::host {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t wall_ms() const = 0;       // Unix time
  virtual std::int64_t monotonic_ms() const = 0;  // never goes back, counts suspend
  // Blocks until monotonic_ms() may have reached `until_ms`, for `at_most` of real time; may wake early.
  virtual void wait(std::int64_t until_ms, std::chrono::milliseconds at_most) const = 0;
};

class SystemClock final : public Clock {
 public:
  std::int64_t wall_ms() const override;
  std::int64_t monotonic_ms() const override;
  void wait(std::int64_t until_ms, std::chrono::milliseconds at_most) const override;
};

// Stands still until it is advanced.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t wall_ms = 1'735'787'045'000) : wall_ms_(wall_ms) {}  // 2025-01-02T03:04:05Z
  std::int64_t wall_ms() const override;
  std::int64_t monotonic_ms() const override;
  void wait(std::int64_t until_ms, std::chrono::milliseconds at_most) const override;
  void advance(std::chrono::milliseconds by);

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable advanced_;
  std::int64_t wall_ms_;
  std::int64_t monotonic_ms_ = 0;
};

// The table of one clock; the clock must outlive it.
struct ClockService final : stoker_clock {
  explicit ClockService(const Clock& of);
  const Clock& clock;
};

}  // namespace stoker::host
