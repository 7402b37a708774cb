// What a plugin may not change, because it belongs to the whole process: the three standard streams, and what happens
// at a signal. A plugin that ignores SIGTERM would make a process that nobody can stop in an orderly way. Around each
// call the host looks and puts back. On the thread of the call.
#pragma once

#include <signal.h>

#include <array>
#include <string>

namespace stoker::host {

class ProcessGuard {
 public:
  // Remembers what is to happen at a signal.
  ProcessGuard();
  // Puts back what is changed since. Returns what that was, for a message; empty: nothing.
  std::string put_back() const;

 private:
  static constexpr std::size_t signals_count = 10;
  std::array<struct sigaction, signals_count> actions_;
};

}  // namespace stoker::host
