// The host's own pages for people and probes: a few read-only routes on a loopback address. It runs on the event loop
// of its owner, who awaits `serve` and so knows when the last connection is gone. [event loop]
#pragma once

#include <stoker/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

struct HttpReply {
  unsigned status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
};

struct HttpRoute {
  std::string path;  // "/healthz", exactly
  std::function<HttpReply(std::string_view path)> answer;
};

inline constexpr std::size_t http_connections_max = 64;

class HttpServer {
 public:
  // Listens on "127.0.0.1:8081", "[::1]:8081" or "localhost:8081"; port 0 takes a free one. GET and HEAD of the routes
  // are answered.
  static Result<std::unique_ptr<HttpServer>> listen(boost::asio::any_io_executor loop, std::string_view address,
                                                    std::vector<HttpRoute> routes);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  // Answers until `stop`, then ends when no connection is left. Once; the server must outlive it.
  boost::asio::awaitable<void> serve();
  void stop();  // on the event loop

 private:
  struct Listener;
  explicit HttpServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace stoker::host
