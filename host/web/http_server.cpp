// See http_server.hpp. Each connection carries one request and has one deadline.
#include "host/web/http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <fcntl.h>

#include <charconv>
#include <exception>
#include <list>
#include <optional>

namespace stoker::host {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds connection_deadline{10};
constexpr std::chrono::milliseconds pause_when_exhausted{100};
constexpr std::uint32_t header_bytes_max = 8192;
constexpr std::uint64_t body_bytes_max = 16384;
constexpr auto tuple = asio::as_tuple(asio::use_awaitable);

using Answer = http::response<http::string_body>;

Result<tcp::endpoint> endpoint_of(std::string_view address) {
  const auto wrong = [&](std::string_view why) {
    return Error(errc::invalid, "http: listen " + std::string(address) + ": " + std::string(why), "http.listen");
  };
  const std::size_t colon = address.rfind(':');
  if (colon == address.npos) return wrong("not address:port");
  std::string_view host = address.substr(0, colon);
  const std::string_view digits = address.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failure != std::errc() || end != digits.data() + digits.size()) return wrong("not a port");
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  error_code not_literal;
  const auto ip = host == "localhost" ? asio::ip::address(asio::ip::address_v4::loopback())
                                      : asio::ip::make_address(std::string(host), not_literal);
  if (not_literal) return wrong("not an IP address");
  if (!ip.is_loopback())
    return wrong("not a loopback address; these pages have no login, so only this machine may read them");
  return tcp::endpoint(ip, port);
}

Answer error_page(unsigned status, std::string_view text) {
  Answer answer(static_cast<http::status>(status), 11);
  answer.set(http::field::content_type, "text/plain; charset=utf-8");
  answer.body() = std::string(text) + "\n";
  if (status == 405) answer.set(http::field::allow, "GET, HEAD");
  return answer;
}

Answer page(const std::vector<HttpRoute>& routes, const http::request<http::string_body>& request) {
  const std::string_view target(request.target().data(), request.target().size());
  const std::string_view path = target.substr(0, target.find('?'));
  for (const HttpRoute& route : routes) {
    if (route.path != path) continue;
    if (request.method() != http::verb::get && request.method() != http::verb::head)
      return error_page(405, "method not allowed");
    try {
      HttpReply reply = route.answer(path);
      Answer answer(static_cast<http::status>(reply.status), 11);
      answer.set(http::field::content_type, reply.content_type);
      answer.set(http::field::cache_control, "no-store");
      answer.body() = std::move(reply.body);
      return answer;
    } catch (const std::exception&) {  // a page that fails must not end the event loop
      return error_page(500, "internal error");
    }
  }
  return error_page(404, "not found");
}

}  // namespace

struct HttpServer::Listener {
  using Streams = std::list<beast::tcp_stream>;

  asio::any_io_executor loop;
  std::vector<HttpRoute> routes;
  tcp::acceptor acceptor;
  Streams streams;             // oldest first; each has one coroutine, which removes it
  asio::steady_timer changed;  // cancelled when a connection ends
  bool stopping = false;

  Listener(asio::any_io_executor on, std::vector<HttpRoute> pages)
      : loop(on), routes(std::move(pages)), acceptor(on), changed(on) {}

  asio::awaitable<void> accept();
  asio::awaitable<void> answer_one(beast::tcp_stream& stream);
  void begin(tcp::socket socket);
};

asio::awaitable<void> HttpServer::Listener::accept() {
  while (!stopping) {
    auto [failure, socket] = co_await acceptor.async_accept(tuple);
    if (stopping) break;
    if (failure) {  // No file descriptor is free. Each open connection has a deadline, so one becomes free soon.
      changed.expires_after(pause_when_exhausted);
      co_await changed.async_wait(tuple);
      continue;
    }
    begin(std::move(socket));
  }
  while (!streams.empty()) {
    changed.expires_at(asio::steady_timer::time_point::max());
    co_await changed.async_wait(tuple);
  }
}

void HttpServer::Listener::begin(tcp::socket socket) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  // Clients that hold connections open without a request must not keep a probe out.
  if (streams.size() >= http_connections_max) streams.front().close();
  const auto stream = streams.emplace(streams.end(), std::move(socket));
  const auto ended = [this, stream](std::exception_ptr) {
    streams.erase(stream);
    changed.cancel();
  };
  asio::co_spawn(loop, answer_one(*stream), ended);
}

asio::awaitable<void> HttpServer::Listener::answer_one(beast::tcp_stream& stream) {
  stream.expires_after(connection_deadline);
  beast::flat_buffer buffer(header_bytes_max + body_bytes_max);
  http::request_parser<http::string_body> parser;
  parser.header_limit(header_bytes_max);
  parser.body_limit(body_bytes_max);
  auto [failure, got] = co_await http::async_read(stream, buffer, parser, tuple);
  std::optional<Answer> answer;
  if (!failure)
    answer = page(routes, parser.get());
  else if (failure == http::error::body_limit)
    answer = error_page(413, "body too long");
  else if (failure == http::error::header_limit || failure == http::error::buffer_overflow)
    answer = error_page(431, "headers too long");
  else if (failure.category() == http::make_error_code(http::error::bad_target).category() &&
           failure != http::error::end_of_stream)
    answer = error_page(400, "bad request");
  if (!answer) co_return;
  answer->keep_alive(false);
  answer->prepare_payload();
  if (parser.get().method() == http::verb::head) answer->body().clear();  // its length stays in the header
  co_await http::async_write(stream, *answer, tuple);
  error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(asio::any_io_executor loop, std::string_view address,
                                                       std::vector<HttpRoute> routes) {
  const auto at = endpoint_of(address);
  if (!at) return at.error();
  auto listener = std::make_unique<Listener>(loop, std::move(routes));
  error_code failure;
  listener->acceptor.open(at->protocol(), failure);
  if (!failure) {
    ::fcntl(listener->acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
    listener->acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
  }
  if (!failure) listener->acceptor.bind(*at, failure);
  if (!failure) listener->acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure)
    return Error(errc::conflict, "http: cannot listen on " + std::string(address) + ": " + failure.message(),
                 "http.listen");
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(listener)));
}

HttpServer::HttpServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  error_code gone;
  return listener_->acceptor.local_endpoint(gone).port();
}

asio::awaitable<void> HttpServer::serve() { return listener_->accept(); }

void HttpServer::stop() {
  listener_->stopping = true;
  error_code ignored;
  listener_->acceptor.close(ignored);
  for (beast::tcp_stream& stream : listener_->streams) stream.close();
  listener_->changed.cancel();
}

}  // namespace stoker::host
