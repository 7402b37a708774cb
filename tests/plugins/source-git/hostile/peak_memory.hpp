// How much memory this process takes at most while something is done. Kernel's own count; one at a time in a process.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace stoker::git_test {

class PeakMemory {
 public:
  PeakMemory() {
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak is what it is now
    before_ = peak_kib();
  }
  long grown_kib() const { return peak_kib() - before_; }
  void expect_below(long mib, const char* what) const {
    std::printf("%s: %ld KiB more\n", what, grown_kib());
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep what was freed
    EXPECT_LT(grown_kib(), mib << 10) << what;
#else
    static_cast<void>(mib);
#endif
  }

 private:
  static long peak_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmHWM:")) return std::atol(line.c_str() + 6);
    return 0;
  }
  long before_ = 0;
};

}  // namespace stoker::git_test
