// One function for each kind of reason; each looks at its own fields.
#include "host/answers/reasons.hpp"

#include "host/answers/advice.hpp"
#include "host/answers/wording.hpp"

#include <algorithm>

namespace stoker::host {
namespace {

constexpr std::int64_t silent_after_ms = 5 * 60 * 1000;
constexpr std::size_t notes_named_max = 3;

// One target, and what is read from it again and again.
struct TargetSeen {
  Seen object, spec, status, sync;
  std::string name, outcome;
  Names names;
  std::int64_t now_ms;
};

TargetSeen read_target(Seen target, Seen sync, std::int64_t now_ms) {
  TargetSeen seen{target, target["spec"], target["status"], sync, {}, {}, {}, now_ms};
  seen.name = target["metadata"]["name"].text();
  seen.outcome = seen.status["outcome"].text();
  seen.names = {seen.name, seen.spec["sync"].text()};
  return seen;
}

Reason reason(Standing standing, const std::string& code, const std::string& subject, const std::string& clause) {
  Reason one;
  one.standing = standing;
  one.code = code;
  one.clause = clause;
  one.headline = subject + clause;
  return one;
}

void take(Reason& into, const Advice& advice) {
  into.by_itself = advice.by_itself;
  into.ended_by = advice.ended_by;
  into.advice = advice.advice;
  into.next = advice.next;
}

// Messages end with their code: "… [merge.denied]". Empty: this one does not.
std::string code_in(const std::string& message) {
  const std::size_t open = message.rfind('['), close = message.rfind(']');
  if (open == message.npos || close == message.npos || close < open) return {};
  const std::string code = message.substr(open + 1, close - open - 1);
  return code.find('.') != code.npos && code.find(' ') == code.npos ? code : std::string();
}

// A message names the failure behind a hold or a condition.
void add_advice_of_message(Reason& into, const Names& names) {
  const std::string code = code_in(into.what);
  if (code.empty()) return;
  const Advice advice = advice_on_error(code, true, names);
  if (!advice.known) return;
  into.advice = advice.advice;
  for (const std::string& command : advice.next)
    if (std::find(into.next.begin(), into.next.end(), command) == into.next.end()) into.next.push_back(command);
}

// ---------------------------------------------------------------- who paused it

std::string paused_words(Seen object) {
  const std::string by = object.annotation("paused-by"), because = object.annotation("paused-because");
  std::string words = by.empty() ? "nobody has written down who paused it" : "paused by " + by;
  if (!because.empty()) words += ": " + because;
  return words;
}

Reason paused_reason(const std::string& subject, const std::string& clause, Seen by, const std::string& resume) {
  Reason one = reason(Standing::paused, "paused", subject, clause);
  one.what = paused_words(by);
  one.ended_by = "somebody resumes it";
  one.advice = "what runs stays as it is until then";
  one.next = {resume, "stoker explain paused"};
  return one;
}

bool is_paused(Seen target) { return target.annotation("paused") == "true"; }

Seen profile_of(const TargetSeen& seen) {
  return seen.sync["spec"]["sync"]["profiles"][seen.spec["profile"]["name"].text()];
}

bool profile_paused(Seen profile, Seen defaults) {
  return profile["paused"].flag() || (!profile["paused"].there() && defaults["paused"].flag());
}

void add_pause(std::vector<Reason>& all, const TargetSeen& seen) {
  const bool by_hold = seen.status["hold"]["name"].text() == "paused" || seen.spec["hold"]["name"].text() == "paused";
  const std::string sync = seen.names.sync;
  Reason one;
  if (is_paused(seen.object)) {
    const std::string resume = "stoker resume " + argument(sync) + " --target " + argument(seen.name);
    one = paused_reason(seen.name + " waits: ", "it is paused", seen.object, resume);
  } else if (seen.sync["spec"]["paused"].flag()) {
    one = paused_reason(seen.name + " waits: ", "its Sync " + sync + " is paused", seen.sync,
                        "stoker resume " + argument(sync));
  } else if (profile_paused(profile_of(seen), seen.sync["spec"]["sync"]["defaults"])) {
    one = paused_reason(
        seen.name + " waits: ", "its profile " + seen.spec["profile"]["name"].text() + " is paused", {},
        "stoker resume " + argument(sync) + " --profile " + argument(seen.spec["profile"]["name"].text()));
    one.what.clear();

  } else if (by_hold) {
    one = paused_reason(seen.name + " waits: ", "it is paused", {}, "stoker resume " + argument(sync));
    one.what = seen.status["hold"]["reason"].text();
  } else {
    return;
  }
  if (by_hold) one.since_ms = seen.status["hold"]["since"].time();
  all.push_back(std::move(one));
}

// ---------------------------------------------------------------- how the last Run ended

// An end that was said before is not written into the history again, so its entry says since when.
std::int64_t outcome_since_ms(const TargetSeen& seen) {
  const std::vector<Seen> history = seen.status["history"].each();
  const bool same = !history.empty() && history.front()["result"].text() == seen.outcome &&
                    history.front()["commit"].text() == seen.status["revision"].text();
  return same ? history.front()["timestamp"].time() : seen.status["startedAt"].time();
}

void add_hold(std::vector<Reason>& all, const TargetSeen& seen) {
  const Seen hold = seen.status["hold"];
  const std::string name = hold["name"].text();
  if (name.empty() || name == "paused") return;
  const Advice advice = advice_on_hold(name, seen.names);
  Reason one =
      reason(name == "quarantine" ? Standing::failed : Standing::waits, name, seen.name + " waits: ", advice.clause);
  take(one, advice);
  one.what = hold["reason"].text();
  one.since_ms = hold["since"].time() ? hold["since"].time() : seen.status["startedAt"].time();
  one.until_ms = hold["until"].time();
  one.again_ms = hold["againAt"].time();
  if (one.ended_by.empty()) one.ended_by = hold["endedBy"].text();
  if (one.until_ms || (!advice.known && one.again_ms)) one.by_itself = true;
  const bool no_wait = name == "designer" && seen.spec["profile"]["designer"].text() == "fail";
  if (no_wait) {
    one.by_itself = false;
    one.ended_by = "the Designer is closed, and then a retry";
    if (const std::string retry = retry_command(seen.names); !retry.empty()) one.next.insert(one.next.begin(), retry);
  }
  add_advice_of_message(one, seen.names);
  all.push_back(std::move(one));
}

void add_failure(std::vector<Reason>& all, const TargetSeen& seen) {
  const bool quarantine = seen.status["hold"]["name"].text() == "quarantine";
  if (seen.outcome != "failed" || quarantine) return;
  const Seen error = seen.status["error"];
  const std::string code = error["code"].text(), stage = seen.status["stage"].text();
  const bool resolve = stage == "resolve";
  const Advice advice = advice_on_error(code, error["retryable"].flag() || resolve, seen.names);
  const std::string clause = advice.clause.empty() ? "the Run did not succeed" : advice.clause;
  Reason one = reason(Standing::failed, code,
                      seen.name + (resolve ? " gets nothing new: " : " failed at " + stage + ": "), clause);
  take(one, advice);
  one.what = error["message"].text();
  one.since_ms = resolve ? seen.status["startedAt"].time() : outcome_since_ms(seen);
  if (resolve) {
    one.by_itself = error["retryable"].flag();
    one.ended_by = "a ref and a Sync that can be used; what runs stays until then";
  }
  all.push_back(std::move(one));
}

void add_revert(std::vector<Reason>& all, const TargetSeen& seen) {
  if (seen.outcome != "reverted") return;
  const Seen error = seen.status["error"];
  const std::string code = error["code"].text();
  const Advice advice = advice_on_error(code.empty() ? "run.unhealthy" : code, false, seen.names);
  const std::string bad = short_revision(seen.status["revision"].text());
  Reason one = reason(Standing::failed, code,
                      seen.name + " went back: ", "revision " + bad + " proved bad here and was taken back");
  take(one, advice);
  one.what = error["message"].text();
  one.since_ms = outcome_since_ms(seen);
  all.push_back(std::move(one));
}

std::string counted(std::int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::int64_t changes_of(Seen status) {
  const Seen counts = status["counts"];
  return counts["added"].number() + counts["changed"].number() + counts["removed"].number() + counts["chmod"].number();
}

void add_plan(std::vector<Reason>& all, const TargetSeen& seen) {
  if (seen.outcome != "planned" && !seen.spec["dryRun"].flag()) return;
  Reason one = reason(Standing::planned, "planned", seen.name + " changes nothing: ", "its profile is a dry run");
  if (seen.outcome == "planned") {
    one.what =
        counted(changes_of(seen.status), "change") + " planned for " + short_revision(seen.status["revision"].text());
    for (const Seen& decision : seen.status["decisions"].each()) {
      const bool refused = decision["verdict"].text() == "refuse";
      one.what += std::string(refused ? "; it would be refused, " : "; it would wait, ") + decision["name"].text() +
                  ": " + decision["reason"].text(200);
      break;
    }
    one.since_ms = outcome_since_ms(seen);
  }
  one.ended_by = "dryRun: false in the profile";
  one.next = {"stoker sync --dry-run --target " + argument(seen.name) + " --all"};
  if (!seen.names.sync.empty()) one.next.push_back("stoker describe gs " + argument(seen.names.sync));
  all.push_back(std::move(one));
}

void add_unverified(std::vector<Reason>& all, const TargetSeen& seen) {
  const bool waits = seen.outcome == "applied" && !seen.status["verified"].flag() && !seen.status["settled"].flag();
  if (!waits || seen.status["hold"].there()) return;
  const std::string state = seen.status["facts"]["state"].text();
  const bool nobody = state == "down" || state == "faulted" || state == "starting" || state == "commissioning";
  Reason one =
      reason(Standing::waits, "not-verified", seen.name + " waits: ",
             "the files are in place and not verified yet" + (nobody ? ", because the gateway is " + state : ""));
  one.since_ms = outcome_since_ms(seen);
  one.by_itself = true;
  one.ended_by = "the gateway runs, and a verifier has judged it";
  one.next = {"stoker doctor " + argument(seen.name)};
  all.push_back(std::move(one));
}

// Nobody verifies this target: all is as wanted, as far as anybody looks.
void add_unverifiable(std::vector<Reason>& all, const TargetSeen& seen) {
  const Seen running = seen.status["running"];
  if (!running["settled"].flag() || running["verified"].flag()) return;
  all.push_back(
      reason(Standing::noted, "no-verifier", seen.name + ": ", "nobody looks at its gateway, so nothing is verified"));
}

// Its agent cannot open the target. Then all that Reports say of it is of before.
Seen agent_trouble(const TargetSeen& seen) {
  for (const Seen& condition : seen.status["conditions"].each())
    if (condition["type"].text() == "AgentReady" && condition["status"].text() == "False") return condition;
  return {};
}

void add_not_open(std::vector<Reason>& all, const TargetSeen& seen) {
  const Seen condition = agent_trouble(seen);
  const std::string message = condition["message"].text(), code = code_in(message);
  const Advice advice = advice_on_error(code, true, seen.names);
  Reason one = reason(Standing::failed, code.empty() ? "AgentReady" : code, seen.name + " gets nothing new: ",
                      "it cannot be opened" + (advice.clause.empty() ? "" : ", because " + advice.clause));
  take(one, advice);
  one.what = message;
  one.since_ms = condition["lastTransitionTime"].time();
  one.ended_by = "what is in the way is gone; it is tried again every 10 seconds. What runs stays until then";
  all.push_back(std::move(one));
}

// The Report is about something else than what is assigned.
void add_newer(std::vector<Reason>& all, const TargetSeen& seen) {
  if (seen.status["stage"].text() == "resolve") return;  // about the Sync
  const std::string assigned = seen.spec["revision"].text();
  const bool reported = !seen.outcome.empty() && seen.outcome != "superseded";
  const bool seen_it = seen.status["observedToken"].number() >= seen.spec["token"].number() &&
                       (!reported || seen.status["revision"].text() == assigned);
  Reason one;
  if (assigned.empty()) {
    one = reason(Standing::waits, "not-assigned", seen.name + " waits: ", "nothing is assigned to it yet");
    one.ended_by = "its Sync is there, has the profile, and its ref is resolved";
    const std::string kind = seen.names.sync == seen.name ? "gs/" : "";  // else it would be asked about itself
    one.next = {"stoker why " + kind + argument(seen.names.sync), "stoker describe gs " + argument(seen.names.sync)};
  } else if (seen.outcome.empty()) {
    one = reason(Standing::waits, "not-reported", seen.name + " waits: ", "no Run has been reported of it yet");
    one.what =
        "a Run may be under way, or nobody has opened the target: stoker run does not run there, its data folder "
        "is not there, or another process has it";
    one.by_itself = true;
    one.ended_by = "the first Report";
    one.next = {"stoker doctor " + argument(seen.name)};
  } else if (seen.outcome == "superseded" || !seen_it) {
    one = reason(Standing::waits, "newer",
                 seen.name + " waits: ", "a newer assignment is there, and its Run has not ended");
    one.what = revision_of(assigned, seen.spec["ref"].text()) + " is assigned";
    one.since_ms = seen.outcome == "superseded" ? seen.status["startedAt"].time() : 0;
    one.by_itself = true;
    one.ended_by = "the Report of that Run";
    one.next = {"stoker doctor " + argument(seen.name)};
  } else {
    return;
  }
  all.push_back(std::move(one));
}

void add_silence(std::vector<Reason>& all, const TargetSeen& seen) {
  const std::int64_t heard = seen.status["heartbeat"].time();
  if (heard == 0 || seen.now_ms - heard < silent_after_ms) return;
  Reason one = reason(Standing::waits, "silent", seen.name + " waits: ", "its agent is silent");
  one.since_ms = heard;
  one.ended_by = "the agent runs again and can reach its object";
  one.next = {"stoker doctor " + argument(seen.name)};
  all.push_back(std::move(one));
}

void add_removal(std::vector<Reason>& all, Seen object, const std::string& name) {
  const Seen at = object["metadata"]["deletionTimestamp"];
  if (!at.there()) return;
  Reason one = reason(Standing::waits, "deletion", name + ": ", "it is being deleted");
  one.since_ms = at.time();
  one.by_itself = true;
  one.ended_by = "who put finalizers on it takes them away";
  all.push_back(std::move(one));
}

// ---------------------------------------------------------------- what people should know beside it

void add_bad_revisions(std::vector<Reason>& all, const TargetSeen& seen) {
  const std::string assigned = seen.spec["revision"].text();
  const bool said = seen.status["hold"].there() || seen.outcome == "reverted";
  for (const Seen& bad : seen.status["held"].each()) {
    const std::string revision = bad["revision"].text();
    if (said && revision == assigned) continue;
    Reason one = reason(Standing::noted, "revision", seen.name + ": ",
                        "revision " + short_revision(revision) + " proved bad here, and is not applied again");
    one.what = bad["reason"].text(200);
    one.since_ms = bad["since"].time();
    one.ended_by = "a retry while it is assigned";
    all.push_back(std::move(one));
  }
}

// The notes that are for people (is_for_people in values/report.hpp), one reason for each code.
void add_notes(std::vector<Reason>& all, const TargetSeen& seen) {
  static const std::vector<std::pair<std::string, std::string>> codes = {
      {"overwritten", "files were changed by somebody else while a Run wrote them"},
      {"drift", "delivered files were changed by somebody else"},
      {"source-missing", "a mapping has nothing at its source"},
      {"bad-before", "something delivered is bad, as it was before"},
      {"lock-lost", "the scan lock was lost during the Run"},
      {"unowned", "files below a destination are not Stoker's"}};
  for (const auto& [code, clause] : codes) {
    std::vector<std::string> paths;
    std::size_t count = 0;
    for (const Seen& note : seen.status["notes"].each()) {
      if (note["code"].text() != code) continue;
      const std::string path = note["path"].text(120);
      if (++count <= notes_named_max) paths.push_back(path.empty() ? note["text"].text(200) : path);
    }
    if (count == 0) continue;
    Reason one = reason(Standing::noted, code, seen.name + ": ", clause);
    for (const std::string& path : paths) one.what += (one.what.empty() ? "" : ", ") + path;
    if (count > paths.size()) one.what += " and " + std::to_string(count - paths.size()) + " more";
    one.next = {"stoker explain " + code};
    all.push_back(std::move(one));
  }
}

// ---------------------------------------------------------------- of a Sync

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

// Of "target press-2: Sync line-a has no profile lime". Empty: the message is about the whole Sync.
std::string target_named_by(const std::string& message) {
  constexpr std::string_view before = "target ";
  const std::size_t end = message.find(": ");
  if (!message.starts_with(before) || end == message.npos) return {};
  const std::string target = message.substr(before.size(), end - before.size());
  return target.find(' ') == target.npos ? target : std::string();
}

void add_conditions(std::vector<Reason>& all, Seen sync) {
  const std::string name = name_of(sync);
  for (const Seen& condition : sync["status"]["conditions"].each()) {
    const std::string type = condition["type"].text();
    const ConditionAdvice* advice = advice_on_condition(type);
    if (!advice || condition["status"].text() != advice->bad) continue;
    const std::string message = condition["message"].text(), target = target_named_by(message);
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
    Reason one = reason(Standing::waits, "Ready", name_of(sync) + " waits: ", "it is not ready");
    one.what = message;
    one.since_ms = condition["lastTransitionTime"].time();
    one.by_itself = true;
    one.ended_by = "its reason is gone; what runs stays until then";
    one.next = {"stoker describe gs " + argument(name_of(sync))};
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

std::vector<Reason> reasons_of_target(Seen target, Seen sync, std::int64_t now_ms) {
  const TargetSeen seen = read_target(target, sync, now_ms);
  std::vector<Reason> all;
  add_removal(all, target, seen.name);
  if (agent_trouble(seen).there()) {
    add_not_open(all, seen);
  } else {
    add_hold(all, seen);
    add_failure(all, seen);
    add_revert(all, seen);
    add_plan(all, seen);
    add_unverified(all, seen);
    add_newer(all, seen);
    add_silence(all, seen);
  }
  add_pause(all, seen);
  add_unverifiable(all, seen);
  add_bad_revisions(all, seen);
  add_notes(all, seen);
  sort_worst_first(all);
  return all;
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

// Among equals those that need a person come first.
void sort_worst_first(std::vector<Reason>& reasons) {
  std::stable_sort(reasons.begin(), reasons.end(), [](const Reason& one, const Reason& other) {
    if (one.standing != other.standing) return one.standing > other.standing;
    return !one.by_itself && other.by_itself;
  });
}

Reason all_well(Seen target, std::int64_t now_ms) {
  const Seen running = target["status"]["running"];
  const std::string runs = revision_of(running["revision"].text(), running["ref"].text());
  const std::int64_t since = running["since"].time();
  std::string clause = "runs " + runs + (running["verified"].flag() ? ", verified" : ", not verified");
  if (since) clause += ", for " + long_time(now_ms - since);
  Reason one;
  one.clause = clause;
  one.headline = target["metadata"]["name"].text() + " " + clause + "; nothing is waited for.";
  one.next = {"stoker history " + argument(target["metadata"]["name"].text())};
  return one;
}

}  // namespace stoker::host
