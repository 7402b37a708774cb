// The Syncs of this machine as their files say them: read on demand, watched for change. A file with a mistake takes
// no other Sync down, and not its own last good version either. Files are read on a worker, never on the event loop.
// The Controller owns it. [event loop]
#pragma once

#include "host/calls/wakeup.hpp"
#include "host/calls/workers.hpp"
#include "host/config/sync_files.hpp"
#include "host/offered/log.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

namespace stoker::host {

class SyncCatalog {
 public:
  SyncCatalog(asio::any_io_executor loop, const Config& config, const Clock& clock, Workers& workers, ModuleLog log);
  ~SyncCatalog();

  // What the last read found.
  const Syncs& syncs() const { return syncs_; }
  // Reads the files. Mistakes are logged and stand in syncs().errors. False: nothing could be read; what was there
  // stays.
  asio::awaitable<bool> read();

  // Watches the folder of the Syncs and those of the secrets. Before the first read, so that no change falls between.
  asio::awaitable<void> begin_to_watch();
  // Calls `changed` a moment after the last of a series of changes, until `stop`. Without a watch it ends at once.
  asio::awaitable<void> watch(std::function<void()> changed, std::stop_token stop);

 private:
  asio::awaitable<bool> watch_folders();

  const Config& config_;
  const Clock& clock_;
  Workers& workers_;
  ModuleLog log_;
  asio::any_io_executor loop_;
  Syncs syncs_;
  bool read_once_ = false;
  std::shared_ptr<asio::posix::stream_descriptor> changes_;  // inotify; null: the files cannot be watched
};

}  // namespace stoker::host
