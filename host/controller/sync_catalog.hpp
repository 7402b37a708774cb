// The files of the Syncs of this machine, read on demand. The files are watched for changes. A file with a mistake
// affects no other Sync, and its own last good version stays in use. Files are read on a worker, never on the event
// loop. The Controller owns it. [event loop]
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

  // The Syncs that the last read found.
  const Syncs& syncs() const { return syncs_; }
  // Reads the files. Mistakes are logged and are in syncs().errors. False: nothing could be read, so the Syncs of the
  // read before stay in use.
  asio::awaitable<bool> read();

  // Watches the folder of the Syncs and those of the secrets. Call it before the first read, so that no change is
  // missed.
  asio::awaitable<void> begin_to_watch();
  // Calls `changed` shortly after the last of a series of changes, until `stop`. Returns at once when nothing is
  // watched.
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
