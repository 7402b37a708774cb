// A lease keeps a folder of the cache for an open tree: while somebody in any process has one, nobody removes the
// folder. The kernel releases it when its owner dies. [any thread]
#pragma once

#include <filesystem>
#include <utility>

namespace stoker::git {

class Lease {
 public:
  static constexpr const char* suffix = ".lease";  // of the file beside the folder

  Lease() = default;
  explicit Lease(const std::filesystem::path&
                     folder);  // may fail to get one; a tree whose folder is then removed opens a new clone
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
