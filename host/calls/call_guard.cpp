#include "host/calls/call_guard.hpp"

#include "host/calls/record_checks.hpp"

namespace stoker::host {

std::weak_ptr<InstanceCore>& current_instance() {
  static thread_local std::weak_ptr<InstanceCore> instance;
  return instance;
}

bool CallGuard::admits_caller() noexcept {
  if (std::this_thread::get_id() == thread_ && open_) return true;
  violated_.store(true);
  if (const auto instance = instance_.lock()) instance->late_callback.store(true);
  return false;
}

void CallGuard::clear_late_callback() {
  if (const auto instance = instance_.lock()) instance->late_callback.store(false);
}

Error rejected_callback() { return misbehaving("it called back from another thread or after the call had returned"); }

}  // namespace stoker::host
