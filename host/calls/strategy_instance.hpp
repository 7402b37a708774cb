// An instance of a strategy: it changes the files of one target.
#pragma once

#include "host/calls/instance.hpp"
#include "host/calls/open_tree.hpp"
#include "host/values/change_list.hpp"

#include <stoker/abi/strategy.h>

namespace stoker::host {

struct Recovered {
  enum class Did { nothing, finished, undone };
  Did did = Did::nothing;
  std::string run, base_revision, base_inputs, base_vars, base_run;
  ChangeList changes;
  std::vector<Note> notes;
};

struct Planned {
  std::string run, digest;
  ChangeList changes;
  std::vector<Note> notes;
  Decision decision;
  bool empty() const { return changes.empty(); }
};

struct PutBack {
  ChangeList changes;
  std::vector<Note> notes;
};

struct Inspected {
  ChangeList changes;
  std::vector<Note> notes;
};

class StrategyInstance : public Instance<stoker_strategy_v1, stoker_strategy> {
 public:
  using Instance::Instance;
  Async<Recovered> recover(std::string keep);
  Async<Planned> plan(CallLimits limits, std::string run, std::string assignment, OpenTree tree);
  Async<void> adopt(std::string run);
  Async<void> stage(CallLimits limits, std::string run, OpenTree tree);
  Async<std::vector<Note>> apply(std::string run);
  Async<PutBack> revert(std::string run);
  Async<void> forget(std::string run);
  // What an applied Run changed, and a note `overwritten` for each file that is not as it left it.
  Async<Inspected> inspect(CallLimits limits, std::string run);
};

}  // namespace stoker::host
