#include "host/commands/why.hpp"

#include "host/answers/why.hpp"
#include "host/base/utc_time.hpp"
#include "host/commands/asked_objects.hpp"
#include "host/commands/followed_objects.hpp"
#include "host/commands/object_fields.hpp"
#include "host/commands/object_text.hpp"

#include <boost/json.hpp>

#include <ostream>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds look_at_clock{30};  // silence comes with time alone

int say_unknown(const Error& why, std::ostream& err) {
  const int code = say_refusal(why, err);
  if (why == errc::not_found) err << "stoker: stoker get st and stoker get gs show what there is\n";
  return code;
}

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

// What is asked about, found once; its objects may change, go and come.
struct Subject {
  std::string target, sync;  // names; both empty: the fleet
  bool is_target = false;
};

Result<Subject> subject_of(ObjectClient& client, const WhyOptions& options) {
  Subject of;
  if (options.what.empty()) return of;
  auto found = asked_object(client, options.what, options.name_space);
  if (!found && found.error() != errc::not_found) return std::move(found).error();
  const std::string name = found ? found->name : options.what.substr(options.what.find('/') + 1);
  of.is_target = !found || !found->target.empty();
  (of.is_target ? of.target : of.sync) = name;
  if (found && of.is_target) of.sync = text_at(json::parse(found->target), "/spec/sync");
  if (found) return of;
  auto sync = sync_that_knows(client, name, options.name_space);
  if (!sync) return std::move(sync).error();
  if (sync->empty()) return std::move(found).error();
  of.sync = name_in(json::parse(*sync));
  return of;
}

Answer answer_now(const Subject& of, const ObjectsNow& now, const WhyAsked& asked) {
  if (of.sync.empty() && !of.is_target) return why_fleet(now.syncs, now.targets, asked);
  const auto first = [](const std::vector<std::string>& all) { return all.empty() ? std::string() : all.front(); };
  if (of.is_target) return why_target(first(now.targets), first(now.syncs), asked);
  return why_sync(first(now.syncs), now.targets, asked);
}

// Answers again whenever something else stands in the way, until somebody ends the command or the host goes.
int follow(ObjectClient client, const WhyOptions& options, std::ostream& out, std::ostream& err) {
  const auto of = subject_of(client, options);
  if (!of) return say_unknown(of.error(), err);
  const std::string name_space = options.all_name_spaces ? std::string() : options.name_space;
  Selection syncs{name_space, {}, {}}, targets{name_space, {}, {}};
  if (!of->sync.empty()) syncs.fields = "metadata.name=" + of->sync;
  if (of->is_target)
    targets.fields = "metadata.name=" + of->target;
  else if (!of->sync.empty())
    targets.labels = "stoker.io/sync=" + of->sync;
  FollowedObjects followed(client, syncs, targets);
  std::string said;
  for (;;) {
    const auto now = followed.next(look_at_clock);
    if (!now) return say_refusal(now.error(), err);
    const WhyAsked asked{of->is_target ? of->target : of->sync, options.name_space, wall_ms()};
    const Answer answer = answer_now(*of, *now, asked);
    std::string gist = gist_of(answer);
    if (gist == said) continue;
    if (options.json)
      out << json_line(json::parse(json_of(answer)));
    else
      out << (said.empty() ? "" : "\n---- " + rfc3339(asked.now_ms) + "\n") << text_of(answer, asked.now_ms);
    out.flush();
    if (!out) return exit_ok;  // nobody reads it any more
    said = std::move(gist);
  }
}

}  // namespace

int why(const WhyOptions& options, std::ostream& out, std::ostream& err) {
  if (options.all_name_spaces && !options.what.empty())
    return say_refusal(Error(errc::invalid, "a name is of one namespace; use -n in the place of -A"), err);
  auto client = client_for(options);
  if (!client) return say_refusal(client.error(), err);
  if (options.watch) return follow(std::move(*client), options, out, err);
  const WhyAsked asked{options.what, options.name_space, wall_ms()};
  const auto answer = options.what.empty() ? of_fleet(*client, options, asked) : of_one(*client, options, asked);
  if (!answer) return say_unknown(answer.error(), err);
  out << (options.json ? readable(json_of(*answer)) : text_of(*answer, asked.now_ms));
  return exit_ok;
}

}  // namespace stoker::host
