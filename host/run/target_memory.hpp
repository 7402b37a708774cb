// The files of a target's memory, on its own volume in <data>/.stoker/: target.json (the Memory), assignment.json (the
// last assignment) and the lock file of the process that owns the target. Every write replaces its file, so that after
// a crash the old or the new one is there. Used by the target's lane alone.
#pragma once

#include "host/base/file.hpp"
#include "host/run/memory.hpp"

namespace stoker::host {

// Stoker's own folder at a target's data root.
inline constexpr std::string_view state_folder = ".stoker";

// How the write of a file ended. `there`: the new file is in its place, although it may not be durable yet.
struct Replaced {
  bool there = false;
  Result<void> durable;
};

// Opening it takes the lock file. A second process gets errc::conflict, and the message names the first.
class TargetMemory {
 public:
  static constexpr std::size_t bytes_max = 1 << 20;

  static Result<TargetMemory> open(const std::filesystem::path& data);

  const std::filesystem::path& folder() const { return folder_; }  // Stoker's own, at the data root
  const Memory& now() const { return memory_; }
  // The last assignment that was kept.
  const std::optional<Assignment>& assignment() const { return assignment_; }

  // Is the data folder still the one that was opened? Not when somebody moved it away or put another one into its
  // place. It is called on another thread.
  struct PlaceCheck {
    std::filesystem::path file;
    std::uint64_t device = 0, inode = 0;
    Result<void> operator()() const;
  };
  PlaceCheck place_check() const { return {folder_ / "lock", device_, inode_}; }

  // A write has two halves, because a disk may hang for longer than the event loop can wait. `begin_write` makes a
  // Write, which owns everything that it touches and is called on another thread. `end_write` takes how that ended.
  // After a failure `now` says what the file says, which may be the new text. If a Write never came back, nothing more
  // is written: it could still land, over newer text.
  struct Write {
    std::filesystem::path file;
    std::string text;
    Replaced operator()() const;
  };
  Result<Write> begin_write(const Memory& next) const { return write_of("target.json", to_json(next)); }
  Result<Write> begin_write(const Assignment& next) const { return write_of("assignment.json", to_json(next)); }
  Result<void> end_write(Memory next, Result<Replaced> came);
  Result<void> end_write(const Assignment& next, Result<Replaced> came);
  // Both halves at once, on this thread. It is durable when they return.
  Result<void> write(Memory next);
  Result<void> assign(const Assignment& assignment);  // nothing is written for the same work

 private:
  TargetMemory(std::filesystem::path folder, Descriptor lock) : folder_(std::move(folder)), lock_(std::move(lock)) {}
  Result<Write> write_of(std::string_view file, std::string text) const;
  template <class Value, class Kept>
  Result<void> accept(Value next, Kept& into, Result<Replaced> came);
  std::filesystem::path folder_;
  std::uint64_t device_ = 0, inode_ = 0;  // of the lock file
  Descriptor lock_;                       // the kernel gives the lock back when this process ends, however it ends
  Memory memory_;
  std::optional<Assignment> assignment_;
  bool lost_ = false;  // a Write never came back
};

// The process that has the target of this data folder open, as its lock file names it; nothing: none has. Takes and
// makes nothing.
Result<std::optional<std::string>> owner_of(const std::filesystem::path& data);

}  // namespace stoker::host
