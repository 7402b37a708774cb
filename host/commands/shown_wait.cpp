#include "host/commands/shown_wait.hpp"

#include <algorithm>

namespace stoker::host {

ShownWait::ShownWait(const ObjectClient& client, const SyncOptions& options, std::ostream& err)
    : target_(options.target),
      client_(client.socket(), longest_question),
      progress_(options.progress, terminal_columns(), err) {
  if (options.progress == RunProgress::Form::none) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { show(stop); });
}

void ShownWait::is_for(std::string what) {
  const std::lock_guard lock(mutex_);
  what_ = std::move(what);
}

void ShownWait::end() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  progress_.clear();
}

void ShownWait::show(const std::stop_token& stop) {
  for (;;) {
    std::string what;
    {
      std::unique_lock lock(mutex_);
      (void)stopped_.wait_for(lock, stop, RunProgress::apart, [] { return false; });
      what = what_;
    }
    if (stop.stop_requested()) return;
    const std::vector<ShownStep> now = steps();
    const auto waited = std::chrono::steady_clock::now() - began_;
    progress_.show(now, what, std::chrono::duration_cast<std::chrono::milliseconds>(waited).count());
  }
}

// A host that does not answer, or is of an older version, tells none.
std::vector<ShownStep> ShownWait::steps() {
  const auto document = client_.read_beside({"stoker", "v1", "runs"});
  std::vector<ShownStep> all = document ? run_steps_in(*document) : std::vector<ShownStep>();
  if (!target_.empty()) std::erase_if(all, [&](const ShownStep& step) { return step.target != target_; });
  return all;
}

}  // namespace stoker::host
