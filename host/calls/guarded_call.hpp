// One call into an instance, from the event loop: in the instance's turn, on a worker, and never once the instance was
// written off. A callback that came outside of any call fails the next call of the instance, by name.
#pragma once

#include "host/calls/call_guard.hpp"
#include "host/calls/process_guard.hpp"
#include "host/calls/record_checks.hpp"
#include "host/calls/turn.hpp"

namespace stoker::host {

// These verbs finish or undo what was begun. They must not fail for a defect of an earlier call, because a target would
// stay half changed or locked.
bool must_not_fail_late(std::string_view verb);

// Returns an error if a callback came after its own call had returned. That call is over and cannot fail any more, so
// the next one fails in its place.
Result<void> check_late_callback(InstanceCore& core, std::string_view verb);

template <class T, class Function>
Result<T> in_turn(const std::shared_ptr<InstanceCore>& core, const CallState& state, Function function) {
  Turn turn(core);
  if (auto taken = turn.take(state, state.what()); !taken) return std::move(taken).error();
  return function();
}

template <class T, class Function>
Async<T> guarded_call(Workers& workers, std::shared_ptr<InstanceCore> core, std::string verb, CallLimits limits,
                      Function function) {
  std::string what = core->module + ": " + verb;
  if (core->written_off.load()) co_return instance_written_off(what);
  auto turns = std::make_shared<HeldTurns>();
  auto body = [core, turns, verb = std::move(verb), function = std::move(function)](const CallState& state) mutable {
    const CurrentCall current(turns);
    if (auto fine = check_late_callback(*core, verb); !fine) return Result<T>(std::move(fine).error().in(state.what()));
    Result<T> result = in_turn<T>(core, state, [&] { return function(state); });
    if (const std::string changed = put_back_process(); !changed.empty() && core->warn) core->warn(changed);
    auto fine = check_late_callback(*core, verb);
    if (result && !fine) return Result<T>(std::move(fine).error().in(state.what()));
    return result;
  };
  Result<T> result = co_await workers.call<T>(std::move(what), std::move(limits), std::move(body));
  if (!result && fault_of(result.error()) == CallFault::did_not_return) {
    core->written_off.store(true);
    turns->write_off_instances();
  }
  co_return result;
}

}  // namespace stoker::host
