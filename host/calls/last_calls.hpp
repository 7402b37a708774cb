// Which functions of plugins run now, so that a crash has a name. Plugins run in this process, and one that crashes
// ends it. Each thread has a slot in a small file that is mapped into memory; around each call of a plugin it writes
// there module, function and target. The memory outlives the process: the next start reads who was called when the
// process died. A handler of the signals that a crash raises reads the slot of its own thread and writes one line at
// once. Nothing here takes a lock or allocates after a thread's first call. [any thread]
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

// One function of a plugin, as long as it runs on this thread. Calls may be nested: a strategy asks for a source's
// tree.
class RunningCall {
 public:
  // `what` is "module: function". `target` may be empty.
  RunningCall(std::string_view what, std::string_view target);
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;
  ~RunningCall();

 private:
  static constexpr std::size_t text_bytes = 96;
  struct Text {
    char what[text_bytes], target[text_bytes];
    std::int64_t since_ms;
  };
  friend class LastCalls;
  friend struct CallSlot;
  Text outer_{};  // what the slot said before
};

// A call that an earlier process had not ended.
struct LastCall {
  std::string module, function, target;
  std::int64_t since_ms = 0;  // Unix time
  bool crashed = false;       // the signal came on the thread of this call
};

// How the process before ended.
struct LastDeath {
  int signal = 0;  // 0: none that could be seen: it was killed, lost its power, or a plugin called exit()
  std::vector<LastCall> calls;
};

// The file. One process keeps it at a time; a second one keeps its calls in memory of its own, until it ends. So each
// command that runs plugins has a file of its own, and two `stoker run` of one state folder do not. While a process
// runs, nobody may cut its file short: the memory behind it would be gone, and the next call would end with SIGBUS.
class LastCalls {
 public:
  // Reads what the process before left in `file` and begins anew. When the file cannot be used, calls are kept in
  // memory only. On the main thread, before any other thread exists.
  explicit LastCalls(const std::filesystem::path& file);
  LastCalls(const LastCalls&) = delete;
  LastCalls& operator=(const LastCalls&) = delete;
  ~LastCalls();  // a process that gets here has not died
  const LastDeath& before() const { return before_; }

 private:
  LastDeath before_;
  int file_ = -1;
  bool mapped_ = false;
};

// From now on SIGSEGV, SIGBUS, SIGABRT, SIGILL and SIGFPE write one line to standard error that names module and
// function, and then do what they do by default. Not in a build with a sanitizer, which has handlers of its own.
void name_crashes();
// Has such a handler begun? The process ends in a moment. [any thread]
bool is_dying();

}  // namespace stoker::host
