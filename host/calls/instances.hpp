// The tables of loaded plugins as awaitable C++: the only host code that sees the ABI's tables. Whatever a plugin hands
// over is outside input and is checked here, once: lengths, order, paths, enum values, the thread it comes on; a
// violation fails that call with code "host.plugin-misbehaving" and the module's name. Owned by whoever wired them;
// used on the event loop.
#pragma once

#include "host/calls/plugin_text.hpp"
#include "host/calls/workers.hpp"
#include "host/values/change_list.hpp"
#include "host/values/report.hpp"

#include <stoker/abi/notifier.h>
#include <stoker/records.hpp>

namespace stoker::host {

// What every instance has: the plugin's object, whose table it is, and what must outlive it. Kept alive by running
// calls.
struct InstanceCore {
  std::string module;          // as configured: "source-git"
  bool reentrant = false;      // else one call at a time
  std::shared_ptr<void> host;  // what stands behind the stoker_host that create got
  std::timed_mutex turn;
  std::atomic<bool> written_off{false};
  std::atomic<bool> called_late{false};  // called back when no call of it ran, or from elsewhere: its next call fails
};

// A tree of a source. Closing it is a plugin call: `close` is awaited by whoever opened it.
class OpenTree {
 public:
  OpenTree() = default;
  struct Core;
  explicit OpenTree(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  const std::shared_ptr<Core>& core() const { return core_; }
  const std::string& revision() const;

 private:
  std::shared_ptr<Core> core_;
};

struct Resolution {
  std::vector<Resolved> refs;  // as asked
  std::vector<Note> notes;
};

class SourceInstance {
 public:
  SourceInstance(Workers& workers, std::shared_ptr<InstanceCore> core, const stoker_source_v1* table,
                 stoker_source* self)
      : workers_(workers), core_(std::move(core)), table_(table), self_(self) {}
  Async<Resolution> resolve(CallLimits limits, std::vector<std::string> refs);
  Async<OpenTree> open(CallLimits limits, std::string revision);
  Async<void> close(OpenTree tree);
  Async<void> end();

 private:
  Workers& workers_;
  std::shared_ptr<InstanceCore> core_;
  const stoker_source_v1* table_;
  stoker_source* self_;
};

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

class StrategyInstance {
 public:
  StrategyInstance(Workers& workers, std::shared_ptr<InstanceCore> core, const stoker_strategy_v1* table,
                   stoker_strategy* self)
      : workers_(workers), core_(std::move(core)), table_(table), self_(self) {}
  const std::string& module_name() const { return core_->module; }
  Async<Recovered> recover(std::string keep);
  Async<Planned> plan(CallLimits limits, std::string run, std::string assignment, OpenTree tree);
  Async<void> adopt(std::string run);
  Async<void> stage(CallLimits limits, std::string run, OpenTree tree);
  Async<std::vector<Note>> apply(std::string run);
  Async<PutBack> revert(std::string run);
  Async<void> forget(std::string run);
  Async<void> end();

 private:
  friend class VerifierInstance;
  Workers& workers_;
  std::shared_ptr<InstanceCore> core_;
  const stoker_strategy_v1* table_;
  stoker_strategy* self_;
};

// A plan as verifiers are shown it: by value, with what is needed to ask the strategy for content while `tree` is open.
struct PlanShown {
  std::shared_ptr<const Planned> plan;
  const StrategyInstance* strategy = nullptr;  // null: content is not to be had
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
  std::string detail;
  bool healthy() const { return unhealthy.empty(); }
};

class VerifierInstance {
 public:
  VerifierInstance(Workers& workers, std::shared_ptr<InstanceCore> core, const stoker_verifier_v1* table,
                   stoker_verifier* self)
      : workers_(workers), core_(std::move(core)), table_(table), self_(self) {}
  const std::string& module_name() const { return core_->module; }
  bool observes() const { return table_->observe; }
  bool admits() const { return table_->admit; }
  bool locks() const { return table_->lock; }
  bool verifies() const { return table_->verify; }
  bool unlocks() const { return table_->unlock; }
  Async<std::string> observe(CallLimits limits, std::string assignment);
  Async<Decision> admit(CallLimits limits, std::string assignment, PlanShown plan);
  Async<Locked> lock(CallLimits limits, std::string assignment, PlanShown plan);
  Async<Verdict> verify(CallLimits limits, std::string assignment, PlanShown plan, std::string ticket);
  Async<void> unlock(std::string assignment, std::string ticket);
  Async<void> end();

 private:
  Workers& workers_;
  std::shared_ptr<InstanceCore> core_;
  const stoker_verifier_v1* table_;
  stoker_verifier* self_;
};

class TriggerInstance {
 public:
  TriggerInstance(Workers& workers, std::shared_ptr<InstanceCore> core, const stoker_trigger_v1* table,
                  stoker_trigger* self)
      : workers_(workers), core_(std::move(core)), table_(table), self_(self) {}
  const std::string& module_name() const { return core_->module; }
  Async<void> watch(std::string syncs);
  // Hints until the deadline: none is an empty list. Blocks a thread of its own pool: pass workers of the triggers.
  Async<std::vector<Hint>> next(CallLimits limits);
  Async<void> end();

 private:
  Workers& workers_;
  std::shared_ptr<InstanceCore> core_;
  const stoker_trigger_v1* table_;
  stoker_trigger* self_;
};

class NotifierInstance {
 public:
  NotifierInstance(Workers& workers, std::shared_ptr<InstanceCore> core, const stoker_notifier_v1* table,
                   stoker_notifier* self)
      : workers_(workers), core_(std::move(core)), table_(table), self_(self) {}
  const std::string& module_name() const { return core_->module; }
  Async<void> notify(CallLimits limits, std::string key, std::string report);
  Async<void> end();

 private:
  Workers& workers_;
  std::shared_ptr<InstanceCore> core_;
  const stoker_notifier_v1* table_;
  stoker_notifier* self_;
};

// Makes an instance; `face` is the stoker_host that it keeps, `core->host` what stands behind it. T: one of the five
// above.
template <class T, class Table>
Async<std::unique_ptr<T>> make_instance(Workers& workers, std::shared_ptr<InstanceCore> core, const Table* table,
                                        const stoker_host* face, std::string config);

// Over path, op, mode, blob or after, and mapping of every change: a stamp of the gateway does not void an approval.

}  // namespace stoker::host
