#include "host/calls/guarded_call.hpp"

namespace stoker::host {

bool must_not_fail_late(std::string_view verb) {
  return verb == "recover" || verb == "apply" || verb == "revert" || verb == "unlock" || verb == "close" ||
         verb == "destroy";
}

Result<void> check_late_callback(InstanceCore& core, std::string_view verb) {
  if (!core.late_callback.exchange(false) || must_not_fail_late(verb)) return {};
  return misbehaving("it called back after an earlier call had returned");
}

}  // namespace stoker::host
