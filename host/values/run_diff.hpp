// What one Run changed, for people and for audits: kept beside the memory of its target and shown by `stoker diff`.
// Made from the Report. A value. [any thread]
#pragma once

#include "host/values/report.hpp"

namespace stoker::host {

struct RunDiff {
  static constexpr std::size_t changes_max = 1000, projects_max = 100;

  std::string id, target, outcome;
  std::string from, to;  // revisions; `from` is empty when nothing of Stoker's ran before
  std::uint64_t added = 0, modified = 0, deleted = 0;
  std::int64_t at_ms = 0;
  std::vector<std::string> projects;
  std::vector<Change> changes;  // the first ones
  std::uint64_t more = 0;       // changes that are left out
};

RunDiff run_diff_of(const Report& report);
std::string to_json(const RunDiff& diff);

// Of paths `projects/<name>/…`; the first `max`.
std::vector<std::string> projects_in(const std::vector<Change>& changes, std::size_t max);

}  // namespace stoker::host
