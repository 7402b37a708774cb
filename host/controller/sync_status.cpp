// Conditions, targets and times of a Sync's status.
#include "host/controller/sync_status.hpp"

#include "host/base/json_fields.hpp"
#include "host/base/utc_time.hpp"
#include "host/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace stoker::host {

namespace json = boost::json;

namespace {

constexpr std::size_t gateways_max = 100, message_bytes_max = Condition::message_bytes_max;

// How the targets stand together.
struct Tally {
  std::size_t all = 0, synced = 0, verified = 0, unverified = 0, errors = 0;
  std::vector<TargetState> states;  // in the order of the targets
};

bool has_verified(const TargetRecord& record) { return record.last->running && record.last->running->verified; }

Tally tally_of(const StatusInput& input) {
  Tally tally;
  tally.all = input.targets.size();
  for (const StatusTarget& target : input.targets) {
    const TargetState state = state_of(target, input.resolved);
    tally.states.push_back(state);
    if (state == TargetState::error) ++tally.errors;
    if (state != TargetState::synced) continue;
    ++tally.synced;
    if (target.wants_verification && !has_verified(*target.record)) ++tally.unverified;
  }
  return tally;
}

// ---------------------------------------------------------------- conditions

Condition ref_resolved(const StatusInput& input) {
  if (input.sync && input.trouble) {
    const std::string retry = input.trouble->why.retryable ? " (it is tried again)" : "";
    return {"RefResolved", false, "RefResolutionFailed",
            "Ref resolution failed" + retry + ": " + with_code(input.trouble->why)};
  }
  if (!input.resolved) return {"RefResolved", false, "RefResolutionFailed", "The ref was not resolved yet"};
  return {"RefResolved", true, "RefResolved", input.resolved->revision};
}

Condition profiles_valid(const StatusInput& input) {
  if (!input.sync)
    return {"ProfilesValid", false, "ProfilesInvalid",
            input.unusable ? with_code(*input.unusable) : "The object cannot be used"};
  return {"ProfilesValid", true, "ProfilesValid", std::to_string(input.sync->profiles.size()) + " profiles"};
}

Condition all_synced(const Tally& tally) {
  const std::string message = std::to_string(tally.synced) + "/" + std::to_string(tally.all) + " synced";
  if (tally.all == 0) return {"AllGatewaysSynced", false, "NoGatewaysDiscovered", message};
  if (tally.synced < tally.all) return {"AllGatewaysSynced", false, "SyncInProgress", message};
  return {"AllGatewaysSynced", true, "SyncSucceeded", message};
}

// What new work waits for before any target gets it. Empty: none waits.
std::string waiting_for_dry_runs(const StatusInput& input) {
  constexpr std::size_t named_max = 5;
  std::string revision, problem, names;
  std::size_t waits = 0, unanswered = 0;
  for (const StatusTarget& target : input.targets) {
    if (!target.record || !target.record->assignment || target.record->assignment->waiting.asked.empty()) continue;
    const WaitingWork& waiting = target.record->assignment->waiting;
    ++waits;
    revision = waiting.revision;
    if (problem.empty()) problem = waiting.problem;
    if (target.record->waiting && target.record->waiting->answers_plan == waiting.asked) continue;
    if (++unanswered <= named_max) names += (unanswered == 1 ? "" : ", ") + target.name;
  }
  if (waits == 0) return {};
  const std::string subject = "Revision " + std::string(beginning(revision, 7)) + " goes to no further gateway: ";
  if (!problem.empty()) return subject + "a dry run stands against it: " + problem;
  return subject + std::to_string(unanswered) + " of " + std::to_string(waits) + " dry runs have not ended" +
         (names.empty() ? "" : ": " + names) + (unanswered > named_max ? ", …" : "");
}

Condition ready(const StatusInput& input, const Tally& tally) {
  if (input.sync && input.sync->paused) return {"Ready", false, "Paused", "Reconciliation paused"};
  if (!profiles_valid(input).is_true) return {"Ready", false, "Reconciling", "Profiles invalid"};
  if (!ref_resolved(input).is_true) return {"Ready", false, "Reconciling", "Ref not resolved"};
  if (std::string waits = waiting_for_dry_runs(input); !waits.empty())
    return {"Ready", false, "DryRunFirst", std::move(waits)};
  if (!all_synced(tally).is_true) return {"Ready", false, "Reconciling", "Waiting for gateways to sync"};
  if (tally.unverified > 0)
    return {"Ready", false, "NotVerified",
            std::to_string(tally.unverified) + "/" + std::to_string(tally.all) +
                " gateways run the revision, but nobody verified it"};
  return {"Ready", true, "SyncSucceeded", "All gateways synced"};
}

Condition progressing(const StatusInput& input, const Tally& tally) {
  const std::size_t pending = tally.all - tally.synced - tally.errors;
  const bool moves = input.sync && !input.sync->paused && pending > 0;
  return {"Progressing", moves, moves ? "SyncInProgress" : "Idle",
          std::to_string(pending) + " of " + std::to_string(tally.all) + " gateways have something to do"};
}

// The first target of which this is so, as a condition.
template <class Says>
Condition of_first(const StatusInput& input, std::string type, std::string reason, Says says) {
  for (const StatusTarget& target : input.targets) {
    if (!target.record || !target.record->last) continue;
    std::string message = says(*target.record->last);
    if (!message.empty()) return {std::move(type), true, std::move(reason), target.name + ": " + message};
  }
  return {std::move(type), false, "None", "No gateway"};
}

Condition agents_ready(const StatusInput& input) {
  std::size_t ready = 0;
  std::string first;
  for (const StatusTarget& target : input.targets) {
    const Condition* trouble = target.record ? agent_trouble(*target.record) : nullptr;
    if (!trouble) ++ready;
    if (trouble && first.empty()) first = ", " + target.name + ": " + trouble->message;
  }
  const bool all = ready == input.targets.size();
  return {"AgentReady", all, all ? "AgentReady" : "AgentNotReady",
          std::to_string(ready) + "/" + std::to_string(input.targets.size()) + " agents are ready" + first};
}

std::vector<Condition> conditions_of(const StatusInput& input, const Tally& tally) {
  std::vector<Condition> all{ready(input, tally), ref_resolved(input),       profiles_valid(input),
                             all_synced(tally),   progressing(input, tally), agents_ready(input)};
  if (input.sync && input.sync->source.auth.ssh_key)
    all.push_back({"SSHHostKeyVerification", true, "HostKeyVerificationEnabled", "Host keys are verified"});
  all.push_back(of_first(input, "ConfigSyntaxError", "SyntaxError", syntax_error_in));
  all.push_back(of_first(input, "Drifted", "FilesModified", drift_in));
  all.push_back(of_first(input, "AutoRollbackPerformed", "RolledBack", rollback_in));
  return all;
}

// ---------------------------------------------------------------- targets

std::string seconds_text(std::int64_t ms) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1fs", static_cast<double>(ms) / 1000.0);
  return text.data();
}

