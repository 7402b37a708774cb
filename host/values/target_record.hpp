// What is known of one target beside its configuration: the object SyncTarget as a value. Its spec is the Assignment,
// its status is made from Reports. Pure. [any thread]
#pragma once

#include "host/values/condition.hpp"
#include "host/values/report.hpp"

namespace stoker::host {

// One Run that is worth remembering.
struct PastRun {
  std::string id, revision, ref, outcome, message;  // `message`: the summary of the Report
  std::uint64_t files_changed = 0;
  std::int64_t at_ms = 0, duration_ms = 0;
  std::vector<std::string> projects;  // that the Run changed, the first ten
};

struct TargetRecord {
  TargetRecord() = default;  // no aggregate: see host/base/async.hpp
  static constexpr std::size_t history_max = 10;

  std::string name, name_space;  // of the object
  std::string uid;               // of the object; empty: there is none
  std::uint64_t version = 0;     // of the object
  std::int64_t generation = 0;   // of its spec
  std::optional<Assignment> assignment;
  std::map<std::string, std::string> annotations, labels;  // of the object, also those of others
  std::vector<std::string> finalizers;
  std::optional<Report> last;
  std::optional<Report> plan;      // the newest dry run that somebody asked for
  std::optional<Report> waiting;   // the newest dry run of work that waited, with its decisions
  std::int64_t hold_since_ms = 0;  // since when `last` says the same hold
  std::vector<PastRun> history;    // newest first
  std::vector<Condition> conditions;

  // The Report becomes the last one, or the newest dry run of its kind.
  void take(Report report);
};

// "revision 1a2b3c4 waits for the dry runs of all targets; here planned 3 changes". Empty: no work waits.
std::string waiting_in_words(const TargetRecord& record);

// The name of the object of this target: the same, or where an object may not have such a name one that is like it.
std::string object_name(const std::string& target);
// The document of the object, without status, when it is assigned this.
std::string sync_target(const Assignment& assignment, const TargetRecord& before);
// The document {metadata, status}, to be written as the status of the object.
std::string sync_target_status(const TargetRecord& record);
// The generation of the spec of a stored object; 0: it has none.
std::int64_t generation_of(std::string_view document);
// invalid: the document is no SyncTarget, or of a newer format.
Result<TargetRecord> target_record(std::string_view document);

}  // namespace stoker::host
