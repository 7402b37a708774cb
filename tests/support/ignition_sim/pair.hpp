// Two simulated gateways as a redundant pair. What is replicated (projects, core, the modes; never external or local)
// goes from the active node to the other one, a while after a scan of either. A thread of its own does that; every
// function may be called from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "support/ignition_sim/gateway.hpp"

namespace ignition_sim {

class Pair {
 public:
  // Both run, on data directories of their own, and outlive the pair. They get their roles here. `delay` is real time.
  Pair(Gateway& master, Gateway& backup, std::chrono::milliseconds delay = std::chrono::milliseconds(50));
  ~Pair();
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  // The other node becomes the active one; the roles stay. A second time: back.
  void failover();
  // As POST …/redundancy/gwaction/resync to the master asks for: all is compared again, also after the sync gave up.
  void resync();

  // Tags in a mode collection, even an empty folder of them, make the sync fail; after five pulls it gives up.
  bool gave_up();
  bool wait_until_settled(std::chrono::milliseconds timeout = std::chrono::seconds(10));

 private:
  void run(std::stop_token stopped);
  void look();
  void pull(Gateway& from, Gateway& to);
  void fail_pull(Gateway& to);
  std::size_t scans();

  Gateway& master_;
  Gateway& backup_;
  const std::chrono::milliseconds delay_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::atomic<bool> resync_asked_ = false;  // by a thread of the gateway, which must not wait for the mutex
  bool due_ = true;                         // something may be to be copied
  int failed_pulls_ = 0;                    // one after the other
  std::size_t scans_ = 0;                   // of both, when it was looked last
  std::size_t starts_ = 0;                  // of the backup, likewise
  std::jthread thread_;                     // last: it uses all above
};

}  // namespace ignition_sim
