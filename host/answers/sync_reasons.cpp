// The reasons that a GatewaySync has. One function for each kind of reason; each looks at its own fields.
#include "host/answers/reason_parts.hpp"
#include "host/answers/reasons.hpp"
#include "host/answers/wording.hpp"

#include <algorithm>

namespace stoker::host {
namespace {

std::string name_of(Seen sync) { return sync["metadata"]["name"].text(); }

void add_sync_pause(std::vector<Reason>& all, Seen sync) {
  if (!sync["spec"]["paused"].flag()) return;
  const std::string name = name_of(sync);
  Reason one = paused_reason(name + " waits: ", "it is paused", sync, "stoker resume " + argument(name));
  for (const Seen& condition : sync["status"]["conditions"].each())
    if (condition["type"].text() == "Ready" && condition["reason"].text() == "Paused")
      one.since_ms = condition["lastTransitionTime"].time();
  all.push_back(std::move(one));
}

void add_unseen(std::vector<Reason>& all, Seen sync) {
  const Seen status = sync["status"];
  const std::string name = name_of(sync), resolution = status["refResolutionStatus"].text();
  const bool unseen = !status["conditions"].there() && resolution.empty();
  const std::int64_t generation = sync["metadata"]["generation"].number();
  const bool outdated = status["observedGeneration"].there() && status["observedGeneration"].number() < generation;
  Reason one;
  if (unseen || outdated) {
    one =
        reason(Standing::waits, "not-seen",
               name + " waits: ", unseen ? "nobody has looked at it yet" : "nobody has looked at its last change yet");
    one.by_itself = true;
    one.ended_by = "stoker run, or the controller, looks at it; is it running?";
    one.next = {"stoker config check"};
  } else if (resolution == "NotResolved" || resolution == "Resolving") {
    one = reason(Standing::waits, "not-resolved", name + " waits: ", "its ref is not resolved yet");
    one.by_itself = true;
    one.ended_by = "its repository answers";
    one.next = {"stoker describe gs " + argument(name)};
  } else {
    return;
  }
  all.push_back(std::move(one));
}

void add_conditions(std::vector<Reason>& all, Seen sync) {
  const std::string name = name_of(sync);
  for (const Seen& condition : sync["status"]["conditions"].each()) {
    const std::string type = condition["type"].text();
    const ConditionAdvice* advice = advice_on_condition(type);
    if (!advice || condition["status"].text() != advice->bad) continue;
    const std::string message = condition["message"].text(), target = target_named_in(message);
    const bool stops = advice->stops;
    Reason one = reason(stops ? Standing::failed : Standing::noted, type,
                        name + (stops && target.empty() ? " assigns nothing new: " : ": "),
                        target.empty() ? std::string(advice->clause) : "its target " + target + " cannot be used");
    one.about = target;
    one.what = message;
    one.since_ms = condition["lastTransitionTime"].time();
    if (stops) one.ended_by = "its reason is gone; what runs stays until then";
    one.by_itself = one.what.find("(it is tried again)") != one.what.npos;
    std::string command(advice->command);
    if (const std::size_t at = command.find("{sync}"); at != command.npos) command.replace(at, 6, argument(name));
    if (!command.empty()) one.next.push_back(command);
    add_advice_of_message(one, {"", name});
    all.push_back(std::move(one));
  }
}

// A Sync that is not ready for a reason that no other condition has.
void add_ready(std::vector<Reason>& all, Seen sync) {
  const bool said =
      std::any_of(all.begin(), all.end(), [](const Reason& one) { return one.standing > Standing::noted; });
  if (said) return;
  for (const Seen& condition : sync["status"]["conditions"].each()) {
    const std::string message = condition["message"].text();
    const bool waits_for_targets =
        message == "Waiting for gateways to sync" || condition["reason"].text() == "NotVerified";
    if (condition["type"].text() != "Ready" || condition["status"].text() != "False" || waits_for_targets) continue;
    const bool plans_first = condition["reason"].text() == "DryRunFirst";
    Reason one = reason(Standing::waits, plans_first ? "dry-run-first" : "Ready", name_of(sync) + " waits: ",
                        plans_first ? "each target plans the new revision before any gets it" : "it is not ready");
    one.what = message;
    one.since_ms = condition["lastTransitionTime"].time();
    one.by_itself = true;
    one.ended_by = "its reason is gone; what runs stays until then";
    one.next = {"stoker describe gs " + argument(name_of(sync))};
    if (plans_first) one.next.push_back("stoker explain dry-run-first");
    add_advice_of_message(one, {"", name_of(sync)});
    all.push_back(std::move(one));
  }
}

void add_wishes(std::vector<Reason>& all, Seen sync) {
  const std::string name = name_of(sync);
  if (sync["spec"]["polling"]["enabled"].is_false())
    all.push_back(reason(Standing::noted, "polling", name + ": ",
                         "polling is off, so a new revision is seen only when a webhook or a person says so"));
  if (const std::string ref = sync.annotation("requested-ref"); !ref.empty()) {
    Reason one = reason(Standing::noted, "requested-ref", name + ": ",
                        "another ref is asked for in place of the one in its spec");
    const std::string by = sync.annotation("requested-by");
    one.what = ref + (by.empty() ? "" : ", by " + by);
    one.since_ms = Seen(sync["metadata"]["annotations"]["stoker.io/requested-at"]).time();
    all.push_back(std::move(one));
  }
}

}  // namespace

std::string target_named_in(const std::string& message) {
  constexpr std::string_view before = "target ";
  const std::size_t end = message.find(": ");
  if (!message.starts_with(before) || end == message.npos) return {};
  const std::string target = message.substr(before.size(), end - before.size());
  return target.find(' ') == target.npos ? target : std::string();
}

std::vector<Reason> reasons_of_sync(Seen sync, std::int64_t) {
  std::vector<Reason> all;
  if (!sync.there()) return all;
  add_removal(all, sync, name_of(sync));
  add_sync_pause(all, sync);
  add_unseen(all, sync);
  add_conditions(all, sync);
  add_ready(all, sync);
  add_wishes(all, sync);
  sort_worst_first(all);
  return all;
}

}  // namespace stoker::host
