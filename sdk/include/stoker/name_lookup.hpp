// SPDX-License-Identifier: Apache-2.0
// addresses_of: looks up the addresses of a host name and can be stopped.
//
// The system's look-up (getaddrinfo) cannot be interrupted and may block for a long time. So it runs on a thread of its
// own, and the caller asks twenty times a second whether it may go on waiting. When it may not, it returns and leaves
// the thread behind; the thread ends by itself. No more than 16 such threads exist in one library. Optional: nothing
// else in the SDK needs this header. Blocks. [any thread that may wait]
#pragma once

#include <stoker/result.hpp>

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace stoker {

// One address with its port, ready for connect().
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

inline constexpr int name_lookups_max = 16;       // threads at a time in one library, also those left behind
inline constexpr std::size_t addresses_max = 16;  // of one name; further ones are dropped

namespace detail {

inline std::atomic<int> name_lookups{0};

// Shared by the thread and the caller, because the thread may outlive the caller.
struct NameLookup {
  std::mutex mutex;
  std::condition_variable done;
  bool finished = false;
  int failure = 0;
  std::vector<SocketAddress> found;

  void run(const std::string& host, const std::string& port) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &list);
    std::vector<SocketAddress> all;
    for (const addrinfo* one = list; one && all.size() < addresses_max; one = one->ai_next) {
      SocketAddress& address = all.emplace_back();
      address.size = std::min<socklen_t>(one->ai_addrlen, sizeof address.storage);
      std::memcpy(&address.storage, one->ai_addr, address.size);
    }
    if (list) ::freeaddrinfo(list);
    const std::lock_guard lock(mutex);
    failure = failed;
    found = std::move(all);
    finished = true;
    done.notify_all();
  }
};

}  // namespace detail

// Returns at least one address. Fails with errc::unreachable and `code` when the name is unknown, has no address, or 16
// look-ups already run. `may_wait` is a function that returns a Result<void>, usually [&] { return call.check(); }; its
// error ends the wait and is returned.
template <class MayWait>
Result<std::vector<SocketAddress>> addresses_of(const std::string& host, const std::string& port,
                                                const std::string& code, MayWait may_wait) {
  constexpr std::chrono::milliseconds look_every{50};
  const auto unknown = [&](const std::string& why) {
    return Error(errc::unreachable, "the name " + host + " cannot be looked up: " + why, code);
  };
  if (detail::name_lookups.fetch_add(1) >= name_lookups_max) {
    detail::name_lookups.fetch_sub(1);
    return unknown("too many look-ups hang");
  }
  auto lookup = std::make_shared<detail::NameLookup>();
  try {
    std::thread([host, port, lookup] {
      lookup->run(host, port);
      detail::name_lookups.fetch_sub(1);
    }).detach();
  } catch (const std::system_error&) {
    detail::name_lookups.fetch_sub(1);
    return unknown("no thread for it");
  }
  std::unique_lock lock(lookup->mutex);
  while (!lookup->done.wait_for(lock, look_every, [&] { return lookup->finished; }))
    if (Result<void> may = may_wait(); !may) return std::move(may).error();
  if (lookup->failure) return unknown(::gai_strerror(lookup->failure));
  if (lookup->found.empty()) return unknown("no address");
  return std::move(lookup->found);
}

}  // namespace stoker
