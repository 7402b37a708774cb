// One target's lane through a schedule: the host's own TargetLane, in processes that are woken, killed and followed by
// others, and the Runs that its own patience asks for. The loop is real; the clock is moved to when the lane is due.
#pragma once

#include "modules.hpp"

#include "host/agent/target_lane.hpp"
#include "tests/support/host_loop.hpp"

namespace stoker::schedule {

// What outlives all schedules of a test: the loop, its one worker, the modules that keep nothing.
class Bench : public host::testing::HostLoop {
 public:
  Bench();
  ~Bench();

  std::unique_ptr<host::StrategyInstance> strategy();

  std::filesystem::path room, data;
  std::unique_ptr<host::SourceInstance> source;
  std::unique_ptr<host::VerifierInstance> verifier;

 private:
  template <class T, class Table>
  std::unique_ptr<T> made(const std::string& name, const Table* table, bool reentrant, const std::string& config);
};

struct Outcome {
  std::string broken, text;  // the rule, or nothing
  Schedule schedule;         // with what was drawn
  std::map<std::string, std::uint64_t> counts;
  std::vector<std::string> trace;
};

// One schedule from its beginning to rest.
Outcome follow(Bench& bench, Picks picks, bool tracing);

}  // namespace stoker::schedule
