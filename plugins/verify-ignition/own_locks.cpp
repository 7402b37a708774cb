#include "own_locks.hpp"

#include <algorithm>

namespace ignition {

void OwnLocks::remember(const ScanLock& lock) {
  timestamps_.push_back(lock.timestamp);
  if (timestamps_.size() > remembered_max) timestamps_.pop_front();
}

bool OwnLocks::took(const ScanLock& lock, ScanArea area, const Ticket& ticket) const {
  const auto known = ticket.locked.find(area);
  if (known != ticket.locked.end() && known->second == lock.timestamp) return true;
  return std::find(timestamps_.begin(), timestamps_.end(), lock.timestamp) != timestamps_.end();
}

bool OwnLocks::are_ours(const ScanLock& lock, ScanArea area, const Ticket& ticket) const {
  return took(lock, area, ticket) || scan_.is_from_here(lock);
}

}  // namespace ignition
