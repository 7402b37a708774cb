// Keeps the statuses of the Syncs as they are: writes each one that has changed, and the Events of what is new in it.
// Many changes within a moment are one write. The Controller owns it. [event loop]
#pragma once

#include "host/calls/wakeup.hpp"
#include "host/controller/sync_metrics.hpp"
#include "host/objects/event_book.hpp"

#include <set>

namespace stoker::host {

class SyncStatuses {
 public:
  // What is known of a Sync now. No value: there is no such Sync.
  struct Known {
    Object object;
    StatusInput input;
    bool says_nothing_new = false;  // what is stored is not to be replaced yet
    Known() = default;              // no aggregate: see host/base/async.hpp
  };
  using Look = std::function<std::optional<Known>(const std::string& sync)>;
  // A status was written, into an object that had version `replaced` before.
  using Written = std::function<void(const Object& written, std::uint64_t replaced)>;
  SyncStatuses(ObjectStore& store, asio::any_io_executor loop, const Clock& clock, ModuleLog log, Metrics& metrics,
               Look look, Written written);

  // Something that the status of this Sync says may have changed.
  void change(const std::string& sync);
  // Writes until `stop`.
  asio::awaitable<void> work(std::stop_token stop);
  // Writes what has changed so far, for a command that ends.
  asio::awaitable<void> write_all();

 private:
  // False: something could not be written.
  static constexpr int tries_max = 5;
  asio::awaitable<bool> write(std::string sync);
  asio::awaitable<void> tell(Known known, std::string before, std::string after);

  ObjectStore& store_;
  const Clock& clock_;
  ModuleLog log_;
  Look look_;
  Written written_;
  Wakeup changed_;
  EventBook events_;
  SyncMetrics metrics_;
  std::set<std::string> due_;
  bool opened_ = false, failed_ = false;
};

}  // namespace stoker::host
