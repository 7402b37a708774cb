// The timer runs in real time; the Clock decides whether the time has come.
#include "host/calls/wakeup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace stoker::host {

namespace {
// The timer stands still while the machine is suspended, the Clock does not. So the Clock is read again at least this
// often, and a wait ends late by at most this much after a suspend.
constexpr std::chrono::minutes look_at_clock_every{5};
}  // namespace

struct Wakeup::Waiting {
  asio::steady_timer timer;
  bool rung = false;
  explicit Waiting(const asio::any_io_executor& loop) : timer(loop) {}
};

Wakeup::Wakeup(asio::any_io_executor loop, const Clock& clock)
    : clock_(clock),
      waiting_(std::make_shared<Waiting>(loop)),
      advanced_(clock.when_advanced([weak = std::weak_ptr(waiting_), loop] {
        asio::post(loop, [weak] {
          if (const auto waiting = weak.lock()) waiting->timer.cancel();
        });
      })) {}

Wakeup::~Wakeup() = default;

void Wakeup::ring() {
  waiting_->rung = true;
  waiting_->timer.cancel();
}

asio::awaitable<bool> Wakeup::until(std::optional<std::int64_t> until_ms, std::stop_token stop) {
  const std::shared_ptr<Waiting> waiting = waiting_;
  std::stop_callback on_stop(
      stop, [waiting] { asio::post(waiting->timer.get_executor(), [waiting] { waiting->timer.cancel(); }); });
  while (!stop.stop_requested() && !waiting->rung) {
    auto time = std::chrono::steady_clock::time_point::max();
    if (until_ms) {
      if (clock_.monotonic_ms() >= *until_ms) break;
      const std::chrono::milliseconds rest = clock_.real_time_until(*until_ms);
      time = std::chrono::steady_clock::now() + std::min<std::chrono::milliseconds>(rest, look_at_clock_every);
    }
    waiting->timer.expires_at(time);
    co_await waiting->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  waiting->rung = false;
  co_return !stop.stop_requested();
}

asio::awaitable<bool> pause_for(const Clock& clock, std::chrono::milliseconds time, std::stop_token stop) {
  const asio::any_io_executor loop = co_await asio::this_coro::executor;
  Wakeup wakeup(loop, clock);
  co_return co_await wakeup.until(clock.monotonic_ms() + time.count(), std::move(stop));
}

}  // namespace stoker::host
