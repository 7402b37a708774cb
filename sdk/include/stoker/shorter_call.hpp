// A call inside another, with an earlier deadline: one answer that does not come uses up its own time and not that of
// the whole call. Made on the stack of the surrounding call, of one thread, and ends before it.
#pragma once

#include <stoker/call.hpp>

#include <algorithm>
#include <chrono>

namespace stoker {

class ShorterCall : public stoker_call {
 public:
  ShorterCall(const Call& outer, std::chrono::milliseconds limit)
      : stoker_call(*outer.raw()), outer_(outer.raw()), end_(std::chrono::steady_clock::now() + limit) {
    remaining_ms = [](const stoker_call* call) { return self(call).remaining(); };
    cancelled = [](const stoker_call* call) { return self(call).outer_->cancelled(self(call).outer_); };
    fail = [](const stoker_call* call, const stoker_error* error) {
      return self(call).outer_->fail(self(call).outer_, error);
    };
    progress = [](const stoker_call* call, std::uint64_t done, std::uint64_t total, stoker_str what) {
      self(call).outer_->progress(self(call).outer_, done, total, what);
    };
  }

 private:
  static const ShorterCall& self(const stoker_call* call) { return *static_cast<const ShorterCall*>(call); }
  std::int64_t remaining() const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
    return std::min<std::int64_t>(left.count(), outer_->remaining_ms(outer_));
  }
  const stoker_call* outer_;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace stoker
