#include "host/controller/trigger_listener.hpp"

#include "host/calls/wakeup.hpp"

#include <algorithm>

namespace stoker::host {

namespace {
constexpr std::chrono::seconds next_deadline{60};
}

TriggerListener::TriggerListener(asio::any_io_executor loop, const Clock& clock, ModuleLog log)
    : clock_(clock), log_(std::move(log)), workers_(std::move(loop), 2) {}

Async<void> TriggerListener::open(ModuleFactory& factory, const ModuleConfig& module) {
  auto trigger = co_await factory.trigger(workers_, module, "{}");
  if (!trigger) co_return std::move(trigger).error();
  trigger_ = std::move(trigger).value();
  co_return Result<void>();
}

asio::awaitable<void> TriggerListener::work(std::function<std::string()> syncs, Heard heard, std::stop_token stop) {
  unsigned failures = 0;
  while (!stop.stop_requested()) {
    if (std::string now = syncs(); now != told_) co_await tell(std::move(now));
    const CallLimits limits(next_deadline, stop);
    auto hints = co_await trigger_->next(limits);
    if (!hints && hints.error() == errc::cancelled) continue;
    if (!hints) {
      log_.warning("a trigger failed; it is asked again", {{"trigger", module_name()}, {"why", hints.error().message}});
      const std::chrono::seconds pause(1 << std::min(failures++, 6u));
      co_await pause_for(clock_, pause, stop);
      continue;
    }
    failures = 0;
    for (const Hint& hint : *hints) heard(hint);
  }
}

asio::awaitable<void> TriggerListener::tell(std::string syncs) {
  auto told = co_await trigger_->watch(syncs);
  if (told)
    told_ = std::move(syncs);
  else  // it gets them again before the next call of `next`
    log_.warning("a trigger failed to take the list of Syncs; it gets it again",
                 {{"trigger", module_name()}, {"why", told.error().message}});
}

Async<void> TriggerListener::end() { co_return co_await trigger_->end(); }

}  // namespace stoker::host
