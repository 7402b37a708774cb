// The text is made of lines "Label:  sentence", at most one screen of them.
#include "host/answers/answer.hpp"

#include "host/answers/text_table.hpp"
#include "host/answers/wording.hpp"
#include "host/base/utc_time.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {

namespace json = boost::json;

std::string_view name(Standing standing) {
  switch (standing) {
    case Standing::well: return "well";
    case Standing::noted: return "noted";
    case Standing::planned: return "planned";
    case Standing::paused: return "paused";
    case Standing::waits: return "waits";
    case Standing::failed: return "failed";
  }
  return "?";
}

namespace {

constexpr std::size_t label_width = 11;

std::string labelled(std::string label, const std::string& text) {
  if (text.empty()) return {};
  label += ":";
  label.resize(label_width, ' ');
  return label + wrapped(text, label_width);
}

bool stands(const Reason& reason) { return reason.standing > Standing::noted; }

std::string until(const Reason& reason, std::int64_t now_ms) {
  if (!stands(reason)) return {};
  std::string text = reason.until_ms    ? moment(reason.until_ms, now_ms)
                     : reason.by_itself ? "its reason is gone; nobody knows when"
                                        : "somebody acts";
  if (reason.again_ms > now_ms) text += "; Stoker looks again " + moment(reason.again_ms, now_ms);
  return text;
}

std::string commands(const std::vector<std::string>& next) {
  std::string text;
  for (const std::string& command : next) text += "  " + command + "\n";
  return text.empty() ? text : "\nNext:\n" + text;
}

std::string besides(const Answer& answer, std::int64_t now_ms) {
  std::string text;
  for (std::size_t i = 0; i < answer.besides.size() && i < Answer::besides_max; ++i) {
    const Reason& reason = answer.besides[i];
    std::string line = reason.clause;
    if (!reason.what.empty()) line += ": " + reason.what;
    if (reason.since_ms) line += "; since " + age_since(reason.since_ms, now_ms);
    text += "  - " + wrapped(line, 4);
  }
  if (answer.besides.size() > Answer::besides_max)
    text += "  - and " + std::to_string(answer.besides.size() - Answer::besides_max) + " more; -o json has them\n";
  return text.empty() ? text : "\nBesides:\n" + text;
}

std::string lines(const Answer& answer, std::int64_t now_ms) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < answer.lines.size() && i < Answer::lines_max; ++i) {
    const auto& [of, reason] = answer.lines[i];
    rows.push_back({of, std::string(name(reason.standing)), age_since(reason.since_ms, now_ms), reason.clause});
  }
  if (rows.empty()) return {};
  rows.insert(rows.begin(), {"NAME", "STANDING", "SINCE", "WHY"});
  std::string text = "\n" + table(rows);
  if (answer.lines.size() > Answer::lines_max)
    text += "and " + std::to_string(answer.lines.size() - Answer::lines_max) + " more\n";
  return text;
}

json::value time_of(std::int64_t at_ms) { return at_ms ? json::value(rfc3339(at_ms)) : json::value(); }

json::object object_of(const Reason& reason) {
  json::object object{{"standing", name(reason.standing)}, {"headline", reason.headline}, {"clause", reason.clause}};
  const auto say = [&](const char* key, const std::string& text) {
    if (!text.empty()) object[key] = text;
  };
  const auto when = [&](const char* key, std::int64_t at_ms) {
    if (at_ms) object[key] = time_of(at_ms);
  };
  say("code", reason.code);
  say("what", reason.what);
  when("since", reason.since_ms);
  when("until", reason.until_ms);
  when("againAt", reason.again_ms);
  if (stands(reason)) object["byItself"] = reason.by_itself;
  say("endedBy", reason.ended_by);
  say("do", reason.advice);
  json::array next;
  for (const std::string& command : reason.next) next.emplace_back(command);
  if (!next.empty()) object["next"] = std::move(next);
  return object;
}

}  // namespace

std::string text_of(const Answer& answer, std::int64_t now_ms) {
  const Reason& first = answer.first;
  std::string text = wrapped(first.headline, 0);
  std::string details = labelled("What", first.what);
  details += labelled("Since", moment(first.since_ms, now_ms));
  details += labelled("Until", until(first, now_ms));
  details += labelled("Ended by", first.ended_by);
  details += labelled("Do", first.advice);
  details += labelled("Runs", answer.runs);
  details += labelled("Assigned", answer.wanted);
  details += labelled("Looked at", moment(answer.looked_at_ms, now_ms));
  details += labelled("Targets", answer.counts);
  if (!details.empty()) text += "\n" + details;
  text += lines(answer, now_ms);
  text += besides(answer, now_ms);
  text += commands(answer.next);
  return text;
}

std::string json_of(const Answer& answer) {
  json::object object{{"format", 1}, {"kind", answer.kind}};
  if (!answer.name.empty()) object["name"] = answer.name;
  if (!answer.name_space.empty()) object["namespace"] = answer.name_space;
  object["reason"] = object_of(answer.first);
  json::array others, all;
  for (const Reason& reason : answer.besides) others.push_back(object_of(reason));
  object["besides"] = std::move(others);
  const auto say = [&](const char* key, const std::string& text) {
    if (!text.empty()) object[key] = text;
  };
  say("runs", answer.runs);
  say("assigned", answer.wanted);
  if (answer.looked_at_ms) object["lookedAt"] = time_of(answer.looked_at_ms);
  say("counts", answer.counts);
  for (const auto& [of, reason] : answer.lines) {
    json::object line = object_of(reason);
    line["name"] = of;
    all.push_back(std::move(line));
  }
  if (answer.kind != "target") object["targets"] = std::move(all);
  json::array next;
  for (const std::string& command : answer.next) next.emplace_back(command);
  object["next"] = std::move(next);
  return json::serialize(object);
}

std::string gist_of(const Answer& answer) {
  json::array all;
  const auto add = [&](const std::string& of, const Reason& reason) {
    json::array one{of, name(reason.standing), reason.code, reason.what};
    if (reason.standing > Standing::noted) one.emplace_back(reason.clause);  // that of a good one says for how long
    all.push_back(std::move(one));
  };
  add("", answer.first);
  for (const Reason& reason : answer.besides) add("", reason);
  for (const auto& [of, reason] : answer.lines) add(of, reason);
  return json::serialize(json::array{answer.kind, answer.name, answer.runs, answer.wanted, answer.counts, all});
}

}  // namespace stoker::host
