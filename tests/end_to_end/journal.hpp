// The journal of strategy-merge seen from outside: when a process begins to write one, how far it has come with it, and
// whether a process that is dead or stopped left one open. Nothing here writes below a data directory. Any thread, one
// at a time.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace plant {

// Made while nothing is in flight, or while what was left is not yet taken up; before what it is to see is begun.
class JournalWatch {
 public:
  explicit JournalWatch(const std::filesystem::path& data);
  ~JournalWatch();
  JournalWatch(const JournalWatch&) = delete;
  JournalWatch& operator=(const JournalWatch&) = delete;

  // A Run has the gateway's lock: its journal comes next. False when `over` says so first, or after the plant's
  // patience.
  bool locked(const std::function<bool()>& over);
  // The first record of that journal goes to disk.
  bool begun(const std::function<bool()>& over);
  bool writes() const { return begun_; }
  // A process opens the state, as a start does that may find a journal. False after the plant's patience.
  bool taken_up();
  // Something happens within this time: what was waited for above, or a file is moved.
  bool stirs(std::chrono::milliseconds within);
  // The steps that moved a file since this watch was made, of the last Run that had the lock: names in its folder that
  // came, went or were exchanged.
  int moved() const;

 private:
  bool read_events();  // false: there were none
  template <class Seen>
  bool until(const Seen& seen, const std::function<bool()>& over);
  void watch_run(const std::filesystem::path& folder);
  void read_memory();  // inFlight of target.json with the tickets of the locks: whose they are

  std::filesystem::path memory_, runs_;
  int events_ = -1, folder_ = -1, state_ = -1, all_runs_ = -1;
  std::map<int, std::string> run_of_;                   // by watch
  std::map<std::string, std::set<std::string>> moved_;  // slots by run
  std::string run_;                                     // the last one that had the lock
  bool locked_ = false, begun_ = false, taken_up_ = false;
};

struct Journal {
  std::string run;
  int moves = 0;  // steps that move a file
  bool undo = false;
};
// The open journal below `data`; nobody may be writing to it.
std::optional<Journal> open_journal(const std::filesystem::path& data);

}  // namespace plant
