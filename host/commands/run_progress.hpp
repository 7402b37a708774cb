// What `stoker sync` says on standard error while it waits for Runs. On a terminal that is one line, written again in
// its place; else a line when a Run that takes long goes to its next step. [one call at a time]
#pragma once

#include "host/run/run_step.hpp"

#include <chrono>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace stoker::host {

class RunProgress {
 public:
  enum class Form { none, lines, terminal };
  static constexpr std::chrono::milliseconds apart{500};  // of two calls of `show`
  static constexpr std::int64_t long_run_ms = 10'000;     // a shorter one is no line

  // `columns`: of the terminal.
  RunProgress(Form form, std::size_t columns, std::ostream& err) : form_(form), columns_(columns), err_(err) {}

  // What the Runs do now, and for how long all of this has been waited for. `waits_for`: what is waited for when no Run
  // is under way, "the look at line-a"; may be empty.
  void show(const std::vector<ShownStep>& steps, const std::string& waits_for, std::int64_t waited_ms);
  // Takes the line away, before others are written.
  void clear();

 private:
  void show_line(const std::vector<ShownStep>& steps, const std::string& waits_for, std::int64_t waited_ms);
  void add_lines(const std::vector<ShownStep>& steps);

  const Form form_;
  const std::size_t columns_;
  std::ostream& err_;
  std::string line_;                       // that stands at the terminal
  std::map<std::string, std::string> at_;  // by target: the step of its newest line
};

// Of the terminal at standard error; 80 when nobody knows.
std::size_t terminal_columns();

}  // namespace stoker::host
