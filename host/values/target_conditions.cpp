#include "host/values/target_conditions.hpp"

#include "host/base/utf8.hpp"

#include <algorithm>

namespace stoker::host {

namespace {

constexpr const char* agent_ready_type = "AgentReady";
constexpr std::size_t revision_shown = 12;

bool has_changes(const Counts& counts) { return counts.added + counts.changed + counts.removed + counts.chmod > 0; }

// The last Report is about what is assigned now.
bool is_about_now(const TargetRecord& record) {
  return record.last && record.assignment && record.last->token >= record.assignment->token;
}

// Why nothing goes on: as it is assigned, or as the last Run found it.
const Hold* hold_of(const TargetRecord& record) {
  if (record.assignment && record.assignment->hold) return &*record.assignment->hold;
  return is_about_now(record) && record.last->hold ? &*record.last->hold : nullptr;
}

// As its Reports say it, whatever its agent says beside them.
TargetState state_of_work(const TargetRecord& record) {
  if (!record.assignment || !record.last) return TargetState::pending;
  const Assignment& assigned = *record.assignment;
  const Report& last = *record.last;
  if (last.outcome == Outcome::failed || last.outcome == Outcome::reverted) return TargetState::error;
  if (last.outcome == Outcome::planned && has_changes(last.counts)) return TargetState::pending;  // it only looked
  const bool is_done = is_about_now(record) && !last.hold && !assigned.hold && last.running && last.running->settled &&
                       last.running->revision == assigned.revision && assigned.waiting.asked.empty();
  return is_done ? TargetState::synced : TargetState::pending;
}

std::string revision_in_words(const Assignment& assignment) {
  return std::string(beginning(assignment.revision, revision_shown));
}

Condition agent_ready(const AgentStand& stand) {
  if (stand.why_not_open) return {agent_ready_type, false, "AgentNotReady", with_code(*stand.why_not_open)};
  return {agent_ready_type, true, "AgentReady", "It is open"};
}

Condition not_ready(std::string reason, std::string message) {
  return {"Ready", false, std::move(reason), std::move(message)};
}

Condition ready(const TargetRecord& record, const AgentStand& stand) {
  if (stand.why_not_open) return not_ready("AgentNotReady", with_code(*stand.why_not_open));
  if (!record.assignment || record.assignment->revision.empty())
    return not_ready("Reconciling", "Nothing is assigned yet");
  if (const Hold* hold = hold_of(record))
    return hold->name == "paused" ? not_ready("Paused", hold->reason)
                                  : not_ready("Held", hold->name + ": " + hold->reason);
  const std::string assigned = revision_in_words(*record.assignment);
  if (!is_about_now(record)) return not_ready("Reconciling", "The Run of " + assigned + " has not ended");
  if (std::string waits = waiting_in_words(record); !waits.empty()) return not_ready("DryRunFirst", std::move(waits));
  const Report& last = *record.last;
  if (last.outcome == Outcome::reverted) return not_ready("RolledBack", summary(last));
  if (last.outcome == Outcome::failed) return not_ready("SyncFailed", summary(last));
  if (last.outcome == Outcome::planned && has_changes(last.counts)) return not_ready("DryRun", summary(last));
  if (state_of_work(record) != TargetState::synced) return not_ready("Reconciling", summary(last));
  if (stand.wants_verification && !last.running->verified)
    return not_ready("NotVerified", assigned + " runs, but nobody verified it");
  return {"Ready", true, "SyncSucceeded", assigned + " runs" + (last.running->verified ? " and is verified" : "")};
}

Condition progressing(const TargetRecord& record, const AgentStand& stand) {
  const bool is_assigned = record.assignment && !record.assignment->revision.empty();
  const bool may_move = is_assigned && !stand.why_not_open && !hold_of(record);
  if (may_move && !is_about_now(record))
    return {"Progressing", true, "SyncInProgress", "The Run of " + revision_in_words(*record.assignment) + " is due"};
  const bool waits =
      may_move && record.last->outcome == Outcome::applied && state_of_work(record) == TargetState::pending;
  if (waits) return {"Progressing", true, "SyncInProgress", summary(*record.last)};
  return {"Progressing", false, "Idle", "Nothing is due"};
}

Condition found(const TargetRecord& record, std::string type, std::string reason,
                std::string (*says)(const Report& report)) {
  std::string message = record.last ? says(*record.last) : std::string();
  if (message.empty()) return {std::move(type), false, "None", "None was found"};
  return {std::move(type), true, std::move(reason), std::move(message)};
}

}  // namespace

std::string_view name(TargetState state) {
  switch (state) {
    case TargetState::pending: return "Pending";
    case TargetState::synced: return "Synced";
    case TargetState::error: return "Error";
  }
  return "?";
}

TargetState state_of(const TargetRecord& record) {
  return agent_trouble(record) ? TargetState::error : state_of_work(record);
}

const Condition* agent_trouble(const TargetRecord& record) {
  const Condition* said = find_condition(record.conditions, agent_ready_type);
  return said && !said->is_true ? said : nullptr;
}

std::vector<Condition> target_conditions(const TargetRecord& record, const AgentStand& stand) {
  return {ready(record, stand),
          progressing(record, stand),
          agent_ready(stand),
          found(record, "ConfigSyntaxError", "SyntaxError", syntax_error_in),
          found(record, "Drifted", "FilesModified", drift_in),
          found(record, "AutoRollbackPerformed", "RolledBack", rollback_in)};
}

bool renew_conditions(TargetRecord& record, const AgentStand& stand, std::int64_t now_ms) {
  auto now = with_times(target_conditions(record, stand), record.conditions, record.generation, now_ms);
  if (now == record.conditions) return false;
  record.conditions = std::move(now);
  return true;
}

std::string syntax_error_in(const Report& report) {
  return report.error && report.error->code == "ConfigSyntaxError" ? report.error->message : std::string();
}

std::string drift_in(const Report& report) {
  const auto found =
      std::find_if(report.notes.begin(), report.notes.end(), [](const Note& note) { return note.code == "drift"; });
  return found == report.notes.end() ? std::string() : in_words(*found);
}

std::string rollback_in(const Report& report) {
  return report.outcome == Outcome::reverted ? summary(report) : std::string();
}

std::string with_code(const Error& why) { return why.message + (why.code.empty() ? "" : " [" + why.code + "]"); }

}  // namespace stoker::host
