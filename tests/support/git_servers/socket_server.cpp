// See socket_server.hpp.
#include "socket_server.hpp"

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

SocketServer::SocketServer(std::function<void(int)> serve) : serve_(std::move(serve)) {
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

SocketServer::~SocketServer() {
  ::shutdown(listener_, SHUT_RDWR);  // wakes the accept
  accepting_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }
  serving_.clear();
  ::close(listener_);
}

void SocketServer::accept() {
  while (connections_ < connections_max) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    ++connections_;
    {
      const std::lock_guard lock(mutex_);
      open_.push_back(socket);
    }
    serving_.emplace_back([this, socket] {
      ignore_broken_pipes();
      serve_(socket);
      const std::lock_guard lock(mutex_);
      std::erase(open_, socket);
      ::close(socket);
    });
  }
}

std::shared_ptr<SSL_CTX> tls_context(const certificates::KeyPair& pair) {
  const std::shared_ptr<X509> certificate(PEM_read_bio_X509(bio_of(pair.certificate).get(), nullptr, nullptr, nullptr),
                                          X509_free);
  const std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio_of(pair.key).get(), nullptr, nullptr, nullptr),
                                      EVP_PKEY_free);
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
    throw std::invalid_argument("a server in TLS wants a certificate and its key");
  return context;
}

}  // namespace git_servers
