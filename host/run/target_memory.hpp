// The files of a target's memory, on its own volume in <data>/.stoker/: target.json (the Memory), assignment.json (the
// last assignment) and the lock file of the process that owns the target. Every write replaces its file, so that after
// a crash the old or the new one is there. Used by the target's lane alone.
#pragma once

#include "host/base/file.hpp"
#include "host/run/memory.hpp"

namespace stoker::host {

// Stoker's own folder at a target's data root.
inline constexpr std::string_view state_folder = ".stoker";

// What came of replacing a file. `there`: the new one is in its place, also when it may not be durable.
struct Replaced {
  bool there = false;
  Result<void> durable;
};

// The files behind it. Opening takes the owner lock: a second process gets errc::conflict naming the first.
class TargetMemory {
 public:
  static constexpr std::size_t bytes_max = 1 << 20;

  static Result<TargetMemory> open(const std::filesystem::path& data);

  const Memory& now() const { return memory_; }
  // The last assignment, kept beside; worth writing only when its work differs.
  const std::optional<Assignment>& assignment() const { return assignment_; }

  // A write comes in two halves, since a disk may hang for longer than anybody waits. `Put` owns all that it touches
  // and is run elsewhere; `ended` takes what came of it. After a failure the memory is what the file says: as it was,
  // or the next. When a put did not come back nothing more is written: it may still land, over what would be newer.
  struct Put {
    std::filesystem::path file;
    std::string text;
    Replaced operator()() const;
  };
  Result<Put> put(const Memory& next) const { return put_of("target.json", to_json(next)); }
  Result<Put> put(const Assignment& next) const { return put_of("assignment.json", to_json(next)); }
  Result<void> ended(Memory next, Result<Replaced> came);
  Result<void> ended(const Assignment& next, Result<Replaced> came);
  // Both halves at once, on this thread: durable when it returns.
  Result<void> write(Memory next);
  Result<void> assign(const Assignment& assignment);

 private:
  TargetMemory(std::filesystem::path folder, Descriptor lock) : folder_(std::move(folder)), lock_(std::move(lock)) {}
  Result<Put> put_of(std::string_view file, std::string text) const;
  template <class Value, class Kept>
  Result<void> take(Value next, Kept& into, Result<Replaced> came);
  std::filesystem::path folder_;
  Descriptor lock_;  // the kernel gives it back when this process ends, however it ends
  Memory memory_;
  std::optional<Assignment> assignment_;
  bool lost_ = false;  // a put did not come back
};

}  // namespace stoker::host
