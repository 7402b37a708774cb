// Scan requests prove nothing by their answer; their end is seen in the status alone.
#include "scan.hpp"

#include "facts.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>

namespace ignition {

using stoker::errc;
using stoker::Error;
using stoker::Result;

namespace {

constexpr std::int64_t poll_min_ms = 250, poll_max_ms = 2000;

std::string path(std::string_view route, ScanArea area) {
  return "/data/api/v1/" + std::string(route) + "/" + std::string(name(area));
}

// The address as text has several forms; its bytes have one. An IPv4 address in IPv6 form counts as IPv4.
std::string bytes_of(std::string address) {
  std::erase(address, '[');
  std::erase(address, ']');
  address = address.substr(0, address.find('%'));
  in_addr four{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) return std::string(reinterpret_cast<char*>(&four), sizeof four);
  in6_addr six{};
  if (inet_pton(AF_INET6, address.c_str(), &six) != 1) return {};
  const std::string bytes(reinterpret_cast<char*>(&six), sizeof six);
  return IN6_IS_ADDR_V4MAPPED(&six) ? bytes.substr(12) : bytes;
}

bool is_own_address(const std::string& address) {
  const std::string wanted = bytes_of(address);
  ifaddrs* list = nullptr;
  if (wanted.empty() || getifaddrs(&list) != 0) return false;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, &freeifaddrs);
  for (const ifaddrs* at = list; at; at = at->ifa_next) {
    if (!at->ifa_addr) continue;
    const bool four = at->ifa_addr->sa_family == AF_INET, six = at->ifa_addr->sa_family == AF_INET6;
    if (!four && !six) continue;
    const void* raw = four ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(at->ifa_addr)->sin_addr)
                           : static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(at->ifa_addr)->sin6_addr);
    if (std::string_view(static_cast<const char*>(raw), four ? 4 : 16) == wanted) return true;
  }
  return false;
}

std::string lock_body(std::int64_t acquire_s, std::int64_t hold_s) {
  return "{\"acquireTimeout\":" + std::to_string(acquire_s) + ",\"holdTimeout\":" + std::to_string(hold_s) + "}";
}

// What may pass while a scan runs: a lost answer, an error of the moment. Not: a key refused, another state, our end.
bool passing(const Error& error) { return (error == errc::unreachable || error == errc::timeout) && !state_of(error); }

}  // namespace

Result<ScanStatus> Scan::status(stoker::Call& call, ScanArea area) const {
  auto json = gateway_.get(call, path("scan", area));
  if (!json && json.error() == errc::not_found)
    return Error(errc::incompatible,
                 "ignition: the gateway has no scan of " + std::string(name(area)) + "; Ignition 8.3 is needed",
                 "ignition.no-scan");
  if (!json) return std::move(json).error();
  return scan_status(*json);
}

Result<std::optional<ScanLock>> Scan::holder(stoker::Call& call, ScanArea area) const {
  auto json = gateway_.get(call, path("scan-lock", area));
  if (!json) return std::move(json).error();
  if (json->empty()) return std::optional<ScanLock>();
  auto lock = scan_lock(*json);
  if (!lock) return std::move(lock).error();
  return std::optional(*std::move(lock));
}

// The address may hold colons; the name of a key does not.
std::optional<TokenActor> token_actor(std::string_view actor) {
  constexpr std::string_view prefix = "api-token:";
  if (!actor.starts_with(prefix)) return std::nullopt;
  actor.remove_prefix(prefix.size());
  const std::size_t colon = actor.find(':');
  if (colon == actor.npos) return std::nullopt;
  return TokenActor{std::string(actor.substr(0, colon)), std::string(actor.substr(colon + 1))};
}

// A loopback address is every machine's: behind a proxy beside the gateway all clients have it.
bool Scan::is_from_here(const ScanLock& lock) const {
  const auto actor = token_actor(lock.actor);
  if (!actor || actor->name != gateway_.address().key_name()) return false;
  const bool loopback = actor->address.starts_with("127.") || bytes_of(actor->address) == bytes_of("::1") ||
                        bytes_of(actor->address).starts_with('\x7f');
  if (loopback && !gateway_.address().is_local()) return false;
  return is_own_address(actor->address);
}

// A time-out of zero is no valid one: a key that may write is told so with 400.
Result<void> Scan::check_write(stoker::Call& call) const {
  auto answer = gateway_.post(call, path("scan-lock", ScanArea::projects), lock_body(0, 1));
  if (!answer) return std::move(answer).error();
  switch (answer->status) {
    case 400:
    case 408:
    case 409:
    case 422: return {};
    case 200: return clock_.sleep(call, std::chrono::milliseconds(1100));  // it was granted, and runs out now
    case 404:
      return Error(errc::incompatible, "ignition: the gateway has no scan lock; Ignition 8.3 is needed",
                   "ignition.no-scan");
    default: break;
  }
  return Error(errc::unreachable,
               status_of(*answer, "ignition: POST " + path("scan-lock", ScanArea::projects)) +
                   "; a proxy may refuse what it does not know",
               "ignition.answer");
}

