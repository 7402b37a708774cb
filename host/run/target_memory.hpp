// What is remembered of one target on its own volume, in <data>/.stoker/: what runs, verified or not, which Run is in
// flight, what is held, what waits. The host owns it; replaced atomically and durably by every `write`. Used by the
// target's lane alone.
#pragma once

#include "host/values/report.hpp"

#include <filesystem>

namespace stoker::host {

// Stoker's own folder at a target's data root.
inline constexpr std::string_view state_folder = ".stoker";

struct Running {
  std::string revision, ref, inputs, vars, key, run;
  bool verified = false;
  std::string at;  // the state in which the target was when this was applied to it unasked: down, faulted; else empty
  std::int64_t since_ms = 0;
  std::string role;  // of the target then
};

// A Run that may have touched the tree and was not judged since. It goes only when a reload after the last rename was.
struct InFlight {
  std::string run;
  Assignment assignment;
  std::map<std::string, std::string> tickets;  // verifier → ticket
  bool go_back = false;                        // the verdict fell: a process that finds this carries the reverts on
  bool moved = false;                          // a rename may have happened
};

struct Quarantine {
  std::string key, revision, retry;
};

// Staged files and a copy that a held Run left to be taken up again; one at most.
struct Waiting {
  std::string run, plan_digest, key, copy;
};

struct Held {
  std::string key, revision, error;
  std::uint64_t token = 0;
  std::int64_t since_ms = 0;
};

struct Memory {
  static constexpr std::size_t error_bytes_max = 1024;  // of what is held

  std::string sync, strategy;
  std::string role;  // what the gateway last said that it is: one that is down does not say it, and has it all the same
  std::optional<Running> running, good;  // good: the last verified one
  bool adopted = false;  // there was a gateway running before our first apply: there is something to go back to
  std::vector<std::string> unverified;  // Runs since the last verified state, oldest first
  std::optional<InFlight> in_flight;
  std::optional<Quarantine> quarantine;
  std::string retried;  // the retry text that was acted on
  std::optional<Waiting> waiting;
  std::vector<Held> held;                          // 20 at most
  std::map<std::string, std::string> last_detail;  // verifier → detail of the last verified look
  std::vector<std::string> history;                // 10 at most, one line each

  bool holds(const Assignment& assignment) const;
  void hold(const std::string& key, const std::string& revision, const Assignment& assignment, std::string_view error,
            std::int64_t now_ms);
  void release(const std::string& key);
  // Nothing stands and what runs was verified.
  bool sure() const { return running && running->verified && !in_flight && unverified.empty(); }
};

std::string to_json(const Memory& memory);
Result<Memory> memory_from_json(std::string_view text);

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
  TargetMemory(TargetMemory&&) noexcept;
  TargetMemory& operator=(TargetMemory&&) noexcept;
  ~TargetMemory();

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
  TargetMemory(std::filesystem::path folder, int lock) : folder_(std::move(folder)), lock_(lock) {}
  Result<Put> put_of(std::string_view file, std::string text) const;
  template <class Value, class Kept>
  Result<void> take(Value next, Kept& into, Result<Replaced> came);
  std::filesystem::path folder_;
  int lock_;
  Memory memory_;
  std::optional<Assignment> assignment_;
  bool lost_ = false;  // a put did not come back
};

// Replaces a file so that after any crash it is the old or the new one, whole. `replaced`: the new one is there, also
// when an error says that it may not be durable.
Result<void> replace_file(const std::filesystem::path& file, std::string_view text, bool* replaced = nullptr);
// Bounded; not_found when there is none.
Result<std::string> read_file(const std::filesystem::path& file, std::size_t bytes_max);

}  // namespace stoker::host
