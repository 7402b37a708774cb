// An instance of a verifier: it asks one gateway before, around and after a change.
#pragma once

#include "host/calls/instance.hpp"
#include "host/calls/strategy_instance.hpp"

#include <stoker/abi/verifier.h>

namespace stoker::host {

// A plan as verifiers are shown it: by value, with what is needed to ask the strategy for content while `tree` is open.
struct PlanShown {
  std::shared_ptr<const Planned> plan;
  const StrategyInstance* strategy = nullptr;  // null: content is not available
  OpenTree tree;
  PlanShown() = default;
  PlanShown(std::shared_ptr<const Planned> p, const StrategyInstance* s, OpenTree t)
      : plan(std::move(p)), strategy(s), tree(std::move(t)) {}
};

struct Locked {
  Decision decision;
  std::string ticket;
};

struct Verdict {
  std::vector<Decision> unhealthy;
  std::optional<Decision> hold;  // it could not judge
  std::vector<Note> notes;
  std::string detail;
  bool healthy() const { return unhealthy.empty() && !hold; }
};

class VerifierInstance : public Instance<stoker_verifier_v1, stoker_verifier> {
 public:
  using Instance::Instance;
  bool observes() const { return parts().table->observe; }
  bool admits() const { return parts().table->admit; }
  bool locks() const { return parts().table->lock; }
  bool verifies() const { return parts().table->verify; }
  bool unlocks() const { return parts().table->unlock; }
  bool diagnoses() const { return parts().table->diagnose; }
  bool probes() const { return parts().table->probe; }
  Async<std::string> observe(CallLimits limits, std::string assignment);
  Async<Decision> admit(CallLimits limits, std::string assignment, PlanShown plan);
  Async<Locked> lock(CallLimits limits, std::string assignment, PlanShown plan);
  Async<Verdict> verify(CallLimits limits, std::string assignment, PlanShown plan, std::string ticket);
  Async<void> unlock(std::string assignment, std::string ticket);
  Async<std::vector<Check>> diagnose(CallLimits limits, std::string assignment);
  Async<std::vector<Check>> probe(CallLimits limits, std::string assignment);
};

}  // namespace stoker::host
