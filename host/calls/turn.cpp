#include "host/calls/turn.hpp"

#include "host/calls/call_guard.hpp"

#include <algorithm>

namespace stoker::host {
namespace {

constexpr std::chrono::milliseconds between_looks{50};  // how often a call that waits for its turn checks for a cancel

std::shared_ptr<HeldTurns>& turns_of_this_thread() {
  static thread_local std::shared_ptr<HeldTurns> turns;
  return turns;
}

}  // namespace

void HeldTurns::add(std::shared_ptr<InstanceCore> core) {
  const std::lock_guard lock(mutex_);
  cores_.push_back(std::move(core));
}

void HeldTurns::remove_last() {
  const std::lock_guard lock(mutex_);
  cores_.pop_back();
}

void HeldTurns::write_off_instances() {
  const std::lock_guard lock(mutex_);
  for (const auto& core : cores_) core->written_off.store(true);
}

CurrentCall::CurrentCall(std::shared_ptr<HeldTurns> turns) { turns_of_this_thread() = std::move(turns); }
CurrentCall::~CurrentCall() { turns_of_this_thread().reset(); }

Result<void> Turn::take(const CallState& state, const std::string& what) {
  if (core_->written_off.load()) return instance_written_off(what);
  if (!core_->reentrant) {
    if (auto free = wait(state, what); !free) return free;
    turns_of_this_thread()->add(core_);
  }
  taken_ = true;
  outer_ = std::exchange(current_instance(), core_);
  running_.emplace(what, core_->target);
  return {};
}

Result<void> Turn::wait(const CallState& state, const std::string& what) {
  for (;;) {
    const auto time = std::clamp(state.remaining(), std::chrono::milliseconds(1), between_looks);
    if (core_->turn.try_lock_for(time)) return {};
    if (core_->written_off.load()) return instance_written_off(what);
    if (state.cancelled())
      return Error(errc::cancelled, what + ": cancelled while the instance was busy with another call");
    if (state.remaining() <= std::chrono::milliseconds(0)) return no_turn_free(what);
  }
}

Turn::~Turn() {
  if (!taken_) return;
  running_.reset();
  current_instance() = std::move(outer_);
  if (core_->reentrant) return;
  turns_of_this_thread()->remove_last();
  core_->turn.unlock();
}

}  // namespace stoker::host
