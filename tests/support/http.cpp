// Blocking calls on top of Beast's asynchronous ones, since only those know a deadline.
#include "support/http.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace http_client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

class Call {
 public:
  explicit Call(std::chrono::milliseconds timeout) : stream_(loop_) { stream_.expires_after(timeout); }

  Response run(const std::string& host, const std::string& port, const http::request<http::string_body>& message) {
    error_code failed;
    tcp::resolver resolver(loop_);
    const auto where = resolver.resolve(host, port, failed);
    if (!failed)
      failed = step([&](auto done) {
        stream_.async_connect(where, [done](error_code result, const tcp::endpoint&) { done(result); });
      });
    response_.refused = failed == asio::error::connection_refused;
    if (!failed)
      failed = step([&](auto done) {
        http::async_write(stream_, message, [done](error_code result, std::size_t) { done(result); });
      });
    parser_.body_limit(64u << 20);
    if (!failed)
      failed = step([&](auto done) {
        http::async_read(stream_, buffer_, parser_, [done](error_code result, std::size_t) { done(result); });
      });
    return failed ? fail(failed) : taken();
  }

 private:
  template <class Start>
  error_code step(Start start) {
    error_code result;
    start([&result](error_code done) { result = done; });
    loop_.restart();
    loop_.run();
    return result;
  }

  Response fail(error_code failed) {
    response_.failure = failed.message();
    return response_;
  }

  Response taken() {
    auto& message = parser_.get();
    response_.status = static_cast<int>(message.result_int());
    response_.type = std::string(message[http::field::content_type]);
    for (const auto& field : message) response_.headers[std::string(field.name_string())] = std::string(field.value());
    response_.body = std::move(message.body());
    return response_;
  }

  asio::io_context loop_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
  Response response_;
};

}  // namespace

Response request(const std::string& method, const std::string& url, const std::string& body, const Headers& headers,
                 std::chrono::milliseconds timeout) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->scheme() != "http") {
    Response response;
    response.failure = "not an http URL: " + url;
    return response;
  }
  http::request<http::string_body> message;
  message.method_string(method);
  message.target(parsed->encoded_path().empty() ? "/" : std::string(parsed->encoded_resource()));
  message.version(11);
  message.set(http::field::host, std::string(parsed->encoded_host_and_port()));
  message.set(http::field::connection, "close");
  if (!body.empty()) message.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : headers) message.set(name, value);
  message.body() = body;
  message.prepare_payload();
  return Call(timeout).run(parsed->host(), parsed->has_port() ? std::string(parsed->port()) : "80", message);
}

Response get(const std::string& url, const Headers& headers, std::chrono::milliseconds timeout) {
  return request("GET", url, {}, headers, timeout);
}

Response post(const std::string& url, const std::string& body, const Headers& headers,
              std::chrono::milliseconds timeout) {
  return request("POST", url, body, headers, timeout);
}

}  // namespace http_client
