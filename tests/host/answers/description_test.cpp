#include "host/answers/description.hpp"

#include <boost/json.hpp>

#include "stories.hpp"

namespace stoker::host {
namespace {

std::string event(const std::string& kind, const std::string& name, const std::string& reason,
                  const std::string& message, const std::string& at, int count = 1) {
  return R"({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e-)" + reason + R"(", "namespace": "default"},
    "involvedObject": {"kind": ")" +
         kind + R"(", "namespace": "default", "name": ")" + name + R"("}, "reason": ")" + reason +
         R"(", "message": ")" + message + R"(", "type": "Normal", "count": )" + std::to_string(count) +
         R"(, "firstTimestamp": "2025-01-02T10:00:00Z", "lastTimestamp": ")" + at +
         R"(", "source": {"component": "stoker"}})";
}

std::string with_writers(std::string object) {
  const std::string before = "\"creationTimestamp\"";
  object.insert(object.find(before), R"("managedFields": [{"manager": "ann", "time": "2025-01-02T11:50:00Z"},
      {"manager": "stoker", "subresource": "status", "time": "2025-01-02T11:59:41Z"}], )");
  return object;
}

std::string golden_sync() {
  const std::string conditions =
      R"({"type": "Ready", "status": "True", "reason": "SyncSucceeded", "message": "All gateways synced",
      "lastTransitionTime": "2025-01-02T11:55:00Z"}, {"type": "RefResolved", "status": "True", "reason": "RefResolved", "message": ")" +
      fresh + R"(", "lastTransitionTime": "2025-01-01T11:55:00Z"})";
  std::string sync = sync_object(conditions, R"(, "polling": {"interval": "30s"})",
                                 R"({"stoker.io/retry": "2", "stoker.io/last-applied": "{}"})");
  sync.replace(sync.find("{\"source\": \"projects\", \"destination\": \"projects\"}"), 49,
               R"({"source": "projects", "destination": "projects", "type": "dir", "required": true},
      {"source": "config", "destination": "config/resources/core"}], "excludePatterns": ["**/.git/", "**/a"], "vars": {"line": "a"}, "syncPeriod": 30,
      "prune": {"maxFiles": 20, "maxPercent": 10}, "more": [)");
  sync.replace(sync.find("\"repo\""), 0, R"("auth": {"token": {"secretRef": {"name": "git", "key": "token"}}}, )");
  sync.replace(
      sync.find("\"conditions\""), 0,
      R"("discoveredGateways": [{"name": "press-1", "podName": "press-1", "profile": "line", "syncStatus": "Synced",
      "syncedCommit": ")" +
          fresh +
          R"(", "syncedRef": "refs/heads/main", "filesChanged": 3, "lastSyncDuration": "1.2s", "lastSyncTime": "2025-01-02T11:55:00Z"}], )");
  return with_writers(sync);
}

TEST(DescriptionTest, OfASync) {
  DescribedObject described{
      golden_sync(),
      {event("GatewaySync", "line-a", "RefResolved", "Resolved ref main to 2b3c4d5", "2025-01-02T11:55:00Z"),
       event("GatewaySync", "line-a", "SyncCompleted", "All 1 gateways synced", "2025-01-02T11:56:00Z", 4),
       event("SyncTarget", "line-a", "Other", "about something else", "2025-01-02T11:56:00Z")},
      {well_target()}};
  expect_golden(description(described, story_now), "describe-sync.txt");
}

TEST(DescriptionTest, OfATarget) {
  const std::string status = R"("id": "m5abc-def", "outcome": "failed", "stage": "plan", "revision": ")" + fresh +
                             R"(", "ref": "refs/heads/main", "error": {
      "code": "merge.missing-source", "message": "mapping 0: there is no projects", "retryable": false}, "counts": {"added": 2, "unowned": 1},
      "notes": [{"code": "unowned", "path": "projects/x", "text": "not Stoker's"}], "facts": {"state": "running", "role": "master", "version": "8.3.1"},
      "held": [{"revision": ")" +
                             good + R"(", "reason": "scan failed", "since": "2025-01-01T11:49:00Z"}],
      "history": [{"id": "m5abc-def", "timestamp": "2025-01-02T09:00:00Z", "commit": ")" +
                             fresh + R"(", "ref": "refs/heads/main", "result": "failed",
      "message": "failed", "filesChanged": 0, "durationMs": 900}],
      "conditions": [{"type": "Ready", "status": "False", "reason": "SyncFailed", "observedGeneration": 3,
        "lastTransitionTime": "2025-01-02T09:00:00Z", "message": "failed, plan: mapping 0: there is no projects"},
        {"type": "AgentReady", "status": "True", "reason": "AgentReady", "observedGeneration": 3,
        "lastTransitionTime": "2025-01-01T08:00:00Z", "message": "It is open"}], )" +
                             running(good);
  DescribedObject described{with_writers(target_object(status)),
                            {event("SyncTarget", "press-1", "SyncFailed", "mapping 0", "2025-01-02T09:00:00Z")},
                            {}};
  expect_golden(description(described, story_now), "describe-target.txt");
}

TEST(DescriptionTest, OfAHeldTarget) {
  expect_golden(
      description(
          {held_target(
               R"({"name": "designer", "reason": "jdoe has project Line2 open", "againAt": 1735819230000, "since": "2025-01-02T10:00:00Z"})"),
           {},
           {}},
          story_now),
      "describe-held.txt");
}

TEST(DescriptionTest, OfAnApproval) {
  const std::string approval =
      R"({"apiVersion": "stoker.io/v1alpha1", "kind": "SyncApproval", "metadata": {"name": "a-1", "namespace": "default"},
    "spec": {"sync": "line-a", "revision": ")" +
      fresh + R"(", "stage": "*", "approver": "ann", "until": "2025-01-02T11:00:00Z", "reason": "tested"}})";
  expect_golden(description({approval, {}, {}}, story_now), "describe-approval.txt");
}

TEST(DescriptionTest, OfAnEvent) {
  expect_golden(
      description({event("SyncTarget", "press-1", "SyncFailed", "mapping 0", "2025-01-02T11:56:00Z", 3), {}, {}},
                  story_now),
      "describe-event.txt");
}

TEST(DescriptionTest, TextsOfObjectsCannotWriteToATerminal) {
  const std::string bad =
      R"({"kind": "Other\u001b[2J", "metadata": {"name": "a\u0007", "labels": {"k\u001b": "v\u001b"}, "annotations": {"\u009b": "\n"}},
    "spec": {"x\u001b": "y\u001b"}})";
  const std::string text = description({bad, {}, {}}, story_now);
  EXPECT_EQ(text.find('\x1b'), text.npos) << text;
  EXPECT_EQ(text.find('\x07'), text.npos) << text;
}

TEST(DescriptionTest, DamagedObjectsAreDescribedAsFarAsTheyCanBeRead) {
  for (const std::string document : {"", "[]", "{\"kind\": \"GatewaySync\", \"spec\": []}",
                                     "{\"kind\": \"SyncTarget\", \"status\": {\"history\": 7, \"hold\": 1}}"})
    EXPECT_NO_THROW((void)description({document, {document}, {document}}, story_now)) << document;
}

}  // namespace
}  // namespace stoker::host
