// The client's end of a unix socket: reads and writes that wait until a time and no longer. It is a SyncStream of
// Beast. [one thread]
#pragma once

#include "host/base/file.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <filesystem>

namespace stoker::host {

class ClientSocket {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // unreachable "host.not-running": nobody listens there. denied: this user may not connect.
  static Result<ClientSocket> connect(const std::filesystem::path& path, Time until);

  void until(Time time) { until_ = time; }

  template <class Buffers>
  std::size_t read_some(const Buffers& buffers, boost::system::error_code& failure) {
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers); ++at) {
      const boost::asio::mutable_buffer room(*at);
      if (room.size() > 0) return read(room.data(), room.size(), failure);
    }
    failure = {};
    return 0;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, boost::system::error_code& failure) {
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers); ++at) {
      const boost::asio::const_buffer bytes(*at);
      if (bytes.size() > 0) return write(bytes.data(), bytes.size(), failure);
    }
    failure = {};
    return 0;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers) {
    boost::system::error_code failure;
    const std::size_t got = read_some(buffers, failure);
    if (failure) throw boost::system::system_error(failure);
    return got;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    boost::system::error_code failure;
    const std::size_t sent = write_some(buffers, failure);
    if (failure) throw boost::system::system_error(failure);
    return sent;
  }

 private:
  explicit ClientSocket(Descriptor socket) : socket_(std::move(socket)) {}
  bool wait(short for_what, boost::system::error_code& failure) const;
  std::size_t read(void* to, std::size_t size, boost::system::error_code& failure);
  std::size_t write(const void* from, std::size_t size, boost::system::error_code& failure);

  Descriptor socket_;
  Time until_ = Time::max();
};

}  // namespace stoker::host
