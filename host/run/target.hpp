// What the Runs of one target work with. Owned by the target's lane; the modules, the pool and the clock belong to
// whoever wired it and outlive it. On the event loop.
#pragma once

#include "host/calls/source_instance.hpp"
#include "host/offered/clock.hpp"
#include "host/run/journal.hpp"
#include "host/run/run_step.hpp"
#include "host/run/target_memory.hpp"
#include "host/run/verifiers.hpp"

namespace stoker::host {

// The source instance for a repository, with its credentials as they are now. Awaited when a Run opens its revision, so
// that a Run that needs no source needs no secret either.
using FindSource = std::function<Async<std::shared_ptr<SourceInstance>>(SourceSpec)>;

struct Target {
  Target(std::string of, Workers& pool, FindSource from, StrategyInstance& by, Verifiers asked, TargetMemory remembered,
         const Clock& time)
      : name(std::move(of)),
        workers(pool),
        find_source(std::move(from)),
        strategy(by),
        verifiers(std::move(asked)),
        memory(std::move(remembered)),
        clock(time),
        judges(verifiers.judges()) {}

  std::string name;
  Workers& workers;
  FindSource find_source;
  StrategyInstance& strategy;
  Verifiers verifiers;
  TargetMemory memory;
  const Clock& clock;
  Journal journal{strategy};
  // Who would judge a change of this target: the verifiers that verify, and the gateway that they ask. Empty: nobody.
  // What was judged by others is judged again.
  std::string judges;
  bool is_verified = true;                     // false: its configuration says that nobody has to verify it
  Facts facts;                                 // as last observed
  std::function<void(const Facts&)> observed;  // called with each; may be empty
  std::optional<RunStep> step;                 // of the Run that is under way
};

}  // namespace stoker::host
