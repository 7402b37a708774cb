// Samples and what a process has used, as values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace bench {

// Milliseconds of the rounds of one thing.
class Samples {
 public:
  void add(double ms) { ms_.push_back(ms); }
  std::size_t count() const { return ms_.size(); }
  double at(double share) const;  // the smallest that so many are not above; 0 without samples
  double median() const { return at(0.5); }
  double max() const { return at(1); }
  const std::vector<double>& all() const { return ms_; }

 private:
  std::vector<double> ms_;
};

// The median of the quotients of pairs: both were measured in the same round.
double ratio(const Samples& ours, const Samples& bound);

class Stopwatch {
 public:
  double ms() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Of this process, from /proc/self/io: what was asked of the kernel, and what reached the block layer.
struct Io {
  std::uint64_t read_chars = 0, written_chars = 0, read_bytes = 0, written_bytes = 0;
  static Io now();
  Io& operator+=(const Io& other);
  Io operator-(const Io& other) const;
};

// A line of /proc/<pid>/status in KiB: VmRSS, VmHWM, RssAnon.
std::uint64_t status_kib(int pid, std::string_view name);

// How much this process's memory has grown past what it was at first, at most. One at a time.
class MemoryGrowth {
 public:
  MemoryGrowth();
  double mib() const;

 private:
  std::uint64_t before_kib_;
};

}  // namespace bench
