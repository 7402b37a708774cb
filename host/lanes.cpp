#include "host/lanes.hpp"

#include <pthread.h>

#include <thread>

namespace stoker::host {

namespace {
std::atomic<std::uint64_t> last_call{0};
}

CallState::CallState(std::string what, std::chrono::milliseconds deadline)
    : what_(std::move(what)), until_(std::chrono::steady_clock::now() + deadline) {
  face_.state = this;
  stoker_call& call = face_.call;
  call.struct_size = sizeof call;
  call.reserved = 0;
  call.id = ++last_call;
  call.remaining_ms = [](const stoker_call* c) -> std::int64_t { return of(c).remaining().count(); };
  call.cancelled = [](const stoker_call* c) -> std::int32_t { return of(c).cancelled() ? 1 : 0; };
  call.fail = [](const stoker_call* c, const stoker_error* error) -> stoker_status {
    CallState& self = of(c);
    Error copy(error->status >= STOKER_E_UNREACHABLE && error->status <= STOKER_E_INTERNAL
                   ? static_cast<errc>(error->status)
                   : errc::internal,
               std::string(error->message.ptr, error->message.len), std::string(error->code.ptr, error->code.len));
    copy.detail.assign(error->detail.ptr, error->detail.len);
    copy.retryable = error->retryable == 1;
    copy.retry_after = std::chrono::milliseconds(error->retry_after_ms);
    const std::lock_guard lock(self.mutex_);
    self.said_ = std::move(copy);
    return error->status;
  };
  call.progress = [](const stoker_call*, std::uint64_t, std::uint64_t, stoker_str) {};
}

std::chrono::milliseconds CallState::remaining() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(until_ - std::chrono::steady_clock::now());
}

Error CallState::error(stoker_status status) const {
  const std::lock_guard lock(mutex_);
  if (said_ && static_cast<stoker_status>(said_->kind) == status) return said_->in(what_);
  const bool known = status >= STOKER_E_UNREACHABLE && status <= STOKER_E_INTERNAL;
  return Error(known ? static_cast<errc>(status) : errc::internal,
               what_ + ": failed with status " + std::to_string(status) + " without saying why",
               "host.plugin-misbehaving");
}

// ---------------------------------------------------------------- the pool

struct Pool::Shared {
  const std::size_t threads_max, queue_max;
  std::mutex mutex;
  std::condition_variable wake, ended;
  std::deque<std::function<void()>> queue;
  std::size_t threads = 0, idle = 0, stuck = 0;
  bool closing = false;
  Shared(std::size_t t, std::size_t q) : threads_max(t), queue_max(q) {}
};

Pool::Pool(std::size_t threads_max, std::size_t queue_max)
    : shared_(std::make_shared<Shared>(threads_max, queue_max)) {}

Pool::~Pool() {
  std::unique_lock lock(shared_->mutex);
  shared_->closing = true;
  shared_->wake.notify_all();
  shared_->ended.wait(lock, [&] { return shared_->threads <= shared_->stuck; });
}

bool Pool::submit(std::function<void()> work) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->queue.size() >= shared_->queue_max) return false;
  shared_->queue.push_back(std::move(work));
  if (shared_->idle < shared_->queue.size() && shared_->threads - shared_->stuck < shared_->threads_max) start_one();
  shared_->wake.notify_one();
  return true;
}

void Pool::replace_one() {
  const std::lock_guard lock(shared_->mutex);
  ++shared_->stuck;
  if (!shared_->queue.empty() && shared_->threads - shared_->stuck < shared_->threads_max) start_one();
}

std::size_t Pool::stuck() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->stuck;
}

// Threads hold the shared part themselves: one that is stuck may outlive the pool.
void Pool::start_one() {
  ++shared_->threads;
  std::thread([shared = shared_] { work(shared); }).detach();
}

void Pool::work(const std::shared_ptr<Shared>& shared) {
  pthread_setname_np(pthread_self(), "stoker-pool");
  std::unique_lock lock(shared->mutex);
  for (;;) {
    ++shared->idle;
    const bool got =
        shared->wake.wait_for(lock, std::chrono::minutes(1), [&] { return shared->closing || !shared->queue.empty(); });
    --shared->idle;
    if (!got || shared->queue.empty()) break;
    std::function<void()> next = std::move(shared->queue.front());
    shared->queue.pop_front();
    lock.unlock();
    next();
    next = nullptr;
    lock.lock();
  }
  --shared->threads;
  shared->ended.notify_all();
}

asio::awaitable<bool> wait_for(std::chrono::milliseconds time, std::stop_token stop) {
  const asio::any_io_executor loop = co_await asio::this_coro::executor;
  auto timer = std::make_shared<asio::steady_timer>(loop, time);
  std::stop_callback on_stop(stop, [timer, loop] { asio::post(loop, [timer] { timer->cancel(); }); });
  if (!stop.stop_requested()) co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
  co_return !stop.stop_requested();
}

}  // namespace stoker::host
