#include "host/commands/history.hpp"

#include "host/answers/past_runs.hpp"
#include "host/commands/asked_objects.hpp"

#include <boost/json/value.hpp>

#include <ostream>

namespace stoker::host {

int history(const HistoryOptions& options, std::ostream& out, std::ostream& err) {
  auto client = client_for(options);
  if (!client) return say_refusal(client.error(), err);
  auto found = asked_object(*client, options.what, options.name_space);
  if (!found) return say_refusal(found.error(), err);
  const bool of_sync = found->target.empty();
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
