// A server on loopback that says what a test wants, over TCP or TLS, on threads of its own.
#pragma once

#include "support/certificates.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace stoker::host {

class TestPeer {
 public:
  enum class Then { close, reset, hold };  // hold: until the client closes
  struct Says {
    std::string answer;  // empty: nothing is said, the request is not waited for
    Then then = Then::close;
    std::optional<certificates::KeyPair> tls = std::nullopt;
    int tls_version_max = 0;  // 0: the newest
  };
  explicit TestPeer(Says says);
  ~TestPeer();
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url(const std::string& scheme, const std::string& rest = "/",
                  const std::string& host = "127.0.0.1") const {
    return scheme + "://" + host + ":" + std::to_string(port()) + rest;
  }
  std::string heard() const;  // the first request's bytes
  std::string server_name() const;

 private:
  void run();
  void serve(boost::asio::ip::tcp::socket& socket);

  const Says says_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  mutable std::mutex mutex_;
  std::string heard_, server_name_;
  std::jthread thread_;
};

}  // namespace stoker::host
