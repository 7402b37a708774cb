#include "host/web/pages.hpp"

namespace stoker::host {

std::string status_page(const std::vector<TargetStatus>& targets) {
  std::string page;
  for (const TargetStatus& target : targets) {
    page += target.name + "  " + target.sync + "  ";
    if (!target.open)
      page += "not open; see the log";
    else if (target.last)
      page += summary(*target.last);
    else
      page += target.awake ? "nothing is assigned yet" : "starting: finishes what an earlier process left";
    if (target.unresolved) page += "; no newer revision comes: " + *target.unresolved;
    page += "\n";
  }
  return page;
}

std::string health_problem(std::size_t calls_written_off) {
  if (calls_written_off == 0) return {};
  return std::to_string(calls_written_off) +
         " plugin call(s) did not return before their deadline; see the log and restart stoker";
}

}  // namespace stoker::host