json::array history_of(const TargetRecord& record) {
  json::array all;
  for (const PastRun& run : record.history) {
    json::array projects;
    for (const std::string& project : run.projects) projects.emplace_back(project);
    all.push_back({{"timestamp", rfc3339(run.at_ms)},
                   {"commit", run.revision},
                   {"ref", run.ref},
                   {"filesChanged", run.files_changed},
                   {"projectsSynced", std::move(projects)},
                   {"duration", seconds_text(run.duration_ms)},
                   {"result", run.outcome}});
  }
  return all;
}

json::object document_of(const StatusTarget& target, TargetState state, const std::string& name_space) {
  json::object gateway{{"name", target.name},
                       {"namespace", name_space},
                       {"podName", target.pod},
                       {"profile", target.profile},
                       {"syncStatus", name(state)}};
  if (target.trouble) gateway.emplace("message", beginning(with_code(target.trouble->why), message_bytes_max));
  if (const Condition* why = target.record ? agent_trouble(*target.record) : nullptr)
    gateway.emplace("message", why->message);
  if (!target.record || !target.record->last) return gateway;
  const Report& last = *target.record->last;
  gateway.emplace("lastSyncDuration", seconds_text(last.duration_ms));
  gateway.emplace("filesChanged", last.counts.added + last.counts.changed + last.counts.removed + last.counts.chmod);
  gateway.emplace("message", beginning(summary(last), message_bytes_max));
  if (last.running) {
    gateway.emplace("syncedCommit", last.running->revision);
    gateway.emplace("syncedRef", last.running->ref);
    gateway.emplace("lastSyncTime", rfc3339(last.running->since_ms));
  }
  if (last.hold) gateway.emplace("hold", last.hold->name);
  if (!target.record->history.empty()) {
    json::array projects;
    for (const std::string& project : target.record->history.front().projects) projects.emplace_back(project);
    gateway.emplace("projectsSynced", std::move(projects));
    gateway.emplace("syncHistory", history_of(*target.record));
  }
  return gateway;
}

