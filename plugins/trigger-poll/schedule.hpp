// The schedule says when to look at which repository again. It is a plain value without clock, lock or I/O. The trigger
// owns it and guards it with a lock.
#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace poll {

using Milliseconds = std::chrono::milliseconds;

inline constexpr Milliseconds interval_min{1000};

// What polling needs of one Sync.
struct Watched {
  std::string sync;
  std::string repository;
  Milliseconds interval{};
};

// All Syncs of one repository are due at the same time, by the shortest of their intervals, because one look serves
// them all.
class Schedule {
 public:
  Schedule(unsigned jitter_percent, std::uint_fast32_t seed) : jitter_percent_(jitter_percent), random_(seed) {}

  // Sets the Syncs to watch. A repository that was known keeps its time, unless a shorter interval makes it earlier.
  void watch(const std::vector<Watched>& syncs, Milliseconds now);

  // The Syncs to look at now. Their next time is counted from now, so that a machine does not repeat the polls that it
  // missed while it was suspended.
  std::vector<std::string> take_due(Milliseconds now);

  // When the next one is due; no value when nothing is watched.
  std::optional<Milliseconds> next_due() const;

 private:
  struct Look {
    std::string repository;
    std::vector<std::string> syncs;
    Milliseconds interval{};
    Milliseconds due{};
  };
  Milliseconds jittered(Milliseconds interval);

  unsigned jitter_percent_;
  std::mt19937 random_;
  std::vector<Look> looks_;
};

}  // namespace poll
