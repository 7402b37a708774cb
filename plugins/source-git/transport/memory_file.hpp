// A file that another program reads by its path and that is on no disk: gone with its owner, also when that is killed.
// For keys and for what is compared with them. Any thread.
#pragma once

#include <stoker/result.hpp>

#include <string>
#include <string_view>

namespace stoker::git {

class MemoryFile {
 public:
  static Result<MemoryFile> make(std::string_view text);
  static Result<MemoryFile> make_program(std::string_view script);  // that other programs of the same user may start
  MemoryFile(MemoryFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  MemoryFile& operator=(MemoryFile&&) = delete;
  ~MemoryFile();

  std::string path() const;                       // for programs of the same user
  std::string text(std::size_t bytes_max) const;  // what stands in it now

 private:
  explicit MemoryFile(int descriptor) : descriptor_(descriptor) {}
  static Result<MemoryFile> make(std::string_view text, unsigned mode);
  int descriptor_;
};

}  // namespace stoker::git
