// Accepts on a port of its own of 127.0.0.1 and serves each connection in a thread of its own. Owned by the test.
#pragma once

#include "support/certificates.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace git_servers {

class SocketServer {
 public:
  // `serve` blocks until the client or the server goes away; the socket is closed behind it.
  explicit SocketServer(std::function<void(int socket)> serve);
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;
  ~SocketServer();

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void accept();

  const std::function<void(int)> serve_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;  // guarded by mutex_: sockets that somebody serves
  std::vector<std::jthread> serving_;
  std::jthread accepting_;
};

// Of a TLS server with this certificate. Throws when they do not make a pair.
std::shared_ptr<SSL_CTX> tls_context(const certificates::KeyPair& pair);

}  // namespace git_servers
