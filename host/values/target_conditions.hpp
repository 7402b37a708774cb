// How one target stands: made from its Assignment, its last Report and what its agent says, and from nothing else. The
// agent's side writes it into the status of the SyncTarget; the status of the Sync is made from it too. Pure.
// [any thread]
#pragma once

#include "host/values/target_record.hpp"

namespace stoker::host {

// What an agent says of a target beside its Reports.
struct AgentStand {
  std::optional<Error> why_not_open;  // why it cannot work on the target; no value: it can
  bool wants_verification = true;     // false: `verify: none`
  AgentStand() = default;             // no aggregate: see host/base/async.hpp
};

enum class TargetState { pending, synced, error };
std::string_view name(TargetState state);  // as in discoveredGateways[].syncStatus

// Synced: the target runs what it was last assigned, and nothing is waited for.
TargetState state_of(const TargetRecord& record);
// What its agent says against working on the target, as it is stored; null: nothing.
const Condition* agent_trouble(const TargetRecord& record);

// Ready, Progressing, AgentReady, and what the last Report found. Without times.
std::vector<Condition> target_conditions(const TargetRecord& record, const AgentStand& stand);
// Brings the conditions of the record up to date. False: they say already what there is to say.
bool renew_conditions(TargetRecord& record, const AgentStand& stand, std::int64_t now_ms);

// What the Report says for the condition of this name; empty: nothing.
std::string syntax_error_in(const Report& report);
std::string drift_in(const Report& report);
std::string rollback_in(const Report& report);
// "no answer [git.unreachable]": `stoker explain` knows the code.
std::string with_code(const Error& why);

}  // namespace stoker::host
