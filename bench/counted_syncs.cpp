// fsync and fdatasync of this process, counted: the names of the C library are taken over by the program, for itself
// and for every library that it loads. The system call is made all the same.
#include "counted_syncs.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace {
std::atomic<std::uint64_t> count{0};
}

namespace bench {
std::uint64_t syncs_so_far() { return count.load(); }
}  // namespace bench

extern "C" {
int fsync(int fd);
int fdatasync(int fd);

int fsync(int fd) {
  ++count;
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
int fdatasync(int fd) {
  ++count;
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}
}
