#include "tcp_stream.hpp"

#include "libgit2.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace stoker::git {
namespace {

constexpr std::int64_t slice_ms = 100;  // how soon a cancelled call is seen

thread_local const Bound* bound_here = nullptr;

struct TcpStream {
  git_stream parent{};  // first: libgit2 knows only this
  std::string host, port;
  int socket = -1;
  ~TcpStream() {
    if (socket >= 0) ::close(socket);
  }
};

TcpStream& self(git_stream* stream) { return *reinterpret_cast<TcpStream*>(stream); }

int failed(const std::string& why) {
  git_error_set_str(GIT_ERROR_NET, why.c_str());
  return -1;
}

// Waits until the socket is ready; false with libgit2's error set when the bound is reached or there is none.
bool ready(int socket, short events) {
  while (bound_here) {
    if (auto may = bound_here->check(); !may) return failed(may.error().message) == 0;
    pollfd wait{socket, events, 0};
    const int found =
        ::poll(&wait, 1, static_cast<int>(std::clamp<std::int64_t>(bound_here->remaining().count(), 1, slice_ms)));
    if (found > 0) return true;
    if (found < 0 && errno != EINTR) return failed(std::string("poll: ") + std::strerror(errno)) == 0;
  }
  return failed("a connection without a bound") == 0;
}

bool connect_to(TcpStream& stream, const addrinfo& address, std::string& why) {
  stream.socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol);
  if (stream.socket >= 0) {
    if (::connect(stream.socket, address.ai_addr, address.ai_addrlen) == 0) return true;
    int outcome = errno;
    if (outcome == EINPROGRESS && ready(stream.socket, POLLOUT)) {
      socklen_t size = sizeof outcome;
      ::getsockopt(stream.socket, SOL_SOCKET, SO_ERROR, &outcome, &size);
      if (outcome == 0) return true;
    }
    why = std::strerror(outcome);
    ::close(stream.socket);
    stream.socket = -1;
  }
  return false;
}

int connect(git_stream* stream) {
  TcpStream& tcp = self(stream);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (const int bad = ::getaddrinfo(tcp.host.c_str(), tcp.port.c_str(), &wanted, &raw))
    return failed(tcp.host + ": " + ::gai_strerror(bad));
  const std::unique_ptr<addrinfo, Freed<::freeaddrinfo>> found(raw);
  std::string why = "no address";
  for (const addrinfo* one = found.get(); one; one = one->ai_next)
    if (connect_to(tcp, *one, why)) return 0;
  return failed("connection to " + tcp.host + ":" + tcp.port + " failed: " + why);
}

ssize_t read(git_stream* stream, void* into, size_t size) {
  for (;;) {
    if (!ready(self(stream).socket, POLLIN)) return -1;
    const ssize_t got = ::recv(self(stream).socket, into, size, 0);
    if (got >= 0) return got;
    if (errno != EAGAIN && errno != EINTR) return failed(std::string("read: ") + std::strerror(errno));
  }
}

ssize_t write(git_stream* stream, const char* bytes, size_t size, int) {
  for (;;) {
    if (!ready(self(stream).socket, POLLOUT)) return -1;
    const ssize_t sent = ::send(self(stream).socket, bytes, size, MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (errno != EAGAIN && errno != EINTR) return failed(std::string("write: ") + std::strerror(errno));
  }
}

int close(git_stream* stream) {
  TcpStream& tcp = self(stream);
  if (tcp.socket >= 0) ::close(tcp.socket);
  tcp.socket = -1;
  return 0;
}

int init(git_stream** out, const char* host, const char* port) {
  auto stream = std::make_unique<TcpStream>();
  stream->parent.version = GIT_STREAM_VERSION;
  stream->parent.connect = connect;
  stream->parent.read = read;
  stream->parent.write = write;
  stream->parent.close = close;
  stream->parent.free = [](git_stream* ended) { delete &self(ended); };
  stream->host = host;
  stream->port = port;
  *out = &stream.release()->parent;
  return 0;
}

}  // namespace

StreamsBoundBy::StreamsBoundBy(const Bound& bound) : before_(bound_here) { bound_here = &bound; }
StreamsBoundBy::~StreamsBoundBy() { bound_here = before_; }

void register_tcp_stream() {
  git_stream_registration registration{};
  registration.version = GIT_STREAM_VERSION;
  registration.init = init;
  git_stream_register(GIT_STREAM_STANDARD, &registration);
}

}  // namespace stoker::git
