#include "host/controller/trigger_listener.hpp"

#include "host/calls/wakeup.hpp"

#include <algorithm>
#include <utility>

namespace stoker::host {

using std::chrono::milliseconds;

namespace {
constexpr std::chrono::seconds next_deadline{60};
constexpr std::chrono::hours retry_after_max{24};  // a trigger may say any time
}  // namespace

TriggerListener::TriggerListener(asio::any_io_executor loop, const Clock& clock, ModuleLog log)
    : clock_(clock), log_(std::move(log)), workers_(std::move(loop), 2) {}

Async<void> TriggerListener::open(ModuleFactory& factory, const ModuleConfig& module) {
  auto trigger = co_await factory.trigger(workers_, module, "{}");
  if (!trigger) co_return std::move(trigger).error();
  trigger_ = std::move(trigger).value();
  co_return Result<void>();
}

asio::awaitable<void> TriggerListener::work(std::function<std::string()> syncs, Heard heard, std::stop_token stop) {
  while (!stop.stop_requested()) {
    co_await tell_changed(syncs);
    co_await keep_pace(stop);
    const CallLimits limits(next_deadline, stop);
    auto hints = co_await trigger_->next(limits);
    if (!hints && hints.error() == errc::cancelled) continue;
    if (hints) {
      say_that_it_answers();
      for (const Hint& hint : *hints) heard(hint);
    } else {
      say_failure(hints.error());
      const milliseconds pause = pause_after(hints.error());
      co_await pause_for(clock_, pause, stop);
    }
  }
}

// A trigger that answers at once, with or without a hint, would keep a processor busy.
asio::awaitable<void> TriggerListener::keep_pace(std::stop_token stop) {
  const milliseconds wait = pace_.next(clock_.monotonic_ms());
  if (wait.count() == 0) co_return;
  if (!pace_said_)
    log_.warning("a trigger answers too often; it is asked at most ten times a second", {{"trigger", module_name()}});
  pace_said_ = true;
  co_await pause_for(clock_, wait, stop);
}

milliseconds TriggerListener::pause_after(const Error& why) {
  const milliseconds own = std::chrono::seconds(1 << std::min(failures_++, 6u));
  return std::max(own, std::clamp<milliseconds>(why.retry_after, milliseconds(0), retry_after_max));
}

// Once for each reason; it is asked again and again.
void TriggerListener::say_failure(const Error& why) {
  if (std::exchange(failure_, why.message) == why.message) return;
  log_.warning("a trigger failed; it is asked again", {{"trigger", module_name()}, {"why", why.message}});
}

void TriggerListener::say_that_it_answers() {
  if (failures_ > 0) log_.info("a trigger answers again", {{"trigger", module_name()}});
  failures_ = 0;
  failure_.clear();
}

asio::awaitable<void> TriggerListener::tell_changed(std::function<std::string()> syncs) {
  again_ = true;
  if (telling_) co_return;
  telling_ = true;
  while (std::exchange(again_, false)) {
    std::string now = syncs();
    if (now != told_) co_await tell(std::move(now));
  }
  telling_ = false;
}

asio::awaitable<void> TriggerListener::tell(std::string syncs) {
  auto told = co_await trigger_->watch(syncs);
  if (told) {
    told_ = std::move(syncs);
    untold_.clear();
  } else if (std::exchange(untold_, told.error().message) != told.error().message) {
    log_.warning("a trigger failed to take the list of Syncs; it gets it again before each call",
                 {{"trigger", module_name()}, {"why", told.error().message}});
  }
}

Async<void> TriggerListener::end() { co_return co_await trigger_->end(); }

}  // namespace stoker::host
