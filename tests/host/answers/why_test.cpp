// Texts that people read in the worst minutes of their week: a change of one is a decision. Each story has its text in
// expected/.
#include "host/answers/why.hpp"

#include "host/answers/explained_codes.hpp"

#include <boost/json.hpp>

#include <algorithm>

#include "stories.hpp"

namespace stoker::host {
namespace {

WhyAsked asked(const std::string& name) { return {name, "default", story_now}; }

std::string why_press(const std::string& target, const std::string& sync = sync_object()) {
  return text_of(why_target(target, sync, asked("press-1")), story_now);
}

std::string why_line(const std::string& sync, const std::vector<std::string>& targets) {
  return text_of(why_sync(sync, targets, asked("line-a")), story_now);
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// ---------------------------------------------------------------- one target

TEST(WhyTest, NothingIsWrong) { expect_golden(why_press(well_target()), "well.txt"); }

TEST(WhyTest, AMassDeleteWaitsForAPerson) {
  expect_golden(
      why_press(held_target(
          R"({"name": "mass-delete", "reason": "would remove 53 of 120 files of mapping projects -> projects; 20 files or 10 % are allowed",
    "againAt": 0, "until": 0, "endedBy": "", "since": "2025-01-02T11:56:00Z"})")),
      "mass-delete.txt");
}

TEST(WhyTest, AHoldThatEndsByItselfSaysWhenStokerLooksAgain) {
  expect_golden(
      why_press(held_target(
          R"({"name": "designer", "reason": "jdoe has project Line2 open", "againAt": 1735819230000, "until": 0,
    "endedBy": "", "since": "2025-01-02T10:00:00Z"})")),
      "designer.txt");
}

// pitfalls P13
TEST(WhyTest, ATargetThatCannotBeOpenedSaysSoAndNotWhatItReportedBefore) {
  const std::string trouble =
      R"({"type": "AgentReady", "status": "False", "reason": "AgentNotReady", "lastTransitionTime": "2025-01-02T11:30:00Z",
      "message": "target press-1: /srv/press-1/data is owned by another process [memory.owner]"})";
  expect_golden(why_press(target_object(R"("outcome": "held", "stage": "admit", "revision": ")" + good +
                                        R"(", "hold": {"name": "designer", "reason": "open"}, "conditions": [)" +
                                        trouble + "], " + running(good))),
                "not-open.txt");
}

TEST(WhyTest, AHoldOfAPluginIsSaidInItsOwnWords) {
  expect_golden(
      why_press(held_target(R"({"name": "com.acme.shift", "reason": "the night shift changes nothing", "againAt": 0,
    "until": 1735826400000, "endedBy": "the shift leader", "since": "2025-01-02T10:00:00Z"})")),
      "third-party-hold.txt");
}

TEST(WhyTest, ABlockedPlaceNamesTheFailureBehindIt) {
  expect_golden(
      why_press(held_target(
          R"({"name": "blocked", "reason": "projects/Line2 belongs to root; give it to user 2003 [merge.denied]",
    "againAt": 0, "until": 0, "endedBy": "the place is corrected; Stoker looks again at each sync period", "since": "2025-01-02T11:00:00Z"})")),
      "blocked.txt");
}

TEST(WhyTest, AQuarantineComesBeforeAllElse) {
  const std::string status =
      R"("outcome": "failed", "stage": "revert", "revision": ")" + fresh +
      R"(", "hold": {"name": "quarantine", "reason": "scan failed; after the rollback: project Line2 does not load",
      "since": "2025-01-02T11:50:00Z"}, "error": {"code": "run.quarantine", "message": "scan failed; on disk: 1a2b3c4d5e6f", "retryable": false},
      "held": [{"revision": ")" +
      fresh + R"(", "reason": "scan failed", "since": "2025-01-02T11:49:00Z"}], )" + running(good);
  expect_golden(why_press(target_object(status)), "quarantine.txt");
}

TEST(WhyTest, AFailureThatStokerTriesAgain) {
  expect_golden(
      why_press(failed_target(
          "open",
          R"({"code": "git.dns", "kind": "unreachable", "message": "git: git.example.com cannot be looked up", "retryable": true})")),
      "git-dns.txt");
}

TEST(WhyTest, AFailureThatNeedsAPerson) {
  expect_golden(
      why_press(failed_target(
          "admit",
          R"({"code": "ConfigSyntaxError", "kind": "invalid", "message": "ConfigSyntaxError: config/a.json:3:7: expected a value", "retryable": false})")),
      "syntax-error.txt");
}

