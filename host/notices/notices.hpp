// The queue of one notifier. Each finished Report reaches the notifier at least once, also across a restart. The queue
// is bounded and on disk (state/notices/<module>/), so that a slow or unavailable receiver delays no Run and misses
// nothing while it is away. Files are read and written on a worker. [event loop]
#pragma once

#include "host/calls/notifier_instance.hpp"
#include "host/calls/wakeup.hpp"
#include "host/values/report.hpp"

#include <deque>
#include <filesystem>

namespace stoker::host {

class Notices {
 public:
  static constexpr std::size_t kept_max = 1000;  // when there are more, the oldest is dropped

  // `workers` reads and writes the files. It is not the pool of the notifier, where a slow receiver would make Runs
  // wait.
  Notices(NotifierInstance& notifier, std::filesystem::path folder, Workers& workers, const Clock& clock);

  // Loads the notices that an earlier process did not deliver.
  Async<void> load();
  // When it returns ok, the Report is durable. A repeated Report of one Run has the same key, so that a receiver can
  // recognise it. A Report whose key is in the queue already is not added again.
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

// The key of a notice. It depends on what the Report says, not on the time when it is sent.
std::string notice_key(const Report& report);

}  // namespace stoker::host
