// What was assigned to one target, and nothing else. The rollout makes it, and the lane compares it with the next one.
// It is kept on the target's own volume, so that a process can start without a control plane. What one Run finds out or
// decides stands in a Briefing. A value. [any thread]
#pragma once

#include "host/values/facts.hpp"
#include "host/values/sync_spec.hpp"

#include <stoker/result.hpp>

namespace stoker::host {

class JsonFields;

// A dry run that somebody asked for. It changes neither what runs nor what is to run.
struct WantedPlan {
  std::string asked;          // text of the annotation stoker.io/plan-at: each new one asks for one; empty: none
  std::string revision, ref;  // what the ref of the Sync meant then
  std::string problem;        // why it could not be resolved; empty: it was
  WantedPlan() = default;     // no aggregate: see host/base/async.hpp
  bool operator==(const WantedPlan&) const = default;
};

// Work that waits until each target of the Sync has planned it (spec.validation.dryRunBefore). The agent makes a dry
// run of exactly this beside what it is assigned.
struct WaitingWork {
  static constexpr std::size_t problem_bytes_max = 1024;
  std::string asked;  // names the dry run: each new text asks for one; empty: nothing waits
  std::string revision, ref;
  std::string problem;  // why no target gets it; empty: dry runs are waited for
  SourceSpec source;
  Profile profile;
  WaitingWork() = default;  // no aggregate: see host/base/async.hpp
  bool operator==(const WaitingWork&) const = default;
};

struct Assignment {
  Assignment() = default;  // no aggregate: see host/base/async.hpp
  std::string sync, name_space = "default";
  std::string sync_uid;  // of the object GatewaySync; empty: it is no object
  std::string target, pod;
  std::map<std::string, std::string> labels;
  std::int64_t ordinal = 0;
  SourceSpec source;  // names secrets, and never holds their texts
  std::string ref, revision;
  std::uint64_t token = 0;
  // The token of the newest look that somebody asked for, a person or a changed file and not a timer. When it grows,
  // the target has a Run even where nothing differs.
  std::uint64_t asked = 0;
  bool dry_run = false;
  std::string retry;      // text of the annotation stoker.io/retry
  std::string repair;     // text of the annotation stoker.io/repair
  WantedPlan plan;        // the dry run that somebody asks for beside the work
  bool plan_due = false;  // nobody has answered it yet; not kept on disk
  WaitingWork waiting;
  bool waiting_due = false;  // its dry run has not been answered yet; not kept on disk
  bool repair_now = false;   // `stoker sync --repair`; of one Run, so it is not kept on disk
  std::optional<Hold> hold;  // the rollout's own
  Profile profile;
  bool auto_rollback = true;
  std::chrono::milliseconds verify_deadline{std::chrono::seconds(120)};

  // Hex SHA-256 over mappings, excludes, prune, what the source adds to a revision, and the role; where a mapping has a
  // template, also over the values that one may ask for, except vars and revision. The role is not assigned: the Run
  // finds it out. It counts because a backup gets other files than its master.
  std::string inputs(Role role) const;
  // Hex SHA-256 over all that a plan depends on and that is assigned.
  std::string work_key() const;
  // Hex SHA-256 over the vars.
  std::string vars_digest() const;
  // What a held revision and a quarantine are known by: revision, what the source adds, mappings, excludes and vars.
  // The role does not count: a failover must not free a bad revision. Prune does not count either.
  std::string held_key() const;
  // Does a Run of the other one do the same? No when revision, inputs, vars, dryRun, retry, repair or hold differ, or
  // when the source delivers other content. A higher token or other credentials make no difference.
  bool same_work(const Assignment& other) const;
};

// The document that is kept on disk. Fields that this program does not know are ignored. A newer format is refused. An
// older program wrote no source: then the repository is empty, and only what the source adds to a revision is known.
std::string to_json(const Assignment& assignment);
Result<Assignment> assignment_from_json(std::string_view text);
// The same, within a document that is read already. The caller looks at the fault of its document.
Result<Assignment> assignment_in_object(const JsonFields& fields);

}  // namespace stoker::host
