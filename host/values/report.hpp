// The result of a Run, as a value. Status, history, metrics, log lines and notices are made from it and from nothing
// else. [any thread]
#pragma once

#include "host/values/assignment.hpp"
#include "host/values/change_list.hpp"

#include <stoker/records.hpp>

namespace stoker::host {

// The steps of a Run in their order, and `resolve` before them. The same words stand in logs, metrics and documents.
enum class Stage { resolve, recover, observe, held, open, plan, admit, stage, lock, apply, verify, revert };
std::string_view name(Stage stage);

enum class Outcome { planned, unchanged, applied, held, failed, reverted, superseded };
std::string_view name(Outcome outcome);

struct Counts {
  std::uint64_t added = 0, changed = 0, removed = 0, chmod = 0, skipped = 0, shadowed = 0, unowned = 0, bytes = 0;
  void add(const Change& change);
  void add(const Note& note);
};

// Does the note say something about the target's files that people should know? Others are details of the Run.
bool is_for_people(const Note& note);
// "drift projects/P/a.txt: changed by somebody else".
std::string in_words(const Note& note);

struct StageTime {
  std::string name;
  std::int64_t ms = 0;
};

// What lies on the target's disk as far as is known.
struct RunningNow {
  std::string revision, ref;
  bool verified = false;  // a verifier judged it
  bool settled = false;   // nothing is waited for
  std::int64_t since_ms = 0;
};

// A revision that proved bad on the target.
struct BadRevision {
  std::string revision, reason;
  std::int64_t since_ms = 0;
};

struct Report {
  static constexpr std::size_t changes_max = 50, notes_max = 50, detail_bytes_max = 65536;

  std::string id, sync, target, profile, revision, ref;
  std::string from;  // the revision that ran before the Run; empty: nothing of ours
  std::uint64_t token = 0;
  Outcome outcome = Outcome::failed;
  Stage stage = Stage::recover;
  bool verified = false;
  bool settled = false;        // nothing is waited for: it was verified, or nobody can verify it
  bool looked_at_all = false;  // the plan looked at every owned file
  bool wrote = false;          // the Run renamed files, whether they stay or were put back; in no document
  bool earlier = false;        // the Run ended with what an earlier one had left: what is assigned was not begun
  std::optional<Hold> hold;
  std::optional<Error> error;
  std::string answers_plan;  // the text of the dry run that was asked for; empty: an ordinary Run
  bool of_waiting = false;   // `answers_plan` is the text of Assignment::waiting; in no document
  bool judged_bad = false;   // `error` says why what was on disk was judged bad
  Counts counts;
  std::vector<Change> changes;      // the first 50
  std::vector<Change> further;      // the changes after them, as many as were asked for; in no document
  std::vector<Note> notes;          // the first 50
  std::vector<Decision> decisions;  // what stands against a dry run, or what was found unhealthy
  Facts facts;
  std::map<std::string, std::string> details;  // verifier → JSON text of its last look; what is too long is left out
  std::string plan_digest;
  std::vector<StageTime> stages;
  std::optional<RunningNow> running;       // after the Run; no value: nothing of ours
  std::vector<BadRevision> bad_revisions;  // that are not applied again, oldest first
  std::int64_t started_at_ms = 0, duration_ms = 0;

  Report() = default;
  explicit Report(const Assignment& assignment);

  void note(const std::vector<Note>& more);
  // So many changes after the first 50 are kept too.
  void plan(const ChangeList& planned, std::size_t further_max = 0);
  void looked(const std::map<std::string, std::string>& verifiers);

  // The ends of a Run. Each sets outcome and stage, and answers the Report itself.
  Report& failed(Stage at, Error why);
  Report& held(Stage at, Hold why);
  Report& ended(Outcome what, Stage at, bool is_verified = false);
};

std::string to_json(const Report& report);
// What status and pages are made from, of a document that is read already: no details.
Report report_in(const JsonFields& fields);
// One line for people: "applied 3 changes at 1a2b3c4d5e6f, verified". The caller names the target.
std::string summary(const Report& report);

}  // namespace stoker::host
