// What the read-only pages say, as text. Pure: the role gathers the values, these functions make the text. [any thread]
#pragma once

#include "host/values/report.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stoker::host {

struct TargetStatus {
  std::string name, sync;
  bool open = false;                      // false: its data folder or an instance of a module is not available
  bool awake = false;                     // what an earlier process left is finished
  std::optional<Report> last;             // nothing: no Run has ended yet
  std::optional<std::string> repository;  // why its repository could not be asked
};

// One line for each target.
std::string status_page(const std::vector<TargetStatus>& targets);
// What /healthz says: empty while no call of a plugin is stuck.
std::string health_problem(std::size_t calls_written_off);

}  // namespace stoker::host
