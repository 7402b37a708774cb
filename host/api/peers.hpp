// Whose process is at the other end of a unix socket. The names are kept, because asking for one may go over a network.
// [event loop]
#pragma once

#include "host/calls/workers.hpp"

#include <sys/types.h>

#include <map>
#include <string>

namespace stoker::host {

// The user who connected; nothing when the system does not say it.
std::optional<uid_t> user_at(int socket);

class Peers {
 public:
  explicit Peers(Workers& workers) : workers_(workers) {}
  // "ann", or "uid:1000" for a user without a name. At most 256 bytes.
  asio::awaitable<std::string> name_of(uid_t user);

 private:
  static constexpr std::size_t names_max = 1000;
  Workers& workers_;
  std::map<uid_t, std::string> names_;
};

}  // namespace stoker::host
