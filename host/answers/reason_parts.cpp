#include "host/answers/reason_parts.hpp"

#include "host/answers/reasons.hpp"

#include <algorithm>

namespace stoker::host {
namespace {

std::string paused_words(Seen object) {
  const std::string by = object.annotation("paused-by"), because = object.annotation("paused-because");
  std::string words = by.empty() ? "nobody has written down who paused it" : "paused by " + by;
  if (!because.empty()) words += ": " + because;
  return words;
}

}  // namespace

std::string code_in(const std::string& message) {
  const std::size_t open = message.rfind('['), close = message.rfind(']');
  if (open == message.npos || close == message.npos || close < open) return {};
  const std::string code = message.substr(open + 1, close - open - 1);
  return code.find('.') != code.npos && code.find(' ') == code.npos ? code : std::string();
}

Reason reason(Standing standing, const std::string& code, const std::string& subject, const std::string& clause) {
  Reason one;
  one.standing = standing;
  one.code = code;
  one.clause = clause;
  one.headline = subject + clause;
  return one;
}

void take(Reason& into, const Advice& advice) {
  into.by_itself = advice.by_itself;
  into.ended_by = advice.ended_by;
  into.advice = advice.advice;
  into.next = advice.next;
}

void add_advice_of_message(Reason& into, const Names& names) {
  const std::string code = code_in(into.what);
  if (code.empty()) return;
  const Advice advice = advice_on_error(code, true, names);
  if (!advice.known) return;
  into.advice = advice.advice;
  for (const std::string& command : advice.next)
    if (std::find(into.next.begin(), into.next.end(), command) == into.next.end()) into.next.push_back(command);
}

Reason paused_reason(const std::string& subject, const std::string& clause, Seen by, const std::string& resume) {
  Reason one = reason(Standing::paused, "paused", subject, clause);
  one.what = paused_words(by);
  one.ended_by = "somebody resumes it";
  one.advice = "what runs stays as it is until then";
  one.next = {resume, "stoker explain paused"};
  return one;
}

void add_removal(std::vector<Reason>& all, Seen object, const std::string& name) {
  const Seen at = object["metadata"]["deletionTimestamp"];
  if (!at.there()) return;
  Reason one = reason(Standing::waits, "deletion", name + ": ", "it is being deleted");
  one.since_ms = at.time();
  one.by_itself = true;
  one.ended_by = "who put finalizers on it takes them away";
  all.push_back(std::move(one));
}

// Among equals those that need a person come first.
void sort_worst_first(std::vector<Reason>& reasons) {
  std::stable_sort(reasons.begin(), reasons.end(), [](const Reason& one, const Reason& other) {
    if (one.standing != other.standing) return one.standing > other.standing;
    return !one.by_itself && other.by_itself;
  });
}

}  // namespace stoker::host
