// Addresses of a host name, without waiting longer than one may: the system's look-up cannot be interrupted, so it runs
// on a thread of its own that is abandoned when nobody waits any more. Optional: nothing else of the SDK needs it.
// [any thread that may wait]
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

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

inline constexpr int name_lookups_max = 16;       // at a time in one library, abandoned ones included
inline constexpr std::size_t addresses_max = 16;  // of one name

namespace detail {

inline std::atomic<int> name_lookups{0};

// Shared: the thread outlives the one who waits when it is abandoned.
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

// At least one address with its port; or errc::unreachable with the caller's `code`; or what `may_wait` said, a
// Result<void>() that is asked some twenty times a second.
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
