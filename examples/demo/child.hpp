// A child process that dies with the demo: started without a shell, its output in a log file. Owned by one thread, the
// main one, because a parent-death signal follows the thread that started the child.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace demo {

using Arguments = std::vector<std::string>;

class Child {
 public:
  Child() = default;
  Child(const Arguments& arguments, const std::filesystem::path& log);
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child& operator=(Child&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  ~Child() { stop(); }

  bool alive();
  void stop();  // SIGTERM, and SIGKILL for who does not hear it

 private:
  pid_t pid_ = -1;
};

// Runs to the end; what it printed. Throws when it fails, with what it said.
std::string output_of(const Arguments& arguments);

}  // namespace demo
