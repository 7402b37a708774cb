// A connection that bytes are read from and written to. It is made with a bound, which every read and write obeys. Used
// on the thread of the call.
#pragma once

#include "bound.hpp"

#include <string>
#include <string_view>

namespace stoker::git {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Reads at least one byte; 0: the other side has closed the connection.
  virtual Result<std::size_t> read(char* into, std::size_t size) = 0;
  virtual Result<void> write(std::string_view bytes) = 0;
};

// Reads until the end. Fails with git.answer-too-large when there is more.
Result<std::string> rest_of(ByteStream& stream, std::size_t bytes_max);

// Waits until a descriptor can be read or written (`events` as for poll), or until the bound is reached.
Result<void> ready(int descriptor, short events, const Bound& bound);

}  // namespace stoker::git
