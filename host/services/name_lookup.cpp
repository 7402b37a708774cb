// See name_lookup.hpp.
#include <host/services/name_lookup.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace stoker::host {
namespace {

namespace ip = boost::asio::ip;
using Addresses = std::vector<ip::address>;

constexpr std::chrono::milliseconds look_every{50};
constexpr std::size_t addresses_max = 16;

std::atomic<int> running{0};  // bounds the threads of the process, whoever started them

// Shared: the thread outlives the one who waits when it is abandoned.
struct Lookup {
  std::mutex mutex;
  std::condition_variable done;
  bool finished = false;
  int failure = 0;
  Addresses found;
};

std::optional<ip::address> address_of(const addrinfo& entry) {
  if (entry.ai_family == AF_INET) {
    ip::address_v4::bytes_type bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in*>(entry.ai_addr)->sin_addr, bytes.size());
    return ip::address_v4(bytes);
  }
  if (entry.ai_family == AF_INET6) {
    const auto* socket = reinterpret_cast<const sockaddr_in6*>(entry.ai_addr);
    ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &socket->sin6_addr, bytes.size());
    return ip::address_v6(bytes, socket->sin6_scope_id);
  }
  return std::nullopt;
}

void look_up(const std::string& name, Lookup& lookup) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int failure = getaddrinfo(name.c_str(), nullptr, &hints, &list);
  Addresses found;
  for (const addrinfo* entry = list; entry && found.size() < addresses_max; entry = entry->ai_next)
    if (const auto address = address_of(*entry); address && std::ranges::find(found, *address) == found.end())
      found.push_back(*address);
  if (list) freeaddrinfo(list);
  const std::lock_guard lock(lookup.mutex);
  lookup.failure = failure;
  lookup.found = std::move(found);
  lookup.finished = true;
  lookup.done.notify_all();
}

Error unknown(const std::string& name, std::string_view why) {
  return Error(errc::unreachable, "look-up of " + name + ": " + std::string(why), "http.dns");
}

}  // namespace

Result<Addresses> addresses_of(const std::string& name, const std::function<std::optional<Error>()>& stop) {
  boost::system::error_code not_literal;
  const ip::address literal = ip::make_address(name, not_literal);
  if (!not_literal) return Addresses{literal};
  if (running.fetch_add(1) >= name_lookups_max) {
    running.fetch_sub(1);
    return unknown(name, "too many look-ups hang");
  }
  auto lookup = std::make_shared<Lookup>();
  try {
    std::thread([name, lookup] {
      look_up(name, *lookup);
      running.fetch_sub(1);
    }).detach();
  } catch (const std::system_error&) {
    running.fetch_sub(1);
    return unknown(name, "no thread for it");
  }
  std::unique_lock lock(lookup->mutex);
  while (!lookup->done.wait_for(lock, look_every, [&] { return lookup->finished; }))
    if (auto stopped = stop()) return *std::move(stopped);
  if (lookup->failure) return unknown(name, gai_strerror(lookup->failure));
  if (lookup->found.empty()) return unknown(name, "no address");
  return std::move(lookup->found);
}

}  // namespace stoker::host
