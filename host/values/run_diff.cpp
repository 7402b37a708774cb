#include "host/values/run_diff.hpp"

#include "host/base/utc_time.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::size_t bytes_max = 512 * 1024;  // of the paths in a document

std::string_view action_of(Change::Op op) {
  switch (op) {
    case Change::Op::add: return "add";
    case Change::Op::remove: return "remove";
    case Change::Op::chmod: return "chmod";
    case Change::Op::replace: break;
  }
  return "modify";
}

void take(RunDiff& diff, const std::vector<Change>& changes, std::size_t& bytes) {
  for (const Change& change : changes) {
    bytes += change.path.size();
    if (diff.changes.size() == RunDiff::changes_max || bytes > bytes_max) return;
    diff.changes.push_back(change);
  }
}

}  // namespace

std::vector<std::string> projects_in(const std::vector<Change>& changes, std::size_t max) {
  std::vector<std::string> names;
  for (const Change& change : changes) {
    constexpr std::string_view folder = "projects/";
    const std::string_view path = change.path;
    const std::size_t end = path.find('/', folder.size());
    if (!path.starts_with(folder) || end == std::string_view::npos) continue;
    const std::string name(path.substr(folder.size(), end - folder.size()));
    if (std::find(names.begin(), names.end(), name) == names.end() && names.size() < max) names.push_back(name);
  }
  return names;
}

RunDiff run_diff_of(const Report& report) {
  RunDiff diff;
  diff.id = report.id;
  diff.target = report.target;
  diff.outcome = name(report.outcome);
  diff.from = report.from;
  diff.to = report.revision;
  diff.added = report.counts.added;
  diff.modified = report.counts.changed + report.counts.chmod;
  diff.deleted = report.counts.removed;
  diff.at_ms = report.started_at_ms;
  std::size_t bytes = 0;
  take(diff, report.changes, bytes);
  take(diff, report.further, bytes);
  diff.projects = projects_in(diff.changes, RunDiff::projects_max);
  const std::uint64_t counted = diff.added + diff.modified + diff.deleted;
  diff.more = counted - std::min<std::uint64_t>(counted, diff.changes.size());
  return diff;
}

// A plain copy has no digest of its own: then the blob of the source says what it is.
std::string to_json(const RunDiff& diff) {
  json::array changes, projects;
  for (const Change& change : diff.changes) {
    json::object checksum;
    if (!change.before.empty()) checksum["before"] = change.before;
    if (!change.after.empty()) checksum["after"] = change.after;
    if (change.after.empty() && !change.blob.empty()) checksum["blob"] = change.blob;
    changes.push_back({{"path", change.path}, {"action", action_of(change.op)}, {"checksum", std::move(checksum)}});
  }
  for (const std::string& project : diff.projects) projects.emplace_back(project);
  return json::serialize(json::object{{"format", 1},
                                      {"id", diff.id},
                                      {"target", diff.target},
                                      {"timestamp", rfc3339(diff.at_ms)},
                                      {"result", diff.outcome},
                                      {"fromCommit", diff.from},
                                      {"toCommit", diff.to},
                                      {"filesAdded", diff.added},
                                      {"filesModified", diff.modified},
                                      {"filesDeleted", diff.deleted},
                                      {"projectsAffected", std::move(projects)},
                                      {"changes", std::move(changes)},
                                      {"more", diff.more}});
}

}  // namespace stoker::host
