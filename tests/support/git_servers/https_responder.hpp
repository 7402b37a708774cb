// An https server whose answers the test writes, or one of http without an authority: one request a connection. Owned
// by the test; the answering function is called by several threads at once.
#pragma once

#include "socket_server.hpp"

#include <map>
#include <optional>

namespace git_servers {

class Wire;

class HttpsResponder {
 public:
  struct Request {
    std::string method, target, body;
    std::map<std::string, std::string> headers;  // by name in lower case
  };
  struct Answer {
    int status = 200;
    std::string body = {};
    std::string headers = {};  // whole lines, each with its end
    bool silent = false;       // nothing is said until the client goes away
    bool endless = false;      // the body is said again and again
    std::size_t times = 1;     // the body is said so often
    bool slow = false;         // a byte of the body at a time
  };
  using Answering = std::function<Answer(const Request&)>;

  HttpsResponder(const std::optional<certificates::Authority>& authority, Answering answering);

  std::uint16_t port() const { return server_.port(); }
  std::string origin() const { return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port()); }
  std::vector<Request> asked() const;

 private:
  void serve(int socket);
  void serve(Wire& wire);

  const std::shared_ptr<SSL_CTX> tls_;  // null: in the clear
  const Answering answering_;
  mutable std::mutex mutex_;
  std::vector<Request> asked_;  // guarded by mutex_
  SocketServer server_;         // last: its threads use what is above
};

}  // namespace git_servers
