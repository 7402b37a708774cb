// The right of an open tree to its folder of the cache: as long as somebody in any process has one, nobody drops the
// folder. The kernel gives it back when its owner dies. Any thread.
#pragma once

#include <filesystem>
#include <utility>

namespace stoker::git {

class Lease {
 public:
  static constexpr const char* suffix = ".lease";  // of the file beside the folder

  Lease() = default;
  explicit Lease(const std::filesystem::path& folder);  // where that cannot be had there is none: its tree is mended
  Lease(Lease&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Lease& operator=(Lease&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~Lease();

  static bool held(const std::filesystem::path& folder);

 private:
  int file_ = -1;
};

}  // namespace stoker::git
