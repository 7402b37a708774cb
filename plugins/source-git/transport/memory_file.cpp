#include "memory_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace stoker::git {

namespace {

Error no_memory() {
  return Error(errc::exhausted, std::string("git: no memory for a file: ") + std::strerror(errno), "git.internal");
}

}  // namespace

Result<MemoryFile> MemoryFile::make(std::string_view text, unsigned mode) {
  MemoryFile file(::memfd_create("stoker", MFD_CLOEXEC));
  const bool written = file.descriptor_ >= 0 && ::fchmod(file.descriptor_, mode) == 0 &&
                       ::write(file.descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (!written) return no_memory();
  return file;
}

Result<MemoryFile> MemoryFile::make(std::string_view text) { return make(text, 0600); }

// A file that can still be written cannot be executed.
Result<MemoryFile> MemoryFile::make_program(std::string_view script) {
  auto writable = make(script, 0700);
  if (!writable) return writable;
  MemoryFile file(::open(writable->path().c_str(), O_RDONLY | O_CLOEXEC));
  if (file.descriptor_ < 0) return no_memory();
  return file;
}

MemoryFile::~MemoryFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string MemoryFile::path() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(descriptor_);
}

std::string MemoryFile::text(std::size_t bytes_max) const {
  std::string text(bytes_max, '\0');
  const ssize_t size = ::pread(descriptor_, text.data(), text.size(), 0);
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

}  // namespace stoker::git
