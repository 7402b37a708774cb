// The small server over real sockets; the client's side is blocking and on a thread of its own.
#include "host/web/http_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace stoker::host {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    std::vector<HttpRoute> routes;
    routes.push_back({"/healthz", [](std::string_view) { return HttpReply{200, "ok"}; }});
    routes.push_back({"/readyz", [](std::string_view) { return HttpReply{503, "not ready"}; }});
    routes.push_back({"/broken", [](std::string_view) -> HttpReply { throw std::runtime_error("hunter2"); }});
    server = std::move(HttpServer::listen(loop.get_executor(), "127.0.0.1:0", std::move(routes))).value();
    asio::co_spawn(loop, server->serve(), [this](std::exception_ptr failure) { ended = !failure; });
    thread = std::thread([this] { loop.run(); });
  }
  ~HttpServerTest() override { stop(); }
  void stop() {
    if (!thread.joinable()) return;
    asio::post(loop, [this] { server->stop(); });
    thread.join();  // the loop runs out of work only when the last connection is gone
  }
  tcp::socket connected() {
    tcp::socket socket(clients);
    socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), server->port()));
    return socket;
  }
  static std::string rest(tcp::socket& socket) {
    std::string answer;
    boost::system::error_code closed;
    asio::read(socket, asio::dynamic_buffer(answer), closed);
    return answer;
  }
  std::string ask(const std::string& request) {
    tcp::socket socket = connected();
    asio::write(socket, asio::buffer(request));
    return rest(socket);
  }
  std::string get(const std::string& target, const std::string& method = "GET") {
    return ask(method + " " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  asio::io_context loop, clients;
  std::unique_ptr<HttpServer> server;
  std::thread thread;
  bool ended = false;
};

TEST_F(HttpServerTest, AnswersItsRoutes) {
  const std::string answer = get("/healthz?verbose");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nok")) << answer;
  EXPECT_TRUE(get("/readyz").starts_with("HTTP/1.1 503 "));
}

TEST_F(HttpServerTest, HeadHasTheLengthAndNoBody) {
  const std::string answer = get("/healthz", "HEAD");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("Content-Length: 2\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(HttpServerTest, KnowsNoOtherPathAndNoOtherMethod) {
  EXPECT_TRUE(get("/healthz/").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(get("/healthz", "POST").starts_with("HTTP/1.1 405 "));
}

TEST_F(HttpServerTest, APageThatFailsIsAnErrorWithoutItsText) {
  const std::string answer = get("/broken");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
  EXPECT_EQ(answer.find("hunter2"), std::string::npos);
}

TEST_F(HttpServerTest, RefusesNonsenseAndTooMuch) {
  EXPECT_TRUE(ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask("GET / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n").starts_with("HTTP/1.1 413 "));
  EXPECT_TRUE(ask("GET / HTTP/1.1\r\nX: " + std::string(8192, 'x')).starts_with("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, IdleConnectionsDoNotKeepAProbeOut) {
  std::vector<tcp::socket> idle;
  for (std::size_t i = 0; i < http_connections_max + 10; ++i) idle.push_back(connected());
  EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(rest(idle.front()), "");
}

TEST_F(HttpServerTest, StopEndsServeAndItsConnections) {
  tcp::socket idle = connected();
  EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200 "));  // so the idle one was accepted before
  stop();
  EXPECT_TRUE(ended);
  EXPECT_EQ(rest(idle), "");
}

TEST_F(HttpServerTest, AnAddressInUseIsSaid) {
  const std::string taken = "127.0.0.1:" + std::to_string(server->port());
  const auto second = HttpServer::listen(clients.get_executor(), taken, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "http.listen");
  EXPECT_NE(second.error().message.find(taken), std::string::npos);
}

TEST_F(HttpServerTest, ListensOnLoopbackOnly) {
  for (const char* address :
       {"0.0.0.0:0", "192.0.2.1:80", "[::]:0", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:70000", "x:1"})
    EXPECT_TRUE(HttpServer::listen(clients.get_executor(), address, {}).error() == errc::invalid) << address;
}

}  // namespace
}  // namespace stoker::host
