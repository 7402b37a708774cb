#include "host/answers/past_runs.hpp"

#include "host/answers/seen.hpp"
#include "host/answers/text_table.hpp"
#include "host/answers/wording.hpp"
#include "host/base/utc_time.hpp"

#include <algorithm>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::size_t message_bytes_max = 160;

std::string when(std::int64_t at_ms, std::int64_t now_ms) {
  return at_ms ? rfc3339(at_ms) + " (" + age_since(at_ms, now_ms) + ")" : "";
}

// A Run of an older program has no id and no duration.
ShownRun past_run(Seen metadata, Seen entry, bool of_sync, std::int64_t now_ms) {
  const std::string target = metadata["name"].text(), name_space = metadata["namespace"].text();
  ShownRun run;
  run.key = name_space + "/" + target + "/" + entry["id"].text() + "/" + entry["timestamp"].text() + "/" +
            entry["commit"].text() + "/" + entry["result"].text();
  if (of_sync) run.cells.push_back(target);
  for (std::string cell : {when(entry["timestamp"].time(), now_ms), short_revision(entry["commit"].text()),
                           short_ref(entry["ref"].text()), entry["result"].text(), entry["filesChanged"].text(),
                           entry["durationMs"].there() ? took(entry["durationMs"].number()) : entry["duration"].text(),
                           entry["message"].text(message_bytes_max)})
    run.cells.push_back(std::move(cell));
  json::object object{{"target", target}, {"namespace", name_space}};
  for (const auto& [key, value] : entry.value()->get_object()) object.emplace(key, value);
  run.json = json::serialize(object);
  return run;
}

}  // namespace

std::vector<ShownRun> past_runs(const std::vector<std::string>& targets, bool of_sync, std::int64_t now_ms) {
  std::vector<std::pair<std::int64_t, ShownRun>> all;
  for (const std::string& text : targets) {
    const SeenDocument document(text);
    const Seen metadata = document.seen()["metadata"];
    for (const Seen& entry : document.seen()["status"]["history"].each())
      if (entry.value()->is_object())
        all.emplace_back(entry["timestamp"].time(), past_run(metadata, entry, of_sync, now_ms));
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& one, const auto& other) { return one.first > other.first; });
  std::vector<ShownRun> runs;
  for (auto& [at_ms, run] : all) runs.push_back(std::move(run));
  return runs;
}

std::vector<std::string> past_run_heads(bool of_sync) {
  std::vector<std::string> heads{"WHEN", "COMMIT", "REF", "RESULT", "FILES", "TOOK", "MESSAGE"};
  if (of_sync) heads.insert(heads.begin(), "TARGET");
  return heads;
}

std::string past_runs_text(const std::vector<std::string>& targets, bool of_sync, std::int64_t now_ms) {
  const std::vector<ShownRun> runs = past_runs(targets, of_sync, now_ms);
  if (runs.empty()) return "No Run is remembered yet.\n";
  std::vector<std::vector<std::string>> rows = {past_run_heads(of_sync)};
  for (std::size_t i = 0; i < runs.size() && i < past_runs_max; ++i) rows.push_back(runs[i].cells);
  std::string text = table(rows);
  if (runs.size() > past_runs_max)
    text += "and " + std::to_string(runs.size() - past_runs_max) + " more; -o json has them\n";
  return text;
}

std::string past_runs_json(const std::vector<std::string>& targets) {
  json::array all;
  for (const ShownRun& run : past_runs(targets, true, 0)) all.push_back(json::parse(run.json));
  return json::serialize(json::object{{"format", 1}, {"runs", std::move(all)}});
}

}  // namespace stoker::host
