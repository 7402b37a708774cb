// One function for each thing that can happen. An Event comes when something changes, never because time passes.
#include "host/controller/sync_events.hpp"

#include "host/base/json_fields.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace stoker::host {

namespace {

struct Statuses {
  const JsonFields &before, &after;
  std::vector<EventText>& events;

  void add(bool is_warning, std::string reason, std::string message) {
    events.push_back({is_warning, std::move(reason), std::move(message)});
  }
};

struct ConditionText {
  std::string status, reason, message;
};

ConditionText condition(const JsonFields& status, std::string_view type) {
  for (const JsonFields& each : status.objects("conditions"))
    if (each.text("type") == type) return {each.text("status"), each.text("reason"), each.text("message")};
  return {};
}

std::optional<JsonFields> gateway(const JsonFields& status, const std::string& name) {
  for (const JsonFields& each : status.objects("discoveredGateways"))
    if (each.text("name") == name) return each;
  return std::nullopt;
}

void say_pause(Statuses of) {
  const bool was = condition(of.before, "Ready").reason == "Paused";
  const bool is = condition(of.after, "Ready").reason == "Paused";
  if (is && !was) of.add(false, "Paused", "Reconciliation paused");
  if (was && !is && condition(of.after, "ProfilesValid").status == "True")
    of.add(false, "Resumed", "Reconciliation goes on");
}

void say_ref(Statuses of) {
  const std::string was = of.before.text("lastSyncCommit"), is = of.after.text("lastSyncCommit");
  const std::string old_ref = of.before.text("lastSyncRef"), ref = of.after.text("lastSyncRef");
  if (!old_ref.empty() && old_ref != ref) of.add(false, "RefUpdated", "Updated ref from " + old_ref + " to " + ref);
  if (!is.empty() && is != was)
    of.add(false, "RefResolved", "Resolved ref " + ref + " to " + of.after.text("lastSyncCommitShort"));
  const bool fails = of.after.text("refResolutionStatus") == "Error";
  const ConditionText now = condition(of.after, "RefResolved"), before = condition(of.before, "RefResolved");
  if (fails && now.reason == "RefResolutionFailed" && now.message != before.message)
    of.add(true, "RefResolutionFailed", now.message);
}

void say_profiles(Statuses of) {
  const ConditionText now = condition(of.after, "ProfilesValid"), before = condition(of.before, "ProfilesValid");
  if (now.status == "False" && now.message != before.message) of.add(true, "ProfilesInvalid", now.message);
}

// How many targets there are: the list of them is bounded, and "3/4 synced" is not.
std::size_t targets_count(const JsonFields& status) {
  const std::string message = condition(status, "AllGatewaysSynced").message;
  const std::size_t slash = message.find('/');
  std::size_t count = 0;
  if (slash != std::string::npos) std::from_chars(message.data() + slash + 1, message.data() + message.size(), count);
  return count;
}

void say_targets(Statuses of) {
  const std::size_t is = targets_count(of.after);
  if (targets_count(of.before) == is) return;
  of.add(false, "GatewaysDiscovered", "Discovered " + std::to_string(is) + (is == 1 ? " gateway" : " gateways"));
}

void say_target(Statuses of, const JsonFields& now) {
  const std::string name = now.text("name"), message = now.text("message"), hold = now.text("hold");
  const std::optional<JsonFields> before = gateway(of.before, name);
  const bool is_news = !before || before->text("message") != message;
  const bool same_hold = before && before->text("hold") == hold;
  if (now.text("syncStatus") == "Error") {
    if (!is_news) return;
    const bool reverted = message.starts_with("reverted") || message.starts_with("taken back");
    of.add(true, "SyncFailed", "Gateway " + name + " failed to sync: " + message);
    if (reverted) of.add(true, "ScanFailureAutoRollback", "Gateway " + name + ": " + message);
  } else if (!hold.empty() && !same_hold) {
    const bool is_designer = hold == "designer";
    of.add(true, is_designer ? "DesignerSessionsBlocked" : "SyncSkipped", "Gateway " + name + ": " + message);
  }
}

void say_drift(Statuses of) {
  const ConditionText now = condition(of.after, "Drifted"), before = condition(of.before, "Drifted");
  if (now.status == "True" && now.message != before.message) of.add(true, "GatewayFilesModified", now.message);
}

bool was_in_trouble(const JsonFields& status) {
  const std::vector<JsonFields> targets = status.objects("discoveredGateways");
  const auto fails = [](const JsonFields& target) { return target.text("syncStatus") == "Error"; };
  return targets.empty() || !status.text("hold").empty() || std::any_of(targets.begin(), targets.end(), fails);
}

void say_completion(Statuses of) {
  if (condition(of.after, "Ready").status != "True") return;
  const bool same = of.before.text("lastSyncCommit") == of.after.text("lastSyncCommit") &&
                    of.before.number("observedGeneration") == of.after.number("observedGeneration");
  if (same && !was_in_trouble(of.before)) return;  // a Run that somebody asked for found nothing to do
  const std::size_t count = targets_count(of.after);
  of.add(false, "SyncCompleted",
         count == 1 ? "The gateway synced successfully"
                    : "All " + std::to_string(count) + " gateways synced successfully");
}

}  // namespace

std::vector<EventText> events_between(std::string_view before, std::string_view after) {
  JsonDocument old(before.empty() ? std::string_view("{}") : before), now(after);
  const JsonFields was = old.fields(), is = now.fields();
  std::vector<EventText> events;
  const Statuses of{was, is, events};
  say_pause(of);
  say_profiles(of);
  say_ref(of);
  say_targets(of);
  for (const JsonFields& each : is.objects("discoveredGateways")) say_target(of, each);
  say_drift(of);
  say_completion(of);
  return events;
}

}  // namespace stoker::host
