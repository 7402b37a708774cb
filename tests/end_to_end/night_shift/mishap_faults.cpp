// Stands before the C library of a process (LD_PRELOAD) and plays a full disk and a clock that jumps. Two files say so:
// STOKER_TEST_DISK: while it is there, writes to regular files fail. STOKER_TEST_CLOCK: seconds that are added to the
// wall clock. Any thread.
#include <dlfcn.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace {

bool is_full(int file) {
  const char* name = std::getenv("STOKER_TEST_DISK");
  struct stat st {};
  if (!name || ::access(name, F_OK) != 0) return false;
  return file > 2 && ::fstat(file, &st) == 0 && S_ISREG(st.st_mode);
}

template <class Function>
Function* next_of(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

long seconds_off() {
  const char* name = std::getenv("STOKER_TEST_CLOCK");
  std::FILE* file = name ? std::fopen(name, "re") : nullptr;
  if (!file) return 0;
  long off = 0;
  if (std::fscanf(file, "%ld", &off) != 1) off = 0;
  std::fclose(file);
  return off;
}

}  // namespace

extern "C" ssize_t write(int file, const void* bytes, size_t count) {
  static const auto real = next_of<ssize_t(int, const void*, size_t)>("write");
  if (!is_full(file)) return real(file, bytes, count);
  errno = ENOSPC;
  return -1;
}

extern "C" ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t at) {
  static const auto real = next_of<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  if (!is_full(file)) return real(file, bytes, count, at);
  errno = ENOSPC;
  return -1;
}

extern "C" ssize_t pwrite(int file, const void* bytes, size_t count, off_t at) {
  static const auto real = next_of<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  if (!is_full(file)) return real(file, bytes, count, at);
  errno = ENOSPC;
  return -1;
}

extern "C" int clock_gettime(clockid_t clock, struct timespec* now) {
  static const auto real = next_of<int(clockid_t, struct timespec*)>("clock_gettime");
  const int done = real(clock, now);
  if (done == 0 && clock == CLOCK_REALTIME) now->tv_sec += seconds_off();
  return done;
}
