// Which scan locks are ours. A lock is known by its timestamp, an opaque number that the gateway gives each hold: the
// ticket has that of the Run's first lock, and this process remembers those that it took since. After a restart the
// key and the address of this machine tell, when the gateway sees the address as it is.
#pragma once

#include "scan.hpp"

#include <deque>

namespace ignition {

class OwnLocks {
 public:
  explicit OwnLocks(const Scan& scan) : scan_(scan) {}
  void remember(const ScanLock& lock);
  // Taken for this ticket, or by this process.
  bool took(const ScanLock& lock, ScanArea area, const Ticket& ticket) const;
  // The same, or by our key on this machine.
  bool are_ours(const ScanLock& lock, ScanArea area, const Ticket& ticket) const;

 private:
  static constexpr std::size_t remembered_max = 16;
  const Scan& scan_;
  std::deque<std::int64_t> timestamps_;
};

}  // namespace ignition
