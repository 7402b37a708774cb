// One connection's bytes, both ways, and the wait for them. Whatever makes a stream gives it the bound that every read
// and write keeps to. One call's thread.
#pragma once

#include "bound.hpp"

#include <string>
#include <string_view>

namespace stoker::git {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // At least one byte; 0: the other side has ended.
  virtual Result<std::size_t> read(char* into, std::size_t size) = 0;
  virtual Result<void> write(std::string_view bytes) = 0;
};

// All that still comes. git.answer-too-large: there is more.
Result<std::string> rest_of(ByteStream& stream, std::size_t bytes_max);

// Waits until a descriptor can be read or written (`events` as for poll), or the bound is reached.
Result<void> ready(int descriptor, short events, const Bound& bound);

}  // namespace stoker::git
