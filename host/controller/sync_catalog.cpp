#include "host/controller/sync_catalog.hpp"

#include <sys/inotify.h>
#include <unistd.h>

namespace stoker::host {

namespace {

constexpr std::chrono::seconds disk_deadline{60};
constexpr std::chrono::milliseconds series_of_changes{200};  // an editor may write a file several times in a row

// Watches the folder of the Syncs and those of the secrets, also folders that are new since the last call. False: the
// folder of the Syncs cannot be watched. [worker]
bool add_watches(int watch, const std::filesystem::path& syncs, const std::filesystem::path& state) {
  const auto add = [watch](const std::filesystem::path& folder) {
    constexpr std::uint32_t changes = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB;
    return ::inotify_add_watch(watch, folder.c_str(), changes) >= 0;
  };
  std::error_code unknown;
  const std::filesystem::path secrets = state / "secrets";
  if (std::filesystem::create_directories(secrets, unknown))  // a folder has to exist before it can be watched
    std::filesystem::permissions(secrets, std::filesystem::perms::owner_all, unknown);
  add(secrets);
  for (std::filesystem::directory_iterator at(secrets, unknown), end; !unknown && at != end; at.increment(unknown))
    if (at->is_directory(unknown)) add(at->path());
  return syncs.empty() || add(std::filesystem::is_directory(syncs, unknown) ? syncs : syncs.parent_path());
}

}  // namespace

SyncCatalog::SyncCatalog(asio::any_io_executor loop, const Config& config, const Clock& clock, Workers& workers,
                         ModuleLog log)
    : config_(config), clock_(clock), workers_(workers), log_(std::move(log)), loop_(std::move(loop)) {}

SyncCatalog::~SyncCatalog() = default;

asio::awaitable<bool> SyncCatalog::read() {
  if (config_.syncs.empty()) co_return true;  // all Syncs are made by commands
  auto load = [&config = config_, before = syncs_, again = read_once_](const CallState&) -> Result<Syncs> {
    return load_syncs(config, again ? &before : nullptr);
  };
  const CallLimits limits(disk_deadline);
  auto loaded = co_await workers_.call<Syncs>("reading the Syncs", limits, std::move(load));
  if (!loaded) {
    log_.error("GatewaySync files could not be read", {{"why", loaded.error().message}});
    co_return false;
  }
  syncs_ = std::move(*loaded);
  if (!syncs_.errors.empty()) log_.error("GatewaySync files have mistakes", {{"errors", syncs_.errors.text()}});
  if (read_once_) log_.info("GatewaySync files were read again", {{"syncs", std::int64_t(syncs_.good.size())}});
  read_once_ = true;
  co_return true;
}

// ---------------------------------------------------------------- changes of files

asio::awaitable<void> SyncCatalog::begin_to_watch() {
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (watch >= 0) changes_ = std::make_shared<asio::posix::stream_descriptor>(loop_, watch);
  if (watch >= 0 && co_await watch_folders()) co_return;
  changes_ = nullptr;
  log_.warning("changes of GatewaySync files are not noticed; send SIGHUP after a change",
               {{"syncs", config_.syncs.string()}});
}

asio::awaitable<bool> SyncCatalog::watch_folders() {
  auto add = [&config = config_, changes = changes_](const CallState&) -> Result<bool> {
    return add_watches(changes->native_handle(), config.syncs, config.state);
  };
  const CallLimits limits(disk_deadline);
  auto added = co_await workers_.call<bool>("watching the Syncs", limits, std::move(add));
  co_return added ? *added : false;
}

asio::awaitable<void> SyncCatalog::watch(std::function<void()> changed, std::stop_token stop) {
  const auto events =
      changes_;  // shared, because the handler that the stop posts may run after this coroutine has ended
  if (!events) co_return;
  std::stop_callback on_stop(stop, [events] { asio::post(events->get_executor(), [events] { events->cancel(); }); });
  std::vector<char> buffer(4096);
  while (!stop.stop_requested()) {
    co_await events->async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
    const bool go_on = co_await pause_for(clock_, series_of_changes, stop);
    if (!go_on) co_return;
    while (::read(events->native_handle(), buffer.data(), buffer.size()) > 0) continue;  // does not block
    co_await watch_folders();
    changed();
  }
}

}  // namespace stoker::host
