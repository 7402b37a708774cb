#include "host/commands/history.hpp"

#include "host/answers/past_runs.hpp"
#include "host/answers/text_table.hpp"
#include "host/commands/asked_objects.hpp"
#include "host/commands/followed_objects.hpp"
#include "host/commands/object_text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <ostream>
#include <set>

namespace stoker::host {
namespace {

// The Runs of these targets, oldest first, and then each that comes.
int follow(const ObjectClient& client, const Selection& targets, bool of_sync, const HistoryOptions& options,
           std::ostream& out, std::ostream& err) {
  FollowedObjects followed(client, std::nullopt, targets);
  TextTable rows(past_run_heads(of_sync));
  std::set<std::string> printed;  // Runs that the targets still remember
  for (;;) {
    const auto now = followed.next(std::chrono::hours(1));
    if (!now) return say_refusal(now.error(), err);
    std::vector<ShownRun> runs = past_runs(now->targets, of_sync, wall_ms());
    std::reverse(runs.begin(), runs.end());
    std::set<std::string> known;
    for (const ShownRun& run : runs) {
      known.insert(run.key);
      if (printed.contains(run.key)) continue;
      if (options.json)
        out << json_line(boost::json::parse(run.json));
      else
        rows.add({run.cells.begin(), run.cells.end()});
    }
    printed = std::move(known);
    if (!options.json) rows.print(out);
    out.flush();
    if (!out) return exit_ok;  // nobody reads it any more
  }
}

}  // namespace

int history(const HistoryOptions& options, std::ostream& out, std::ostream& err) {
  auto client = client_for(options);
  if (!client) return say_refusal(client.error(), err);
  auto found = asked_object(*client, options.what, options.name_space);
  if (!found) return say_refusal(found.error(), err);
  const bool of_sync = found->target.empty();
  if (options.watch) {
    Selection targets;
    targets.name_space = options.name_space;
    (of_sync ? targets.labels : targets.fields) = (of_sync ? "stoker.io/sync=" : "metadata.name=") + found->name;
    return follow(*client, targets, of_sync, options, out, err);
  }
  std::vector<std::string> targets{found->target};
  if (of_sync) {
    auto all = targets_of(*client, found->name, options.name_space);
    if (!all) return say_refusal(all.error(), err);
    targets = std::move(*all);
  }
  out << (options.json ? readable(past_runs_json(targets)) : past_runs_text(targets, of_sync, wall_ms()));
  return exit_ok;
}

}  // namespace stoker::host
