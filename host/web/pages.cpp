#include "host/web/pages.hpp"

#include "host/base/printable.hpp"
#include "host/base/utc_time.hpp"

#include <algorithm>

namespace stoker::host {

namespace {

// Most reasons come from plugins. A line end in one must not look like the line of another target.
std::string one_line(std::string_view text) {
  constexpr std::size_t bytes_max = 1024;
  return printable(text, bytes_max);
}

void add_column(std::string& line, std::string_view text, std::size_t width) {
  line += text;
  line.append(width > text.size() ? width - text.size() : 0, ' ');
  line += "  ";
}

std::string notices_table(const std::vector<NotifierStatus>& notifiers) {
  std::size_t width = 8;
  for (const NotifierStatus& each : notifiers) width = std::max(width, each.module.size());
  std::string table = "\nNotices\n";
  add_column(table, "notifier", width);
  table += "waiting  parked  last failure\n";
  for (const NotifierStatus& each : notifiers) {
    add_column(table, each.module, width);
    add_column(table, std::to_string(each.waiting), 7);
    add_column(table, std::to_string(each.parked), 6);
    table += each.failure ? "since " + rfc3339(each.failure->since_ms) + ": " + one_line(each.failure->why) : "-";
    table += "\n";
  }
  return table;
}

}  // namespace

std::string status_page(const Status& status) {
  std::string page;
  if (!status.objects.empty())
    page += "The objects cannot be used; targets keep what they have: " + one_line(status.objects) + "\n\n";
  for (const TargetStatus& target : status.targets) {
    page += target.name + "  " + target.sync + "  ";
    if (!target.open)
      page += target.why_not.empty() ? "not open yet" : "not open: " + one_line(target.why_not);
    else if (target.last)
      page += one_line(summary(*target.last));
    else
      page += target.awake ? "nothing is assigned yet" : "starting: finishes what an earlier process left";
    if (target.unresolved) page += "; no newer revision comes: " + one_line(*target.unresolved);
    if (!target.waiting.empty()) page += "; " + one_line(target.waiting);
    page += "\n";
    for (const Note& note : target.notes) page += "  " + one_line(in_words(note)) + "\n";
  }
  if (!status.notifiers.empty()) page += notices_table(status.notifiers);
  if (!status.mistakes.empty())
    page += "\nMistakes in the files of the Syncs; a Sync that was good before is used as it was\n" + status.mistakes +
            "\n";
  return page;
}

std::string health_problem(std::size_t calls_written_off) {
  if (calls_written_off == 0) return {};
  return std::to_string(calls_written_off) +
         " plugin call(s) did not return before their deadline; see the log and restart stoker";
}

}  // namespace stoker::host
