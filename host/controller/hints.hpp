// The hints that wait for an answer: which Syncs somebody asked to look at. Each hint raises its Sync's token. A look
// answers every hint that came before it began; a hint that comes later needs another look. Pure state, no clock.
// [event loop]
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace stoker::host {

constexpr std::size_t deliveries_max = 1000;

class Hints {
 public:
  enum class Counted { yes, known_delivery, unknown_sync };

  // The Sync exists. A new one is due at once.
  void add(const std::string& sync);
  // The Sync is gone: it is forgotten, together with a look that has begun for it.
  void remove(const std::string& sync);
  // Tokens start from this one, because an earlier process has used those below.
  void start_from(const std::string& sync, std::uint64_t token);
  // `sync` empty: all. An equal delivery that is not empty counts once. `urgent`: an event, and no timer, caused it.
  Counted hint(std::string_view sync, bool urgent, std::string_view delivery = {});

  // Does the Sync have a hint that no look has answered, while no look is running?
  bool due(const std::string& sync) const;
  // Begins a look. Returns the token that this look will answer.
  std::uint64_t begin_resolve(const std::string& sync);
  void end_resolve(const std::string& sync, std::uint64_t token);
  // The look failed: the Sync stays due. The caller decides when to try again.
  void fail_resolve(const std::string& sync);
  std::uint64_t token(const std::string& sync) const;
  // Did an urgent hint come since the last look began: a wait after a failure ends.
  bool urgent(const std::string& sync) const;
  // Did an urgent hint come that no look has answered: what it asks for outlives a look that fails.
  bool asked(const std::string& sync) const;

 private:
  struct Counter {
    std::uint64_t token = 0, satisfied = 0;
    bool resolving = false, urgent = false;
    std::uint64_t asked = 0;  // the token of the newest urgent hint
  };
  bool seen(std::string_view sync, std::string_view delivery);

  std::map<std::string, Counter, std::less<>> counters_;
  std::map<std::string, std::uint64_t> floors_;  // the first token of a Sync that has used those below
  std::set<std::string> deliveries_;
  std::deque<std::string> oldest_first_;
};

}  // namespace stoker::host
