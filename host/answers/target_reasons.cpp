// The reasons that a SyncTarget has. One function for each kind of reason; each looks at its own fields.
#include "host/answers/reason_parts.hpp"
#include "host/answers/reasons.hpp"
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

// ---------------------------------------------------------------- who paused it

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
  const bool said = name == "dry-run-first" && seen.spec["waiting"].there();
  if (name.empty() || name == "paused" || said) return;
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

// New work that no target of the Sync gets before all have planned it.
void add_waiting(std::vector<Reason>& all, const TargetSeen& seen) {
  const Seen waiting = seen.spec["waiting"];
  if (waiting["asked"].text().empty()) return;
  const std::string problem = waiting["problem"].text();
  const bool is_answered = seen.status["waiting"]["asked"].text() == waiting["asked"].text();
  const std::string work = revision_of(waiting["revision"].text(), waiting["ref"].text());
  Reason one = reason(Standing::waits, "dry-run-first", seen.name + " waits: ",
                      problem.empty() ? "each target of its Sync plans the new revision before any gets it"
                                      : "a dry run stands against the new revision, so no target of its Sync gets it");
  one.what = problem.empty() ? work + (is_answered ? "; its own dry run has ended" : "; its own dry run has not ended")
                             : work + "; " + problem;
  one.since_ms = is_answered ? seen.status["waiting"]["startedAt"].time() : 0;
  one.by_itself = problem.empty();
  one.ended_by = problem.empty() ? "the dry runs of all targets" : "another revision, other inputs or a retry";
  const std::string kind = seen.names.sync == seen.name ? "gs/" : "";
  if (problem.empty()) one.next = {"stoker why " + kind + argument(seen.names.sync)};
  if (const std::string retry = "stoker retry " + argument(seen.names.sync); !problem.empty()) one.next = {retry};
  one.next.push_back("stoker explain dry-run-first");
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

// Its Sync gives it nothing new, which the target itself cannot know: its profile is gone, or its ref means nothing.
void add_refused_by_sync(std::vector<Reason>& all, const TargetSeen& seen) {
  const bool said = seen.outcome == "failed" || seen.outcome == "reverted" || seen.spec["waiting"].there();
  if (said) return;
  for (const Seen& gateway : seen.sync["status"]["discoveredGateways"].each()) {
    if (gateway["name"].text() != seen.name || gateway["syncStatus"].text() != "Error") continue;
    Reason one = reason(Standing::failed, code_in(gateway["message"].text()),
                        seen.name + " gets nothing new: ", "its Sync cannot give it anything");
    one.what = gateway["message"].text();
    one.ended_by = "a Sync that can be used for it; what runs stays until then";
    one.next = {"stoker describe gs " + argument(seen.names.sync)};
    add_advice_of_message(one, seen.names);
    all.push_back(std::move(one));
  }
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
      {"patch-unused", "a patch applies to no file"},
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
    add_waiting(all, seen);
    add_unverified(all, seen);
    add_refused_by_sync(all, seen);
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
