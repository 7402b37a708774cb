#include "host/api/peers.hpp"

#include "host/base/printable.hpp"
#include "host/base/utf8.hpp"

#include <pwd.h>
#include <sys/socket.h>

#include <vector>

namespace stoker::host {
namespace {

constexpr std::size_t name_bytes_max = 256;
constexpr std::chrono::seconds longest_question{10};

Result<std::string> asked(uid_t user) {
  std::vector<char> room(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, room.data(), room.size(), &found) != 0 || !found || !*found->pw_name)
    return Error(errc::not_found, "no name");
  return std::string(beginning(printable(found->pw_name, name_bytes_max), name_bytes_max));
}

}  // namespace

std::optional<uid_t> user_at(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid;
}

asio::awaitable<std::string> Peers::name_of(uid_t user) {
  if (const auto known = names_.find(user); known != names_.end()) co_return known->second;
  const CallLimits limits(longest_question);
  auto ask = [user](const CallState&) { return asked(user); };
  auto name = co_await workers_.call<std::string>("the name of a user", limits, std::move(ask));
  if (!name) co_return "uid:" + std::to_string(user);
  if (names_.size() >= names_max) names_.clear();
  names_[user] = *name;
  co_return *name;
}

}  // namespace stoker::host
