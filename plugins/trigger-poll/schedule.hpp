// When to look at which repository again: a value without clock, lock or I/O. Owned by the trigger, which locks around
// it.
#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace poll {

using Milliseconds = std::chrono::milliseconds;

inline constexpr Milliseconds interval_min{1000};

// One Sync, as far as polling goes.
struct Watched {
  std::string sync;
  std::string repository;
  Milliseconds interval{};
};

// Syncs of one repository come due together, at the smallest interval among them: one look serves them all.
class Schedule {
 public:
  Schedule(unsigned jitter_percent, std::uint_fast32_t seed) : jitter_percent_(jitter_percent), random_(seed) {}

  // What is watched from now on. A repository that was known keeps its time, unless its interval brings it forward.
  void watch(const std::vector<Watched>& syncs, Milliseconds now);

  // The Syncs to look at now; their next time counts from now, so that a suspended machine does not catch up on polls.
  std::vector<std::string> take_due(Milliseconds now);

  // When the next one is due; nothing if none is watched.
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
