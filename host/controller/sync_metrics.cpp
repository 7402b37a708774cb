#include "host/controller/sync_metrics.hpp"

#include "host/base/json_fields.hpp"
#include "host/base/utc_time.hpp"

namespace stoker::host {

namespace {

using Labels = std::vector<std::string>;

const Labels of_sync{"name", "namespace"};

Labels with(const std::string& more) {
  Labels labels = of_sync;
  labels.push_back(more);
  return labels;
}

std::string_view auth_of(const SyncSpec& sync) {
  const GitAuth& auth = sync.source.auth;
  return auth.ssh_key ? "ssh" : auth.token ? "token" : auth.github_app ? "githubApp" : "none";
}

// 0 pending, 1 synced, 2 error, as dashboards read it.
double number_of(TargetState state) { return state == TargetState::pending ? 0 : state == TargetState::synced ? 1 : 2; }

std::string_view result_of(const StatusInput& input) {
  if (!input.sync || input.trouble) return "error";
  for (const StatusTarget& target : input.targets)
    if (state_of(target, input.resolved) != TargetState::synced) return "requeue";
  return "success";
}

}  // namespace

SyncMetrics::SyncMetrics(Metrics& m)
    : metrics_(m),
      discovered_(m.gauge("stoker_controller_gateways_discovered", "Targets of the Sync", of_sync)),
      synced_(m.gauge("stoker_controller_gateways_synced", "Targets that run what the ref means now", of_sync)),
      missing_(m.gauge("stoker_controller_gateways_missing_sidecar", "Targets without an agent", of_sync)),
      ready_(m.gauge("stoker_controller_cr_ready", "1 while the condition Ready is true", of_sync)),
      paused_(m.gauge("stoker_controller_cr_paused", "1 while the Sync is paused", of_sync)),
      info_(m.gauge("stoker_controller_cr_info", "1; its labels say what the Sync is",
                    {"name", "namespace", "git_repo", "git_ref", "auth_type", "polling_interval"})),
      condition_(m.gauge("stoker_controller_condition_status", "1 while the condition is true", with("type"))),
      target_(m.gauge("stoker_controller_gateway_sync_status", "0 pending, 1 synced, 2 error", with("gateway"))),
      target_time_(m.gauge("stoker_controller_gateway_last_sync_timestamp_seconds",
                           "Unix time since which the target runs its revision", with("gateway"))),
      discovered_short_(m.gauge("stoker_gateways_discovered", "Targets of the Sync", of_sync)),
      synced_short_(m.gauge("stoker_gateways_synced", "Targets that run what the ref means now", of_sync)),
      time_short_(m.gauge("stoker_last_sync_timestamp", "Unix time of the last change of a target", of_sync)),
      passes_(m.counter("stoker_controller_reconcile_total", "Passes over the Sync", with("result"))),
      passes_short_(m.counter("stoker_reconcile_total", "Passes over the Sync", with("result"))),
      pass_seconds_(m.histogram("stoker_controller_reconcile_duration_seconds", "Time of one pass", of_sync)),
      pass_seconds_short_(m.histogram("stoker_reconcile_duration_seconds", "Time of one pass", of_sync)) {}

std::string SyncMetrics::record(const std::string& sync, const std::string& name_space, const StatusInput& input) {
  const Of of{sync, name_space};
  record_targets(of, input);
  record_conditions(of, input);
  if (input.sync) record_info(of, *input.sync);
  return std::string(result_of(input));
}

void SyncMetrics::record_targets(Of of, const StatusInput& input) {
  std::set<std::string> now;
  std::size_t synced = 0;
  std::int64_t newest_ms = 0;
  for (const StatusTarget& target : input.targets) {
    const TargetState state = state_of(target, input.resolved);
    if (state == TargetState::synced) ++synced;
    now.insert(target.name);
    target_.record(number_of(state), {of.name, of.name_space, target.name});
    if (!target.record || !target.record->last || !target.record->last->running) continue;
    const std::int64_t since_ms = target.record->last->running->since_ms;
    newest_ms = std::max(newest_ms, since_ms);
    target_time_.record(static_cast<double>(since_ms / 1000), {of.name, of.name_space, target.name});
  }
  const auto count = static_cast<double>(input.targets.size());
  for (const Metric* metric : {&discovered_, &discovered_short_}) metric->record(count, {of.name, of.name_space});
  for (const Metric* metric : {&synced_, &synced_short_})
    metric->record(static_cast<double>(synced), {of.name, of.name_space});
  missing_.record(0, {of.name, of.name_space});
  if (newest_ms) time_short_.record(static_cast<double>(newest_ms / 1000), {of.name, of.name_space});
  std::set<std::string>& before = targets_[of.name];
  for (const std::string& target : before)
    if (!now.contains(target)) metrics_.remove("gateway", target);
  before = std::move(now);
}

void SyncMetrics::record_conditions(Of of, const StatusInput& input) {
  paused_.record(input.sync && input.sync->paused ? 1 : 0, {of.name, of.name_space});
  JsonDocument status(sync_status(input, {}));
  for (const JsonFields& condition : status.fields().objects("conditions")) {
    const std::string type = condition.text("type");
    const double value = condition.text("status") == "True" ? 1 : 0;
    condition_.record(value, {of.name, of.name_space, type});
    if (type == "Ready") ready_.record(value, {of.name, of.name_space});
  }
}

// A repository URL has no credentials: such a Sync is refused.
void SyncMetrics::record_info(Of of, const SyncSpec& sync) {
  const std::string interval =
      sync.polling_interval ? std::to_string(sync.polling_interval->count() / 1000) + "s" : std::string();
  std::vector<std::string> values{of.name, of.name_space, sync.source.repo, sync.ref, std::string(auth_of(sync)),
                                  interval};
  std::vector<std::string>& before = infos_[of.name];
  if (before == values) return;
  if (!before.empty()) info_.record(0, {before[0], before[1], before[2], before[3], before[4], before[5]});
  info_.record(1, {values[0], values[1], values[2], values[3], values[4], values[5]});
  before = std::move(values);
}

void SyncMetrics::count_pass(const std::string& sync, const std::string& name_space, std::string_view result,
                             double seconds) {
  for (const Metric* metric : {&passes_, &passes_short_}) metric->record(1, {sync, name_space, result});
  for (const Metric* metric : {&pass_seconds_, &pass_seconds_short_}) metric->record(seconds, {sync, name_space});
}

void SyncMetrics::forget(const std::string& sync) {
  metrics_.remove("name", sync);
  targets_.erase(sync);
  infos_.erase(sync);
}

}  // namespace stoker::host
