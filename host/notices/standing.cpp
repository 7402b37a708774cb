#include "host/notices/standing.hpp"

#include <algorithm>

namespace stoker::host {

namespace {

// What makes two Reports of a Run that did nothing the same for people.
std::string essence_of(const Report& report) {
  std::string text;
  const auto add = [&](std::string_view part) { text.append(part) += '\0'; };
  add(name(report.outcome));
  add(report.sync);
  add(report.revision);
  add(name(report.stage));
  if (report.hold) add(report.hold->name);
  if (report.hold) add(report.hold->reason);
  if (report.error) add(report.error->code);
  if (report.error) add(report.error->message);
  return text;
}

bool has(const std::vector<Note>& all, const Note& note) {
  return std::find(all.begin(), all.end(), note) != all.end();
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
  if (!report.looked_at_all)  // what it did not look at still stands, but for what it changed
    for (const Note& before : notes_)
      if (now.size() < Report::notes_max && !changed(before) && !has(now, before)) now.push_back(before);
  notes_ = std::move(now);
  return fresh;
}

}  // namespace stoker::host
