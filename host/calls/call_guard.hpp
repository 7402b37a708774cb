// The guard of one call into a plugin. During a call the plugin gets tables and sinks of the host to call back into. It
// may use them only on the thread of the call and only until the call returns. Each of them stands behind a guard,
// which rejects every other use, so a plugin that keeps a sink for later cannot touch memory that is gone. Made, closed
// and dropped on the thread of the call; asked by any thread.
#pragma once

#include "host/calls/instance.hpp"

#include <thread>

namespace stoker::host {

// The instance whose function this thread runs now; empty outside of calls.
std::weak_ptr<InstanceCore>& current_instance();

// Lets callbacks in on the thread that made it, until it is closed. A rejected callback is remembered here, to fail
// this call, and at the instance, to fail its next call if this one is over.
class CallGuard {
 public:
  CallGuard() : instance_(current_instance()) {}
  // May this thread go on? [any thread]
  bool admits_caller() noexcept;
  void close() { open_ = false; }
  // Was a callback rejected?
  bool violated() const { return violated_.load(); }
  // This call fails for the rejected callback, so the next one need not.
  void clear_late_callback();

 private:
  const std::thread::id thread_ = std::this_thread::get_id();
  const std::weak_ptr<InstanceCore> instance_;
  bool open_ = true;  // read and written by the call's own thread only: needs no lock
  std::atomic<bool> violated_{false};
};

// What a plugin gets a pointer to: the guard, with the table that the plugin sees (`Face`, may be empty) in front of it
// and the object that answers (`Behind`) behind it.
template <class Behind, class Face>
struct GuardedFace : Face, CallGuard {
  explicit GuardedFace(Behind& b) : Face{}, behind(b) {}
  Behind& behind;
};
struct NoFace {};

// The member through which an object lets plugins call it. Closes its guard when the object is destroyed; the memory
// of the guard itself stays for a while (keep_for_late_callers).
template <class Behind, class Face = NoFace>
class Guarded {
 public:
  explicit Guarded(Behind& behind) : face_(std::make_shared<GuardedFace<Behind, Face>>(behind)) {
    keep_for_late_callers(face_);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() { face_->close(); }
  GuardedFace<Behind, Face>* operator->() const { return face_.get(); }
  GuardedFace<Behind, Face>* get() const { return face_.get(); }
  // The object behind a face that a plugin called, or null if the guard rejects the caller.
  static Behind* admitted(const Face* face) noexcept {
    auto& guard = *const_cast<GuardedFace<Behind, Face>*>(static_cast<const GuardedFace<Behind, Face>*>(face));
    return guard.admits_caller() ? &guard.behind : nullptr;
  }
  static Behind* admitted(void* sink) noexcept {
    auto& guard = *static_cast<GuardedFace<Behind, Face>*>(sink);
    return guard.admits_caller() ? &guard.behind : nullptr;
  }
  // An error if a callback was rejected.
  Result<void> defect() const;

 private:
  std::shared_ptr<GuardedFace<Behind, Face>> face_;
};

// The error of a callback that a guard rejected.
Error rejected_callback();

template <class Behind, class Face>
Result<void> Guarded<Behind, Face>::defect() const {
  if (!face_->violated()) return {};
  face_->clear_late_callback();
  return rejected_callback();
}

}  // namespace stoker::host
