// See schedule.hpp.
#include "schedule.hpp"

#include <algorithm>
#include <map>

namespace poll {

void Schedule::watch(const std::vector<Watched>& syncs, Milliseconds now) {
  std::map<std::string, Milliseconds> known;
  for (const Look& look : looks_) known.emplace(look.repository, look.due);

  std::map<std::string, Look> by_repository;
  for (const Watched& watched : syncs) {
    const Milliseconds interval = std::max(watched.interval, interval_min);
    Look& look =
        by_repository.try_emplace(watched.repository, Look{watched.repository, {}, interval, {}}).first->second;
    look.interval = std::min(look.interval, interval);
    look.syncs.push_back(watched.sync);
  }

  looks_.clear();
  for (auto& [repository, look] : by_repository) {
    look.due = now + jittered(look.interval);
    if (const auto before = known.find(repository); before != known.end())
      look.due = std::min(look.due, before->second);
    looks_.push_back(std::move(look));
  }
}

std::vector<std::string> Schedule::take_due(Milliseconds now) {
  std::vector<std::string> due;
  for (Look& look : looks_) {
    if (look.due > now) continue;
    due.insert(due.end(), look.syncs.begin(), look.syncs.end());
    look.due = now + jittered(look.interval);
  }
  return due;
}

std::optional<Milliseconds> Schedule::next_due() const {
  const auto first = std::min_element(looks_.begin(), looks_.end(),
                                      [](const Look& one, const Look& other) { return one.due < other.due; });
  if (first == looks_.end()) return std::nullopt;
  return first->due;
}

Milliseconds Schedule::jittered(Milliseconds interval) {
  const Milliseconds::rep most = interval.count() * jitter_percent_ / 100;
  return interval + Milliseconds(std::uniform_int_distribution<Milliseconds::rep>(-most, most)(random_));
}

}  // namespace poll
