#include "host/notices/run_metrics.hpp"

#include <algorithm>

namespace stoker::host {

namespace {

double seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000.0; }

bool is_bad(const Report& report) { return report.outcome == Outcome::failed || report.outcome == Outcome::reverted; }

// The time of a stage; nothing: the Run did not reach it.
std::optional<std::int64_t> time_of(const Report& report, Stage stage) {
  const auto found = std::find_if(report.stages.begin(), report.stages.end(),
                                  [&](const StageTime& time) { return time.name == name(stage); });
  return found == report.stages.end() ? std::nullopt : std::optional(found->ms);
}

std::string skip_reason(const Report& report) {
  if (report.outcome == Outcome::unchanged) return "commit_unchanged";
  if (!report.hold) return {};
  return report.hold->name == "designer" ? "designer_blocked" : report.hold->name;
}

std::string_view trigger_of(const Report& report) {
  const bool of_project = std::any_of(report.decisions.begin(), report.decisions.end(),
                                      [](const Decision& decision) { return decision.name.starts_with("project:"); });
  return of_project ? "projectLoadError" : "scanFailure";
}

}  // namespace

RunMetrics::RunMetrics(Metrics& m)
    : runs_(m.counter("stoker_runs_total", "Runs by their outcome", {"target", "outcome"})),
      stage_seconds_(m.histogram("stoker_stage_seconds", "Duration of a stage of a Run", {"target", "stage"})),
      verified_(m.gauge("stoker_target_verified", "1 when the assigned revision runs and is verified", {"target"})),
      held_(m.gauge("stoker_target_held", "1 while the target is held", {"target"})),
      sync_seconds_(m.histogram("stoker_agent_sync_duration_seconds", "Time of a Run", {"target", "profile"})),
      syncs_(m.counter("stoker_agent_sync_total", "Runs that did not wait", {"target", "profile", "result"})),
      skipped_(m.counter("stoker_agent_sync_skipped_total", "Runs that changed nothing, by why", {"target", "reason"})),
      changed_(m.gauge("stoker_agent_files_changed", "Files that the last Run changed", {"target", "profile"})),
      added_(m.gauge("stoker_agent_files_added", "Files that the last Run added", {"target", "profile"})),
      modified_(m.gauge("stoker_agent_files_modified", "Files that the last Run replaced", {"target", "profile"})),
      deleted_(m.gauge("stoker_agent_files_deleted", "Files that the last Run removed", {"target", "profile"})),
      fetch_seconds_(
          m.histogram("stoker_agent_git_fetch_duration_seconds", "Time to open a revision", {"target", "operation"})),
      fetches_(
          m.counter("stoker_agent_git_fetch_total", "Revisions that were opened", {"target", "operation", "result"})),
      scan_seconds_(m.histogram("stoker_agent_scan_duration_seconds", "Time to verify", {"target"})),
      scans_(m.counter("stoker_agent_scan_total", "Runs that were verified", {"target", "result"})),
      designer_blocked_(
          m.gauge("stoker_agent_designer_sessions_blocked", "1 while an open Designer holds a Run", {"target"})),
      last_time_(m.gauge("stoker_agent_last_sync_timestamp_seconds", "Unix time of the last Run", {"target"})),
      last_success_(m.gauge("stoker_agent_last_sync_success", "1 when the last Run was verified", {"target"})),
      sync_seconds_short_(m.histogram("stoker_sync_duration_seconds", "Time of a Run", {"target"})),
      files_short_(m.counter("stoker_files_changed_total", "Files that Runs changed", {"target"})),
      scan_seconds_short_(m.histogram("stoker_scan_api_duration_seconds", "Time to verify", {"target"})),
      clone_seconds_(m.histogram("stoker_agent_clone_duration_seconds", "Time to open a revision", {"target"})),
      rollbacks_(m.counter("stoker_rollback_triggered_total", "Runs that were taken back", {"target", "trigger"})) {}

void RunMetrics::count(const Report& report) {
  const std::string& target = report.target;
  runs_.record(1, {target, name(report.outcome)});
  count_stages(report);
  if (report.outcome == Outcome::reverted) rollbacks_.record(1, {target, trigger_of(report)});
  if (report.stage == Stage::resolve) return;  // what runs is as it was
  verified_.record(report.verified ? 1 : 0, {target});
  held_.record(report.outcome == Outcome::held ? 1 : 0, {target});
  designer_blocked_.record(report.hold && report.hold->name == "designer" ? 1 : 0, {target});
  last_time_.record(seconds(report.started_at_ms + report.duration_ms), {target});
  last_success_.record(report.verified ? 1 : 0, {target});
  count_skip(report);
  count_files(report);
}

void RunMetrics::count_stages(const Report& report) {
  const std::string& target = report.target;
  for (const StageTime& stage : report.stages) stage_seconds_.record(seconds(stage.ms), {target, stage.name});
  if (const auto open = time_of(report, Stage::open)) {
    fetch_seconds_.record(seconds(*open), {target, "fetch"});
    clone_seconds_.record(seconds(*open), {target});
    const bool failed = is_bad(report) && report.stage == Stage::open;
    fetches_.record(1, {target, "fetch", failed ? "error" : "success"});
  }
  if (const auto verify = time_of(report, Stage::verify)) {
    scan_seconds_.record(seconds(*verify), {target});
    scan_seconds_short_.record(seconds(*verify), {target});
    scans_.record(1, {target, report.verified ? "success" : "error"});
  }
}

void RunMetrics::count_skip(const Report& report) {
  if (const std::string reason = skip_reason(report); !reason.empty()) skipped_.record(1, {report.target, reason});
}

void RunMetrics::count_files(const Report& report) {
  if (report.outcome == Outcome::held || report.outcome == Outcome::superseded) return;
  const std::string &target = report.target, &profile = report.profile;
  const Counts& counts = report.counts;
  const std::uint64_t all = counts.added + counts.changed + counts.removed + counts.chmod;
  syncs_.record(1, {target, profile, is_bad(report) ? "error" : "success"});
  sync_seconds_.record(seconds(report.duration_ms), {target, profile});
  sync_seconds_short_.record(seconds(report.duration_ms), {target});
  changed_.record(static_cast<double>(all), {target, profile});
  added_.record(static_cast<double>(counts.added), {target, profile});
  modified_.record(static_cast<double>(counts.changed), {target, profile});
  deleted_.record(static_cast<double>(counts.removed), {target, profile});
  if (report.outcome == Outcome::applied) files_short_.record(static_cast<double>(all), {target});
}

}  // namespace stoker::host
