// The exit codes of the commands. Scripts rely on the numbers, so they never change.
#pragma once

#include <stoker/result.hpp>

#include <ostream>

namespace stoker::host {

enum ExitCode : int {
  exit_ok = 0,
  exit_failed = 1,
  exit_bad_usage = 2,  // or not found
  exit_timeout = 3,
  exit_denied = 4,
  exit_held = 5,  // or unavailable
};

// When a process could not be made: prints the lines of the error and returns the exit code.
inline int say_why_not(const Error& error, std::ostream& err) {
  err << error.message;
  return error == errc::invalid ? exit_bad_usage : exit_failed;
}

}  // namespace stoker::host
