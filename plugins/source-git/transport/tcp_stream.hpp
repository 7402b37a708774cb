// A TCP connection with a bound: connecting, reading and writing end at the deadline, and at most a tenth of a second
// after a cancel. Used on the thread of the call.
#pragma once

#include "byte_stream.hpp"

#include <memory>
#include <string>

namespace stoker::git {

// git.dns, git.connection-refused, git.unreachable, git.timeout.
Result<std::unique_ptr<ByteStream>> connect_tcp(const std::string& host, const std::string& port, const Bound& bound);

}  // namespace stoker::git
