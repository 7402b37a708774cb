// A TCP connection that keeps to its bound: connecting, reading and writing end at the deadline or within a tenth of a
// second of a cancel. One call's thread.
#pragma once

#include "byte_stream.hpp"

#include <memory>
#include <string>

namespace stoker::git {

// git.dns, git.connection-refused, git.unreachable, git.timeout.
Result<std::unique_ptr<ByteStream>> connect_tcp(const std::string& host, const std::string& port, const Bound& bound);

}  // namespace stoker::git
