// Stands before the C library of a process (LD_PRELOAD) and fails the moves of its files, as a bad disk does. The file
// that STOKER_TEST_MOVES names says how many more moves go well and how many fail after them; without that file, and
// after those, all go well. With a third number the process is killed instead. Any thread.
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace {

std::mutex counting;
int moved = 0;  // since the file is there; guarded by counting

bool fails() {
  const std::lock_guard lock(counting);
  const char* name = std::getenv("STOKER_TEST_MOVES");
  std::FILE* file = name ? std::fopen(name, "re") : nullptr;
  if (!file) {
    moved = 0;
    return false;
  }
  int good = 0, bad = 0, deadly = 0;
  const int read = std::fscanf(file, "%d %d %d", &good, &bad, &deadly);
  std::fclose(file);
  const int mine = moved++;
  const bool now = read >= 2 && mine >= good && mine < good + bad;
  if (now && deadly != 0) ::kill(::getpid(), SIGKILL);
  return now;
}

}  // namespace

extern "C" int renameat2(int from, const char* old_name, int to, const char* new_name, unsigned flags) {
  if (!fails()) return static_cast<int>(syscall(SYS_renameat2, from, old_name, to, new_name, flags));
  errno = EIO;
  return -1;
}
