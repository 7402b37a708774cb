// The queue of one notifier: finished Reports reach it at least once, also across a restart. The queue is bounded and
// lies on disk (state/notices/<module>/), so that a slow or dead receiver delays no Run and loses nothing while it is
// away. Files are touched on a worker. Lives on the event loop.
#pragma once

#include "host/calls/notifier_instance.hpp"
#include "host/calls/wakeup.hpp"
#include "host/values/report.hpp"

#include <deque>
#include <filesystem>

namespace stoker::host {

class Notices {
 public:
  static constexpr std::size_t kept_max = 1000;  // past it the oldest is given up

  // `workers` does the disk's work: not the notifier's own workers, where a slow receiver would keep a Run waiting.
  Notices(NotifierInstance& notifier, std::filesystem::path folder, Workers& workers, const Clock& clock);

  // Takes over what an earlier process did not deliver.
  Async<void> load();
  // The Report is durable when this answers ok. Equal phases of one Run share a key, so that a receiver can tell a
  // repeat; a Report whose key waits already is not queued again.
  Async<void> put(const Report& report);
  asio::awaitable<void> work(std::stop_token stop);
  std::size_t waiting() const { return queue_.size(); }

 private:
  asio::awaitable<bool> send_first(std::stop_token stop);
  Async<std::string> read(const std::string& key);
  asio::awaitable<void> remove(std::string key);

  NotifierInstance& notifier_;
  Workers& workers_;
  const Clock& clock_;
  std::filesystem::path folder_;
  Wakeup wakeup_;
  std::deque<std::string> queue_;  // keys, oldest first; each is a file
  unsigned failures_ = 0;
};

// The key of a notice: what it is about, not when it was sent.
std::string notice_key(const Report& report);

}  // namespace stoker::host
