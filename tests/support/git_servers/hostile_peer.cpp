// See hostile_peer.hpp.
#include "hostile_peer.hpp"

#include "hostile_wire.hpp"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace git_servers {
namespace {

constexpr int connections_max = 2000;  // in all: each has a thread until the peer ends

std::shared_ptr<BIO> bio_of(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

// A client that goes away while it is written to is the ordinary end here.
void ignore_broken_pipes() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

struct HostilePeer::Tls {
  explicit Tls(const certificates::KeyPair& pair) {
    const std::shared_ptr<X509> certificate(
        PEM_read_bio_X509(bio_of(pair.certificate).get(), nullptr, nullptr, nullptr), X509_free);
    const std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio_of(pair.key).get(), nullptr, nullptr, nullptr),
                                        EVP_PKEY_free);
    if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
      throw std::invalid_argument("a hostile server over https wants a certificate");
  }
  const std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
};

HostilePeer::HostilePeer(const HostileContent& content, Wish wish)
    : content_(content), wish_(std::move(wish)), act_(wish_.act) {
  if (wish_.over == Over::https) tls_ = std::make_unique<Tls>(wish_.certificate);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port on 127.0.0.1");
  port_ = ntohs(address.sin_port);
  accepting_ = std::jthread([this] { accept(); });
}

HostilePeer::~HostilePeer() {
  ::shutdown(listener_, SHUT_RDWR);  // wakes the accept
  accepting_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }
  serving_.clear();
  ::close(listener_);
}

void HostilePeer::accept() {
  while (connections_ < connections_max) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    ++connections_;
    {
      const std::lock_guard lock(mutex_);
      open_.push_back(socket);
    }
    serving_.emplace_back([this, socket] { serve(socket); });
  }
}

void HostilePeer::serve(int socket) {
  ignore_broken_pipes();
  const Act act = act_;
  if (tls_ && act != Act::silence) {
    TlsWire wire(socket, tls_->context.get());
    if (wire.shook_hands()) perform(act, wish_.over, wish_.version, wire, content_, wish_.location);
  } else {
    PlainWire wire(socket, socket);
    perform(act, wish_.over, wish_.version, wire, content_, wish_.location);
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, socket);
  ::close(socket);
}

std::string HostilePeer::url(const std::string& host) const {
  return std::string(name_of(wish_.over)) + "://" + host + ":" + std::to_string(port_) + "/honest";
}

HostileSsh::HostileSsh(const HostileContent& content, Act act, Version version)
    : server_(content.folder,
              {.instead = std::string(STOKER_HOSTILE_GIT) + " '" + content.folder.string() + "' '" +
                          (folder_ / "act").string() + "' " + (version == Version::second ? "2" : "1")}) {
  turn(act);
}

void HostileSsh::turn(Act act) { write_text(folder_ / "act", name_of(act)); }

}  // namespace git_servers
