// What was told of one target and still stands, so that it is told once and not after each Run that finds the same. A
// value. The Announcer owns it. [event loop]
#pragma once

#include "host/values/report.hpp"

namespace stoker::host {

// What makes two Reports the same for people, but for the notes and the name of the Run.
std::string essence_of(const Report& report);

class Standing {
 public:
  // Does the Report say something that the last one did not? No for a Run that waits or fails again as the one before.
  bool is_news(const Report& report);
  // Takes the notes of the Report that are for people, and returns those of them that did not stand before.
  std::vector<Note> take_notes(const Report& report);
  const std::vector<Note>& notes() const { return notes_; }

 private:
  std::string last_;
  std::vector<Note> notes_;
};

}  // namespace stoker::host
