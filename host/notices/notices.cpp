#include "host/notices/notices.hpp"

#include "host/base/file.hpp"

#include <algorithm>

namespace stoker::host {

namespace {

constexpr std::chrono::seconds notify_deadline{30}, disk_deadline{60};
constexpr unsigned tries_max = 30;  // about two hours of back-off

// Keys of the files in the folder, oldest first. [worker]
Result<std::deque<std::string>> keys_in(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return Error(errc::denied, folder.string() + ": " + failed.message(), "notices.folder");
  std::vector<std::pair<std::filesystem::file_time_type, std::string>> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (entry.path().extension() != ".json") continue;
    std::error_code gone;
    found.emplace_back(entry.last_write_time(gone), entry.path().stem().string());
  }
  std::sort(found.begin(), found.end());
  std::deque<std::string> keys;
  for (auto& [time, key] : found) keys.push_back(std::move(key));
  return keys;
}

}  // namespace

std::string notice_key(const Report& report) {
  return report.id + "-" + std::string(name(report.outcome)) + (report.verified ? "-verified" : "");
}

Notices::Notices(NotifierInstance& notifier, std::filesystem::path folder, Workers& workers, const Clock& clock)
    : notifier_(notifier),
      workers_(workers),
      clock_(clock),
      folder_(std::move(folder)),
      wakeup_(workers.loop(), clock) {}

// ---------------------------------------------------------------- the queue

Async<void> Notices::load() {
  auto list = [folder = folder_](const CallState&) { return keys_in(folder); };
  std::string what = "notices in " + folder_.string();
  const CallLimits limits(disk_deadline);
  auto keys = co_await workers_.call<std::deque<std::string>>(std::move(what), limits, std::move(list));
  if (!keys) co_return std::move(keys).error();
  queue_ = std::move(keys).value();
  co_return Result<void>();
}

Async<void> Notices::put(const Report& report) {
  const std::string key = notice_key(report);
  if (std::find(queue_.begin(), queue_.end(), key) != queue_.end()) co_return Result<void>();
  std::string document = to_json(report);
  if (document.size() > STOKER_DOCUMENT_BYTES_MAX)  // it could not be read back
    co_return Error(errc::exhausted, "Report " + key + " is longer than the limit of a document", "notices.report");
  while (queue_.size() >=
         kept_max) {  // more than one may be too many: several Runs ended at once, or the limit was higher before
    const std::string oldest = queue_.front();
    queue_.pop_front();
    co_await remove(oldest);
  }
  auto write = [file = folder_ / (key + ".json"), text = std::move(document)](const CallState&) {
    return replace_file(file, text);
  };
  std::string what = "notice " + key;
  const CallLimits limits(disk_deadline);
  auto written = co_await workers_.call<void>(std::move(what), limits, std::move(write));
  if (!written) co_return written;
  queue_.push_back(key);
  wakeup_.ring();
  co_return Result<void>();
}

Async<std::string> Notices::read(const std::string& key) {
  auto body = [file = folder_ / (key + ".json")](const CallState&) {
    return read_file(file, STOKER_DOCUMENT_BYTES_MAX);
  };
  std::string what = "notice " + key;
  const CallLimits limits(disk_deadline);
  co_return co_await workers_.call<std::string>(std::move(what), limits, std::move(body));
}

// A file that cannot be removed is sent once more after the next start, under the same key.
asio::awaitable<void> Notices::remove(std::string key) {
  auto body = [file = folder_ / (key + ".json")](const CallState&) -> Result<void> {
    std::error_code gone;
    std::filesystem::remove(file, gone);
    return {};
  };
  std::string what = "notice " + key;
  const CallLimits limits(disk_deadline);
  (void)co_await workers_.call<void>(std::move(what), limits, std::move(body));
}

// ---------------------------------------------------------------- delivery

asio::awaitable<void> Notices::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::optional<std::int64_t> again;
    if (!queue_.empty()) {
      if (co_await send_first(stop)) continue;
      const std::chrono::milliseconds pause = std::chrono::seconds(1) * (1u << std::min(failures_, 8u));
      again = clock_.monotonic_ms() + std::min<std::chrono::milliseconds>(pause, std::chrono::minutes(5)).count();
    }
    co_await wakeup_.until(again, stop);
  }
}

// True: the first notice was delivered or given up. A new notice ends the back-off.
asio::awaitable<bool> Notices::send_first(std::stop_token stop) {
  const std::string key = queue_.front();
  auto report = co_await read(key);
  if (!report && report.error().kind != errc::not_found && ++failures_ < tries_max) co_return false;
  if (report) {
    const CallLimits limits(notify_deadline, stop);
    auto sent = co_await notifier_.notify(limits, key, *report);
    if (!sent && sent.error() == errc::cancelled) co_return false;
    if (!sent && sent.error().retryable && ++failures_ < tries_max) co_return false;
  }
  failures_ = 0;
  if (!queue_.empty() && queue_.front() == key) queue_.pop_front();
  co_await remove(key);
  co_return true;
}

}  // namespace stoker::host
