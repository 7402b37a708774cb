// The lines of one watch that its client has not read yet. The store puts events in, the connection takes lines out. It
// is bounded: a client that reads too slowly is told to begin anew. [event loop]
#pragma once

#include "host/base/async.hpp"
#include "host/calls/platform_instance.hpp"
#include "host/config/kinds.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <string>

namespace stoker::host {

class WatchQueue {
 public:
  static constexpr std::size_t bytes_max = 2u << 20;  // beside the line that goes over it

  WatchQueue(asio::any_io_executor loop, const Kind& kind) : kind_(kind), bell_(std::move(loop)) {}

  void put(const ObjectEvent& event);
  // The client is gone, or the server stops.
  void leave() {
    gone_ = true;
    bell_.cancel();
  }

  bool gone() const { return gone_; }
  // Changes were missed; nothing is put any more.
  bool expired() const { return expired_; }
  bool empty() const { return lines_.empty(); }
  // About so many bytes of whole lines, and at least one line.
  std::string take(std::size_t bytes);
  // Waits until there is something to do, or until then.
  asio::awaitable<void> wait(std::chrono::steady_clock::time_point until);

 private:
  const Kind& kind_;
  asio::steady_timer bell_;
  std::deque<std::string> lines_;
  std::size_t bytes_ = 0;
  bool expired_ = false, gone_ = false;
};

// One line of a watch: {"type":"ADDED","object":…}. `document` is JSON text.
std::string watch_line(std::string_view type, std::string_view document);

}  // namespace stoker::host
