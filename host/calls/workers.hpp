// The threads of the host. One thread runs the event loop with all of the host's logic. Functions of plugins may block,
// so they run on the threads of a pool. The two meet only here. A call has a deadline and can be cancelled through a
// std::stop_token. A call that has not returned when its deadline and a grace period have passed is written off
// together with its thread: the host never waits for it again.
#pragma once

#include "host/base/async.hpp"
#include "host/calls/call_fault.hpp"

#include <stoker/abi/core.h>
#include <stoker/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

namespace stoker::host {

// The host's side of one call into a plugin. The loop and the pool thread share it; it lives as long as one of them
// needs it. The table that the plugin gets lives longer, so a plugin that uses it too late changes nothing and reads no
// freed memory.
class CallState {
 public:
  CallState(std::string what, std::chrono::milliseconds deadline);
  CallState(const CallState&) = delete;
  CallState& operator=(const CallState&) = delete;
  ~CallState();
  const stoker_call* raw() const;
  void cancel();
  bool cancelled() const;
  // The host waits no longer for this call. A plugin does not see that; `cancelled` does not say it.
  void give_up();
  bool given_up() const;
  std::chrono::milliseconds remaining() const;
  const std::string& what() const;
  // The error for the status that a plugin returned: what it gave to fail(), or that it did not call fail().
  Error error(stoker_status status) const;
  // The last error that was given to fail(), also by another plugin that was asked within this call.
  std::optional<Error> said() const;
  // An error if a plugin used fail() in a wrong way.
  Result<void> misused() const;

 private:
  struct Face;
  std::shared_ptr<Face> face_;
};

// Keeps the last 1024 tables and sinks that plugins call back into, so that none is freed as soon as its call is over.
// [any thread]
void keep_for_late_callers(std::shared_ptr<void> face);

// Threads for blocking work. They are started when they are needed, up to a limit, and end after a minute without work.
// The queue is bounded.
class Pool {
 public:
  explicit Pool(std::size_t threads_max, std::size_t queue_max = 4096);
  ~Pool();  // waits for what runs, but not for what was written off
  // The work for a thread. It returns false after a call that was written off: another thread has taken its place.
  using Work = std::function<bool()>;
  // False: the queue is full.
  bool submit(Work work);
  // One thread is stuck in a call that was written off. Another may take its place; the stuck one ends when it returns.
  void replace_one();

 private:
  struct Shared;
  static void work(const std::shared_ptr<Shared>& shared);
  void start_one();
  std::shared_ptr<Shared> shared_;
};

// How long a call may take and who may stop it.
struct CallLimits {
  std::chrono::milliseconds deadline;
  std::stop_token stop;  // default: never cancelled
  // No aggregate: see host/base/async.hpp.
  explicit CallLimits(std::chrono::milliseconds longest = std::chrono::seconds(30), std::stop_token may_stop = {})
      : deadline(longest), stop(std::move(may_stop)) {}
};

class Workers {
 public:
  static constexpr std::chrono::milliseconds grace{1000};  // past the deadline
  // Past a cancel. A plugin should obey within a second, but a library below it may be in the middle of a long step,
  // and an instance that is written off is lost for all until the restart.
  static constexpr std::chrono::milliseconds cancel_grace{20'000};

  Workers(asio::any_io_executor loop, std::size_t threads_max) : loop_(std::move(loop)), pool_(threads_max) {}
  asio::any_io_executor loop() const { return loop_; }
  // For tests: a call that `refuses` names finds no thread.
  void refuse(std::function<bool(const std::string& what)> refuses) { refuses_ = std::move(refuses); }
  // How many calls were written off, also those that have returned since. /healthz shows it. [loop]
  std::size_t written_off() const { return written_off_; }

  // Runs `body(const CallState&) -> Result<T>` on the pool and awaits it. `body` owns all that it touches: it may go on
  // after it was written off, and this then answers CallFault::did_not_return. A call that found no thread by its
  // deadline is never run: it answers CallFault::busy, and nothing is written off.
  template <class T, class Body>
  Async<T> call(std::string what, CallLimits limits, Body body);

 private:
  asio::any_io_executor loop_;
  Pool pool_;
  std::size_t written_off_ = 0;
  std::function<bool(const std::string&)> refuses_;
};

template <class T, class Body>
Async<T> Workers::call(std::string what, CallLimits limits, Body body) {
  struct Answer {  // the loop's side
    asio::steady_timer done;
    std::optional<Result<T>> result;
    explicit Answer(const asio::any_io_executor& loop) : done(loop) {}
  };
  struct Pending {  // the worker's side: it may outlive the loop, so `answer` is taken from it when it is written off
    CallState state;
    Body body;
    std::mutex mutex;
    std::shared_ptr<Answer> answer;
    bool begun = false;
    Pending(std::string text, std::chrono::milliseconds deadline, Body b)
        : state(std::move(text), deadline), body(std::move(b)) {}
  };
  auto answer = std::make_shared<Answer>(loop_);
  auto pending = std::make_shared<Pending>(std::move(what), limits.deadline, std::move(body));
  pending->answer = answer;
  answer->done.expires_after(limits.deadline + grace);
  std::stop_callback on_stop(limits.stop, [pending, weak = std::weak_ptr(answer), loop = loop_] {
    pending->state.cancel();
    asio::post(loop, [weak] {
      const auto waiting = weak.lock();
      if (!waiting) return;
      const auto soon = std::chrono::steady_clock::now() + cancel_grace;
      if (waiting->done.expiry() > soon) waiting->done.expires_at(soon);
    });
  });

  const asio::any_io_executor loop = loop_;
  Pool::Work work = [pending, loop] {
    {
      const std::lock_guard lock(pending->mutex);
      if (!pending->answer) return true;  // given up while it waited for a thread
      pending->begun = true;
    }
    Result<T> result = pending->body(pending->state);
    const std::lock_guard lock(pending->mutex);
    if (!pending->answer) return false;
    asio::post(loop, [to = std::move(pending->answer), result = std::move(result)]() mutable {
      to->result = std::move(result);
      to->done.cancel();
    });
    return true;
  };
  const bool refused = refuses_ && refuses_(pending->state.what());
  if (refused || !pool_.submit(std::move(work))) co_return no_thread_free(pending->state.what());
  while (!answer->result && answer->done.expiry() > std::chrono::steady_clock::now())
    co_await answer->done.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!answer->result) {
    const std::lock_guard lock(pending->mutex);  // Held to the end: the thread must not return from a call that was
                                                 // written off before it is counted as stuck.
    const bool returned = pending->begun && !pending->answer;  // its answer is among what the loop does next
    if (!returned) {
      if (limits.stop.stop_possible()) pending->state.cancel();
      pending->state.give_up();
      pending->answer.reset();
      if (!pending->begun) co_return no_thread_free(pending->state.what());
      pool_.replace_one();
      ++written_off_;
      co_return did_not_return(pending->state.what());
    }
  }
  answer->done.expires_at(std::chrono::steady_clock::time_point::max());
  while (!answer->result) co_await answer->done.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return std::move(*answer->result);
}

}  // namespace stoker::host
