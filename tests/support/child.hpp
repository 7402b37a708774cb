// A child process that dies with its parent: started without a shell, its output in a log file. Owned by one thread,
// the main one, because a parent-death signal follows the thread that started the child.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace child {

using Arguments = std::vector<std::string>;

class Child {
 public:
  Child() = default;
  Child(const Arguments& arguments, const std::filesystem::path& log);
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), code_(other.code_) {}
  Child& operator=(Child&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(code_, other.code_);
    return *this;
  }
  ~Child() { stop(); }

  pid_t pid() const { return pid_; }
  bool alive();
  void send(int signal);
  // Its exit code, 128 + signal for one that was killed; nothing while it runs on after `patience`.
  std::optional<int> ended(std::chrono::milliseconds patience);
  void kill_now();  // SIGKILL, and waits
  void stop();      // SIGTERM, and SIGKILL for who does not hear it

 private:
  pid_t pid_ = -1;
  int code_ = 0;
};

// A variable of the environment, for the processes that are started while this lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value);
  ~Variable();
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* const name_;
  std::optional<std::string> before_;
};

// What a process said and how it ended. stdout and stderr are apart.
struct Finished {
  int code = 0;
  std::string out, err;
};
Finished finished(const Arguments& arguments);

// Runs to the end; what it printed. Throws when it fails, with what it said.
std::string output_of(const Arguments& arguments);

}  // namespace child
