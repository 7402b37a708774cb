// The web server of the host: a few read-only pages for people and probes on a loopback address. The owner awaits
// `serve`, which returns when the last connection is closed. [event loop]
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
  std::string path;  // such as "/healthz"; a request has to name exactly this path
  std::function<HttpReply(std::string_view path)> answer;
};

inline constexpr std::size_t http_connections_max = 64;

class HttpServer {
 public:
  // Listens on "127.0.0.1:8081", "[::1]:8081" or "localhost:8081"; port 0 takes a free port. Answers GET and HEAD
  // requests for the routes.
  static Result<std::unique_ptr<HttpServer>> listen(boost::asio::any_io_executor loop, std::string_view address,
                                                    std::vector<HttpRoute> routes);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  // Answers requests until `stop`, and returns when no connection is left. Call it once; the server must outlive it.
  boost::asio::awaitable<void> serve();
  void stop();  // on the event loop

 private:
  struct Listener;
  explicit HttpServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace stoker::host
