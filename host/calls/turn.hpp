// The turn of an instance: an instance that is not reentrant gets one call at a time, whether the host calls it or
// another plugin asks it through a view or a plan.
//
// No deadlock: a thread takes turns in one order only, verifier, then strategy, then source, and takes a turn that it
// has already without waiting. A wait ends with the call's deadline or cancel. Lost turn: a call that does not return
// keeps its turns for ever. The host then writes off the instances of all of them, or each later call would wait in
// vain until its deadline. On the workers.
#pragma once

#include "host/calls/call_fault.hpp"
#include "host/calls/instance.hpp"
#include "host/calls/last_calls.hpp"

#include <optional>

namespace stoker::host {

// The turns that one call has, shared between its worker and the event loop.
class HeldTurns {
 public:
  void add(std::shared_ptr<InstanceCore> core);
  void remove_last();
  // The call does not return. [loop]
  void write_off_instances();

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<InstanceCore>> cores_;  // in the order taken; one that is reentrant is not among them
};

// The call that this thread runs: set for the duration of a call from the event loop.
class CurrentCall {
 public:
  explicit CurrentCall(std::shared_ptr<HeldTurns> turns);
  CurrentCall(const CurrentCall&) = delete;
  CurrentCall& operator=(const CurrentCall&) = delete;
  ~CurrentCall();
};

// One turn, from a successful `take` until this goes. Meanwhile its instance is the thread's current one.
class Turn {
 public:
  explicit Turn(std::shared_ptr<InstanceCore> core) : core_(std::move(core)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn();
  // Waits until the instance is free. Fails when it is written off, when the call is cancelled, and at the call's
  // deadline. `what` names the function for the message.
  Result<void> take(const CallState& state, const std::string& what);

 private:
  Result<void> wait(const CallState& state, const std::string& what);
  const std::shared_ptr<InstanceCore> core_;
  std::weak_ptr<InstanceCore> outer_;  // who was current before
  std::optional<RunningCall> running_;
  bool taken_ = false;
};

}  // namespace stoker::host
