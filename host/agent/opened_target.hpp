// What one target is made of while it is open: the strategy and the verifiers that were made for it, and its lane. The
// owner's lock on the target's data folder is held from opening to the end. The Agent owns it. [event loop]
#pragma once

#include "host/agent/target_lane.hpp"
#include "host/calls/module_factory.hpp"
#include "host/calls/source_pool.hpp"

namespace stoker::host {

// What all targets of a process share. Everything outlives them.
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

  // Ends the instances. No call of theirs runs any more. The first failure is answered.
  Async<void> end();
};

// Fails when another process owns the target, its memory cannot be read, a secret is missing, or an instance cannot be
// made. What was made by then is ended again.
Async<std::unique_ptr<OpenedTarget>> open_target(const AgentParts& parts, TargetConfig config);

// What is known of a target before anything was ever assigned to it.
Assignment known_of(const TargetConfig& target);

}  // namespace stoker::host
