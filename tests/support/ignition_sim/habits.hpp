// What no public source settles of a gateway, or only one of them tells (ignition 9). A client has to be right under
// each, so tests run both ways. May be changed while the gateway runs.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ignition_sim {

// What becomes of a scan request while a scan is active: it joins the one that waits, gets a scan of its own, is lost.
enum class Requests { coalesce, queue, drop };

// What the status of project scans tells: all, whether one is active but no newer timestamp, neither.
enum class Told { all, activity, nothing };

// lastScanTimestamp until the first scan after the start: the time of the start, absent, null, 0, -1.
enum class Unscanned { start, missing, null, zero, minus_one };

// What a scan takes for changed: a resource whose bytes differ, or one whose resource.json has a newer mtime.
enum class Detection { content, mtime };

struct Habits {
  Requests requests = Requests::coalesce;
  Told project_scans = Told::all;
  Unscanned unscanned = Unscanned::start;
  Detection detection = Detection::content;
  bool lock_during_scan = false;            // the lock is granted while a scan is active
  std::chrono::milliseconds scan_every{0};  // projects are scanned by themselves so often (not scaled); 0: never
  bool automatic_respects_lock = true;      // such a scan is left out while the lock is held
  bool body_before_rights = false;          // a bad lock request is refused before the key is judged
};

// Reads {"requests": "drop", "projectScans": "activity", "unscanned": "missing", "detection": "mtime",
// "lockDuringScan": true, "scanEveryMs": 200, "automaticRespectsLock": false, "bodyBeforeRights": true} over `habits`;
// says what it does not understand.
std::optional<std::string> read_habits(std::string_view json, Habits& habits);

}  // namespace ignition_sim
