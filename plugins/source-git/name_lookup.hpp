// Addresses of a host name, without waiting longer than one may: the system's look-up cannot be interrupted, so it runs
// on a thread of its own that is abandoned when nobody waits any more. One call's thread.
#pragma once

#include "bound.hpp"

#include <sys/socket.h>

#include <string>
#include <vector>

namespace stoker::git {

constexpr int name_lookups_max = 16;  // at a time in this process, abandoned ones included

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// At least one address; or git.dns; or what the bound says.
Result<std::vector<SocketAddress>> addresses_of(const std::string& host, const std::string& port, const Bound& bound);

}  // namespace stoker::git
