// The journal of strategy-merge seen from outside: when a process begins to write one, and whether a process that is
// dead left one open. Nothing here writes below a data directory. Any thread, one at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace plant {

// Made while nothing is in flight, before what it is to see is begun.
class JournalWatch {
 public:
  explicit JournalWatch(const std::filesystem::path& data);
  ~JournalWatch();
  JournalWatch(const JournalWatch&) = delete;
  JournalWatch& operator=(const JournalWatch&) = delete;

  // The first record of a journal goes to disk: the Run has the gateway's lock and writes to the state. False when
  // `over` says so first, or after the plant's patience.
  bool begun(const std::function<bool()>& over);
  // A process opens the state, as a start does that may find a journal. False after the plant's patience.
  bool taken_up();

 private:
  template <class Wanted>
  bool seen(const std::function<bool()>& over, const Wanted& wanted);
  bool locked() const;  // target.json has an inFlight with the tickets of the locks

  std::filesystem::path memory_;
  int events_ = -1, folder_ = -1, state_ = -1;
};

struct Journal {
  std::string run;
  int steps = 0;
  bool undo = false;
};
// The open journal below `data`; nobody may have it open for writing.
std::optional<Journal> open_journal(const std::filesystem::path& data);

}  // namespace plant
