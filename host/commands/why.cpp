#include "host/commands/why.hpp"

#include "host/answers/why.hpp"
#include "host/commands/asked_objects.hpp"

#include <boost/json.hpp>

#include <ostream>

namespace stoker::host {
namespace {

Result<Answer> of_fleet(ObjectClient& client, const WhyOptions& options, WhyAsked asked) {
  const std::string name_space = options.all_name_spaces ? std::string() : options.name_space;
  auto syncs = documents(client, "gatewaysyncs", name_space);
  if (!syncs) return std::move(syncs).error();
  auto targets = documents(client, "synctargets", name_space);
  if (!targets) return std::move(targets).error();
  return why_fleet(*syncs, *targets, asked);
}

// A target without an object may still be known to the Sync that found it.
Result<std::string> sync_that_knows(ObjectClient& client, const std::string& target, const std::string& name_space) {
  auto syncs = documents(client, "gatewaysyncs", name_space);
  if (!syncs) return std::move(syncs).error();
  for (std::string& sync : *syncs)
    if (knows_gateway(sync, target)) return std::move(sync);
  return std::string();
}

Result<Answer> of_one(ObjectClient& client, const WhyOptions& options, WhyAsked asked) {
  auto found = asked_object(client, options.what, options.name_space);
  if (!found && found.error() != errc::not_found) return std::move(found).error();
  if (!found) {
    auto sync = sync_that_knows(client, options.what.substr(options.what.find('/') + 1), options.name_space);
    if (!sync) return std::move(sync).error();
    if (sync->empty()) return std::move(found).error();
    asked.name = options.what.substr(options.what.find('/') + 1);
    return why_target("", *sync, asked);
  }
  asked.name = found->name;
  if (!found->target.empty()) return why_target(found->target, found->sync, asked);
  auto targets = targets_of(client, found->name, options.name_space);
  if (!targets) return std::move(targets).error();
  return why_sync(found->sync, *targets, asked);
}

}  // namespace

int why(const WhyOptions& options, std::ostream& out, std::ostream& err) {
  if (options.all_name_spaces && !options.what.empty())
    return say_refusal(Error(errc::invalid, "a name is of one namespace; use -n in the place of -A"), err);
  auto client = client_for(options);
  if (!client) return say_refusal(client.error(), err);
  const WhyAsked asked{options.what, options.name_space, wall_ms()};
  const auto answer = options.what.empty() ? of_fleet(*client, options, asked) : of_one(*client, options, asked);
  if (!answer) {
    const int code = say_refusal(answer.error(), err);
    if (answer.error() == errc::not_found) err << "stoker: stoker get st and stoker get gs show what there is\n";
    return code;
  }
  out << (options.json ? readable(json_of(*answer)) : text_of(*answer, asked.now_ms));
  return exit_ok;
}

}  // namespace stoker::host
