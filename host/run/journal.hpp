// The strategy's journal of one target, and the one place that knows whether it may be open.
//
// Concept. While a journal is open, live files may be a mix of two revisions. Nothing of ours may then ask the gateway
// to load files, and nobody is let in: giving a lock back asks for a scan, so the lock is left to expire instead. The
// journal counts as open when a process begins, because nobody knows how the last one ended, and while an apply or a
// revert is under way or did not come through. What the strategy answers decides; no other code sets it. Used by the
// target's lane alone, on the event loop.
#pragma once

#include "host/calls/strategy_instance.hpp"

namespace stoker::host {

class Journal {
 public:
  explicit Journal(StrategyInstance& strategy) : strategy_(strategy) {}
  Journal(const Journal&) = delete;  // calls under way refer to it
  Journal& operator=(const Journal&) = delete;

  bool may_be_open() const { return may_be_open_; }
  // As when a process begins: only a recover closes it.
  void assume_open() { may_be_open_ = true; }

  // Each as the strategy's own. None of them sees a cancel.
  Async<std::vector<Note>> apply(std::string run);  // errc::conflict: nothing was done, and the journal is closed
  Async<PutBack> revert(std::string run);
  Async<Recovered> recover(std::string keep);

 private:
  StrategyInstance& strategy_;
  bool may_be_open_ = true;
};

}  // namespace stoker::host
