// The standard streams belong to the whole process, and code of plugins runs in it. What the program answers with goes
// through a descriptor of its own; descriptor 1 leads to standard error from then on, so that what a plugin prints
// cannot get between the answers. When a plugin closes or replaces one of the three, it can be put back. Main makes the
// one AnswerStream, before other threads exist. put_back_standard_streams: [any thread]
#pragma once

#include <memory>
#include <ostream>
#include <string>

namespace stoker::host {

class AnswerStream {
 public:
  AnswerStream();
  AnswerStream(const AnswerStream&) = delete;
  AnswerStream& operator=(const AnswerStream&) = delete;
  ~AnswerStream();  // writes what is left
  std::ostream& out() { return out_; }

 private:
  class Buffer;
  std::unique_ptr<Buffer> buffer_;
  std::ostream out_;
};

// Opens again those of descriptors 0, 1 and 2 that are not what they were when AnswerStream was made. Returns their
// names for a message; empty: nothing was changed, or there is no AnswerStream.
std::string put_back_standard_streams();

}  // namespace stoker::host
