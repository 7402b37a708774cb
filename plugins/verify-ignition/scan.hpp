// The gateway's scan and its lock (ignition 2.3): take and give back, request and wait for the end. Runs on the thread
// of the call.
#pragma once

#include "documents.hpp"
#include "gateway_client.hpp"

namespace ignition {

class Scan {
 public:
  Scan(const GatewayClient& gateway, stoker::Clock clock) : gateway_(gateway), clock_(clock) {}

  stoker::Result<ScanStatus> status(stoker::Call& call, ScanArea area) const;
  // Nothing: nobody holds it.
  stoker::Result<std::optional<ScanLock>> holder(stoker::Call& call, ScanArea area) const;
  // Does the lock belong to our key? Its name stands in the actor's text.
  bool ours(const ScanLock& lock) const;
  // The lock, or nothing when somebody else has it or it was not got in time.
  stoker::Result<std::optional<ScanLock>> take(stoker::Call& call, ScanArea area, std::chrono::seconds acquire,
                                               std::chrono::seconds hold) const;
  // Asks for a scan, which gives the lock back.
  stoker::Result<void> request(stoker::Call& call, ScanArea area) const;
  // A scan that began after this call was made and has ended.
  stoker::Result<ScanStatus> run(stoker::Call& call, ScanArea area, std::int64_t end_ms) const;

 private:
  stoker::Result<void> ask(stoker::Call& call, ScanArea area, std::int64_t end_ms) const;
  stoker::Result<ScanStatus> idle(stoker::Call& call, ScanArea area, std::int64_t newer_than,
                                  std::int64_t end_ms) const;
  const GatewayClient& gateway_;
  stoker::Clock clock_;
};

}  // namespace ignition
