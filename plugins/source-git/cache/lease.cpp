#include "lease.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace stoker::git {

Lease::Lease(const std::filesystem::path& folder)
    : file_(::open((folder.string() + suffix).c_str(), O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)) {
  if (file_ >= 0) ::flock(file_, LOCK_SH | LOCK_NB);  // fails only while somebody removes the folder
}

Lease::~Lease() {
  if (file_ >= 0) ::close(file_);
}

bool Lease::held(const std::filesystem::path& folder) {
  const int file = ::open((folder.string() + suffix).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) return false;
  const bool free = ::flock(file, LOCK_EX | LOCK_NB) == 0;
  ::close(file);
  return !free;
}

}  // namespace stoker::git
