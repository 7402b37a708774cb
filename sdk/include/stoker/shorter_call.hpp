// SPDX-License-Identifier: Apache-2.0
// ShorterCall: a call with an earlier deadline than the call it is made from.
//
// Use it for one step of a call, such as one request: a step that gets no answer then ends at its own limit and leaves
// time for the rest. Cancel, id, errors and progress are those of the outer call. Make it on the stack, within the
// outer call; it must end before the outer call. Use it on one thread.
//
//   const stoker::ShorterCall shorter(call, std::chrono::seconds(5));
//   stoker::Call limited(&shorter);
//   auto answer = http.send(limited, request);
#pragma once

#include <stoker/call.hpp>

#include <algorithm>
#include <chrono>

namespace stoker {

class ShorterCall : public stoker_call {
 public:
  // The deadline is `limit` from now, or the outer call's deadline if that is earlier.
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
