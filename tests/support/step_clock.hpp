// A clock for tests that take a lane's steps themselves: the wall clock ticks once each time that it is read, so that
// no two moments are equal; the monotonic time stands still until the test moves it. One thread.
#pragma once

#include "host/offered/clock.hpp"

#include <atomic>

namespace stoker::host::testing {

class StepClock final : public Clock {
 public:
  std::int64_t wall_ms() const override { return ++wall_; }
  std::int64_t monotonic_ms() const override { return monotonic_; }
  void wait(std::int64_t, std::chrono::milliseconds) const override {}
  std::chrono::milliseconds real_time_until(std::int64_t) const override { return std::chrono::hours(24); }
  Subscription when_advanced(std::function<void()>) const override { return nullptr; }
  // Never back.
  void move_to(std::int64_t monotonic_ms) {
    if (monotonic_ms > monotonic_) monotonic_ = monotonic_ms;
  }

 private:
  mutable std::atomic<std::int64_t> wall_{1'700'000'000'000};
  std::atomic<std::int64_t> monotonic_{0};
};

}  // namespace stoker::host::testing
