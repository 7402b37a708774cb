// A small HTTP server: one request at a time on each connection, and the ways in which an answer can go wrong.
// Everything runs on the thread of the given loop.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace ignition_sim {

struct Request {
  std::string method;
  std::string target;                        // as it came
  std::string path;                          // without the query, decoded
  std::map<std::string, std::string> query;  // decoded
  std::string token;                         // X-Ignition-API-Token
  std::string body;
  std::string peer;
};

// whole: as HTTP has it · reset: the connection breaks without a byte · silent: nothing ever comes
// slow: the body a byte every few milliseconds · endless: a body that never ends
enum class Delivery { whole, reset, silent, slow, endless };

struct Answer {
  int status = 200;
  std::string type = "application/json;charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  Delivery delivery = Delivery::whole;
};

using Reply = std::function<void(Answer)>;
using Handler = std::function<void(const Request&, Reply)>;  // may reply later, exactly once

class Server {
 public:
  // Reserves the port at once; refuses connections until opened. Throws when the port is taken.
  Server(boost::asio::io_context& loop, std::uint16_t port, Handler handler);
  ~Server();
  std::uint16_t port() const;
  void open();
  void close();  // refuses connections again and breaks those that stand

 private:
  class Door;
  std::shared_ptr<Door> door_;
};

}  // namespace ignition_sim
