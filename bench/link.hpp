// A network between a client and a server of this machine: counts what comes from the server, and makes it as late and
// as slow as a real one would. Threads of its own for each connection; owned by a worker's main thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace bench {

struct LinkSpeed {
  std::chrono::milliseconds round_trip{0};
  std::uint64_t bits_per_second = 0;  // 0: as fast as it goes
};

class Link {
 public:
  Link(std::uint16_t to, LinkSpeed speed);  // to a port of 127.0.0.1
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link();

  std::uint16_t port() const { return port_; }
  std::uint64_t fetched_bytes() const { return fetched_; }

 private:
  void accept();
  void carry(int client);
  void pump(int from, int to, bool fetched);

  const std::uint16_t to_;
  const LinkSpeed speed_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> fetched_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;  // guarded by mutex_
  std::vector<std::jthread> carrying_;
  std::jthread accepting_;
};

}  // namespace bench