TEST(WhyTest, AReportOfStageResolveIsAboutTheSync) {
  const std::string status =
      R"("outcome": "failed", "stage": "resolve", "revision": "", "error": {"code": "git.ref-not-found", "kind": "not_found",
      "message": "git: config.git has no ref mian", "retryable": false}, )" +
      running(fresh);
  const std::string sync = sync_object(R"({"type": "RefResolved", "status": "False", "reason": "RefResolutionFailed",
      "message": "Ref resolution failed: git: config.git has no ref mian [git.ref-not-found]", "lastTransitionTime": "2025-01-02T11:00:00Z"})");
  expect_golden(why_press(target_object(status), sync), "resolve.txt");
}

TEST(WhyTest, ARevisionThatWasTakenBack) {
  const std::string status =
      R"("outcome": "reverted", "stage": "verify", "verified": true, "revision": ")" + fresh +
      R"(", "error": {"code": "run.unhealthy", "kind": "invalid", "message": "project:Line2: does not load", "retryable": false},
      "held": [{"revision": ")" +
      fresh + R"(", "reason": "project:Line2: does not load", "since": "2025-01-02T11:49:00Z"}], )" + running(good);
  expect_golden(why_press(target_object(status)), "reverted.txt");
}

TEST(WhyTest, ARevisionThatIsHeld) {
  const std::string status =
      R"("outcome": "held", "stage": "held", "revision": ")" + fresh +
      R"(", "hold": {"name": "revision", "reason": "this revision proved bad on this target: project:Line2: does not load",
      "since": "2025-01-02T11:50:00Z"}, "held": [{"revision": "3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f", "reason": "scan failed",
      "since": "2025-01-01T11:49:00Z"}, {"revision": ")" +
      fresh + R"(", "reason": "project:Line2: does not load", "since": "2025-01-02T11:49:00Z"}], )" + running(good);
  expect_golden(why_press(target_object(status)), "revision.txt");
}

TEST(WhyTest, APauseSaysWhoAndWhy) {
  const std::string hold = R"({"name": "paused", "reason": "Sync line-a is paused", "since": "2025-01-02T09:00:00Z"})";
  const std::string sync = sync_object(
      "", R"(, "paused": true)", R"({"stoker.io/paused-by": "ann", "stoker.io/paused-because": "audit until Friday"})");
  expect_golden(why_press(held_target(hold), sync), "paused-sync.txt");
}

TEST(WhyTest, APausedTargetIsResumedByItsOwnName) {
  const std::string target = target_object(
      R"("outcome": "unchanged", "verified": true, "revision": ")" + fresh + "\", " + running(fresh), "press-1", fresh,
      R"({"stoker.io/paused": "true", "stoker.io/paused-by": "bob", "stoker.io/paused-because": "new valve"})");
  expect_golden(why_press(target), "paused-target.txt");
}

TEST(WhyTest, APausedProfileIsResumedByItsOwnName) {
  std::string sync = sync_object();
  sync.replace(sync.find("\"mappings\""), 0, "\"paused\": true, ");
  const std::string text = why_press(well_target(), sync);
  EXPECT_TRUE(text.starts_with("press-1 waits: its profile line is paused\n")) << text;
  EXPECT_NE(text.find("\nNext:\n  stoker resume line-a --profile line\n"), text.npos) << text;
}

TEST(WhyTest, AGatewayThatIsDownIsVerifiedLater) {
  const std::string status =
      R"("outcome": "applied", "stage": "apply", "verified": false, "settled": false, "facts": {"state": "down"}, "revision": ")" +
      fresh + R"(", "counts": {"added": 3}, )" + running(fresh, false, false);
  expect_golden(why_press(target_object(status)), "not-verified.txt");
}

TEST(WhyTest, ADryRunIsPlannedOnly) {
  const std::string status = R"("outcome": "planned", "stage": "admit", "revision": ")" + fresh +
                             R"(", "counts": {"added": 2, "removed": 1},
      "decisions": [{"verdict": "hold", "name": "designer", "reason": "jdoe has project Line2 open"}], )" +
                             running(good);
  expect_golden(why_press(target_object(status, "press-1", fresh, "{}", R"(, "dryRun": true)")), "planned.txt");
}

TEST(WhyTest, ASupersededRunWaitsForTheNewerOne) {
  expect_golden(why_press(target_object(R"("outcome": "superseded", "stage": "stage", "revision": ")" + good + "\", " +
                                        running(good))),
                "superseded.txt");
}

