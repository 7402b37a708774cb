// Counts hints by tokens.
#include "host/controller/hints.hpp"

#include <algorithm>

namespace stoker::host {

void Hints::add(const std::string& sync) {
  const auto floor = floors_.find(sync);
  const std::uint64_t first = floor == floors_.end() ? 1 : floor->second;
  counters_.try_emplace(sync, Counter{first, first - 1, false, false, 0});
}

void Hints::remove(const std::string& sync) { counters_.erase(sync); }

void Hints::start_from(const std::string& sync, std::uint64_t token) {
  std::uint64_t& floor = floors_[sync];
  floor = std::max(floor, token + 1);
  const auto found = counters_.find(sync);
  if (found != counters_.end() && found->second.token < floor) found->second.token = floor;
}

bool Hints::seen(std::string_view sync, std::string_view delivery) {
  if (delivery.empty()) return false;
  std::string key = std::string(sync) + '\0' + std::string(delivery);
  if (!deliveries_.insert(key).second) return true;
  oldest_first_.push_back(std::move(key));
  if (oldest_first_.size() > deliveries_max) {
    deliveries_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  return false;
}

Hints::Counted Hints::hint(std::string_view sync, bool urgent, std::string_view delivery) {
  if (!sync.empty() && !counters_.contains(sync)) return Counted::unknown_sync;
  if (seen(sync, delivery)) return Counted::known_delivery;
  const auto raise = [&](Counter& counter) {
    ++counter.token;
    counter.urgent = counter.urgent || urgent;
    if (urgent) counter.asked = counter.token;
  };
  if (const auto found = counters_.find(sync); found != counters_.end())
    raise(found->second);
  else
    for (auto& [name, counter] : counters_) raise(counter);
  return Counted::yes;
}

bool Hints::due(const std::string& sync) const {
  const auto found = counters_.find(sync);
  return found != counters_.end() && !found->second.resolving && found->second.token > found->second.satisfied;
}

std::uint64_t Hints::begin_resolve(const std::string& sync) {
  const auto found = counters_.find(sync);
  if (found == counters_.end()) return 0;
  found->second.resolving = true;
  found->second.urgent = false;
  return found->second.token;
}

void Hints::end_resolve(const std::string& sync, std::uint64_t token) {
  const auto found = counters_.find(sync);
  if (found == counters_.end()) return;
  found->second.resolving = false;
  found->second.satisfied = std::max(found->second.satisfied, token);
}

void Hints::fail_resolve(const std::string& sync) {
  if (const auto found = counters_.find(sync); found != counters_.end()) found->second.resolving = false;
}

std::uint64_t Hints::token(const std::string& sync) const {
  const auto found = counters_.find(sync);
  return found == counters_.end() ? 0 : found->second.token;
}

bool Hints::urgent(const std::string& sync) const {
  const auto found = counters_.find(sync);
  return found != counters_.end() && found->second.urgent;
}

bool Hints::asked(const std::string& sync) const {
  const auto found = counters_.find(sync);
  return found != counters_.end() && found->second.asked > found->second.satisfied;
}

}  // namespace stoker::host
