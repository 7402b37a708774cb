// The verifier of one Ignition gateway: observe, admit, lock, verify, unlock, diagnose, probe over its web port. One
// instance a target, one call at a time, on a blocking thread of the host. What a later call must know stands in the
// ticket and in the detail; nothing else is kept between calls but the start of the gateway as it was last estimated.
#pragma once

#include "footprint.hpp"
#include "gateway_client.hpp"
#include "on_disk.hpp"
#include "own_locks.hpp"
#include "scan.hpp"

namespace ignition {

struct Settings {
  std::chrono::seconds acquire, hold;  // whole seconds, at least one: the gateway takes nothing else
  std::chrono::milliseconds scan, settle, designer_interval;
  std::filesystem::path data;
  static Settings from(const stoker::Config& config);
};

class IgnitionVerifier : public stoker::Verifier {
 public:
  IgnitionVerifier(const stoker::Config& config, const stoker::Host& host);

  stoker::Result<void> observe(stoker::Call&, std::string_view assignment, const stoker::Text& facts) override;
  stoker::Result<void> admit(stoker::Call&, std::string_view assignment, const stoker::Plan&,
                             const stoker::Out<stoker::Decision>&) override;
  stoker::Result<void> lock(stoker::Call&, std::string_view assignment, const stoker::Plan&,
                            const stoker::Out<stoker::Decision>&, const stoker::Text& ticket) override;
  stoker::Result<void> verify(stoker::Call&, std::string_view assignment, const stoker::Plan&, std::string_view ticket,
                              const stoker::Out<stoker::Decision>&, const stoker::Out<stoker::Note>&,
                              const stoker::Text& detail) override;
  stoker::Result<void> unlock(stoker::Call&, std::string_view assignment, std::string_view ticket) override;
  stoker::Result<void> diagnose(stoker::Call&, std::string_view assignment, const stoker::Out<stoker::Check>&) override;
  stoker::Result<void> probe(stoker::Call&, std::string_view assignment, const stoker::Out<stoker::Check>&) override;

 private:
  // The decision that ends the call; nothing: go on.
  using Ending = stoker::Result<std::optional<stoker::Decision>>;
  stoker::Result<Facts> observe_and_keep_start(stoker::Call&);
  stoker::Result<stoker::Decision> decide(stoker::Call&, const Assignment&, const stoker::Plan&, const Footprint&);
  Ending check_key(stoker::Call&);
  Ending check_before_lock(stoker::Call&, const Assignment&, Ticket&);
  Ending take_locks(stoker::Call&, const Assignment&, Ticket&);
  Ending take_one(stoker::Call&, const Assignment&, ScanArea, Ticket&);
  Ending wait_for_scans(stoker::Call&, Ticket&);
  void give_back(stoker::Call&, const Assignment&, const Ticket&);
  stoker::Decision hold_state(State state) const;
  stoker::Decision hold_token(const std::string& why) const;
  std::int64_t time_after(std::chrono::milliseconds wait) const { return clock_.wall_ms() + wait.count(); }

  const Settings settings_;
  const GatewayClient gateway_;
  const stoker::Clock clock_;
  const stoker::Log log_;
  const Scan scan_;
  const OnDisk disk_;
  OwnLocks locks_;
  std::optional<std::int64_t> started_ms_;
  std::map<ScanArea, int> unmoved_;
};

}  // namespace ignition
