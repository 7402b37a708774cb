#include "host/notices/notices.hpp"

#include "host/run/target_memory.hpp"

#include <algorithm>

namespace stoker::host {

namespace {
constexpr std::chrono::seconds notify_deadline{30}, write_deadline{60};
constexpr unsigned tries_max = 30;  // about two hours of back-off
}  // namespace

std::string notice_key(const Report& report) {
  return report.id + "-" + std::string(name(report.outcome)) + (report.verified ? "-verified" : "");
}

Notices::Notices(NotifierInstance& notifier, std::filesystem::path folder, Workers& workers)
    : notifier_(notifier),
      workers_(workers),
      folder_(std::move(folder)),
      timer_(std::make_shared<asio::steady_timer>(workers.loop())) {}

Result<void> Notices::load() {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (failed) return Error(errc::denied, folder_.string() + ": " + failed.message(), "notices.folder");
  std::vector<std::pair<std::filesystem::file_time_type, std::string>> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, failed)) {
    if (entry.path().extension() != ".json") continue;
    std::error_code gone;
    found.emplace_back(entry.last_write_time(gone), entry.path().stem().string());
  }
  std::sort(found.begin(), found.end());
  for (auto& [time, key] : found) queue_.push_back(std::move(key));
  return {};
}

Async<void> Notices::put(const Report& report) {
  const std::string key = notice_key(report);
  if (std::find(queue_.begin(), queue_.end(), key) != queue_.end()) co_return Result<void>();
  std::string document = to_json(report);
  if (document.size() > STOKER_DOCUMENT_BYTES_MAX)  // it would not be read again
    co_return Error(errc::exhausted, "Report " + key + " is too long to be told", "notices.report");
  while (queue_.size() >= kept_max) {  // more than one: several Runs may have ended at once, or a limit was higher
    drop_first();
    ++given_up_;
  }
  auto write = [file = folder_ / (key + ".json"), text = std::move(document)](const CallState&) {
    return replace_file(file, text);
  };
  std::string what = "notice " + key;
  const CallLimits limits(write_deadline);
  auto written = co_await workers_.call<void>(std::move(what), limits, std::move(write));
  if (!written) co_return written;
  queue_.push_back(key);
  timer_->cancel();
  co_return Result<void>();
}

void Notices::drop_first() {
  std::error_code gone;
  std::filesystem::remove(folder_ / (queue_.front() + ".json"), gone);
  queue_.pop_front();
}

asio::awaitable<void> Notices::work(std::stop_token stop) {
  std::stop_callback on_stop(stop,
                             [timer = timer_] { asio::post(timer->get_executor(), [timer] { timer->cancel(); }); });
  while (!stop.stop_requested()) {
    std::chrono::milliseconds wait = std::chrono::hours(24);
    if (!queue_.empty()) {
      if (co_await send_first(stop)) continue;
      wait = std::min<std::chrono::milliseconds>(std::chrono::seconds(1) * (1u << std::min(failures_, 8u)),
                                                 std::chrono::minutes(5));
    }
    if (stop.stop_requested()) co_return;
    timer_->expires_after(wait);
    co_await timer_->async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

// True: the first is through or given up.
asio::awaitable<bool> Notices::send_first(std::stop_token stop) {
  const std::string key = queue_.front();
  auto report = read_file(folder_ / (key + ".json"), STOKER_DOCUMENT_BYTES_MAX);
  if (report) {
    const CallLimits limits(notify_deadline, stop);
    auto sent = co_await notifier_.notify(limits, key, *report);
    if (!sent && sent.error() == errc::cancelled) co_return false;
    if (!sent && sent.error().retryable && ++failures_ < tries_max) co_return false;
    if (!sent) ++given_up_;
  }
  failures_ = 0;
  if (!queue_.empty() && queue_.front() == key) drop_first();
  co_return true;
}

}  // namespace stoker::host