Result<std::optional<ScanLock>> Scan::take(stoker::Call& call, ScanArea area, std::chrono::seconds acquire,
                                           std::chrono::seconds hold) const {
  auto answer = gateway_.post(call, path("scan-lock", area), lock_body(acquire.count(), hold.count()), acquire);
  if (!answer) return std::move(answer).error();
  if (answer->status == 408 || answer->status == 409) return std::optional<ScanLock>();
  if (answer->status != 200)
    return Error(errc::invalid, status_of(*answer, "ignition: POST " + path("scan-lock", area)), "ignition.answer");
  auto lock = scan_lock(answer->body);
  if (!lock) return std::move(lock).error();
  return std::optional(*std::move(lock));
}

Result<void> Scan::request(stoker::Call& call, ScanArea area) const {
  auto answer = gateway_.post(call, path("scan", area), {});
  if (!answer) return std::move(answer).error();
  if (answer->status / 100 == 2) return {};
  return Error(errc::unreachable, status_of(*answer, "ignition: POST " + path("scan", area)), "ignition.answer");
}

// False: there is no time left for another look.
Result<bool> Scan::pause(stoker::Call& call, std::int64_t& wait_ms, std::int64_t end_ms) const {
  if (clock_.monotonic_ms() + wait_ms > end_ms || call.remaining().count() <= wait_ms) return false;
  if (auto slept = clock_.sleep(call, std::chrono::milliseconds(wait_ms)); !slept) return std::move(slept).error();
  wait_ms = std::min(wait_ms * 2, poll_max_ms);
  return true;
}

Result<ScanStatus> Scan::wait_idle(stoker::Call& call, ScanArea area, std::int64_t end_ms) const {
  for (std::int64_t wait = poll_min_ms;;) {
    auto now = status(call, area);
    if (now && !now->active) return now;
    if (!now && !passing(now.error())) return now;
    auto paused = pause(call, wait, end_ms);
    if (!paused) return std::move(paused).error();
    if (!*paused)
      return Error(errc::timeout, "ignition: the scan of " + std::string(name(area)) + " did not end in time",
                   "ignition.scan-timeout");
  }
}

// Where the timestamp is known to move, only that is an end. Elsewhere a scan that is not seen to be active for the
// settle time has ended, or will never show itself: what the gateway has loaded is for the read-back to say.
Result<ScanEnd> Scan::wait_end(stoker::Call& call, ScanArea area, std::int64_t before, bool moves,
                               ScanTimes times) const {
  std::int64_t idle_since = clock_.monotonic_ms();
  for (std::int64_t wait = poll_min_ms;;) {
    auto now = status(call, area);
    if (!now && !passing(now.error())) return std::move(now).error();
    const std::int64_t now_ms = clock_.monotonic_ms();
    if (now && !now->active && now->last != before) return ScanEnd{ScanEnd::Seen::moved, *now};
    if (!now || now->active) idle_since = now_ms;
    if (!moves && now_ms - idle_since >= times.settle.count()) return ScanEnd{ScanEnd::Seen::idle, *now};
    auto paused = pause(call, wait, times.end_ms);
    if (!paused) return std::move(paused).error();
    if (*paused) continue;
    if (now && !now->active) return ScanEnd{moves ? ScanEnd::Seen::unmoved : ScanEnd::Seen::idle, *now};
    return Error(errc::timeout, "ignition: the scan of " + std::string(name(area)) + " did not end in time",
                 "ignition.scan-timeout");
  }
}

// A request that fails may have arrived; a further one does no harm. One that fails until the end is as good as a scan
// that does not end: the gateway runs, and nobody knows what it has loaded.
Result<void> Scan::ask(stoker::Call& call, ScanArea area, std::int64_t end_ms) const {
  for (std::int64_t wait = poll_min_ms;;) {
    auto asked = request(call, area);
    if (asked || !passing(asked.error())) return asked;
    auto paused = pause(call, wait, end_ms);
    if (!paused) return std::move(paused).error();
    if (!*paused)
      return Error(errc::timeout,
                   "ignition: no scan of " + std::string(name(area)) + " in time: " + asked.error().message,
                   "ignition.scan-timeout");
  }
}

// A scan that is under way already may have read files of before: its end is waited for first.
Result<ScanEnd> Scan::run(stoker::Call& call, ScanArea area, bool moves, ScanTimes times) const {
  auto before = wait_idle(call, area, times.end_ms);
  if (!before) return std::move(before).error();
  if (auto asked = ask(call, area, times.end_ms); !asked) return std::move(asked).error();
  return wait_end(call, area, before->last, moves, times);
}

}  // namespace ignition
