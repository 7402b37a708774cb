// What a Run ended in, as a value. Status, history, metrics, log lines and notices are made from it and from nothing
// else.
#pragma once

#include "host/values/assignment.hpp"
#include "host/values/change_list.hpp"

#include <stoker/records.hpp>

namespace stoker::host {

// The verbs of the one data path, in order; the same words stand in logs, metrics and documents.
enum class Stage {
  resolve,
  recover,
  observe,
  held,
  open,
  diff,
  plan,
  admit,
  stage,
  take,
  lock,
  apply,
  verify,
  unlock,
  revert
};
std::string_view name(Stage stage);

enum class Outcome { planned, unchanged, applied, held, failed, reverted, superseded };
std::string_view name(Outcome outcome);

struct Counts {
  std::uint64_t added = 0, changed = 0, removed = 0, chmod = 0, skipped = 0, shadowed = 0, unowned = 0, bytes = 0;
  void add(const Change& change);
  void add(const Note& note);
};

struct StageTime {
  std::string name;
  std::int64_t ms = 0;
};

struct Report {
  static constexpr std::size_t changes_max = 50, notes_max = 50, detail_bytes_max = 65536;

  std::string id, sync, target, revision, ref;
  std::uint64_t token = 0;
  Outcome outcome = Outcome::failed;
  Stage stage = Stage::recover;
  bool verified = false;
  bool earlier = false;  // it ended with what an earlier Run had left; what is assigned was not begun
  std::optional<Hold> hold;
  std::optional<Error> error;
  Counts counts;
  std::vector<Change> changes;      // the first 50
  std::vector<Note> notes;          // the first 50
  std::vector<Decision> decisions;  // of a dry run, and what was found unhealthy
  Facts facts;
  std::map<std::string, std::string> details;  // verifier -> JSON text of its last look; what is too long is left out
  std::string plan_digest;
  std::vector<StageTime> stages;
  std::int64_t started_at_ms = 0, duration_ms = 0;

  Report() = default;
  explicit Report(const Assignment& assignment);

  void note(const std::vector<Note>& more);
  void plan(const ChangeList& planned);
  void looked(const std::map<std::string, std::string>& verifiers);

  // The exits; each sets outcome and stage, and answers the report for `co_return`.
  Report& failed(Stage at, Error why);
  Report& held(Stage at, Hold why);
  Report& ended(Outcome what, Stage at, bool is_verified = false);
};

std::string to_json(const Report& report);
// One line for people: "applied 3 changes of line-a at 1a2b3c4, verified".
std::string summary(const Report& report);

}  // namespace stoker::host