TEST(WhyTest, AnAssignmentThatNobodyHasReported) { expect_golden(why_press(target_object("")), "not-reported.txt"); }

TEST(WhyTest, ATargetWithoutAssignment) { expect_golden(why_press("", sync_object()), "not-assigned.txt"); }

TEST(WhyTest, ATargetThatNobodyKnows) { expect_golden(why_press("", ""), "unknown.txt"); }

TEST(WhyTest, ATargetWhoseProfileIsNotThere) {
  std::string sync = sync_object();
  sync.replace(
      sync.find("\"conditions\""), 0,
      R"("discoveredGateways": [{"name": "press-1", "podName": "press-1", "profile": "lime", "syncStatus": "Pending"}], )");
  const std::string text = why_press("", sync);
  EXPECT_NE(text.find("Sync line-a has no profile lime"), text.npos) << text;
}

TEST(WhyTest, ATargetWhoseSyncIsGone) {
  const std::string text = why_press(well_target(), "");
  EXPECT_TRUE(text.starts_with("press-1: its Sync line-a is not there, so nothing new is assigned; what runs stays\n"))
      << text;
}

TEST(WhyTest, WhatPeopleShouldKnowStandsBesideIt) {
  const std::string status = R"("outcome": "applied", "verified": true, "settled": true, "revision": ")" + fresh +
                             R"(", "notes": [
      {"code": "drift", "path": "projects/a.json", "text": "t"}, {"code": "drift", "path": "projects/b.json", "text": "t"},
      {"code": "drift", "path": "projects/c.json", "text": "t"}, {"code": "drift", "path": "projects/d.json", "text": "t"},
      {"code": "adopted", "path": "x", "text": "t"}], )" +
                             running(fresh);
  const std::string sync = sync_object("", R"(, "polling": {"enabled": false})",
                                       R"({"stoker.io/requested-ref": "v2.0.0", "stoker.io/requested-by": "github"})");
  expect_golden(why_press(target_object(status), sync), "besides.txt");
}

TEST(WhyTest, NobodyVerifiesAndNothingIsWaitedFor) {
  const std::string text =
      why_press(target_object(R"("outcome": "applied", "verified": false, "settled": true, "revision": ")" + fresh +
                              "\", " + running(fresh, false, true)));
  EXPECT_TRUE(text.starts_with("press-1 runs 2b3c4d5 of main, not verified, for 5 minutes; nothing is waited for."))
      << text;
}

// A bad byte in an object must neither end the answer nor reach the terminal.
TEST(WhyTest, TextsOfObjectsCannotWriteToATerminal) {
  const std::string text =
      why_press(held_target(R"({"name": "x\u001b[2J", "reason": "a\u001b]0;b\u0007\nNext:\n  rm -rf /", "since": 5})"));
  EXPECT_EQ(text.find('\x1b'), text.npos) << text;
  EXPECT_EQ(text.find('\x07'), text.npos) << text;
  EXPECT_EQ(text.find("\n  rm"), text.npos) << text;
}

TEST(WhyTest, DamagedObjectsStillGetAnAnswer) {
  for (const std::string document :
       {"[]", "{}", "{\"metadata\": 1}", "not json", "{\"metadata\": {\"name\": []}, \"spec\": 1, \"status\": []}",
        "{\"metadata\": {\"name\": \"press-1\"}, \"status\": {\"outcome\": 7, \"history\": {}, \"hold\": []}}"}) {
    EXPECT_FALSE(why_press(document, document).empty()) << document;
    EXPECT_FALSE(why_line(document, {document}).empty()) << document;
  }
}

// One screen, for every hold and every failure.
TEST(WhyTest, EveryHoldAndEveryFailureFitsOnAScreen) {
  for (const ExplainedCode& one : explained_codes(code_pages())) {
    const std::string text =
        one.kind == "hold"
            ? why_press(held_target(R"({"name": ")" + one.code +
                                    R"(", "reason": "for a reason", "since": "2025-01-02T09:00:00Z"})"))
            : why_press(failed_target(
                  "plan", R"({"code": ")" + one.code + R"(", "message": "for a reason", "retryable": false})"));
    EXPECT_LE(lines_in(text), 24u) << text;
    EXPECT_NE(text.find("\nSince: "), text.npos) << text;
    EXPECT_NE(text.find("\nUntil: "), text.npos) << text;
    EXPECT_NE(text.find("\nEnded by: "), text.npos) << text;
    EXPECT_NE(text.find("\nNext:\n  stoker "), text.npos) << text;
  }
}

