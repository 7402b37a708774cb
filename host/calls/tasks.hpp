// The coroutines of one owner. Each has a name. The owner awaits all of them before it is destroyed.
#pragma once

#include "host/calls/workers.hpp"
#include "host/offered/log.hpp"

namespace stoker::host {

class Tasks {
 public:
  Tasks(asio::any_io_executor loop, ModuleLog log)
      : loop_(std::move(loop)), log_(std::move(log)), all_done_(std::make_shared<asio::steady_timer>(loop_)) {}
  void spawn(std::string name, asio::awaitable<void> task);
  // Returns when none runs any more.
  asio::awaitable<void> all();

 private:
  asio::any_io_executor loop_;
  ModuleLog log_;
  std::shared_ptr<asio::steady_timer> all_done_;
  std::size_t running_ = 0;
};

}  // namespace stoker::host
