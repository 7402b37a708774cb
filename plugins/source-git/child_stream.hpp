// A child process as a stream: its input and output are the bytes, its error output is kept for the reason. It has a
// process group of its own, and never outlives the stream. Any thread, one at a time.
#pragma once

#include "byte_stream.hpp"

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace stoker::git {

class ChildStream : public ByteStream {
 public:
  // Found by PATH; its environment is PATH, HOME and the C locale. git.ssh-missing when there is no such program.
  static Result<std::unique_ptr<ChildStream>> start(const std::vector<std::string>& arguments, const Bound& bound);
  ~ChildStream() override;
  ChildStream(const ChildStream&) = delete;
  ChildStream& operator=(const ChildStream&) = delete;

  Result<std::size_t> read(char* into, std::size_t size) override;
  Result<void> write(std::string_view bytes) override;

  // Waits for its end; the exit code, 128 and more for a signal. What it said stands in `said` then.
  Result<int> ended();
  const std::string& said() const { return said_; }

 private:
  ChildStream(pid_t child, int socket, int errors, const Bound& bound)
      : child_(child), socket_(socket), errors_(errors), bound_(bound) {}
  bool listen();
  void kill_now();

  pid_t child_;
  int socket_, errors_;
  const Bound& bound_;
  std::string said_;
  int code_ = 0;
};

}  // namespace stoker::git
