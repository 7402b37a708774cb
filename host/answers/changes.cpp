#include "host/answers/changes.hpp"

#include "host/answers/seen.hpp"
#include "host/answers/wording.hpp"
#include "host/base/json_fields.hpp"
#include "host/values/run_diff.hpp"

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::size_t path_bytes_max = 1024;

bool changes_files(Seen run) {
  const std::string result = run["result"].text();
  return run["filesChanged"].number() > 0 && (result == "applied" || result == "reverted" || result == "failed");
}

char sign_of(const std::string& action) {
  if (action == "add") return '+';
  return action == "remove" ? '-' : '~';
}

std::string counted(Seen document) {
  return document["filesAdded"].text() + " added, " + document["filesModified"].text() + " modified, " +
         document["filesDeleted"].text() + " deleted";
}

}  // namespace

std::string last_changing_run(const std::string& target) {
  const SeenDocument document(target);
  for (const Seen& run : document.seen()["status"]["history"].each())
    if (changes_files(run)) return run["id"].text();
  return {};
}

std::string changes_in_status(const std::string& target, const std::string& run) {
  JsonDocument document(target);
  const JsonFields status = document.fields().object("status");
  if (!status.has("outcome") || status.text("id") != run) return {};
  const Report report = report_in(status);
  if (document.fault().found()) return {};
  return to_json(run_diff_of(report));
}

std::string newest_plan(const std::string& target) {
  JsonDocument document(target);
  const JsonFields status = document.fields().object("status");
  std::optional<Report> newest;
  for (const char* kind : {"plan", "waiting"}) {
    if (!status.has(kind)) continue;
    Report report = report_in(status.object(kind));
    if (!newest || report.started_at_ms > newest->started_at_ms) newest = std::move(report);
  }
  if (!newest || document.fault().found()) return {};
  return to_json(run_diff_of(*newest));
}

std::string changes_text(const std::string& text, std::int64_t now_ms) {
  const SeenDocument read(text);
  const Seen document = read.seen();
  const std::string from = document["fromCommit"].text(), result = document["result"].text();
  std::string out = document["target"].text() + ": Run " + document["id"].text() + ", " + result + " " +
                    moment(document["timestamp"].time(), now_ms) + "\n";
  out += "  " + (from.empty() ? std::string("nothing") : short_revision(from)) + " -> " +
         short_revision(document["toCommit"].text()) + ": " + counted(document) + "\n";
  if (result == "reverted") out += "  The Run took these changes back.\n";
  std::string projects;
  for (const Seen& project : document["projectsAffected"].each())
    projects += (projects.empty() ? "" : ", ") + project.text(100);
  if (!projects.empty()) out += "  projects: " + wrapped(projects, 12);
  const std::vector<Seen> changes = document["changes"].each();
  if (!changes.empty()) out += "\n";
  for (const Seen& change : changes)
    out += std::string("  ") + sign_of(change["action"].text()) + " " + change["path"].text(path_bytes_max) + "\n";
  if (const std::int64_t more = document["more"].number(); more > 0)
    out += "  and " + std::to_string(more) + " more that are not kept\n";
  return out;
}

}  // namespace stoker::host