// features F01
TEST(WhyTest, SaysWhoseDryRunANewRevisionWaitsFor) {
  const std::string waits = R"("waiting": {"asked": "key/1", "revision": "5e6f7a8b9c0d", "ref": "refs/heads/main")";
  const auto target = [](const std::string& more, const std::string& status) {
    return R"({"metadata": {"name": "press-1"}, "spec": {"sync": "line-a", "token": 4, "revision": "1a2b3c4", )" +
           more + R"(}}, "status": {"outcome": "unchanged", "observedToken": 4, "revision": "1a2b3c4")" + status + "}}";
  };
  const std::string own = why_press(target(waits, ""));
  EXPECT_NE(own.find("each target of its Sync plans the new revision before any gets it"), own.npos) << own;
  EXPECT_NE(own.find("5e6f7a8b9c0d of main; its own dry run has not ended"), own.npos) << own;
  const std::string others =
      why_press(target(waits, R"(, "waiting": {"asked": "key/1", "startedAt": "2025-01-02T11:56:00Z"})"));
  EXPECT_NE(others.find("its own dry run has ended"), others.npos) << others;
  const std::string against =
      why_press(target(waits + R"(, "problem": "target press-2: no folder other [merge.required]")", ""));
  EXPECT_NE(against.find("a dry run stands against the new revision"), against.npos) << against;
  EXPECT_NE(against.find("target press-2: no folder other"), against.npos) << against;
  EXPECT_NE(against.find("stoker retry line-a"), against.npos) << against;
}

TEST(WhyTest, ATargetThatItsSyncGivesNothingIsNotAsWanted) {
  const std::string target =
      R"({"metadata": {"name": "press-1"}, "spec": {"sync": "line-a", "token": 4, "revision": "1a2b3c4"},
          "status": {"outcome": "applied", "observedToken": 4, "revision": "1a2b3c4",
                     "running": {"revision": "1a2b3c4", "settled": true, "verified": true}}})";
  const std::string sync =
      R"({"metadata": {"name": "line-a"}, "spec": {}, "status": {"discoveredGateways": [{"name": "press-1",
          "syncStatus": "Error", "message": "target press-1: Sync line-a has no profile q [config.profile]"}]}})";
  const std::string text = why_press(target, sync);
  EXPECT_NE(text.find("press-1 gets nothing new: its Sync cannot give it anything"), text.npos) << text;
  EXPECT_NE(text.find("Sync line-a has no profile q"), text.npos) << text;
  const std::string all = why_line(sync, {target});
  EXPECT_EQ(all.find("1 as wanted"), all.npos) << all;
}

TEST(WhyTest, HasTheSameAsJson) {
  const Answer answer = why_target(
      held_target(
          R"({"name": "mass-delete", "reason": "would remove 53 of 120 files", "since": "2025-01-02T11:56:00Z"})"),
      sync_object(), asked("press-1"));
  expect_golden(boost::json::serialize(boost::json::parse(json_of(answer))) + "\n", "mass-delete.json");
}

// ---------------------------------------------------------------- a Sync

TEST(WhyTest, ASyncWhoseTargetsAreAllAsWanted) {
  expect_golden(why_line(sync_object(), {well_target("press-1"), well_target("press-2")}), "sync-well.txt");
}

TEST(WhyTest, ASyncSaysFirstWhatStandsInTheWayOfAllItsTargets) {
  const std::string sync = sync_object(R"({"type": "RefResolved", "status": "False", "reason": "RefResolutionFailed",
      "message": "Ref resolution failed (it is tried again): git: git.example.com cannot be looked up [git.dns]", "lastTransitionTime": "2025-01-02T11:00:00Z"},
      {"type": "Ready", "status": "False", "reason": "Reconciling", "message": "Ref not resolved", "lastTransitionTime": "2025-01-02T11:00:00Z"})");
  expect_golden(
      why_line(
          sync,
          {well_target("press-1"),
           held_target(R"({"name": "starting", "reason": "the gateway is starting", "since": "2025-01-02T11:59:00Z"})",
                       "press-2"),
           failed_target("plan", R"({"code": "merge.missing-source", "message": "mapping 0: there is no projects"})",
                         "press-3")}),
      "sync-ref.txt");
}

TEST(WhyTest, ASyncThatIsPausedDoesNotRepeatItForEachTarget) {
  const std::string hold = R"({"name": "paused", "reason": "Sync line-a is paused", "since": "2025-01-02T09:00:00Z"})";
  expect_golden(why_line(sync_object("", R"(, "paused": true)", R"({"stoker.io/paused-by": "ann"})"),
                         {held_target(hold), held_target(hold, "press-2")}),
                "sync-paused.txt");
}

