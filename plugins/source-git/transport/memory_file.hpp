// A file in memory that another program can read by its path. It is never on a disk, and disappears with its owner,
// also when that is killed. Used for keys and other secrets. [any thread]
#pragma once

#include <stoker/result.hpp>

#include <string>
#include <string_view>

namespace stoker::git {

class MemoryFile {
 public:
  static Result<MemoryFile> make(std::string_view text);
  static Result<MemoryFile> make_program(std::string_view script);  // one that programs of the same user can execute
  MemoryFile(MemoryFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  MemoryFile& operator=(MemoryFile&&) = delete;
  ~MemoryFile();

  std::string path() const;                       // for programs of the same user
  std::string text(std::size_t bytes_max) const;  // its current content

 private:
  explicit MemoryFile(int descriptor) : descriptor_(descriptor) {}
  static Result<MemoryFile> make(std::string_view text, unsigned mode);
  int descriptor_;
};

}  // namespace stoker::git
