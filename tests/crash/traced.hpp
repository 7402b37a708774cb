// A process whose system calls are watched, and one of them stopped: by a kill, by an error that the kernel never saw,
// or by a write cut short. The process is a fork that runs a function; it names the phase it is in by a mark, and only
// calls inside a phase count. One at a time, on the thread that has `run_traced`.
#pragma once

#include "system_call.hpp"

#include <compare>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace crash {

enum class Phase : int { none, open, memory, stage, apply, revert, recover, forget };
std::string_view name(Phase phase);

// One call by where it is: sections begin with each mark, calls are counted in each.
struct Place {
  std::size_t section = SIZE_MAX, call = 0;
  auto operator<=>(const Place&) const = default;
};

// What is done to a call, and to those after it.
struct Stop {
  enum class Kind {
    none,
    kill_before,  // at its entry
    kill_after,   // at its exit
    fail,         // it answers `error`
    fail_on,      // it and every later one that changes files and may do so answers `error`
    shorten,      // it writes half of what it was asked to
    fail_each,    // each one that may do so answers `error` once
    shorten_each,
  };
  Kind kind = Kind::none;
  bool old_kernel = false;  // beside it: no openat2, and no flags of renameat2
  bool slow_disk = false;   // beside it: what is only begun to be written back has not come to the disk yet
  Place at;
  int error = 0;
  Place kill_at;  // after `at`: the process is killed at the entry of this one
};

struct Seen {
  Phase phase = Phase::none;
  Place place;
  SystemCall call;
};
// Phase, section, number and name, for messages.
std::string place_of(const Seen& seen);

// How the process ended and which calls it made inside phases; with a stop only those of the sections it is about.
struct Trace {
  std::vector<Seen> calls;
  bool stopped = false;  // the call of the stop was reached
  int status = 0;        // as of waitpid
  bool killed() const;
};

// Looks at a call at its entry and at its exit; `result` is only there then. For those who want to know more.
using Watch = std::function<void(pid_t process, const Seen& seen, const std::int64_t* result)>;

// Runs `body` in a traced fork, which ends when it returns. Throws when tracing is not permitted.
Trace run_traced(const std::function<void()>& body, const Stop& stop, const Watch& watch = {});

// Within the body: from here on it is in this phase.
void mark(Phase phase);

}  // namespace crash
