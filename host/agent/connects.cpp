#include "host/agent/connects.hpp"

#include "host/base/file.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

namespace stoker::host {

namespace {

struct Authority {
  std::string host, port;
};

std::optional<Authority> authority_of(std::string_view url) {
  const bool tls = url.starts_with("https://");
  if (!tls && !url.starts_with("http://")) return std::nullopt;
  url.remove_prefix(url.find("://") + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t at = url.rfind('@'); at != url.npos) url.remove_prefix(at + 1);
  const std::size_t six_end = url.starts_with('[') ? url.find(']') : url.npos;
  const std::size_t colon = url.find(':', six_end == url.npos ? 0 : six_end);
  Authority found{std::string(url.substr(0, colon)), tls ? "443" : "80"};
  if (colon != url.npos) found.port = url.substr(colon + 1);
  if (six_end != url.npos) found.host = url.substr(1, six_end - 1);
  if (found.host.empty() || found.port.empty()) return std::nullopt;
  return found;
}

Error not_reached(const std::string& why) { return Error(errc::unreachable, why, "doctor.connect"); }

using Clock = std::chrono::steady_clock;

Result<void> connect_to(const addrinfo& address, Clock::time_point end) {
  const Descriptor socket(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return not_reached(std::strerror(errno));
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return not_reached(std::strerror(errno));
  pollfd waiting{socket.get(), POLLOUT, 0};
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
  const int ready =
      uninterrupted([&] { return ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left, 0))); });
  if (ready == 0) return not_reached("no answer in time");
  int failure = 0;
  socklen_t size = sizeof failure;
  if (ready < 0 || ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
  if (failure != 0) return not_reached(std::strerror(failure));
  return {};
}

}  // namespace

Result<void> connects(const std::string& url, std::chrono::milliseconds deadline) {
  const Clock::time_point end = Clock::now() + deadline;
  const auto authority = authority_of(url);
  if (!authority) return Error(errc::invalid, "it is no http or https address", "doctor.connect");
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int failure = ::getaddrinfo(authority->host.c_str(), authority->port.c_str(), &wanted, &found))
    return not_reached(std::string("its name is not known: ") + ::gai_strerror(failure));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  Result<void> last = not_reached("its name has no address");
  for (const addrinfo* at = found; at; at = at->ai_next) {
    last = connect_to(*at, end);
    if (last) return last;
  }
  return last;
}

}  // namespace stoker::host
