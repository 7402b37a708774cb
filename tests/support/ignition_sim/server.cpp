// The only file of the simulator that includes Beast. Requests are read by Beast; answers are written as text, because
// a simulator must be able to send what a library would not. Callbacks keep their session alive; no coroutines.
#include "support/ignition_sim/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <chrono>
#include <optional>

namespace ignition_sim {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr std::uint64_t kBodyMax = 1 << 20;
constexpr auto kSlowPause = std::chrono::milliseconds(20);

std::string head_of(const Answer& answer, bool keep_alive) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + ' ' +
                     std::string(http::obsolete_reason(http::int_to_status(static_cast<unsigned>(answer.status)))) +
                     "\r\nServer: Jetty\r\n";
  if (!answer.body.empty()) text += "Content-Type: " + answer.type + "\r\n";
  for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
  if (answer.delivery == Delivery::endless)
    text += "Transfer-Encoding: chunked\r\n";
  else if (answer.status != 204)
    text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  if (!keep_alive) text += "Connection: close\r\n";
  return text + "\r\n";
}

Request request_of(const http::request<http::string_body>& message, std::string peer) {
  Request request{.method = std::string(message.method_string()),
                  .target = std::string(message.target()),
                  .path = {},
                  .query = {},
                  .token = std::string(message["X-Ignition-API-Token"]),
                  .body = message.body(),
                  .peer = std::move(peer)};
  // Jetty takes brackets in a query as they are.
  std::string target;
  for (const char c : request.target) target += c == '[' ? "%5B" : c == ']' ? "%5D" : std::string(1, c);
  const auto url = boost::urls::parse_origin_form(target);
  if (!url) return request;
  request.path = url->path();
  for (const auto& parameter : url->params()) request.query.emplace(parameter.key, parameter.value);
  return request;
}

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const Handler& handler)
      : socket_(std::move(socket)), handler_(handler), timer_(socket_.get_executor()) {}

  void read() {
    parser_.emplace();
    parser_->body_limit(kBodyMax);
    http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](error_code failed, std::size_t) {
      if (failed) return self->close();
      self->answer();
    });
  }

  void close() {
    error_code ignored;
    timer_.cancel();
    socket_.close(ignored);
  }

 private:
  void answer() {
    error_code unknown;
    const auto peer = socket_.remote_endpoint(unknown);
    const Request request = request_of(parser_->get(), unknown ? std::string() : peer.address().to_string());
    handler_(request, [self = shared_from_this()](Answer answer) { self->send(std::move(answer)); });
  }

  void send(Answer answer) {
    if (!socket_.is_open()) return;
    const bool keep_alive = parser_->get().keep_alive() && answer.delivery == Delivery::whole;
    switch (answer.delivery) {
      case Delivery::reset: return reset();
      case Delivery::silent: return await_hang_up();
      case Delivery::whole: text_ = head_of(answer, keep_alive) + answer.body; return write_all(keep_alive);
      case Delivery::slow: text_ = head_of(answer, keep_alive) + answer.body; return write_slowly(answer.body.size());
      case Delivery::endless: text_ = head_of(answer, true); return write_for_ever();
    }
  }

  void reset() {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
  }

  // Keeps the session until the client has enough of it.
  void await_hang_up() {
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code) { self->close(); });
  }

  void write_all(bool keep_alive) {
    asio::async_write(socket_, asio::buffer(text_),
                      [self = shared_from_this(), keep_alive](error_code failed, std::size_t) {
                        if (failed || !keep_alive) return self->close();
                        self->read();
                      });
  }

  // All but the last bytes at once, then one at a time.
  void write_slowly(std::size_t last) {
    const std::size_t first = text_.size() - last;
    asio::async_write(socket_, asio::buffer(text_.data(), first),
                      [self = shared_from_this(), first](error_code failed, std::size_t) {
                        if (failed) return self->close();
                        self->write_byte(first);
                      });
  }

  void write_byte(std::size_t at) {
    if (at == text_.size()) return close();
    asio::async_write(socket_, asio::buffer(text_.data() + at, 1),
                      [self = shared_from_this(), at](error_code failed, std::size_t) {
                        if (failed) return self->close();
                        self->pause([self, at] { self->write_byte(at + 1); });
                      });
  }

  void write_for_ever() {
    asio::async_write(socket_, asio::buffer(text_), [self = shared_from_this()](error_code failed, std::size_t) {
      if (failed) return self->close();
      self->text_ = "1\r\n \r\n";
      self->pause([self] { self->write_for_ever(); });
    });
  }

  template <class Next>
  void pause(Next next) {
    timer_.expires_after(kSlowPause);
    timer_.async_wait([next](error_code cancelled) {
      if (!cancelled) next();
    });
  }

  tcp::socket socket_;
  const Handler& handler_;  // the door's, which outlives the loop's last run
  asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::string text_;
};

}  // namespace

// Holds the port with a socket that never listens, so that nobody else gets it while the gateway is down and a
// connection is refused, not left waiting.
class Server::Door : public std::enable_shared_from_this<Door> {
 public:
  Door(asio::io_context& loop, std::uint16_t port, Handler handler)
      : handler_(std::move(handler)), place_(loop), acceptor_(loop) {
    bind(place_, tcp::endpoint(asio::ip::address_v4::loopback(), port));
    where_ = place_.local_endpoint();
  }

  std::uint16_t port() const { return where_.port(); }

  void open() {
    if (acceptor_.is_open()) return;
    bind(acceptor_, where_);
    acceptor_.listen();
    accept();
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    for (const auto& known : sessions_)
      if (const auto session = known.lock()) session->close();
    sessions_.clear();
  }

 private:
  template <class Socket>
  static void bind(Socket& socket, const tcp::endpoint& where) {
    socket.open(where.protocol());
    socket.set_option(tcp::acceptor::reuse_address(true));
    socket.set_option(ReusePort(true));
    socket.bind(where);
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code failed, tcp::socket socket) {
      if (failed == asio::error::operation_aborted || !self->acceptor_.is_open()) return;
      if (!failed) {
        socket.set_option(tcp::no_delay(true), failed);
        auto session = std::make_shared<Session>(std::move(socket), self->handler_);
        std::erase_if(self->sessions_, [](const auto& known) { return known.expired(); });
        self->sessions_.push_back(session);
        session->read();
      }
      self->accept();
    });
  }

  Handler handler_;
  tcp::socket place_;
  tcp::acceptor acceptor_;
  tcp::endpoint where_;
  std::vector<std::weak_ptr<Session>> sessions_;
};

Server::Server(asio::io_context& loop, std::uint16_t port, Handler handler)
    : door_(std::make_shared<Door>(loop, port, std::move(handler))) {}
Server::~Server() = default;
std::uint16_t Server::port() const { return door_->port(); }
void Server::open() { door_->open(); }
void Server::close() { door_->close(); }

}  // namespace ignition_sim
