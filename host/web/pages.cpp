#include "host/web/pages.hpp"

namespace stoker::host {

std::string status_page(const std::vector<TargetStatus>& targets) {
  std::string page;
  for (const TargetStatus& target : targets) {
    page += target.name + "  " + target.sync + "  ";
    if (!target.open)
      page += "not open";
    else if (target.last)
      page += summary(*target.last);
    else
      page += target.awake ? "nothing is assigned yet" : "waking";
    if (target.repository) page += "; its repository could not be asked: " + *target.repository;
    page += "\n";
  }
  return page;
}

std::string health_problem(std::size_t calls_written_off) {
  if (calls_written_off == 0) return {};
  return std::to_string(calls_written_off) +
         " plugin call(s) did not return by their deadline; see the log, and restart";
}

}  // namespace stoker::host
