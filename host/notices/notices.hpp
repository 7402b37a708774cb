// Who is told: finished Reports go to each notifier at least once, also across a restart. Every notifier has its own
// bounded queue on disk (state/notices/<module>/), so that a slow or dead receiver delays nobody. Lives on the event
// loop.
#pragma once

#include "host/calls/instances.hpp"

#include <filesystem>

namespace stoker::host {

class Notices {
 public:
  static constexpr std::size_t kept_max = 1000;  // a queue; past it the oldest is given up and counted

  // `workers` writes: not the notifier's own, where a slow receiver would keep a Run waiting.
  Notices(NotifierInstance& notifier, std::filesystem::path folder, Workers& workers);

  // What an earlier process did not bring through comes first.
  Result<void> load();
  // Durable when it returns; equal phases of one Run share a key, so that a receiver can tell a repeat.
  Async<void> put(const Report& report);
  asio::awaitable<void> work(std::stop_token stop);
  std::uint64_t given_up() const { return given_up_; }
  std::size_t waiting() const { return queue_.size(); }

 private:
  asio::awaitable<bool> send_first(std::stop_token stop);
  void drop_first();

  NotifierInstance& notifier_;
  Workers& workers_;
  std::filesystem::path folder_;
  std::shared_ptr<asio::steady_timer> timer_;
  std::deque<std::string> queue_;  // keys, oldest first; each is a file
  unsigned failures_ = 0;
  std::uint64_t given_up_ = 0;
};

// The key of a notice: what it is about, not when it was sent.
std::string notice_key(const Report& report);

}  // namespace stoker::host
