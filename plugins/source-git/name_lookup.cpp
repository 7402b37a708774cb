#include "name_lookup.hpp"

#include "libgit2.hpp"

#include <netdb.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

namespace stoker::git {
namespace {

constexpr std::chrono::milliseconds look_every{50};
constexpr std::size_t addresses_max = 16;

std::atomic<int> running{0};  // bounds the threads of the process, whoever started them

// Shared: the thread outlives the one who waits when it is abandoned.
struct Lookup {
  std::mutex mutex;
  std::condition_variable done;
  bool finished = false;
  int failure = 0;
  std::vector<SocketAddress> found;
};

void look_up(const std::string& host, const std::string& port, Lookup& lookup) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &raw);
  const std::unique_ptr<addrinfo, Freed<::freeaddrinfo>> list(raw);
  std::vector<SocketAddress> found;
  for (const addrinfo* one = raw; one && found.size() < addresses_max; one = one->ai_next) {
    SocketAddress& address = found.emplace_back();
    address.size = std::min<socklen_t>(one->ai_addrlen, sizeof address.storage);
    std::memcpy(&address.storage, one->ai_addr, address.size);
  }
  const std::lock_guard lock(lookup.mutex);
  lookup.failure = failure;
  lookup.found = std::move(found);
  lookup.finished = true;
  lookup.done.notify_all();
}

Error unknown(const std::string& host, std::string_view why) {
  return Error(errc::unreachable, "the name " + host + " cannot be looked up: " + std::string(why), "git.dns");
}

}  // namespace

Result<std::vector<SocketAddress>> addresses_of(const std::string& host, const std::string& port, const Bound& bound) {
  if (running.fetch_add(1) >= name_lookups_max) {
    running.fetch_sub(1);
    return unknown(host, "too many look-ups hang");
  }
  auto lookup = std::make_shared<Lookup>();
  try {
    std::thread([host, port, lookup] {
      look_up(host, port, *lookup);
      running.fetch_sub(1);
    }).detach();
  } catch (const std::system_error&) {
    running.fetch_sub(1);
    return unknown(host, "no thread for it");
  }
  std::unique_lock lock(lookup->mutex);
  while (!lookup->done.wait_for(lock, look_every, [&] { return lookup->finished; }))
    if (auto may = bound.check(); !may) return std::move(may).error().in("look-up of " + host);
  if (lookup->failure) return unknown(host, ::gai_strerror(lookup->failure));
  if (lookup->found.empty()) return unknown(host, "no address");
  return std::move(lookup->found);
}

}  // namespace stoker::git
