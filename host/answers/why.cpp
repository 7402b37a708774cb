// Puts the reasons of the objects together.
#include "host/answers/why.hpp"

#include "host/answers/reasons.hpp"
#include "host/answers/wording.hpp"
#include "host/base/printable.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>

namespace stoker::host {
namespace {

constexpr std::size_t commands_max = 6;

bool stands(const Reason& reason) { return reason.standing > Standing::noted; }

bool has(const std::vector<Reason>& all, const std::string& code) {
  return std::any_of(all.begin(), all.end(), [&](const Reason& one) { return one.code == code; });
}

std::string runs_of(Seen target) {
  const Seen running = target["status"]["running"];
  const std::string revision = running["revision"].text();
  if (revision.empty()) return "nothing of Stoker's";
  return revision_of(revision, running["ref"].text()) + (running["verified"].flag() ? ", verified" : ", not verified");
}

std::int64_t looked_at(Seen status) {
  const std::int64_t began = status["startedAt"].time();
  return began ? began + status["durationMs"].number() : 0;
}

// What the Sync says concerns each of its targets, unless the target says the same.
void add_of_sync(std::vector<Reason>& all, const std::vector<Reason>& sync, const std::string& target,
                 bool not_resolved) {
  for (Reason one : sync) {
    if (has(all, one.code) || (not_resolved && one.code == "RefResolved")) continue;
    if (one.code == "AgentReady") continue;  // each target says it of itself
    if (!one.about.empty() && one.about != target) one.standing = Standing::noted;
    all.push_back(std::move(one));
  }
  sort_worst_first(all);
}

void add(std::vector<std::string>& commands, const std::vector<std::string>& more) {
  for (const std::string& one : more)
    if (commands.size() < commands_max && std::find(commands.begin(), commands.end(), one) == commands.end())
      commands.push_back(one);
}

// The worst is the headline. Where nothing stands in the way, `well` is.
void conclude(Answer& answer, std::vector<Reason> all, Reason well) {
  const bool bad = !all.empty() && stands(all.front());
  answer.first = bad ? std::move(all.front()) : std::move(well);
  if (bad) all.erase(all.begin());
  answer.besides = std::move(all);
  add(answer.next, answer.first.next);
  for (const Reason& one : answer.besides)
    if (stands(one)) add(answer.next, one.next);
}

Reason missing(const std::string& name, const std::string& clause, std::vector<std::string> next) {
  Reason one;
  one.standing = Standing::waits;
  one.code = "not-found";
  one.clause = clause;
  one.headline = name + ": " + clause;
  one.next = std::move(next);
  return one;
}

Seen gateway_in(Seen sync, const std::string& name) {
  for (const Seen& gateway : sync["status"]["discoveredGateways"].each())
    if (gateway["name"].text() == name) return gateway;
  return {};
}

// The Sync may say why its target has no object.
Reason unassigned(Seen sync, const std::string& name) {
  if (!sync.there())
    return missing(name, "there is no such target; nothing is assigned to it, and no Sync is known for it",
                   {"stoker get st", "stoker get gs", "stoker doctor " + argument(name)});
  const std::string of = sync["metadata"]["name"].text();
  Reason one = missing(name, "nothing is assigned to it yet", {});
  one.headline = name + " waits: " + one.clause;
  one.code = "not-assigned";
  one.ended_by = "Sync " + of + " is there, has the profile of the target, and its ref is resolved";
  one.next = {"stoker why " + std::string(of == name ? "gs/" : "") + argument(of),
              "stoker describe gs " + argument(of)};  // a name alone is that of the target first
  const Seen gateway = gateway_in(sync, name);
  const std::string profile = gateway["profile"].text();
  const Seen profiles = sync["spec"]["sync"]["profiles"];
  if (gateway["syncStatus"].text() == "MissingSidecar") {
    one.what = "its pod has no sidecar";
    one.ended_by = "the pod is made again with the sidecar";
  } else if (!profile.empty() && profiles.there() && !profiles[profile].there()) {
    one.what = "Sync " + of + " has no profile " + profile;
    one.ended_by = "the Sync gets this profile, or the target names another one";
  }
  if (one.what.empty()) one.what = gateway["message"].text();
  return one;
}

// ---------------------------------------------------------------- many

struct Tally {
  std::array<std::size_t, 6> by_standing{};
  std::size_t all = 0;

