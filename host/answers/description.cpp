// A section is a function; each adds lines of a label and a text.
#include "host/answers/description.hpp"

#include "host/answers/seen.hpp"
#include "host/answers/text_table.hpp"
#include "host/answers/wording.hpp"
#include "host/base/utc_time.hpp"

#include <algorithm>

namespace stoker::host {
namespace {

constexpr std::size_t label_width = 16, listed_max = 20, events_max = 20, excludes_max = 10, message_max = 200;

// Lines "Label:   text" with the texts below each other, as deep as the section lies.
class Page {
 public:
  void say(const std::string& label, const std::string& text, std::size_t depth = 0) {
    if (text.empty()) return;
    std::string line = std::string(depth * 2, ' ') + label + (label.empty() ? "" : ":");
    const std::size_t column = std::max(line.size() + 1, label_width);
    line.resize(column, ' ');
    text_ += line + wrapped(text, column);
  }
  void head(const std::string& label, std::size_t depth = 0) { text_ += std::string(depth * 2, ' ') + label + ":\n"; }
  // With a first row of heads. Without another row: nothing, or `otherwise`.
  void rows(const std::string& label, std::vector<std::vector<std::string>> rows, const std::string& otherwise = {}) {
    if (rows.size() < 2) return say(label, otherwise);
    std::size_t left_out = 0;
    if (rows.size() > listed_max + 1) {
      left_out = rows.size() - listed_max - 1;
      rows.resize(listed_max + 1);
    }
    head(label);
    text_ += table(rows, 2);
    if (left_out) text_ += "  and " + std::to_string(left_out) + " more; -o json has them\n";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string moment_of(Seen at, std::int64_t now_ms) { return moment(at.time(), now_ms); }

std::string yes(Seen flag) { return flag.flag() ? "yes" : ""; }

std::string joined(const std::vector<Seen>& all, std::size_t max) {
  std::string text;
  for (std::size_t i = 0; i < all.size() && i < max; ++i) text += (i ? ", " : "") + all[i].text(message_max);
  if (all.size() > max) text += " and " + std::to_string(all.size() - max) + " more";
  return text;
}

// ---------------------------------------------------------------- of every object

// One line for each; the first beside the label.
void say_map(Page& page, const std::string& label, Seen map) {
  bool first = true;
  std::size_t left = listed_max;
  for (const auto& [key, value] : map.fields()) {
    if (key.ends_with("/last-applied") || key.ends_with("/last-applied-configuration")) continue;  // for programs
    if (left-- == 0) break;
    const std::string line = key + (label == "Labels" ? "=" : ": ") + value.text(message_max);
    if (first)
      page.say(label, line);
    else
      page.say("", line);
    first = false;
  }
  if (first) page.say(label, "none");
}

void say_metadata(Page& page, Seen object, std::int64_t now_ms) {
  const Seen metadata = object["metadata"];
  page.say("Name", metadata["name"].text());
  page.say("Namespace", metadata["namespace"].text());
  page.say("Kind",
           object["kind"].text() + (object["apiVersion"].there() ? " (" + object["apiVersion"].text() + ")" : ""));
  say_map(page, "Labels", metadata["labels"]);
  say_map(page, "Annotations", metadata["annotations"]);
  page.say("Created", moment_of(metadata["creationTimestamp"], now_ms));
  page.say("Deletion", moment_of(metadata["deletionTimestamp"], now_ms));
  page.say("Finalizers", joined(metadata["finalizers"].each(), listed_max));
  page.say("Version", metadata["resourceVersion"].text() +
                          (metadata["generation"].there() ? ", generation " + metadata["generation"].text() : ""));
}

// Who changed it and when, newest first.
void say_writers(Page& page, Seen object, std::int64_t now_ms) {
  std::vector<Seen> writers = object["metadata"]["managedFields"].each();
  std::stable_sort(writers.begin(), writers.end(),
                   [](const Seen& one, const Seen& other) { return one["time"].time() > other["time"].time(); });
  std::vector<std::vector<std::string>> rows = {{"WHO", "WHAT", "WHEN"}};
  for (const Seen& writer : writers) {
    const std::string part = writer["subresource"].text();
    rows.push_back({writer["manager"].text(), part.empty() ? "spec" : part, moment_of(writer["time"], now_ms)});
  }
  page.rows("Changed by", std::move(rows));
}

void say_conditions(Page& page, Seen status, std::int64_t now_ms) {
  std::vector<std::vector<std::string>> rows = {{"TYPE", "STATUS", "REASON", "AGE", "MESSAGE"}};
  for (const Seen& condition : status["conditions"].each())
    rows.push_back({condition["type"].text(), condition["status"].text(), condition["reason"].text(),
                    age_since(condition["lastTransitionTime"].time(), now_ms), condition["message"].text(message_max)});
  page.rows("Conditions", std::move(rows), "none");
}

std::int64_t happened_ms(Seen event) {
  for (const char* field : {"lastTimestamp", "eventTime", "firstTimestamp"})
    if (const std::int64_t at = event[field].time()) return at;
  return event["metadata"]["creationTimestamp"].time();
}

bool is_about(Seen event, Seen object) {
  const Seen about = event["involvedObject"], metadata = object["metadata"];
  const std::string uid = about["uid"].text();
  if (!uid.empty() && metadata["uid"].there()) return uid == metadata["uid"].text();
  return about["kind"].text() == object["kind"].text() && about["name"].text() == metadata["name"].text() &&
         about["namespace"].text() == metadata["namespace"].text();
}

// Newest first; kubectl has them the other way round, but the newest is what people look for.
void say_events(Page& page, Seen object, const std::vector<std::string>& documents, std::int64_t now_ms) {
  struct EventRow {
    std::int64_t at_ms;
    std::vector<std::string> row;
  };
  std::vector<EventRow> found;
  for (const std::string& text : documents) {
    const SeenDocument document(text);
    const Seen event = document.seen();
    if (!is_about(event, object)) continue;
    const std::int64_t at = happened_ms(event), count = event["count"].number();
    const Seen component =
        event["reportingComponent"].there() ? event["reportingComponent"] : event["source"]["component"];
    found.push_back({at,
                     {age_since(at, now_ms), event["type"].text(), event["reason"].text(),
                      count > 1 ? std::to_string(count) : "1", component.text(), event["message"].text(message_max)}});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const EventRow& one, const EventRow& other) { return one.at_ms > other.at_ms; });
  std::vector<std::vector<std::string>> rows = {{"AGE", "TYPE", "REASON", "COUNT", "FROM", "MESSAGE"}};
  for (EventRow& one : found)
    if (rows.size() <= events_max) rows.push_back(std::move(one.row));
  page.rows("Events", std::move(rows), "none");
}

// ---------------------------------------------------------------- GatewaySync

std::string secret_of(Seen reference) {
  return reference["name"].there() ? "secret " + reference["name"].text() + "/" + reference["key"].text() : "";
}

std::string credentials(Seen auth) {
  std::string text;
  const auto say = [&](const std::string& what, const std::string& secret) {
    if (!secret.empty()) text += (text.empty() ? "" : ", ") + what + " from " + secret;
  };
  say("token", secret_of(auth["token"]["secretRef"]));
  say("ssh key", secret_of(auth["sshKey"]["secretRef"]));
  say("GitHub App " + auth["githubApp"]["appId"].text(), secret_of(auth["githubApp"]["privateKeySecretRef"]));
  return text;
}

void say_source(Page& page, Seen spec) {
  const Seen git = spec["git"], source = spec["source"];
  page.head("Source");
  page.say("Repository", git["repo"].text(), 1);
  page.say("Ref", git["ref"].there() ? git["ref"].text() : source["ref"].text(), 1);
  page.say("Module", source["module"].text(), 1);
  page.say("Credentials", credentials(git["auth"]), 1);
  page.say("Submodules", yes(git["submodules"]), 1);
  page.say("LFS", yes(git["lfs"]), 1);
  const Seen polling = spec["polling"];
  page.say("Polling",
           polling["enabled"].is_false() ? "off"
           : polling["interval"].there() ? "every " + polling["interval"].text()
                                         : "as often as stoker.yaml says",
           1);
}

std::string mapping_line(Seen mapping) {
  std::string text = mapping["source"].text() + " -> " + mapping["destination"].text();
  const std::string type = mapping["type"].text();
  if (!type.empty()) text += " (" + type + ")";
  if (mapping["required"].flag()) text += ", required";
  if (mapping["template"].flag()) text += ", template";
  return text;
}

void say_profile(Page& page, Seen profile, std::size_t depth) {
  const std::vector<Seen> mappings = profile["mappings"].each();
  for (std::size_t i = 0; i < mappings.size() && i < listed_max; ++i)
    page.say(i ? "" : "Mappings", mapping_line(mappings[i]), depth);
  if (mappings.size() > listed_max)
    page.say("", "and " + std::to_string(mappings.size() - listed_max) + " more", depth);
  const Seen excludes = profile["excludes"].there() ? profile["excludes"] : profile["excludePatterns"];
  page.say("Excludes", joined(excludes.each(), excludes_max), depth);
  std::string vars;
  for (const auto& [key, value] : profile["vars"].fields()) vars += (vars.empty() ? "" : ", ") + key;
  page.say("Vars", vars, depth);
  const Seen designer = profile["designer"].there() ? profile["designer"] : profile["designerSessionPolicy"];
  page.say("Designer", designer.text(), depth);
  page.say("Sync period",
           profile["syncPeriod"].text() +
               (profile["syncPeriod"].value() && profile["syncPeriod"].value()->is_number() ? "s" : ""),
           depth);
  page.say("Dry run", yes(profile["dryRun"]), depth);
  page.say("Paused", yes(profile["paused"]), depth);
  const Seen prune = profile["prune"];
  if (prune.there())
    page.say("Prune", "at most " + prune["maxFiles"].text() + " files or " + prune["maxPercent"].text() + " %", depth);
}

std::string run_line(const std::string& revision, const std::string& ref, const std::string& more) {
  return revision.empty() ? "" : revision_of(revision, ref) + more;
}

void say_gateways(Page& page, Seen status, std::int64_t now_ms) {
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "PROFILE", "STATUS", "COMMIT", "REF", "FILES", "TOOK", "LAST SYNC", "MESSAGE"}};
  for (const Seen& gateway : status["discoveredGateways"].each())
    rows.push_back({gateway["name"].text(), gateway["profile"].text(), gateway["syncStatus"].text(),
                    short_revision(gateway["syncedCommit"].text()), short_ref(gateway["syncedRef"].text()),
                    gateway["filesChanged"].text(), gateway["lastSyncDuration"].text(),
                    age_since(gateway["lastSyncTime"].time(), now_ms), gateway["message"].text(80)});
  page.rows("Gateways", std::move(rows), "none");
}

void say_targets(Page& page, const std::vector<std::string>& targets) {
  std::vector<std::vector<std::string>> rows = {{"NAME", "PROFILE", "OUTCOME", "HOLD", "RUNS", "VERIFIED", "ASSIGNED"}};
  for (const std::string& text : targets) {
    const SeenDocument document(text);
    const Seen target = document.seen(), spec = target["spec"], status = target["status"];
    rows.push_back({target["metadata"]["name"].text(), spec["profile"]["name"].text(), status["outcome"].text(),
                    status["hold"]["name"].text(), short_revision(status["running"]["revision"].text()),
                    status["running"]["verified"].flag() ? "yes" : "no", short_revision(spec["revision"].text())});
  }
  page.rows("Targets", std::move(rows));
}

void say_sync(Page& page, Seen sync, const std::vector<std::string>& targets, std::int64_t now_ms) {
  const Seen spec = sync["spec"], status = sync["status"];
  page.say("Paused", yes(spec["paused"]));
  say_source(page, spec);
  if (spec["sync"]["defaults"].there()) {
    page.head("Defaults");
    say_profile(page, spec["sync"]["defaults"], 1);
  }
  for (const auto& [name, profile] : spec["sync"]["profiles"].fields()) {
    page.head("Profile " + name);
    say_profile(page, profile, 1);
  }
  if (spec["autoRollback"]["enabled"].is_false()) page.say("Auto rollback", "off");
  page.head("Status");
  page.say("Ref", status["refResolutionStatus"].text(), 1);
  page.say("Commit", run_line(status["lastSyncCommit"].text(), status["lastSyncRef"].text(), ""), 1);
  page.say("Since", moment_of(status["lastSyncTime"], now_ms), 1);
  const bool outdated = status["observedGeneration"].number() < sync["metadata"]["generation"].number();
  if (outdated) page.say("Not seen yet", "the last change of the spec", 1);
  say_conditions(page, status, now_ms);
  say_gateways(page, status, now_ms);
  say_targets(page, targets);
}

// ---------------------------------------------------------------- SyncTarget

void say_assignment(Page& page, Seen spec) {
  page.head("Assigned");
  page.say("Sync", spec["sync"].text(), 1);
  page.say("Revision", run_line(spec["revision"].text(), spec["ref"].text(), ""), 1);
  page.say("Repository", spec["source"]["repo"].text(), 1);
  page.say("Profile", spec["profile"]["name"].text(), 1);
  say_profile(page, spec["profile"], 1);
  page.say("Dry run", yes(spec["dryRun"]), 1);
  page.say("Hold", spec["hold"]["name"].text() + (spec["hold"].there() ? ": " + spec["hold"]["reason"].text() : ""), 1);
  page.say("Retry", spec["retry"].text(), 1);
  page.say("Token", spec["token"].text(), 1);
}

std::string count_words(Seen counts) {
  std::string text;
  for (const char* what : {"added", "changed", "removed", "chmod", "skipped", "shadowed", "unowned"})
    if (counts[what].number() > 0) text += (text.empty() ? "" : ", ") + counts[what].text() + " " + what;
  return text;
}

void say_report(Page& page, Seen status, std::int64_t now_ms) {
  page.head("Last Run");
  page.say("Outcome", status["outcome"].text() + (status["stage"].there() ? ", at " + status["stage"].text() : ""), 1);
  page.say("Began", moment_of(status["startedAt"], now_ms), 1);
  page.say("Took", status["durationMs"].there() ? took(status["durationMs"].number()) : "", 1);
  page.say("Id", status["id"].text(), 1);
  page.say("Revision", run_line(status["revision"].text(), status["ref"].text(), ""), 1);
  const Seen hold = status["hold"], error = status["error"];
  if (hold.there()) {
    page.say("Hold", hold["name"].text() + ": " + hold["reason"].text(), 1);
    page.say("Since", moment_of(hold["since"], now_ms), 2);
    page.say("Until", moment_of(hold["until"], now_ms), 2);
    page.say("Again", moment_of(hold["againAt"], now_ms), 2);
    page.say("Ended by", hold["endedBy"].text(), 2);
  }
  if (error.there())
    page.say("Error", error["message"].text() + (error["code"].there() ? " [" + error["code"].text() + "]" : ""), 1);
  page.say("Files", count_words(status["counts"]), 1);
  const std::vector<Seen> notes = status["notes"].each();
  for (std::size_t i = 0; i < notes.size() && i < 5; ++i) {
    const std::string path = notes[i]["path"].text(message_max);
    page.say(i ? "" : "Notes",
             notes[i]["code"].text() + (path.empty() ? "" : " " + path) + ": " + notes[i]["text"].text(message_max), 1);
  }
  if (notes.size() > 5) page.say("", "and " + std::to_string(notes.size() - 5) + " more", 1);
  const Seen facts = status["facts"];
  page.say("Gateway",
           facts["state"].text() + (facts["role"].text().empty() ? "" : ", " + facts["role"].text()) +
               (facts["version"].text().empty() ? "" : ", version " + facts["version"].text()),
           1);
}

void say_running(Page& page, Seen status, std::int64_t now_ms) {
  const Seen running = status["running"];
  if (!running.there()) return page.say("Runs", "nothing of Stoker's");
  page.say("Runs", run_line(running["revision"].text(), running["ref"].text(),
                            std::string(running["verified"].flag() ? ", verified" : ", not verified") + ", since " +
                                moment_of(running["since"], now_ms)));
}

void say_bad_revisions(Page& page, Seen status, std::int64_t now_ms) {
  std::vector<std::vector<std::string>> rows = {{"REVISION", "SINCE", "REASON"}};
  for (const Seen& bad : status["held"].each())
    rows.push_back({short_revision(bad["revision"].text()), age_since(bad["since"].time(), now_ms),
                    bad["reason"].text(message_max)});
  page.rows("Held", std::move(rows));
}

void say_history(Page& page, Seen status, std::int64_t now_ms) {
  std::vector<std::vector<std::string>> rows = {{"AGE", "COMMIT", "REF", "RESULT", "FILES", "ID"}};
  for (const Seen& run : status["history"].each())
    rows.push_back({age_since(run["timestamp"].time(), now_ms), short_revision(run["commit"].text()),
                    short_ref(run["ref"].text()), run["result"].text(), run["filesChanged"].text(), run["id"].text()});
  page.rows("History", std::move(rows));
}

void say_target(Page& page, Seen target, std::int64_t now_ms) {
  const Seen status = target["status"];
  say_assignment(page, target["spec"]);
  say_running(page, status, now_ms);
  if (status["outcome"].there()) say_report(page, status, now_ms);
  page.say("Heard of", moment_of(status["heartbeat"], now_ms));
  say_bad_revisions(page, status, now_ms);
  say_conditions(page, status, now_ms);
  say_history(page, status, now_ms);
}

// ---------------------------------------------------------------- the others

void say_approval(Page& page, Seen spec, std::int64_t now_ms) {
  page.say("Sync", spec["sync"].text());
  page.say("Revision", short_revision(spec["revision"].text()));
  page.say("Stage", spec["stage"].text() == "*" ? "all" : spec["stage"].text());
  page.say("Approver", spec["approver"].text());
  const std::int64_t until = spec["until"].time();
  page.say("Until", moment(until, now_ms) + (until && until <= now_ms ? ": it does not count any more" : ""));
  page.say("Plan", spec["planDigest"].text());
  page.say("Reason", spec["reason"].text());
}

void say_event(Page& page, Seen event, std::int64_t now_ms) {
  const Seen about = event["involvedObject"];
  page.say("About", about["kind"].text() + " " + about["name"].text() +
                        (about["namespace"].there() ? " in " + about["namespace"].text() : ""));
  page.say("Type", event["type"].text());
  page.say("Reason", event["reason"].text());
  page.say("Message", event["message"].text());
  page.say("Count", event["count"].text());
  page.say("First", moment_of(event["firstTimestamp"], now_ms));
  page.say("Last", moment(happened_ms(event), now_ms));
  page.say("From", event["reportingComponent"].there() ? event["reportingComponent"].text()
                                                       : event["source"]["component"].text());
}

// Of a kind that this page knows nothing of: what is not nested.
void say_fields(Page& page, const std::string& label, Seen fields) {
  if (!fields.there()) return;
  page.head(label);
  for (const auto& [key, value] : fields.fields())
    page.say(key, value.text(message_max).empty() ? "…" : value.text(message_max), 1);
}

}  // namespace

std::string description(const DescribedObject& described, std::int64_t now_ms) {
  const SeenDocument document(described.document);
  const Seen object = document.seen();
  const std::string kind = object["kind"].text();
  Page page;
  say_metadata(page, object, now_ms);
  say_writers(page, object, now_ms);
  if (kind == "GatewaySync") {
    say_sync(page, object, described.targets, now_ms);
  } else if (kind == "SyncTarget") {
    say_target(page, object, now_ms);
  } else if (kind == "SyncApproval") {
    say_approval(page, object["spec"], now_ms);
  } else if (kind == "Event") {
    say_event(page, object, now_ms);
    return page.text();
  } else {
    say_fields(page, "Spec", object["spec"]);
    say_fields(page, "Status", object["status"]);
  }
  say_events(page, object, described.events, now_ms);
  return page.text();
}

}  // namespace stoker::host
