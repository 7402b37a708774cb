#include "host/answers/past_runs.hpp"

#include "host/answers/seen.hpp"
#include "host/answers/wording.hpp"
#include "host/base/utc_time.hpp"

#include <algorithm>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::size_t message_bytes_max = 160;

// A Run of an older program has no id and no duration.
struct PastRunSeen {
  std::string target, name_space;
  std::int64_t at_ms;
  json::object entry;  // as it is stored
};

std::vector<PastRunSeen> read(const std::vector<std::string>& targets) {
  std::vector<PastRunSeen> all;
  for (const std::string& text : targets) {
    const SeenDocument document(text);
    const Seen metadata = document.seen()["metadata"];
    for (const Seen& entry : document.seen()["status"]["history"].each())
      if (entry.value()->is_object())
        all.push_back({metadata["name"].text(), metadata["namespace"].text(), entry["timestamp"].time(),
                       entry.value()->get_object()});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const PastRunSeen& one, const PastRunSeen& other) { return one.at_ms > other.at_ms; });
  return all;
}

std::string when(std::int64_t at_ms, std::int64_t now_ms) {
  return at_ms ? rfc3339(at_ms) + " (" + age_since(at_ms, now_ms) + ")" : "";
}

}  // namespace

std::string past_runs_text(const std::vector<std::string>& targets, bool of_sync, std::int64_t now_ms) {
  const std::vector<PastRunSeen> runs = read(targets);
  if (runs.empty()) return "No Run is remembered yet.\n";
  std::vector<std::vector<std::string>> rows = {{"WHEN", "COMMIT", "REF", "RESULT", "FILES", "TOOK", "MESSAGE"}};
  if (of_sync) rows.front().insert(rows.front().begin(), "TARGET");
  for (const PastRunSeen& run : runs) {
    if (rows.size() > past_runs_max) break;
    const json::value entry = run.entry;
    const Seen seen(entry);
    std::vector<std::string> row = {
        when(run.at_ms, now_ms),
        short_revision(seen["commit"].text()),
        short_ref(seen["ref"].text()),
        seen["result"].text(),
        seen["filesChanged"].text(),
        seen["durationMs"].there() ? took(seen["durationMs"].number()) : seen["duration"].text(),
        seen["message"].text(message_bytes_max)};
    if (of_sync) row.insert(row.begin(), run.target);
    rows.push_back(std::move(row));
  }
  std::string text = table(rows);
  if (runs.size() > past_runs_max)
    text += "and " + std::to_string(runs.size() - past_runs_max) + " more; -o json has them\n";
  return text;
}

std::string past_runs_json(const std::vector<std::string>& targets) {
  json::array all;
  for (PastRunSeen& run : read(targets)) {
    json::object entry{{"target", run.target}, {"namespace", run.name_space}};
    for (auto& [key, value] : run.entry) entry.emplace(key, std::move(value));
    all.push_back(std::move(entry));
  }
  return json::serialize(json::object{{"format", 1}, {"runs", std::move(all)}});
}

}  // namespace stoker::host
