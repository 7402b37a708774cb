#include "link.hpp"

#include "local_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <stdexcept>
#include <string>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t portion = 16 * 1024;
constexpr std::size_t on_the_way_max = 4 << 20;  // more is left to the sender's kernel, as a real link does

// Bytes that were sent and have not arrived.
struct Late {
  Clock::time_point arrives;
  std::string bytes;
};

bool say(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t said = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (said < 0 && errno == EINTR) continue;
    if (said <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(said));
  }
  return true;
}

}  // namespace

Link::Link(std::uint16_t to, LinkSpeed speed) : to_(to), speed_(speed) {
  listener_ = listen_locally(port_);
  accepting_ = std::jthread([this] { accept(); });
}

Link::~Link() {
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }
  carrying_.clear();
  ::close(listener_);
}

void Link::accept() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    carrying_.emplace_back([this, client] { carry(client); });
  }
}

void Link::carry(int client) {
  const int server = connect_locally(to_);
  {
    const std::lock_guard lock(mutex_);
    open_.insert(open_.end(), {client, server});
  }
  {
    const std::jthread back([&] { pump(server, client, true); });
    pump(client, server, false);
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, client);
  std::erase(open_, server);
  ::close(client);
  ::close(server);
}

// One direction, until its sender has ended and all has arrived.
void Link::pump(int from, int to, bool fetched) {
  const auto latency = speed_.round_trip / 2;
  std::deque<Late> on_the_way;
  std::size_t waiting = 0;
  Clock::time_point line_is_free = Clock::now();
  std::string bytes(portion, '\0');
  for (bool open = true; open || !on_the_way.empty();) {
    const auto now = Clock::now();
    if (!on_the_way.empty() && on_the_way.front().arrives <= now) {
      if (!say(to, on_the_way.front().bytes)) break;
      waiting -= on_the_way.front().bytes.size();
      on_the_way.pop_front();
      continue;
    }
    const bool room = open && waiting < on_the_way_max;
    pollfd heard{from, static_cast<short>(room ? POLLIN : 0), 0};
    std::chrono::nanoseconds wait = std::chrono::hours(1);
    if (!on_the_way.empty()) wait = on_the_way.front().arrives - now;
    const timespec patience{static_cast<time_t>(wait.count() / 1'000'000'000),
                            static_cast<long>(wait.count() % 1'000'000'000)};
    if (::ppoll(&heard, room ? 1 : 0, &patience, nullptr) <= 0 || !room) continue;
    const ssize_t got = ::recv(from, bytes.data(), bytes.size(), 0);
    if (got <= 0) {
      open = false;
      continue;
    }
    const auto size = static_cast<std::size_t>(got);
    if (fetched) fetched_ += size;
    line_is_free = std::max(line_is_free, Clock::now());
    if (speed_.bits_per_second > 0)
      line_is_free += std::chrono::nanoseconds(size * 8 * 1'000'000'000 / speed_.bits_per_second);
    on_the_way.push_back({line_is_free + latency, bytes.substr(0, size)});
    waiting += size;
  }
  ::shutdown(to, SHUT_WR);
}

}  // namespace bench
