// See clock.hpp.
#include "host/offered/clock.hpp"

#include <algorithm>
#include <ctime>
#include <thread>

namespace stoker::host {
namespace {

constexpr std::chrono::milliseconds look_every{50};  // how late a plugin that sleeps sees a cancel

std::int64_t now_ms(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

stoker_status sleep(const Clock& clock, const stoker_call* call, std::int64_t ms) {
  const std::int64_t until = clock.monotonic_ms() + std::clamp<std::int64_t>(ms, 0, INT64_MAX / 2);
  for (;;) {
    if (call->cancelled(call)) return STOKER_E_CANCELLED;
    if (clock.monotonic_ms() >= until) return STOKER_OK;
    const std::int64_t remaining = call->remaining_ms(call);
    if (remaining <= 0) return STOKER_E_TIMEOUT;
    clock.wait(until, std::min(look_every, std::chrono::milliseconds(remaining)));
  }
}

}  // namespace

std::int64_t SystemClock::wall_ms() const { return now_ms(CLOCK_REALTIME); }
std::int64_t SystemClock::monotonic_ms() const { return now_ms(CLOCK_BOOTTIME); }
std::chrono::milliseconds SystemClock::real_time_until(std::int64_t until_ms) const {
  return std::chrono::milliseconds(std::max<std::int64_t>(until_ms - monotonic_ms(), 0));
}
void SystemClock::wait(std::int64_t until_ms, std::chrono::milliseconds at_most) const {
  const std::chrono::milliseconds rest(until_ms - monotonic_ms());
  std::this_thread::sleep_for(std::clamp(rest, std::chrono::milliseconds(0), at_most));
}

std::int64_t ManualClock::wall_ms() const {
  const std::lock_guard lock(mutex_);
  return wall_ms_;
}
std::int64_t ManualClock::monotonic_ms() const {
  const std::lock_guard lock(mutex_);
  return monotonic_ms_;
}
void ManualClock::wait(std::int64_t until_ms, std::chrono::milliseconds at_most) const {
  std::unique_lock lock(mutex_);
  advanced_.wait_for(lock, at_most, [&] { return monotonic_ms_ >= until_ms; });
}
Clock::Subscription ManualClock::when_advanced(std::function<void()> told) const {
  auto subscription = std::make_shared<const std::function<void()>>(std::move(told));
  const std::lock_guard lock(mutex_);
  std::erase_if(subscribers_, [](const auto& subscriber) { return subscriber.expired(); });
  subscribers_.push_back(subscription);
  return subscription;
}
void ManualClock::advance(std::chrono::milliseconds by) {
  std::vector<Subscription> told;
  {
    const std::lock_guard lock(mutex_);
    wall_ms_ += by.count();
    monotonic_ms_ += by.count();
    for (const auto& subscriber : subscribers_)
      if (auto alive = subscriber.lock()) told.push_back(std::move(alive));
  }
  advanced_.notify_all();
  for (const Subscription& each : told) (*each)();
}

ClockService::ClockService(const Clock& of) : stoker_clock{}, clock(of) {
  struct_size = sizeof(stoker_clock);
  stoker_clock::wall_ms = [](const stoker_clock* self) {
    return static_cast<const ClockService*>(self)->clock.wall_ms();
  };
  stoker_clock::monotonic_ms = [](const stoker_clock* self) {
    return static_cast<const ClockService*>(self)->clock.monotonic_ms();
  };
  stoker_clock::sleep = [](const stoker_clock* self, const stoker_call* call, std::int64_t ms) {
    return host::sleep(static_cast<const ClockService*>(self)->clock, call, ms);
  };
}

}  // namespace stoker::host
