// A receiver of webhooks; see receiver.hpp.
#include "receiver.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <atomic>
#include <mutex>
#include <thread>

#include <sys/socket.h>

namespace plant {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

struct Receiver::Parts {
  asio::io_context context{1};
  tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::atomic<unsigned> status{200};
  std::mutex mutex;
  std::vector<Request> requests;
  std::thread thread;

  void serve() {
    for (;;) {
      boost::system::error_code failed;
      tcp::socket socket(context);
      acceptor.accept(socket, failed);
      if (failed) return;  // shut down
      answer_one(socket);
    }
  }

  void answer_one(tcp::socket& socket) {
    boost::system::error_code failed;
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    http::read(socket, buffer, request, failed);
    if (failed) return;
    {
      const std::lock_guard lock(mutex);
      requests.push_back(
          {std::string(request["Idempotency-Key"]), std::string(request["X-Stoker-Event"]), request.body()});
    }
    http::response<http::empty_body> response(http::int_to_status(status), request.version());
    response.keep_alive(false);
    response.prepare_payload();
    http::write(socket, response, failed);
  }
};

Receiver::Receiver() : parts_(std::make_unique<Parts>()) {
  parts_->thread = std::thread([parts = parts_.get()] { parts->serve(); });
}

Receiver::~Receiver() {
  ::shutdown(parts_->acceptor.native_handle(), SHUT_RDWR);  // wakes accept
  parts_->thread.join();
}

std::string Receiver::url() const {
  return "http://127.0.0.1:" + std::to_string(parts_->acceptor.local_endpoint().port()) + "/hook";
}

void Receiver::answer(unsigned status) { parts_->status = status; }

std::vector<Receiver::Request> Receiver::requests() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->requests;
}

}  // namespace plant
