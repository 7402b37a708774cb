// Scan requests prove nothing by their answer; their end is seen in the status alone.
#include "scan.hpp"

#include "facts.hpp"

#include <limits>

namespace ignition {

using stoker::errc;
using stoker::Error;
using stoker::Result;

namespace {

constexpr std::int64_t poll_min_ms = 250, poll_max_ms = 2000;

std::string path(std::string_view route, ScanArea area) {
  return "/data/api/v1/" + std::string(route) + "/" + std::string(name(area));
}

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
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

bool Scan::ours(const ScanLock& lock) const {
  const std::string name = gateway_.address().key_name();
  for (std::size_t at = lock.actor.find(name); at != std::string::npos; at = lock.actor.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || !letter(lock.actor[at - 1])) && (end == lock.actor.size() || !letter(lock.actor[end]))) return true;
  }
  return false;
}

Result<std::optional<ScanLock>> Scan::take(stoker::Call& call, ScanArea area, std::chrono::seconds acquire,
                                           std::chrono::seconds hold) const {
  auto answer = gateway_.post(call, path("scan-lock", area),
                              "{\"acquireTimeout\":" + std::to_string(acquire.count()) +
                                  ",\"holdTimeout\":" + std::to_string(hold.count()) + "}",
                              acquire);
  if (!answer) return std::move(answer).error();
  if (answer->status == 408 || answer->status == 409) return std::optional<ScanLock>();
  if (answer->status != 200)
    return Error(errc::invalid, "ignition: POST " + path("scan-lock", area) + ": " + std::to_string(answer->status),
                 "ignition.answer");
  auto lock = scan_lock(answer->body);
  if (!lock) return std::move(lock).error();
  return std::optional(*std::move(lock));
}

Result<void> Scan::request(stoker::Call& call, ScanArea area) const {
  auto answer = gateway_.post(call, path("scan", area), {});
  if (!answer) return std::move(answer).error();
  if (answer->status / 100 == 2) return {};
  return Error(errc::unreachable, "ignition: POST " + path("scan", area) + ": " + std::to_string(answer->status),
               "ignition.answer");
}

// Polls until no scan is active and the last one is newer.
Result<ScanStatus> Scan::idle(stoker::Call& call, ScanArea area, std::int64_t newer_than, std::int64_t end_ms) const {
  for (std::int64_t wait = poll_min_ms;; wait = std::min(wait * 2, poll_max_ms)) {
    auto now = status(call, area);
    if (now && !now->active && now->last > newer_than) return now;
    if (!now && !passing(now.error())) return now;
    if (clock_.monotonic_ms() + wait > end_ms || call.remaining().count() <= wait)
      return Error(errc::timeout, "ignition: the scan of " + std::string(name(area)) + " did not end in time",
                   "ignition.scan-timeout");
    if (auto slept = clock_.sleep(call, std::chrono::milliseconds(wait)); !slept) return std::move(slept).error();
  }
}

// A request that fails may have arrived; a further one does no harm. One that fails until the end is as good as a scan
// that does not end: the gateway runs, and nobody knows what it has loaded.
Result<void> Scan::ask(stoker::Call& call, ScanArea area, std::int64_t end_ms) const {
  for (std::int64_t wait = poll_min_ms;; wait = std::min(wait * 2, poll_max_ms)) {
    auto asked = request(call, area);
    if (asked || !passing(asked.error())) return asked;
    if (clock_.monotonic_ms() + wait > end_ms || call.remaining().count() <= wait)
      return Error(errc::timeout,
                   "ignition: no scan of " + std::string(name(area)) + " in time: " + asked.error().message,
                   "ignition.scan-timeout");
    if (auto slept = clock_.sleep(call, std::chrono::milliseconds(wait)); !slept) return slept;
  }
}

// A scan that is under way already may have read files of before: its end is waited for first.
Result<ScanStatus> Scan::run(stoker::Call& call, ScanArea area, std::int64_t end_ms) const {
  auto before = idle(call, area, std::numeric_limits<std::int64_t>::min(), end_ms);
  if (!before) return before;
  if (auto asked = ask(call, area, end_ms); !asked) return std::move(asked).error();
  return idle(call, area, before->last, end_ms);
}

}  // namespace ignition
