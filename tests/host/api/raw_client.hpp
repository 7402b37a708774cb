// A client that sends what it likes.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <filesystem>
#include <string>

namespace stoker::host::testing {

class RawClient {
 public:
  explicit RawClient(const std::filesystem::path& path) : socket_(loop_) {
    socket_.connect(boost::asio::local::stream_protocol::endpoint(path.string()));
  }
  void send(const std::string& text) {
    boost::system::error_code ignored;
    boost::asio::write(socket_, boost::asio::buffer(text), ignored);
  }
  // Until the server ends the connection.
  std::string rest() {
    std::string text;
    boost::system::error_code ended;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(text), ended);
    return text;
  }
  std::string until(const std::string& end) {
    std::string text;
    while (text.find(end) == std::string::npos) {
      char more[1024];
      boost::system::error_code ended;
      const std::size_t got = socket_.read_some(boost::asio::buffer(more), ended);
      if (ended) break;
      text.append(more, got);
    }
    return text;
  }
  std::string ask(const std::string& request) {
    send(request);
    return rest();
  }
  void shut() {
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::local::stream_protocol::socket::shutdown_send, ignored);
  }

 private:
  boost::asio::io_context loop_;
  boost::asio::local::stream_protocol::socket socket_;
};

inline std::string request(const std::string& method, const std::string& target, const std::string& body = "",
                           const std::string& type = "application/json", const std::string& more = "") {
  return method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + more +
         (body.empty() ? "" : "Content-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n") +
         "\r\n" + body;
}

}  // namespace stoker::host::testing