  void count(Standing standing) {
    ++all;
    ++by_standing[static_cast<std::size_t>(standing)];
  }
  std::size_t of(Standing standing) const { return by_standing[static_cast<std::size_t>(standing)]; }
  std::size_t well() const { return of(Standing::well) + of(Standing::noted); }
  std::string words(const std::string& what) const {
    std::string text =
        std::to_string(all) + " " + what + (all == 1 ? "" : "s") + ": " + std::to_string(well()) + " as wanted";
    const auto say = [&](Standing standing, const char* verb) {
      if (const std::size_t n = of(standing)) text += ", " + std::to_string(n) + " " + verb;
    };
    say(Standing::failed, "failed");
    say(Standing::waits, "waiting");
    say(Standing::paused, "paused");
    say(Standing::planned, "planned only");
    return text;
  }
};

std::string shown_name(Seen object, const std::string& home) {
  const Seen metadata = object["metadata"];
  const std::string name_space = metadata["namespace"].text();
  return (name_space.empty() || name_space == home ? "" : name_space + "/") + metadata["name"].text();
}

// A line for each target that is not as wanted. What only repeats what its Sync says needs none.
void add_line(Answer& answer, Tally& tally, Seen target, Seen sync, const std::vector<Reason>& of_sync,
              std::int64_t now_ms) {
  const std::vector<Reason> all = reasons_of_target(target, sync, now_ms);
  const Standing standing = all.empty() ? Standing::well : all.front().standing;
  tally.count(standing);
  if (standing <= Standing::noted) return;
  const bool repeats = all.front().code == "paused" && has(of_sync, "paused");
  if (!repeats) answer.lines.push_back({shown_name(target, answer.name_space), all.front()});
}

// Gateways that the Sync has found, and that have no object yet.
void add_unassigned(Answer& answer, Tally& tally, Seen sync, const std::set<std::string>& known) {
  for (const Seen& gateway : sync["status"]["discoveredGateways"].each()) {
    const std::string name = gateway["name"].text();
    if (known.contains(name)) continue;
    tally.count(Standing::waits);
    answer.lines.push_back({name, unassigned(sync, name)});
  }
}

void sort_lines(Answer& answer) {
  std::stable_sort(answer.lines.begin(), answer.lines.end(), [](const Answer::Line& one, const Answer::Line& other) {
    if (one.reason.standing != other.reason.standing) return one.reason.standing > other.reason.standing;
    return !one.reason.by_itself && other.reason.by_itself;
  });
}

// The line of another namespace is named NS/NAME.
std::string why_command(const std::string& name) {
  const std::size_t slash = name.find('/');
  if (slash == name.npos) return "stoker why " + argument(name);
  return "stoker why " + argument(name.substr(slash + 1)) + " -n " + argument(name.substr(0, slash));
}

void add_next_of_lines(Answer& answer) {
  std::size_t left = 2;
  for (const Answer::Line& line : answer.lines)
    if (left-- > 0)
      add(answer.next, {why_command(line.name)});
    else
      break;
}

void add_profiles(std::vector<Reason>& all, Seen sync) {
  const std::string name = sync["metadata"]["name"].text();
  const Seen defaults = sync["spec"]["sync"]["defaults"];
  const auto counts = [&](Seen profile, const char* key) {
    return profile[key].flag() || (!profile[key].there() && defaults[key].flag());
  };
  for (const auto& [profile, fields] : sync["spec"]["sync"]["profiles"].fields())
    for (const auto& [key, words] :
         {std::pair("paused", " is paused"), std::pair("dryRun", " is a dry run: its targets are planned only")}) {
      if (!counts(fields, key)) continue;
      Reason one;
      one.standing = Standing::noted;
      one.code = key;
      one.clause = "profile " + profile + words;
      one.headline = name + ": " + one.clause;
      all.push_back(std::move(one));
    }
}

Reason sync_well(Seen sync, const Tally& tally) {
  const std::string name = sync["metadata"]["name"].text();
  const Seen status = sync["status"];
  Reason one;
  const std::string commit = revision_of(status["lastSyncCommit"].text(), status["lastSyncRef"].text());
  if (tally.all == 0) {
    one.standing = Standing::waits;
    one.code = "no-targets";
    one.clause = "no target names it";
    one.headline = name + " has nothing to do: no target names it.";
    one.ended_by = "a target of stoker.yaml has sync: " + name + ", or a pod the annotation stoker.io/cr-name";
    one.next = {"stoker get st", "stoker config check"};
  } else if (tally.well() == tally.all) {
    one.clause = "all targets run " + commit;
    one.headline = name + ": its " + std::to_string(tally.all) + " targets run " + commit + "; nothing is waited for.";
    if (tally.all == 1) one.headline = name + ": its target runs " + commit + "; nothing is waited for.";
    one.next = {"stoker history " + argument(name)};
  } else {
    one.clause =
        std::to_string(tally.all - tally.well()) + " of " + std::to_string(tally.all) + " targets are not as wanted";
    one.headline = name + ": " + one.clause + "; nothing stands in the way of all of them.";
    one.standing = Standing::noted;
  }
  return one;
}

// Commands about objects have to say their namespace, when it is not the usual one.
void add_name_space(std::vector<std::string>& commands, const std::string& name_space) {
  if (name_space.empty() || name_space == "default") return;
  constexpr std::string_view of_objects[] = {"stoker why ",  "stoker describe ", "stoker get ",   "stoker history ",
                                             "stoker diff ", "stoker resume ",   "stoker retry ", "stoker pause "};
  for (std::string& command : commands) {
    const bool is_one = std::any_of(std::begin(of_objects), std::end(of_objects),
                                    [&](std::string_view start) { return command.starts_with(start); });
    if (is_one && command.find(" -n ") == command.npos) command += " -n " + argument(name_space);
  }
}

Answer with_name_space(Answer answer) {
  add_name_space(answer.next, answer.name_space);
  add_name_space(answer.first.next, answer.name_space);
  for (Reason& one : answer.besides) add_name_space(one.next, answer.name_space);
  for (Answer::Line& line : answer.lines) {
    const std::size_t slash = line.name.find('/');
    add_name_space(line.reason.next, slash == line.name.npos ? answer.name_space : line.name.substr(0, slash));
  }
  return answer;
}

// A target whose Sync is not there gets nothing new.
Reason without_sync(const std::string& target, const std::string& sync) {
  Reason gone = missing(target, "its Sync " + sync + " is not there, so nothing new is assigned; what runs stays",
                        {"stoker get gs"});
  gone.code = "no-sync";
  gone.ended_by = "the Sync is applied again, or the target names another one";
  return gone;
}

}  // namespace

Answer why_target(const std::string& target, const std::string& sync, const WhyAsked& asked) {
  const SeenDocument target_document(target), sync_document(sync);
  const Seen object = target_document.seen(), of = sync_document.seen();
  Answer answer;
  answer.kind = "target";
  answer.name = printable(asked.name, 253);
  answer.name_space = asked.name_space;
  const bool there = object["metadata"].there();
  std::vector<Reason> all =
      there ? reasons_of_target(object, of, asked.now_ms) : std::vector<Reason>{unassigned(of, answer.name)};
  const bool resolve = object["status"]["outcome"].text() == "failed" && object["status"]["stage"].text() == "resolve";
  add_of_sync(all, reasons_of_sync(of, asked.now_ms), answer.name, resolve);
  if (there && !of.there()) {
    const std::string name = object["spec"]["sync"].text();
    all.push_back(without_sync(answer.name, name));
    sort_worst_first(all);
  }
  conclude(answer, std::move(all), all_well(object, asked.now_ms));
  if (!there) return with_name_space(std::move(answer));
  answer.looked_at_ms = looked_at(object["status"]);
  const Seen spec = object["spec"];
  if (stands(answer.first)) answer.runs = runs_of(object);
  const std::string assigned = spec["revision"].text();
  if (stands(answer.first) && !assigned.empty()) answer.wanted = revision_of(assigned, spec["ref"].text());
  return with_name_space(std::move(answer));
}

bool knows_gateway(const std::string& sync, const std::string& name) {
  const SeenDocument document(sync);
  return gateway_in(document.seen(), printable(name, 253)).there();
}

Answer why_sync(const std::string& sync, const std::vector<std::string>& targets, const WhyAsked& asked) {
  const SeenDocument document(sync);
  const Seen of = document.seen();
  Answer answer;
  answer.kind = "sync";
  answer.name = printable(asked.name, 253);
  answer.name_space = asked.name_space;
  if (!of["metadata"].there()) {
    conclude(answer, {missing(answer.name, "there is no such Sync", {"stoker get gs", "stoker config check"})}, {});
    return with_name_space(std::move(answer));
  }
  std::vector<Reason> all = reasons_of_sync(of, asked.now_ms);
  Tally tally;
  std::set<std::string> known;  // targets that have an object
  for (const std::string& text : targets) {
    const SeenDocument target(text);
    known.insert(target.seen()["metadata"]["name"].text());
    add_line(answer, tally, target.seen(), of, all, asked.now_ms);
  }
  add_unassigned(answer, tally, of, known);
  sort_lines(answer);
  add_profiles(all, of);
  sort_worst_first(all);
  conclude(answer, std::move(all), sync_well(of, tally));
  answer.counts = tally.all == 0 ? "" : tally.words("target");
  add_next_of_lines(answer);
  return with_name_space(std::move(answer));
}

Answer why_fleet(const std::vector<std::string>& syncs, const std::vector<std::string>& targets,
                 const WhyAsked& asked) {
  Answer answer;
  answer.kind = "fleet";
  answer.name_space = asked.name_space;
  struct SyncSeen {
    std::unique_ptr<SeenDocument> document;
    std::vector<Reason> reasons;
    std::set<std::string> targets;  // that have an object
  };
  std::map<std::string, SyncSeen> by_name;
  Tally sync_tally, target_tally;
  for (const std::string& text : syncs) {
    SyncSeen one{std::make_unique<SeenDocument>(text), {}, {}};
    const Seen sync = one.document->seen();
    one.reasons = reasons_of_sync(sync, asked.now_ms);
    by_name[sync["metadata"]["namespace"].text() + "/" + sync["metadata"]["name"].text()] = std::move(one);
  }
  for (const std::string& text : targets) {
    const SeenDocument document(text);
    const Seen spec = document.seen()["spec"];
    std::string name_space = spec["namespace"].text();
    if (name_space.empty()) name_space = document.seen()["metadata"]["namespace"].text();
    const auto found = by_name.find(name_space + "/" + spec["sync"].text());
    if (found == by_name.end()) {
      const std::string name = shown_name(document.seen(), answer.name_space);
      target_tally.count(Standing::waits);
      answer.lines.push_back({name, without_sync(name, spec["sync"].text())});
      continue;
    }
    SyncSeen& of = found->second;
    of.targets.insert(document.seen()["metadata"]["name"].text());
    add_line(answer, target_tally, document.seen(), of.document->seen(), of.reasons, asked.now_ms);
  }
  for (auto& [key, one] : by_name) {
    const Seen sync = one.document->seen();
    add_unassigned(answer, target_tally, sync, one.targets);
    const bool is_alone = one.targets.empty() && sync["status"]["discoveredGateways"].each().empty();
    const bool says = !one.reasons.empty() && stands(one.reasons.front());
    if (is_alone && !says) one.reasons.insert(one.reasons.begin(), sync_well(sync, {}));
    const Standing standing = one.reasons.empty() ? Standing::well : one.reasons.front().standing;
    sync_tally.count(standing);
    if (standing > Standing::noted) answer.lines.push_back({shown_name(sync, answer.name_space), one.reasons.front()});
  }
  sort_lines(answer);
  Reason well;
  const bool nothing = sync_tally.all + target_tally.all == 0;
  if (nothing) {
    well.headline = "There is no Sync and no target.";
    well.next = {"stoker apply -f <file>", "stoker config check"};
  } else if (answer.lines.empty()) {
    well.headline = "All is as wanted; nothing is waited for.";
  } else {
    well.headline = "Not all is as wanted.";
    well.standing = Standing::noted;
  }
  well.clause = well.headline;
  conclude(answer, {}, std::move(well));
  if (!nothing) answer.counts = target_tally.words("target") + "; " + sync_tally.words("Sync");
  add_next_of_lines(answer);
  return with_name_space(std::move(answer));
}

}  // namespace stoker::host
