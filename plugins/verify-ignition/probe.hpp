// Tries out on one gateway what differs from gateway to gateway and is documented nowhere. Works in a project of its
// own that it makes and removes, also after a cancel, and asks for scans of projects; nothing else is changed. Lives
// for one call, on its thread.
#pragma once

#include "gateway_client.hpp"
#include "on_disk.hpp"
#include "own_project.hpp"
#include "scan.hpp"

namespace ignition {

class Probe {
 public:
  struct Parts {
    const GatewayClient& gateway;
    const Scan& scan;
    const stoker::Clock& clock;
    const OnDisk& disk;
  };
  explicit Probe(Parts parts);

  // One Check for each question, with what was seen; what was not reached before a cancel is skipped. Names of checks
  // never change.
  std::vector<stoker::Check> make(stoker::Call& call);

 private:
  using Found = stoker::Result<stoker::Check>;
  using Question = Found (Probe::*)(stoker::Call&);
  struct Item {
    std::string_view name;
    Question question;
  };
  static const Item items[];
  // What a watch saw of project scans; times from its beginning.
  struct Seen {
    std::optional<std::int64_t> active_ms, moved_ms, shown_ms;
    unsigned moves = 0;
    ScanStatus last;
  };

  Found ready(stoker::Call&);
  Found scan_of_a_change(stoker::Call&);
  Found scan_without_a_change(stoker::Call&);
  Found stamping(stoker::Call&);
  Found data_alone(stoker::Call&);
  Found lock_during_a_scan(stoker::Call&);
  Found second_request(stoker::Call&);
  Found automatic_scans(stoker::Call&);
  Found lock_against_automatic_scans(stoker::Call&);
  stoker::Check remove(stoker::Call&);

  stoker::Result<void> may_go_on(stoker::Call&) const;
  stoker::Result<ScanStatus> request(stoker::Call&);
  stoker::Result<void> settle(stoker::Call&);
  stoker::Result<std::string> shown_title(stoker::Call&) const;
  stoker::Result<std::string> new_title(stoker::Call&);
  template <class Enough>
  stoker::Result<Seen> watch(stoker::Call&, const ScanStatus& before, const std::string& title,
                             std::chrono::milliseconds limit, std::chrono::milliseconds step, Enough enough) const;
  stoker::Result<bool> taken_up(stoker::Call&, const std::string& code, const std::string& descriptor) const;

  Parts parts_;
  OwnProject project_;
  bool ready_ = false, works_ = false;        // the project is made; its first scan was seen
  std::optional<std::int64_t> automatic_ms_;  // how long an automatic scan took to come
  std::optional<std::int64_t> held_;          // the stamp of a lock of ours
  unsigned titles_ = 0;
};

}  // namespace ignition
