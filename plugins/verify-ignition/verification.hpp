// One verify of a gateway: locks, scan, read back, judge. Lives for one call.
#pragma once

#include "footprint.hpp"
#include "on_disk.hpp"
#include "own_locks.hpp"
#include "read_back.hpp"
#include "scan.hpp"

namespace ignition {

class Verification {
 public:
  struct Parts {
    const GatewayClient& gateway;
    const Scan& scan;
    const OwnLocks& locks;
    std::map<ScanArea, int>& unmoved;  // scans in a row whose timestamp should have moved and did not
    const stoker::Clock& clock;
    const OnDisk& disk;
    ScanTimes times;
  };
  Verification(Parts parts, const Assignment& assignment, const Footprint& plan, const std::optional<Ticket>& ticket)
      : parts_(parts), assignment_(assignment), plan_(plan), ticket_(ticket) {}

  // Healthy, one hold, or all that is worse. An error is no verdict of the gateway's.
  stoker::Result<std::vector<stoker::Decision>> run(stoker::Call& call);
  const std::vector<stoker::Note>& notes() const { return notes_; }
  // What is bad now, for a later call; empty before everything was looked at.
  const std::string& detail() const { return detail_; }
  // Did the key that is refused now work for this Run before, so that the Run's own files may have taken it away?
  bool key_worked() const;

 private:
  stoker::Result<void> look_at_locks(stoker::Call& call);
  stoker::Result<std::optional<stoker::Decision>> scan_all(stoker::Call& call);
  stoker::Result<std::vector<stoker::Decision>> judge_loaded(stoker::Call& call);
  stoker::Result<void> add_unloaded(stoker::Call& call, const std::optional<Baseline>& baseline,
                                    std::vector<stoker::Decision>& worse);
  void note_bad_before(const Seen& seen, const std::optional<Baseline>& baseline);
  stoker::Result<void> wait_for_backup(stoker::Call& call);
  void note_torn_lock(const Ticket& ticket, ScanArea area, const ScanStatus& now,
                      const std::optional<ScanLock>& holder);

  Parts parts_;
  const Assignment& assignment_;
  const Footprint& plan_;
  const std::optional<Ticket>& ticket_;
  ScanRecords scans_;
  std::vector<stoker::Note> notes_;
  std::optional<stoker::Decision> stranger_;  // the hold when the gateway seems to be another one
  std::string detail_;
  std::optional<std::int64_t> log_from_ms_;  // by the gateway's clock
};

}  // namespace ignition
