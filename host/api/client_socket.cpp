#include "host/api/client_socket.hpp"

#include "host/api/object_client.hpp"
#include "host/api/own_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

namespace stoker::host {
namespace {

constexpr std::chrono::seconds longest_wait{3600};  // of one poll; then the time is looked at again

boost::system::error_code last_failure() { return {errno, boost::system::system_category()}; }

Error not_connected(const std::filesystem::path& path, int why) {
  if (why == ENOENT || why == ECONNREFUSED || why == ENOTDIR)
    return Error(errc::unreachable,
                 "the host does not run: nobody listens at " + path.string() +
                     "; start `stoker run`, or name its socket with --socket or its configuration with -c",
                 host_not_running);
  if (why == EACCES || why == EPERM)
    return Error(errc::denied,
                 path.string() + ": this user may not use the socket of the host; members of its group may",
                 "host.denied");
  if (why == EAGAIN || why == EINPROGRESS)
    return Error(errc::timeout, path.string() + ": the host does not take the connection", "host.timeout");
  return Error(errc::unreachable, path.string() + ": " + std::strerror(why), "host.unreachable");
}

}  // namespace

Result<ClientSocket> ClientSocket::connect(const std::filesystem::path& path, Time until) {
  if (auto fits = check_socket_path(path); !fits) return std::move(fits).error();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.native().begin(), path.native().end(), address.sun_path);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return not_connected(path, errno);
  const auto left = std::chrono::ceil<std::chrono::seconds>(until - std::chrono::steady_clock::now());
  const timeval longest{std::clamp<time_t>(left.count(), 1, 60), 0};  // a queue that is full makes connect wait
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
  const int done = uninterrupted(
      [&] { return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address); });
  if (done != 0) return not_connected(path, errno);
  ClientSocket connected(std::move(socket));
  connected.until(until);
  return connected;
}

bool ClientSocket::wait(short for_what, boost::system::error_code& failure) const {
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= until_) {
      failure = boost::asio::error::timed_out;
      return false;
    }
    const auto left = std::min<Time::duration>(until_ - now, longest_wait);
    pollfd one{socket_.get(), for_what, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) {
      failure = last_failure();
      return false;
    }
  }
}

std::size_t ClientSocket::read(void* to, std::size_t size, boost::system::error_code& failure) {
  failure = {};
  for (;;) {
    const ssize_t got = uninterrupted([&] { return ::recv(socket_.get(), to, size, MSG_DONTWAIT); });
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) {
      failure = boost::asio::error::eof;
      return 0;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      failure = last_failure();
      return 0;
    }
    if (!wait(POLLIN, failure)) return 0;
  }
}

std::size_t ClientSocket::write(const void* from, std::size_t size, boost::system::error_code& failure) {
  failure = {};
  for (;;) {
    const ssize_t sent = uninterrupted([&] { return ::send(socket_.get(), from, size, MSG_DONTWAIT | MSG_NOSIGNAL); });
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      failure = last_failure();
      return 0;
    }
    if (!wait(POLLOUT, failure)) return 0;
  }
}

}  // namespace stoker::host
