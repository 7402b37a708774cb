// The next process of the host with its one target: the real pipeline, with its wake and whole Runs.
#pragma once

#include "host/run/pipeline.hpp"
#include "tests/crash/site.hpp"
#include "tests/support/host_loop.hpp"
#include "tests/support/step_clock.hpp"

namespace crash {

// Loads the strategy; before any fork, so that each has it.
void load_strategy();

class Successor : stoker::host::testing::HostLoop {
 public:
  explicit Successor(Site& site);
  ~Successor();

  stoker::host::Report wake();
  stoker::host::Report run(const std::string& revision);
  const stoker::host::Memory& memory() const { return target_->memory.now(); }
  void remember(stoker::host::Memory next);

 private:
  stoker::host::testing::StepClock clock_;
  std::unique_ptr<stoker::host::SourceInstance> source_;
  std::unique_ptr<stoker::host::StrategyInstance> strategy_;
  std::unique_ptr<stoker::host::Target> target_;
};

// A Report's outcome with its error.
std::string told(const stoker::host::Report& report);
bool holds(const stoker::host::Memory& memory, const std::string& key);

}  // namespace crash
