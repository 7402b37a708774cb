// The courses of processes that the stops are tried on, each with the directory it begins in and what has to be so
// after a stop of it.
#pragma once

#include "tests/crash/aftermath.hpp"

namespace crash {

using Calls = std::vector<Seen>;

// What a killed process left: the next finds the very files that it made, or copies.
enum class Left { itself, copied };

// What the process does that is stopped, and what is stopped of it.
struct Course {
  const char* name;
  void (*prepare)(Site&, Left);
  void (*body)(Site&);
  bool (*counts)(const Calls&, const Seen&);  // else the call is another course's
  Expected (*after_kill)(const Calls&, const Place&);
  Expected (*after_error)(const Account&);
};

inline constexpr int courses_count = 5;
extern const Course courses[courses_count];
// A recovery finds what a dead process left.
bool recovers(const Course& course);

}  // namespace crash
