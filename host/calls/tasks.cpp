#include "host/calls/tasks.hpp"

#include <boost/asio/co_spawn.hpp>

namespace stoker::host {

void Tasks::spawn(std::string name, asio::awaitable<void> task) {
  ++running_;
  asio::co_spawn(loop_, std::move(task), [this, name = std::move(name)](std::exception_ptr thrown) {
    if (thrown) {
      try {
        std::rethrow_exception(thrown);
      } catch (const std::exception& what) {
        log_.error("a task ended with an exception; this is a defect of stoker",
                   {{"task", name}, {"what", what.what()}});
      }
    }
    if (--running_ == 0) all_done_->cancel();
  });
}

asio::awaitable<void> Tasks::all() {
  while (running_ > 0) {
    all_done_->expires_at(std::chrono::steady_clock::time_point::max());
    co_await all_done_->async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

}  // namespace stoker::host
