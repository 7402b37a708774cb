// The parts of one target while it is open: its strategy, its verifiers and its lane. The lock on its data folder is
// held from the opening to the end. The Agent owns it. [event loop]
#pragma once

#include "host/agent/target_lane.hpp"
#include "host/calls/module_factory.hpp"
#include "host/calls/source_pool.hpp"

namespace stoker::host {

// What all targets of a process share. All of it has to outlive them.
struct AgentParts {
  asio::any_io_executor loop;
  const Config& config;
  Services services;
  Workers& workers;
  ModuleFactory& factory;
  SourcePool& sources;
  Exchange& exchange;
};

struct OpenedTarget {
  std::unique_ptr<StrategyInstance> strategy;
  std::vector<std::unique_ptr<VerifierInstance>> verifiers;
  std::unique_ptr<TargetLane> lane;

  // Ends the instances, when none of their calls runs any more. Returns the first failure.
  Async<void> end();
};

// Fails when another process owns the target, its memory cannot be read, a secret is missing, or an instance cannot be
// made. Parts that were made before the failure are ended again. With `may_recover`, a journal that a dead process left
// is finished also when the verifiers cannot be made: a mix of two revisions must not wait for a secret.
Async<std::unique_ptr<OpenedTarget>> open_target(const AgentParts& parts, TargetConfig config, bool may_recover);

// The parts, one by one.
Async<std::shared_ptr<TargetMemory>> open_memory(Workers& workers, TargetConfig config);
Async<std::unique_ptr<StrategyInstance>> make_strategy(const AgentParts& parts, TargetConfig config,
                                                       ModuleConfig module);

// The Assignment of a target to which nothing was ever assigned: without a revision.
Assignment known_of(const TargetConfig& target);

// A verifier of a target, or why it could not be made.
struct MadeVerifier {
  std::string module;
  bool required = true;
  Result<std::unique_ptr<VerifierInstance>> made;
};
// Those that a target has, in their configured order. One that needs a gateway where there is none is an error, or left
// out when the target says `verify: none`. Fails when a secret of the target cannot be read.
Async<std::vector<MadeVerifier>> make_each_verifier(const AgentParts& parts, TargetConfig config);

}  // namespace stoker::host
