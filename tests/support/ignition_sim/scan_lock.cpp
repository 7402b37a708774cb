// See scan_lock.hpp.
#include "support/ignition_sim/scan_lock.hpp"

#include <algorithm>
#include <utility>

namespace ignition_sim {

namespace {

constexpr std::int64_t stamp_step = 7919;

}  // namespace

ScanLock::ScanLock(boost::asio::io_context& loop, std::int64_t stamp, std::function<bool()> scanning,
                   std::function<void()> ended)
    : loop_(loop), scanning_(std::move(scanning)), ended_(std::move(ended)), expiry_(loop), next_stamp_(stamp) {}

void ScanLock::acquire(const std::string& actor, std::chrono::milliseconds patience, std::chrono::seconds hold,
                       Done done) {
  if (lock_) return done(409);
  if (!scanning_()) {
    take(actor, hold);
    return done(200);
  }
  auto waiter = std::make_shared<Waiter>(Waiter{actor, hold, std::move(done), boost::asio::steady_timer(loop_)});
  waiter->patience.expires_after(patience);
  waiter->patience.async_wait([this, waiter](boost::system::error_code cancelled) {
    if (cancelled) return;
    waiters_.remove(waiter);
    waiter->done(408);
  });
  waiters_.push_back(std::move(waiter));
}

void ScanLock::take(const std::string& actor, std::chrono::seconds hold) {
  lock_ = Lock{actor, std::exchange(next_stamp_, next_stamp_ + stamp_step), hold.count()};
  expiry_.expires_after(hold);
  expiry_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) release();
  });
}

void ScanLock::release() {
  if (!lock_) return;
  lock_.reset();
  expiry_.cancel();
  ended_();
}

void ScanLock::scan_ended() {
  while (!waiters_.empty() && !scanning_()) {
    const auto waiter = waiters_.front();
    waiters_.pop_front();
    waiter->patience.cancel();
    const bool free = !lock_;
    if (free) take(waiter->actor, waiter->hold);
    waiter->done(free ? 200 : 409);
  }
}

void ScanLock::drop() {
  lock_.reset();
  expiry_.cancel();
  for (const auto& waiter : waiters_) {
    waiter->patience.cancel();
    waiter->done(408);
  }
  waiters_.clear();
}

std::optional<Lock> ScanLock::held() const {
  if (!lock_) return std::nullopt;
  Lock lock = *lock_;
  const auto left = expiry_.expiry() - std::chrono::steady_clock::now();
  lock.remaining = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(left).count());
  return lock;
}

}  // namespace ignition_sim
