// Why the ref of a Sync cannot be resolved, and since when; also why one target of it cannot be used ("target/<name>").
// Each trouble is told once: at once when it needs a person, and after a while when it may pass by itself. The Fleet
// owns it. [event loop]
#pragma once

#include "host/base/async.hpp"
#include "host/offered/clock.hpp"
#include "host/offered/metrics.hpp"

#include <stoker/result.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace stoker::host {

struct Trouble {
  Error why;
  std::int64_t since_ms = 0;  // Unix time
  bool told = false;
};

class SyncTroubles {
 public:
  static constexpr std::int64_t told_after_ms = 5 * 60 * 1000;  // of one that may pass by itself
  using Tell = std::function<asio::awaitable<void>(std::string sync, Trouble trouble)>;

  SyncTroubles(const Clock& clock, Metrics& metrics);

  // Who is told from now on, and of what stands already. Without it nobody is.
  asio::awaitable<void> tell(Tell tell);
  // The look at this Sync failed. True: that is new, or the reason is another one than before.
  asio::awaitable<bool> begin(std::string sync, Error why);
  // The look succeeded, or the Sync is gone. True: there was a trouble.
  bool end(const std::string& sync);
  // The Syncs that have a trouble.
  std::vector<std::string> syncs() const;
  // Null: there is none.
  const Trouble* of(const std::string& sync) const;

 private:
  asio::awaitable<void> tell_once(std::string sync);

  const Clock& clock_;
  Metric failing_;
  Tell tell_;
  std::map<std::string, Trouble> by_sync_;
};

}  // namespace stoker::host