// The hold of the first target that waits.
std::string hold_of(const StatusInput& input) {
  for (const StatusTarget& target : input.targets)
    if (target.record && target.record->last && target.record->last->hold) return target.record->last->hold->name;
  return {};
}

// Those that are not well come first, because the list is bounded.
json::array gateways_of(const StatusInput& input, const Tally& tally) {
  json::array all;
  const std::string name_space = input.sync ? input.sync->name_space : "default";
  for (const TargetState wanted : {TargetState::error, TargetState::pending, TargetState::synced})
    for (std::size_t i = 0; i < input.targets.size(); ++i)
      if (tally.states[i] == wanted && all.size() < gateways_max)
        all.push_back(document_of(input.targets[i], wanted, name_space));
  return all;
}

}  // namespace

TargetState state_of(const StatusTarget& target, const std::optional<ResolvedRef>& resolved) {
  if (target.trouble) return TargetState::error;
  if (!target.record) return TargetState::pending;
  const TargetState state = state_of(*target.record);
  const bool is_newest =
      resolved && target.record->assignment && target.record->assignment->revision == resolved->revision;
  return state == TargetState::synced && !is_newest ? TargetState::pending : state;
}

std::string sync_status(const StatusInput& input, std::string_view before) {
  JsonDocument stored(before.empty() ? std::string_view("{}") : before);
  const JsonFields old = stored.fields();
  const Tally tally = tally_of(input);
  json::object status{{"observedGeneration", input.generation},
                      {"profileCount", input.sync ? input.sync->profiles.size() : 0}};
  if (input.resolved) {
    const bool moved = old.text("lastSyncCommit") != input.resolved->revision;
    status.emplace("lastSyncRef", input.resolved->ref);
    status.emplace("lastSyncCommit", input.resolved->revision);
    status.emplace("lastSyncCommitShort", beginning(input.resolved->revision, 7));
    status.emplace("lastSyncTime", moved ? rfc3339(input.now_ms) : old.text("lastSyncTime"));
  }
  if (!input.resolved && !old.text("lastSyncCommit").empty())  // what was resolved last
    for (const char* field : {"lastSyncRef", "lastSyncCommit", "lastSyncCommitShort", "lastSyncTime"})
      status.emplace(field, old.text(field));
  status.emplace("refResolutionStatus", input.trouble ? "Error" : input.resolved ? "Resolved" : "NotResolved");
  if (!input.looked.empty()) status.emplace("observedLook", input.looked);
  if (const std::string hold = hold_of(input); !hold.empty()) status.emplace("hold", hold);
  status.emplace("discoveredGateways", gateways_of(input, tally));
  status.emplace("conditions", document_of(with_times(conditions_of(input, tally), conditions_in(old), input.generation,
                                                      input.now_ms)));
  return json::serialize(status);
}

}  // namespace stoker::host
