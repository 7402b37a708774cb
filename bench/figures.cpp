#include "figures.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

namespace bench {

double Samples::at(double share) const {
  if (ms_.empty()) return 0;
  std::vector<double> sorted = ms_;
  std::sort(sorted.begin(), sorted.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

double ratio(const Samples& ours, const Samples& bound) {
  Samples quotients;
  for (std::size_t i = 0; i < std::min(ours.count(), bound.count()); ++i)
    if (bound.all()[i] > 0) quotients.add(ours.all()[i] / bound.all()[i]);
  return quotients.median();
}

Io Io::now() {
  Io io;
  std::ifstream in("/proc/self/io");
  std::string name;
  std::uint64_t value = 0;
  while (in >> name >> value) {
    if (name == "rchar:") io.read_chars = value;
    if (name == "wchar:") io.written_chars = value;
    if (name == "read_bytes:") io.read_bytes = value;
    if (name == "write_bytes:") io.written_bytes = value;
  }
  return io;
}

Io& Io::operator+=(const Io& other) {
  read_chars += other.read_chars;
  written_chars += other.written_chars;
  read_bytes += other.read_bytes;
  written_bytes += other.written_bytes;
  return *this;
}

Io Io::operator-(const Io& other) const {
  return {read_chars - other.read_chars, written_chars - other.written_chars, read_bytes - other.read_bytes,
          written_bytes - other.written_bytes};
}

std::uint64_t status_kib(int pid, std::string_view name) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  std::uint64_t value = 0;
  while (in >> word)
    if (word == std::string(name) + ":") {
      in >> value;
      break;
    }
  return value;
}

MemoryGrowth::MemoryGrowth() {
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak is what it is now
  before_kib_ = status_kib(::getpid(), "VmHWM");
}

double MemoryGrowth::mib() const { return static_cast<double>(status_kib(::getpid(), "VmHWM") - before_kib_) / 1024; }

}  // namespace bench
