// See hostile_wire.hpp.
#include "hostile_wire.hpp"

#include <openssl/ssl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace git_servers {
namespace {

bool readable(int descriptor, std::chrono::milliseconds how_long) {
  pollfd wait{descriptor, POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(how_long.count())) > 0;
}

}  // namespace

bool PlainWire::say(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t said = ::write(out_, bytes.data(), bytes.size());
    if (said < 0 && errno == EINTR) continue;
    if (said <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(said));
  }
  return true;
}

std::string PlainWire::hear() {
  char bytes[4096];
  const ssize_t heard = ::read(in_, bytes, sizeof bytes);
  return heard > 0 ? std::string(bytes, static_cast<std::size_t>(heard)) : std::string();
}

bool PlainWire::stays(std::chrono::milliseconds how_long) { return !readable(in_, how_long) || !hear().empty(); }

TlsWire::TlsWire(int socket, SSL_CTX* context) : socket_(socket), tls_(SSL_new(context), SSL_free) {
  SSL_set_fd(tls_.get(), socket);
  shook_hands_ = SSL_accept(tls_.get()) == 1;
}

TlsWire::~TlsWire() {
  if (shook_hands_) SSL_shutdown(tls_.get());
}

bool TlsWire::say(std::string_view bytes) {
  return SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
}

std::string TlsWire::hear() {
  char bytes[4096];
  const int heard = SSL_read(tls_.get(), bytes, sizeof bytes);
  return heard > 0 ? std::string(bytes, static_cast<std::size_t>(heard)) : std::string();
}

bool TlsWire::stays(std::chrono::milliseconds how_long) { return !readable(socket_, how_long) || !hear().empty(); }

}  // namespace git_servers
