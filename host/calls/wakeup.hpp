// The one way in which a coroutine of the host waits: until somebody rings, until a time of the host's Clock, or until
// the owner stops. A wait is a value on the event loop: it holds no thread.
//
// The owner of the coroutine owns the Wakeup. One coroutine waits at a time. A ring is remembered: a ring that comes
// while nobody waits lets the next wait return at once, so no change is lost between a look and the wait after it.
// A wait may also return early for no reason; the caller looks again at what it waits for. [event loop]
#pragma once

#include "host/base/async.hpp"
#include "host/offered/clock.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <optional>
#include <stop_token>

namespace stoker::host {

class Wakeup {
 public:
  // The clock must outlive it.
  Wakeup(asio::any_io_executor loop, const Clock& clock);
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void ring();
  // Waits for a ring or for monotonic_ms() to reach `until_ms`; without a time: for a ring. False: `stop` was
  // requested.
  asio::awaitable<bool> until(std::optional<std::int64_t> until_ms, std::stop_token stop);

 private:
  struct Waiting;
  const Clock& clock_;
  std::shared_ptr<Waiting> waiting_;  // shared: what the stop or the clock posts may come after the Wakeup is gone
  Clock::Subscription advanced_;
};

// Waits for so long; false when `stop` was requested before. Wakes at once on request.
asio::awaitable<bool> pause_for(const Clock& clock, std::chrono::milliseconds time, std::stop_token stop);

}  // namespace stoker::host
