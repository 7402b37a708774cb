// Child programs with what they cost: time, peak of memory, bytes. Main thread only.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bench {

using Arguments = std::vector<std::string>;

struct Ended {
  int code = 0;  // 128 + signal for one that was killed
  std::string out;
  double wall_ms = 0;
  std::uint64_t rss_peak_kib = 0;                   // the largest of it and its own children
  std::uint64_t read_bytes = 0, written_bytes = 0;  // at the block layer
};

// Runs a program to its end; stdout is captured, stderr is ours. Never throws for how it ended.
Ended run(const Arguments& arguments);
// The same; throws when it fails.
Ended run_to_end(const Arguments& arguments);

// A program that runs until it is stopped. Its stderr goes to a file.
class Running {
 public:
  Running(const Arguments& arguments, const std::filesystem::path& log);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  pid_t pid() const { return pid_; }
  bool alive();
  Ended stop();  // SIGTERM; waits

 private:
  pid_t pid_ = -1;
};

// How often each system call was called by a program and its children; nothing without strace.
using Calls = std::map<std::string, std::uint64_t>;
std::optional<Calls> calls_of(const Arguments& arguments, const std::filesystem::path& scratch);
std::uint64_t all(const Calls& calls);
std::uint64_t syncs(const Calls& calls);

// A control group that bounds memory, of either version; nothing when this process may not make one.
class MemoryBound {
 public:
  static std::optional<MemoryBound> make(std::uint64_t bytes);
  MemoryBound(MemoryBound&& other) noexcept : folder_(std::exchange(other.folder_, {})), v2_(other.v2_) {}
  MemoryBound& operator=(MemoryBound&&) = delete;
  ~MemoryBound();
  Arguments inside(const Arguments& arguments) const;  // to be run within
  std::uint64_t peak_bytes() const;                    // with page cache, so it may well be the bound
  std::uint64_t kills() const;
  const char* version() const { return v2_ ? "cgroup v2" : "cgroup v1"; }

 private:
  MemoryBound(std::filesystem::path folder, bool v2) : folder_(std::move(folder)), v2_(v2) {}
  std::filesystem::path folder_;
  bool v2_;
};

}  // namespace bench
