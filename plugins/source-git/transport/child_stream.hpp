// A child process as a stream: reads its output and writes its input. Its error output is kept for messages. It has its
// own process group and is killed when the stream, or the thread that started it, ends in any way. Used on the thread
// of the call.
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
  std::string missing_code, remedy;      // for the error when there is no such program
  bool on_third = false;                 // it communicates on descriptor 3 instead of its input and output
  std::uint64_t memory_max = 0;          // limit of its address space in bytes; 0: as this process
  std::uint64_t file_max = 0;            // limit of a file that it writes in bytes; 0: as this process
};

class ChildStream : public ByteStream {
 public:
  static Result<std::unique_ptr<ChildStream>> start(const Program& program, const Bound& bound);
  ~ChildStream() override;
  ChildStream(const ChildStream&) = delete;
  ChildStream& operator=(const ChildStream&) = delete;

  Result<std::size_t> read(char* into, std::size_t size) override;
  Result<void> write(std::string_view bytes) override;

  // Closes its input and waits for its end. Returns the exit code; 128 plus the number for a signal. Its output is then
  // in `said`.
  Result<int> ended();
  const std::string& said() const { return said_; }
  // The last line of its error output that is not empty, for a message: printable and short.
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
