// What a process did to files, in its order, and what is wrong with that order for somebody who loses all that was not
// synced. `DurableTrace` is filled by watching a process; `disorder` is pure.
#pragma once

#include "traced.hpp"

#include <string>

namespace crash {

struct Deed {
  enum class What {
    write,   // bytes of a file
    owner,   // owner or mode
    sync,    // of a file or a folder
    entry,   // a name came, went or changed in a folder
    rename,  // a file or folder got this name; its folders' entries are deeds of their own
    cut,     // a file was cut to nothing
    gone,    // a file or folder lost its last name
    answer,  // the call that this phase is about answered ok
  };
  What what = What::write;
  std::uint64_t inode = 0;
  std::string path;
  Phase phase = Phase::none;
  bool folder = false;
};

class DurableTrace {
 public:
  // Pass it to run_traced.
  Watch watch();
  // All of them, when the process has ended.
  std::vector<Deed> deeds();

 private:
  void at_entry(pid_t process, const Seen& seen);
  void at_exit(const Seen& seen, std::int64_t result);
  void add(Deed::What what, std::uint64_t inode, const std::string& path);
  void add_entry(const std::string& path);

  std::vector<Deed> deeds_;
  std::size_t section_ = 0;
  Phase phase_ = Phase::none;
  std::string path_, other_;  // of the call under way
  std::uint64_t inode_ = 0;
  bool folder_ = false;
};

// Every break of these rules:
// 1. what a rename brings outside of Stoker's folder, or to target.json and its like, was synced since it was written;
// 2. before anything changes outside of Stoker's folder, the records of it are synced;
// 3. before the records say that it is done, every folder that changed is synced;
// 4. before the log of the records is cut, what was in it is synced in the records;
// 5. when a call answers ok, all that it did is synced, but for what it threw away.
std::vector<std::string> disorder(const std::vector<Deed>& deeds);

// Which of them are syncs that something was left to sync for.
std::vector<std::size_t> needed_syncs(const std::vector<Deed>& deeds);

}  // namespace crash
