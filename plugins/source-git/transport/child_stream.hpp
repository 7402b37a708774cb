// A child process as a stream: what it says and hears are the bytes, its error output is kept for the reason. It has a
// process group of its own, and outlives neither the stream nor the thread that started it, however they end. One
// call's thread.
#pragma once

#include "byte_stream.hpp"

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace stoker::git {

struct Program {
  std::vector<std::string> arguments;    // the first is its name, found by PATH
  std::vector<std::string> environment;  // "NAME=value", beside PATH and the C locale
  std::string missing_code, remedy;      // where there is none
  bool on_third = false;                 // talks on descriptor 3 instead of its input and output
  std::uint64_t memory_max = 0;          // bytes of its address space; 0: as this process
  std::uint64_t file_max = 0;            // bytes of the largest file that it may write; likewise
};

class ChildStream : public ByteStream {
 public:
  static Result<std::unique_ptr<ChildStream>> start(const Program& program, const Bound& bound);
  ~ChildStream() override;
  ChildStream(const ChildStream&) = delete;
  ChildStream& operator=(const ChildStream&) = delete;

  Result<std::size_t> read(char* into, std::size_t size) override;
  Result<void> write(std::string_view bytes) override;

  // Says nothing more and waits for its end; the exit code, 128 and more for a signal. What it said stands in `said`
  // then.
  Result<int> ended();
  const std::string& said() const { return said_; }
  // The last of its lines that says something, for a message: printable and short.
  std::string last_line() const;

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
