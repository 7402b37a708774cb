// The gateway's scan and its lock: take and give back, request and wait for the end. Runs on the thread of the call.
//
// A scan request is no harmless question: whoever sends it ends the lock of whoever has it, and the scan runs. There is
// no other way to give a lock back before it runs out.
#pragma once

#include "documents.hpp"
#include "gateway_client.hpp"

namespace ignition {

struct ScanTimes {
  std::int64_t end_ms = 0;              // of the whole verify, by the monotonic clock
  std::chrono::milliseconds settle{0};  // how long a scan may take to show itself where its end was never seen
};

// How the end of a scan was learnt.
struct ScanEnd {
  enum class Seen { moved, idle, unmoved };
  // moved: the timestamp moved, so the scan has ended. idle: it did not, and is not known to do so for this area:
  // nothing was active for the settle time. unmoved: it is known to move, and did not now.
  Seen seen = Seen::moved;
  ScanStatus status;
};

class Scan {
 public:
  Scan(const GatewayClient& gateway, stoker::Clock clock) : gateway_(gateway), clock_(clock) {}

  stoker::Result<ScanStatus> status(stoker::Call& call, ScanArea area) const;
  // Nothing: nobody holds it.
  stoker::Result<std::optional<ScanLock>> holder(stoker::Call& call, ScanArea area) const;
  // Does the lock belong to our key, taken from this machine? Another process with the same key elsewhere does not
  // count.
  bool is_from_here(const ScanLock& lock) const;
  // May our key write? Asks for a lock in a way that cannot be granted. errc::denied: it may not.
  stoker::Result<void> check_write(stoker::Call& call) const;
  // The lock, or nothing when somebody else has it or it was not got in time.
  stoker::Result<std::optional<ScanLock>> take(stoker::Call& call, ScanArea area, std::chrono::seconds acquire,
                                               std::chrono::seconds hold) const;
  // Until no scan of the area is active; errc::timeout when one still is at `end_ms`.
  stoker::Result<ScanStatus> wait_idle(stoker::Call& call, ScanArea area, std::int64_t end_ms) const;
  // Asks for a scan, which gives the lock back.
  stoker::Result<void> request(stoker::Call& call, ScanArea area) const;
  // A scan that began after this call was made and has ended. `moves`: its timestamp is known to move.
  stoker::Result<ScanEnd> run(stoker::Call& call, ScanArea area, bool moves, ScanTimes times) const;

 private:
  stoker::Result<void> ask(stoker::Call& call, ScanArea area, std::int64_t end_ms) const;
  stoker::Result<ScanEnd> wait_end(stoker::Call& call, ScanArea area, std::int64_t before, bool moves,
                                   ScanTimes times) const;
  stoker::Result<bool> pause(stoker::Call& call, std::int64_t& wait_ms, std::int64_t end_ms) const;
  const GatewayClient& gateway_;
  stoker::Clock clock_;
};

// "api-token:<name>:<address>", taken apart. Nothing: another kind of actor.
struct TokenActor {
  std::string name, address;
};
std::optional<TokenActor> token_actor(std::string_view actor);

}  // namespace ignition
