#include "host/notices/standing.hpp"

#include "host/values/same_reason.hpp"

#include <algorithm>

namespace stoker::host {

std::string essence_of(const Report& report) {
  std::string text;
  const auto add = [&](std::string_view part) { text.append(part) += '\0'; };
  add(name(report.outcome));
  add(report.sync);
  add(report.target);
  add(report.revision);
  add(name(report.stage));
  if (report.stage == Stage::resolve) add(report.id);  // it is made of the beginning: a second outage is news
  if (report.hold) add(report.hold->name);
  if (report.hold) add(report.hold->reason);
  if (report.error) add(reason_of(*report.error));
  return text;
}

namespace {

bool has(const std::vector<Note>& all, const Note& note) {
  return std::find(all.begin(), all.end(), note) != all.end();
}

// Each plan says these anew. The other notes come with a verdict, and stand until the next one.
bool is_of_plan(const Note& note) {
  return note.code == "drift" || note.code == "overwritten" || note.code == "unowned" || note.code == "source-missing";
}

// Every plan says these of all that they concern; they stand for nothing longer.
bool is_of_each_plan(const Note& note) { return note.code == "overwritten" || note.code == "source-missing"; }

// Did the Run end with a verdict of its own? One that had nothing to do keeps that of an earlier Run.
bool has_verdict(const Report& report) {
  return (report.stage == Stage::verify && (report.verified || report.settled)) || report.outcome == Outcome::reverted;
}

}  // namespace

bool Standing::is_news(const Report& report) {
  if (report.outcome == Outcome::superseded) return true;
  std::string now = essence_of(report);
  const bool repeated = now == last_;
  last_ = std::move(now);
  // Somebody asked for a Run that failed for good: nothing else starts it again. One of a ref comes with each look.
  const bool comes_by_itself = report.outcome == Outcome::held || report.stage == Stage::resolve ||
                               (report.outcome == Outcome::failed && report.error && report.error->retryable);
  return !repeated || !comes_by_itself;
}

std::vector<Note> Standing::take_notes(const Report& report) {
  const bool looked = !report.plan_digest.empty() || !report.notes.empty();
  if (!looked || report.outcome == Outcome::planned) return {};  // a dry run says what would be
  std::vector<Note> now;
  for (const Note& note : report.notes)
    if (is_for_people(note) && !has(now, note)) now.push_back(note);
  std::vector<Note> fresh;
  for (const Note& note : now)
    if (!has(notes_, note)) fresh.push_back(note);
  const auto changed = [&](const Note& note) {
    return std::any_of(report.changes.begin(), report.changes.end(),
                       [&](const Change& change) { return change.path == note.path; });
  };
  // What it did not look at still stands, but for what it changed.
  for (const Note& before : notes_) {
    bool looked_again = is_of_plan(before) ? report.looked_at_all || changed(before) : has_verdict(report);
    if (is_of_each_plan(before)) looked_again = !report.plan_digest.empty();
    if (now.size() < Report::notes_max && !looked_again && !has(now, before)) now.push_back(before);
  }
  notes_ = std::move(now);
  return fresh;
}

}  // namespace stoker::host
