// The time limit of one piece of work: the deadline and the cancel of the call, and a limit of the plugin itself. Used
// on the thread of the call.
#pragma once

#include <stoker/call.hpp>

#include <algorithm>
#include <chrono>

namespace stoker::git {

class Bound {
 public:
  Bound(const Call& call, std::chrono::milliseconds limit)
      : call_(call), end_(std::chrono::steady_clock::now() + limit) {}
  Result<void> check() const {
    if (auto running = call_.check(); !running) {
      Error ended = std::move(running).error();
      if (ended == errc::timeout) ended.code = "git.timeout";
      return ended;
    }
    if (std::chrono::steady_clock::now() >= end_)
      return Error(errc::timeout, "the time limit of the module passed", "git.timeout");
    return {};
  }
  std::chrono::milliseconds remaining() const {
    const auto own = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
    return std::min(call_.remaining(), own);
  }
  const Call& call() const { return call_; }

 private:
  const Call& call_;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace stoker::git
