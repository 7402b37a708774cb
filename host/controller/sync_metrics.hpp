// The metrics of Syncs, made from the same values as their statuses. The names are those that users of the public
// stoker-operator have in their dashboards, and shorter ones beside them. [event loop]
#pragma once

#include "host/controller/sync_status.hpp"
#include "host/offered/metrics.hpp"

#include <set>

namespace stoker::host {

class SyncMetrics {
 public:
  explicit SyncMetrics(Metrics& metrics);

  // What is known of this Sync now. Series of targets that it had before and has no more are removed.
  // Answers what the pass found: "success", "requeue" (not every target is there yet) or "error".
  std::string record(const std::string& sync, const std::string& name_space, const StatusInput& input);
  // A pass over the Sync: how long it took to judge and to write its status.
  void count_pass(const std::string& sync, const std::string& name_space, std::string_view result, double seconds);
  // The Sync is gone.
  void forget(const std::string& sync);

 private:
  struct Of {
    const std::string &name, &name_space;
  };
  void record_targets(Of of, const StatusInput& input);
  void record_conditions(Of of, const StatusInput& input);
  void record_info(Of of, const SyncSpec& sync);

  Metrics& metrics_;
  Metric discovered_, synced_, missing_, ready_, paused_, info_, condition_, target_, target_time_;
  Metric discovered_short_, synced_short_, time_short_;
  Metric passes_, passes_short_, pass_seconds_, pass_seconds_short_;
  std::map<std::string, std::set<std::string>> targets_;   // by Sync, as they were recorded
  std::map<std::string, std::vector<std::string>> infos_;  // by Sync: the label values of its info
};

}  // namespace stoker::host
