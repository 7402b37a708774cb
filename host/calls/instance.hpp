// An instance is one plugin object of one kind, made by the `create` of the kind's table. This template is what all
// kinds have in common; each kind adds one function for each verb (source_instance.hpp, strategy_instance.hpp, ...).
//
// Owner: whoever made it with make_instance. The owner awaits `end` before it drops the instance.
// Turn: an instance that is not reentrant gets one call at a time. A call waits for its turn until its deadline.
// Written off: a call that does not return in time is given up. The plugin may still be inside, so its instance is
// never called again and never destroyed. Threads: used on the event loop. The plugin's functions run on the workers.
#pragma once

#include "host/calls/workers.hpp"

namespace stoker::host {

// What every instance has beside its table. Kept alive by running calls.
struct InstanceCore {
  std::string module;          // as configured: "source-git"
  std::string target;          // that it is for; empty: it is for no single one
  bool reentrant = false;      // else one call at a time
  std::shared_ptr<void> host;  // what stands behind the stoker_host that create got
  // Calls the plugin's `close`, to match its `open`. Runs on a worker, after destroy or after a create that failed. It
  // never runs for an instance that was written off: the plugin may still be inside, so its library stays open.
  std::function<void()> close_library;
  std::function<void(const std::string&)> warn;  // writes to the module's log; may be empty. [any thread]
  std::recursive_timed_mutex turn;               // a thread that has it may ask again, from within a callback
  std::atomic<bool> written_off{false};
  std::atomic<bool> late_callback{false};  // it called back while no call of it ran, so its next call fails
};

template <class TableOfKind, class HandleOfKind>
class Instance {
 public:
  using Table = TableOfKind;
  using Handle = HandleOfKind;
  // What a running call holds of the instance.
  struct Parts {
    std::shared_ptr<InstanceCore> core;
    const Table* table = nullptr;
    Handle* self = nullptr;
  };

  Instance(Workers& workers, Parts parts) : workers_(workers), parts_(std::move(parts)) {}
  const std::string& module_name() const { return parts_.core->module; }
  const Parts& parts() const { return parts_; }
  // Destroys the plugin's object. Nothing else may be called after it.
  Async<void> end();

 protected:
  template <class T>
  using Body = std::function<Result<T>(const CallState&)>;
  // Runs one function of the table on the workers; `body` owns all that it touches. `verb` names the function in
  // messages. It also decides whether the call goes on after a late callback: see must_not_fail_late.
  template <class T>
  Async<T> call(std::string verb, CallLimits limits, Body<T> body) const;
  Workers& workers() const { return workers_; }

 private:
  Workers& workers_;
  Parts parts_;
};

// Makes an instance; `face` is the stoker_host that it keeps, `core->host` what stands behind it. T: one of the kinds.
template <class T>
Async<std::unique_ptr<T>> make_instance(Workers& workers, std::shared_ptr<InstanceCore> core,
                                        const typename T::Table* table, const stoker_host* face, std::string config);

}  // namespace stoker::host
