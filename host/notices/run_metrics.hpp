// The metrics of Runs, made from Reports and from nothing else. The names are those that users of the public
// stoker-operator have in their dashboards, with the target beside them, and shorter ones. [event loop]
#pragma once

#include "host/offered/metrics.hpp"
#include "host/values/report.hpp"

namespace stoker::host {

class RunMetrics {
 public:
  explicit RunMetrics(Metrics& metrics);
  void count(const Report& report);

 private:
  void count_files(const Report& report);
  void count_skip(const Report& report);
  void count_stages(const Report& report);

  Metric runs_, stage_seconds_, verified_, held_;
  Metric sync_seconds_, syncs_, skipped_, changed_, added_, modified_, deleted_, fetch_seconds_, fetches_,
      scan_seconds_, scans_, designer_blocked_, last_time_, last_success_;
  Metric sync_seconds_short_, files_short_, scan_seconds_short_, clone_seconds_, rollbacks_;
};

}  // namespace stoker::host
