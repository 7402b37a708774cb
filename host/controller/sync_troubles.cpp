#include "host/controller/sync_troubles.hpp"

#include "host/values/same_reason.hpp"

namespace stoker::host {

SyncTroubles::SyncTroubles(const Clock& clock, Metrics& metrics)
    : clock_(clock),
      failing_(metrics.gauge("stoker_sync_failing", "1 while the ref of the Sync cannot be resolved", {"sync"})) {}

asio::awaitable<bool> SyncTroubles::begin(std::string sync, Error why) {
  const auto [entry, fresh] = by_sync_.try_emplace(sync);
  Trouble& trouble = entry->second;
  const bool is_new = fresh || !same_reason(trouble.why, why);
  if (fresh) trouble.since_ms = clock_.wall_ms();
  if (is_new) trouble.told = false;
  trouble.why = std::move(why);
  failing_.record(1, {sync});
  co_await tell_once(std::move(sync));
  co_return is_new;
}

asio::awaitable<void> SyncTroubles::tell(Tell tell) {
  tell_ = std::move(tell);
  for (const std::string& sync : syncs()) co_await tell_once(sync);
}

asio::awaitable<void> SyncTroubles::tell_once(std::string sync) {
  const auto found = by_sync_.find(sync);
  if (found == by_sync_.end() || !tell_) co_return;
  Trouble& trouble = found->second;
  const bool is_time = !trouble.why.retryable || clock_.wall_ms() - trouble.since_ms >= told_after_ms;
  if (trouble.told || !is_time) co_return;
  trouble.told = true;
  const Trouble now = trouble;  // the entry may go while others are told
  co_await tell_(std::move(sync), now);
}

bool SyncTroubles::end(const std::string& sync) {
  if (by_sync_.erase(sync) == 0) return false;
  failing_.record(0, {sync});
  return true;
}

std::vector<std::string> SyncTroubles::syncs() const {
  std::vector<std::string> names;
  for (const auto& [name, trouble] : by_sync_) names.push_back(name);
  return names;
}

const Trouble* SyncTroubles::of(const std::string& sync) const {
  const auto found = by_sync_.find(sync);
  return found == by_sync_.end() ? nullptr : &found->second;
}

}  // namespace stoker::host
