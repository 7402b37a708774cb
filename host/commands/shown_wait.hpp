// The wait of `stoker sync` for a host, shown to people: a thread asks the host what its Runs do, and shows it. It ends
// with the object, or at `end`. [main thread]
#pragma once

#include "host/api/object_client.hpp"
#include "host/commands/sync.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace stoker::host {

class ShownWait {
 public:
  ShownWait(const ObjectClient& client, const SyncOptions& options, std::ostream& err);
  ~ShownWait() { end(); }
  ShownWait(const ShownWait&) = delete;
  ShownWait& operator=(const ShownWait&) = delete;

  // What is waited for now: "press-1", "the look at line-a".
  void is_for(std::string what);
  // Shows no more. Only then others may write where it shows.
  void end();

 private:
  static constexpr std::chrono::seconds longest_question{2};
  void show(const std::stop_token& stop);
  std::vector<ShownStep> steps();

  const std::string target_;  // empty: all
  ObjectClient client_;
  RunProgress progress_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::string what_;     // with the mutex
  std::jthread thread_;  // none when nothing is to be shown
};

}  // namespace stoker::host
