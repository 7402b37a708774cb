#include "tcp_stream.hpp"

#include <stoker/name_lookup.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace stoker::git {
namespace {

constexpr std::int64_t slice_ms = 100;  // how late a cancel is noticed

Error lost(std::string_view doing) {
  return Error(errc::unreachable, "the connection is lost: " + std::string(doing) + ": " + std::strerror(errno),
               "git.connection-lost");
}

class TcpStream : public ByteStream {
 public:
  TcpStream(int socket, const Bound& bound) : socket_(socket), bound_(bound) {}
  ~TcpStream() override { ::close(socket_); }
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  Result<std::size_t> read(char* into, std::size_t size) override {
    for (;;) {
      if (auto may = ready(socket_, POLLIN, bound_); !may) return std::move(may).error();
      const ssize_t got = ::recv(socket_, into, size, 0);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EAGAIN && errno != EINTR) return lost("read");
    }
  }
  Result<void> write(std::string_view bytes) override {
    while (!bytes.empty()) {
      if (auto may = ready(socket_, POLLOUT, bound_); !may) return may;
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0)
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      else if (errno != EAGAIN && errno != EINTR)
        return lost("write");
    }
    return {};
  }

 private:
  const int socket_;
  const Bound& bound_;
};

// The attempt also ends when the share of this address in the remaining time is over.
Result<std::unique_ptr<ByteStream>> connect_to(const SocketAddress& address, const Bound& bound,
                                               std::chrono::milliseconds share, int& why) {
  const int socket = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  why = socket < 0 ? errno : 0;
  if (socket < 0) return std::unique_ptr<ByteStream>();
  auto stream = std::make_unique<TcpStream>(socket, bound);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0)
    return {std::move(stream)};
  why = errno;
  if (why != EINPROGRESS) return std::unique_ptr<ByteStream>();
  const Bound own(bound.call(), std::min(share, bound.remaining()));
  if (auto may = ready(socket, POLLOUT, own); !may) {
    if (auto still = bound.check(); !still) return std::move(still).error();
    why = ETIMEDOUT;
    return std::unique_ptr<ByteStream>();
  }
  socklen_t size = sizeof why;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &why, &size);
  if (why != 0) stream.reset();
  return {std::move(stream)};
}

}  // namespace

Result<std::string> rest_of(ByteStream& stream, std::size_t bytes_max) {
  std::string text;
  char part[4096];
  for (;;) {
    auto got = stream.read(part, sizeof part);
    if (!got) return std::move(got).error();
    if (*got == 0) return text;
    text.append(part, *got);
    if (text.size() > bytes_max)
      return Error(errc::exhausted, "the answer is larger than " + std::to_string(bytes_max) + " bytes",
                   "git.answer-too-large");
  }
}

Result<void> ready(int descriptor, short events, const Bound& bound) {
  for (;;) {
    if (auto may = bound.check(); !may) return may;
    pollfd wait{descriptor, events, 0};
    const auto slice = std::clamp<std::int64_t>(bound.remaining().count(), 1, slice_ms);
    const int found = ::poll(&wait, 1, static_cast<int>(slice));
    if (found > 0) return {};
    if (found < 0 && errno != EINTR) return lost("poll");
  }
}

Result<std::unique_ptr<ByteStream>> connect_tcp(const std::string& host, const std::string& port, const Bound& bound) {
  auto addresses = addresses_of(host, port, "git.dns", [&] { return bound.check(); });
  if (!addresses) return std::move(addresses).error();
  int why = 0, worst = 0;
  bool refused = false;
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    const auto share = bound.remaining() / static_cast<int>(addresses->size() - i);
    auto stream = connect_to((*addresses)[i], bound, share, why);
    if (!stream) return std::move(stream).error().in("connecting to " + host + ":" + port);
    if (*stream) return stream;
    refused = refused || why == ECONNREFUSED;
    if (why != ECONNREFUSED) worst = why;
  }
  const std::string where = "connecting to " + host + ":" + port + ": ";
  // When one address was refused, that is reported, and not that this machine has no route to another address family.
  if (refused)
    return Error(errc::unreachable, where + "refused; is the host right, and does a server listen on that port?",
                 "git.connection-refused");
  if (worst == ETIMEDOUT) return Error(errc::timeout, where + "no address of the server answered", "git.timeout");
  return Error(errc::unreachable, where + std::strerror(worst), "git.unreachable");
}

}  // namespace stoker::git
