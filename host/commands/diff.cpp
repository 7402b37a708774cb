#include "host/commands/diff.hpp"

#include "host/answers/changes.hpp"
#include "host/base/printable.hpp"
#include "host/commands/asked_objects.hpp"
#include "host/run/run_diffs.hpp"

#include <boost/json/value.hpp>

#include <ostream>

namespace stoker::host {
namespace {

// The status has the first 50 changes of the last Run. They do where the target's own file is out of reach.
Result<std::string> changes_of(ObjectClient& client, const AskedObject& asked, const std::string& run) {
  const RunDiffPath path{asked.name, run};
  auto kept = client.read_beside(path.steps());
  if (kept || kept.error() != errc::not_found) return kept;
  std::string in_status = changes_in_status(asked.target, run);
  if (in_status.empty()) return std::move(kept).error();
  return in_status;
}

}  // namespace

int diff(const DiffOptions& options, std::ostream& out, std::ostream& err) {
  auto client = client_for(options);
  if (!client) return say_refusal(client.error(), err);
  auto asked = asked_object(*client, options.target, options.name_space);
  if (asked && asked->target.empty())
    asked = Error(errc::invalid,
                  printable(options.target, 256) + " is a Sync; name one of its targets: stoker history " +
                      printable(options.target, 256),
                  "command.kind");
  if (!asked) return say_refusal(asked.error(), err);
  if (options.planned) {
    const std::string plan = newest_plan(asked->target);
    if (options.json)
      out << (plan.empty() ? "null\n" : readable(plan));
    else
      out << (plan.empty() ? printable(asked->name, 256) + ": no dry run is remembered.\n"
                           : changes_text(plan, wall_ms()));
    return exit_ok;
  }
  const std::string run = options.run.empty() ? last_changing_run(asked->target) : options.run;
  if (run.empty()) {
    if (options.json)
      out << "null\n";
    else
      out << printable(asked->name, 256) << ": no Run that changed files is remembered.\n";
    return exit_ok;
  }
  const auto document = changes_of(*client, *asked, run);
  if (!document) return say_refusal(document.error(), err);
  out << (options.json ? readable(*document) : changes_text(*document, wall_ms()));
  return exit_ok;
}

}  // namespace stoker::host
