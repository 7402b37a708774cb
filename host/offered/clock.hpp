// The clock of the host. main makes one Clock and gives it to all that needs the time; tests use a ManualClock, which
// they advance themselves. ClockService gives it to a plugin as "stoker.clock/1". [any thread]
#pragma once

#include <stoker/abi/services.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace stoker::host {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t wall_ms() const = 0;       // Unix time
  virtual std::int64_t monotonic_ms() const = 0;  // never goes back; also counts the time of a suspend
  // Blocks until monotonic_ms() has reached `until_ms`, at most for `at_most` of real time. May return early.
  virtual void wait(std::int64_t until_ms, std::chrono::milliseconds at_most) const = 0;

  // The real time until monotonic_ms() reaches `until_ms`, if nobody advances this clock by hand.
  virtual std::chrono::milliseconds real_time_until(std::int64_t until_ms) const = 0;
  // Calls `told` each time that somebody advances this clock by hand, on the thread of that somebody, until the
  // subscription is destroyed. The clock of the system never calls it.
  using Subscription = std::shared_ptr<const std::function<void()>>;
  virtual Subscription when_advanced(std::function<void()> told) const = 0;
};

class SystemClock final : public Clock {
 public:
  std::int64_t wall_ms() const override;
  std::int64_t monotonic_ms() const override;
  void wait(std::int64_t until_ms, std::chrono::milliseconds at_most) const override;
  std::chrono::milliseconds real_time_until(std::int64_t until_ms) const override;
  Subscription when_advanced(std::function<void()>) const override { return nullptr; }
};

// A clock for tests. It stands still until it is advanced.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t wall_ms = 1'735'787'045'000) : wall_ms_(wall_ms) {}  // 2025-01-02T03:04:05Z
  std::int64_t wall_ms() const override;
  std::int64_t monotonic_ms() const override;
  void wait(std::int64_t until_ms, std::chrono::milliseconds at_most) const override;
  std::chrono::milliseconds real_time_until(std::int64_t) const override { return std::chrono::hours(24); }
  Subscription when_advanced(std::function<void()> told) const override;
  void advance(std::chrono::milliseconds by);

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable advanced_;
  std::int64_t wall_ms_;
  std::int64_t monotonic_ms_ = 0;
  mutable std::vector<std::weak_ptr<const std::function<void()>>> subscribers_;
};

// The table that plugins get for one clock. The clock must outlive it.
struct ClockService final : stoker_clock {
  explicit ClockService(const Clock& of);
  const Clock& clock;
};

}  // namespace stoker::host