// Its other targets get what they are to get.
TEST(WhyTest, AMistakeInOneTargetDoesNotStandInTheWayOfOthers) {
  std::string sync = sync_object(R"({"type": "ProfilesValid", "status": "False", "reason": "ProfilesInvalid",
      "message": "target press-2: Sync line-a has no profile lime", "lastTransitionTime": "2025-01-02T11:00:00Z"})");
  sync.replace(sync.find("\"conditions\""), 0,
               R"("discoveredGateways": [{"name": "press-1", "profile": "line"}, {"name": "press-2",
      "profile": "lime", "syncStatus": "Error"}], )");
  EXPECT_TRUE(why_press(well_target(), sync).starts_with("press-1 runs 2b3c4d5 of main, verified"));
  expect_golden(why_line(sync, {well_target()}), "sync-one-target.txt");
  EXPECT_NE(text_of(why_fleet({sync}, {well_target()}, asked("")), story_now).find("2 targets: 1 as wanted, 1 waiting"),
            std::string::npos);
}

TEST(WhyTest, ASyncListsTheWorstTwentyTargets) {
  std::vector<std::string> targets;
  for (int i = 1; i <= 25; ++i)
    targets.push_back(held_target(R"({"name": "starting", "reason": "r", "since": "2025-01-02T11:59:00Z"})",
                                  "press-" + std::to_string(i)));
  targets.push_back(failed_target("plan", R"({"code": "merge.missing-source", "message": "m"})", "press-99"));
  const std::string text = why_line(sync_object(), targets);
  EXPECT_NE(text.find("WHY\npress-99   failed"), text.npos) << text;
  EXPECT_NE(text.find("and 6 more\n"), text.npos) << text;
}

TEST(WhyTest, ASyncWithoutTargets) { expect_golden(why_line(sync_object(), {}), "sync-no-targets.txt"); }

TEST(WhyTest, ASyncThatNobodyHasLookedAt) {
  expect_golden(
      why_line(
          R"({"metadata": {"name": "line-a", "generation": 1}, "spec": {"sync": {"profiles": {"line": {"dryRun": true}}}}})",
          {}),
      "sync-not-seen.txt");
}

// ---------------------------------------------------------------- the fleet

TEST(WhyTest, TheFleetIsWell) {
  expect_golden(
      text_of(why_fleet({sync_object()}, {well_target("press-1"), well_target("press-2")}, asked("")), story_now),
      "fleet-well.txt");
}

TEST(WhyTest, TheFleetSaysWhatIsNotWell) {
  const std::string down =
      R"("outcome": "applied", "verified": false, "settled": false, "facts": {"state": "down"}, "revision": ")" +
      fresh + "\", " + running(fresh, false, false);
  expect_golden(
      text_of(
          why_fleet({sync_object()},
                    {well_target("press-1"), target_object(down, "press-2"),
                     failed_target("plan",
                                   R"({"code": "merge.missing-source", "message": "mapping 0: there is no projects"})",
                                   "press-3")},
                    asked("")),
          story_now),
      "fleet.txt");
}

TEST(WhyTest, AnEmptyFleet) {
  EXPECT_EQ(text_of(why_fleet({}, {}, asked("")), story_now),
            "There is no Sync and no target.\n\nNext:\n  stoker apply -f <file>\n  stoker config check\n");
}

TEST(WhyFleetTest, IsNotAsWantedWhenASyncOrATargetIsAlone) {
  const std::string sync = R"({"kind":"GatewaySync","metadata":{"name":"line-a","namespace":"plant","generation":1},)"
                           R"("status":{"observedGeneration":1,"refResolutionStatus":"Resolved","conditions":[]}})";
  const std::string target =
      R"({"kind":"SyncTarget","metadata":{"name":"press-1","namespace":"plant"},"spec":{"sync":"gone"}})";
  const WhyAsked asked{"", "plant", 1735819200000};
  for (const Answer& answer : {why_fleet({sync}, {}, asked), why_fleet({}, {target}, asked)}) {
    EXPECT_EQ(answer.first.headline, "Not all is as wanted.");
    ASSERT_EQ(answer.lines.size(), 1u);
    ASSERT_FALSE(answer.next.empty());
    EXPECT_EQ(answer.next[0], "stoker why " + answer.lines[0].name + " -n plant");
  }
}

}  // namespace
}  // namespace stoker::host
