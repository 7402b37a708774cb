// The text of the read-only pages. Pure: the role collects the values, these functions make the text. [any thread]
#pragma once

#include "host/values/notifier_status.hpp"
#include "host/values/report.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stoker::host {

struct TargetStatus {
  std::string name, sync;
  bool open = false;                      // false: its data folder or an instance of a module is not available
  std::string why_not;                    // why it is not open
  bool awake = false;                     // what an earlier process left unfinished is finished or undone
  std::optional<Report> last;             // no value: no Run has ended yet
  std::optional<std::string> unresolved;  // why the ref of its Sync cannot be resolved, and since when
  std::string waiting;                    // what new work waits for before any target of the Sync gets it
  std::vector<Note> notes;                // what people should know of its files
};

struct Status {
  std::vector<TargetStatus> targets;
  std::vector<NotifierStatus> notifiers;
  std::string mistakes;      // in the files of the Syncs, one line each
  std::string objects = {};  // why the objects cannot be used; empty: they can
};

// One line for each target, with its notes below; then a table of the notifiers, when there are any; then the mistakes
// in the files of the Syncs. Before all of it stands why the objects cannot be used.
std::string status_page(const Status& status);
// The problem that /healthz reports; empty while no call of a plugin is stuck.
std::string health_problem(std::size_t calls_written_off);

}  // namespace stoker::host
