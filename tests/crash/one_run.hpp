// The process that is stopped: the pipeline's calls and memory in their order, on one thread, each in its phase.
#pragma once

#include "host/run/target_memory.hpp"
#include "tests/crash/site.hpp"

namespace crash {

// One Run to `revision` as the host would have it done; each step answers whether the next is due.
class OneRun {
 public:
  OneRun(Site& site, std::string revision) : site_(site), revision_(std::move(revision)) {}
  // All of it: staged, applied, verified, forgotten. `bad`: the verdict is bad, and it is taken back.
  void run(bool bad = false);
  // What a wake does of it: opens the memory, recovers, remembers.
  void recover();
  static constexpr const char* id = "run-under-test";

 private:
  bool open();
  bool plan_and_stage();
  bool apply();
  void take_back();
  bool step(Phase phase, const std::function<Result<void>()>& body);
  bool remember(const std::function<void(stoker::host::Memory&)>& change);

  Site& site_;
  std::string revision_;
  std::optional<stoker::host::TargetMemory> memory_;
  std::optional<stoker::merge::testing::Instance> strategy_;
};

}  // namespace crash
