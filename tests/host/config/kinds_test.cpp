// The kinds of objects, what is checked before one is stored, and the service that gives both to plugins.
#include "host/config/kinds.hpp"
#include "host/config/gateway_sync.hpp"
#include "host/config/json_schema.hpp"
#include "host/config/object_schemas.hpp"
#include "host/values/report.hpp"

#include <stoker/host.hpp>

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <thread>

namespace stoker::host {
namespace {

namespace json = boost::json;

const std::string syncs = "gatewaysyncs.stoker.io", targets = "synctargets.stoker.io";

std::string sync_with(const std::string& metadata, const std::string& spec = "") {
  return R"({"apiVersion":"stoker.io/v1alpha1","kind":"GatewaySync","metadata":{)" + metadata +
         R"(},"spec":{"git":{"repo":"https://example.com/x.git","ref":"main"},)" + spec +
         R"("sync":{"profiles":{"line":{"mappings":[{"source":"a","destination":"b"}]}}}}})";
}

std::string target_with(const std::string& spec) {
  return R"({"apiVersion":"stoker.io/v1alpha1","kind":"SyncTarget","metadata":{"name":"press-1"},"spec":)" + spec + "}";
}

std::string message_of(const std::string& document, const std::string& before = "") {
  const auto checked = check_object(syncs, before, document);
  return checked ? "ok" : checked.error().message;
}

TEST(KindsTest, EachSchemaIsInTheSubsetAndAsItsKindSays) {
  for (const Kind& kind : kinds()) {
    const json::value& schema = object_schema(kind.singular);
    const auto checked = check_schema(schema);
    EXPECT_TRUE(checked) << kind.kind << ": " << (checked ? "" : checked.error().message);
    EXPECT_EQ(schema.at_pointer("/properties/apiVersion/const"), json::value(kind.api_version()));
    EXPECT_EQ(schema.at_pointer("/properties/kind/const"), json::value(kind.kind));
    EXPECT_EQ(schema.at("properties").as_object().contains("status"), kind.has_status) << kind.kind;
  }
}

TEST(KindsTest, AreFoundByWhatAPersonTypes) {
  for (const char* typed : {"gs", "stk", "gatewaysync", "gatewaysyncs", "GatewaySync", "GATEWAYSYNCS",
                            "gatewaysyncs.stoker.io", "gatewaysync.v1alpha1.stoker.io"})
    EXPECT_EQ(kind_named(typed), kind_of(syncs)) << typed;
  for (const char* typed : {"st", "synctarget", "synctargets"}) EXPECT_EQ(kind_named(typed), kind_of(targets)) << typed;
  for (const char* typed : {"sya", "syncapproval"})
    EXPECT_EQ(kind_named(typed), kind_of("syncapprovals.stoker.io")) << typed;
  for (const char* typed : {"events", "event", "ev", "Event"}) EXPECT_EQ(kind_named(typed), kind_of("events")) << typed;
  for (const char* typed : {"", "sa", "gs.other.io", "events.stoker.io", "pods"})
    EXPECT_EQ(kind_named(typed), nullptr) << typed;
  EXPECT_EQ(kind_of("gatewaysyncs"), nullptr) << "only people leave out the group";
}

TEST(CheckObjectTest, FillsInDefaults) {
  const auto checked = check_object(syncs, "", sync_with(R"("name":"a")"));
  ASSERT_TRUE(checked) << checked.error().message;
  const json::value value = json::parse(*checked);
  EXPECT_EQ(value.at_pointer("/metadata/namespace"), json::value("default"));
  EXPECT_EQ(value.at_pointer("/spec/gateway/port"), json::value(8088));
  EXPECT_EQ(value.at_pointer("/spec/sync/profiles/line/mappings/0/required"), json::value(false));
  EXPECT_FALSE(value.at_pointer("/spec/polling").as_object().contains("interval")) << "a chart may set it for all";
}

TEST(CheckObjectTest, KeepsNullsAndNumbersAsAClusterDoes) {
  const auto checked = check_object(
      syncs, "",
      sync_with(R"("name":"a","labels":null,"creationTimestamp":null)",
                R"("paused":null,"polling":null,"autoRollback":{"enabled":null},"gateway":{"port":8043.0},)"));
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_NE(checked->find(R"("port":8043,)"), std::string::npos) << *checked;
  const json::value value = json::parse(*checked);
  EXPECT_EQ(value.at_pointer("/spec/paused"), json::value(false));
  EXPECT_EQ(value.at_pointer("/spec/polling/enabled"), json::value(true));
  EXPECT_EQ(value.at_pointer("/spec/autoRollback/enabled"), json::value(true));
  EXPECT_FALSE(value.at("metadata").as_object().contains("labels"));
  EXPECT_EQ(message_of(sync_with(R"("name":"a")", R"("sync":null,)")), "ok") << "the later key counts";
  EXPECT_NE(check_object(targets, "", target_with("null")).has_value(), true);
  EXPECT_TRUE(check_object(targets, "", target_with(R"({"format":1,"sync":"a","token":7.0})")));
}

TEST(CheckObjectTest, SaysEachMistakeInALineAndInTheDetail) {
  const auto checked =
      check_object(syncs, "", sync_with(R"("name":"a","namespace":"Plant")", R"("puased":true,"windows":[],)"));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, errc::invalid);
  EXPECT_EQ(checked.error().code, "object.invalid");
  EXPECT_EQ(checked.error().message,
            "GatewaySync Plant/a: /spec/windows: expected no such field; it is not available in this version, got "
            "\"windows\"\n"
            "GatewaySync Plant/a: /spec/puased: expected \"paused\", got the unknown field \"puased\"\n"
            "GatewaySync Plant/a: /metadata/namespace: expected small letters, digits and -, between letters or "
            "digits, at most 63, got \"Plant\"");
  const json::value detail = json::parse(checked.error().detail);
  ASSERT_EQ(detail.as_array().size(), 3u);
  EXPECT_EQ(detail.at_pointer("/1/pointer"), json::value("/spec/puased"));
  EXPECT_EQ(detail.at_pointer("/1/expected"), json::value("\"paused\""));
  EXPECT_EQ(detail.at_pointer("/1/got"), json::value("the unknown field \"puased\""));
}

TEST(CheckObjectTest, ManyMistakesStayWithinAnError) {
  std::string labels;
  for (int i = 0; i < 3000; ++i)
    labels += (i ? "," : "") + ("\"-" + std::to_string(i) + "\":\"" + std::string(60, 'x') + "-\"");
  const auto checked = check_object(syncs, "", sync_with(R"("name":"a","labels":{)" + labels + "}"));
  ASSERT_FALSE(checked);
  EXPECT_EQ(json::parse(checked.error().detail).as_array().size(), 50u);
  EXPECT_LE(checked.error().message.size(), 65536u);
  EXPECT_LE(checked.error().detail.size(), 65536u);
}

TEST(CheckObjectTest, WhatIsNoObjectIsRefused) {
  EXPECT_EQ(check_object("pods", "", "{}").error().code, "object.no-resource");
  EXPECT_EQ(check_object("pods", "", "{}").error().kind, errc::not_found);
  EXPECT_EQ(check_object(syncs, "", "{").error().message, "GatewaySync: expected JSON, got other text");
  EXPECT_EQ(check_object(syncs, "", std::string(1100000, ' ')).error().code, "object.invalid");
  EXPECT_EQ(check_object(syncs, "", "[]").error().code, "object.invalid");
  EXPECT_EQ(check_object(syncs, "", "null").error().code, "object.invalid");
  EXPECT_EQ(check_object(syncs, "", R"({"kind":7,"metadata":{"name":[],"labels":3}})").error().code, "object.invalid");
  EXPECT_EQ(check_object(targets, "", sync_with(R"("name":"a")")).error().code, "object.invalid");
}

TEST(CheckObjectTest, ASecretIsNeverShown) {
  for (const std::string& spec :
       std::vector<std::string>{R"("source":{"settings":"hunter2"},)", R"("gateway":{"api":"hunter2"},)",
                                R"("gateway":{"api":{"secretName":["hunter2"]}},)"}) {
    const auto checked = check_object(syncs, "", sync_with(R"("name":"a")", spec));
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message.find("hunter2"), std::string::npos);
  }
  const std::string key = "-----BEGIN KEY----- " + std::string(80, 'x');
  const auto checked = check_object(syncs, "", sync_with(R"("name":"a")", "\"" + key + "\":1,"));
  ASSERT_FALSE(checked);
  EXPECT_EQ((checked.error().message + checked.error().detail).find("BEGIN"), std::string::npos);
}

TEST(CheckObjectTest, AMisspeltAnnotationIsRefusedWithTheNearestName) {
  EXPECT_EQ(message_of(sync_with(R"("name":"a","annotations":{"stoker.io/rety":"1"})")),
            "GatewaySync default/a: /metadata/annotations/stoker.io~1rety: expected \"stoker.io/retry\", got the "
            "unknown annotation \"stoker.io/rety\"");
  EXPECT_NE(message_of(sync_with(R"("name":"a","annotations":{"Stoker.io/retry":"1"})")), "ok");
  EXPECT_NE(message_of(sync_with(R"("name":"a","annotations":{"stoker.io/colour":"1"})")), "ok");
  EXPECT_EQ(message_of(sync_with(R"("name":"a","annotations":{"stoker.io/applied-from":"x","stoker.io/profile":"x",)"
                                 R"("stoker.io/paused-by":"me","acme.io/rety":"x","retry":"x"})")),
            "ok");
  EXPECT_NE(message_of(sync_with(R"("name":"a","annotations":{"stoker.io/retry":")" + std::string(257, 'x') + "\"}")),
            "ok");
}

TEST(CheckObjectTest, WhatAnOlderVersionTookMayStayUntilItIsChanged) {
  const std::string before = sync_with(R"("name":"a")", R"("puased":true,"windows":[],)");
  EXPECT_EQ(message_of(before, before), "ok");
  EXPECT_EQ(message_of(sync_with(R"("name":"a")", R"("puased":true,"windows":[],"paused":true,)"), before), "ok");
  EXPECT_NE(message_of(sync_with(R"("name":"a")", R"("puased":false,"windows":[],)"), before), "ok");
  const std::string other = R"({"apiVersion":"v2","kind":"GatewaySync"})";
  EXPECT_NE(message_of(other, other), "ok") << "the kind itself does not pass";
}

TEST(CheckObjectTest, ATokenNeverGoesDown) {
  const std::string seven = target_with(R"({"format":1,"sync":"line-a","token":7})");
  EXPECT_TRUE(check_object(targets, seven, seven));
  EXPECT_TRUE(check_object(targets, seven, target_with(R"({"format":1,"sync":"line-a","token":8})")));
  const auto lower = check_object(targets, seven, target_with(R"({"format":1,"sync":"line-a","token":6})"));
  ASSERT_FALSE(lower);
  EXPECT_EQ(lower.error().message,
            "SyncTarget default/press-1: /spec/token: expected at least 7, the token before, got 6");
  EXPECT_FALSE(check_object(targets, seven, target_with(R"({"format":1,"sync":"line-a"})")));
}

// Where a document gains a field, its schema has to gain it too.
TEST(CheckObjectTest, AnAssignmentIsASpecAndAReportIsAStatus) {
  Assignment a;
  a.sync = "line-a";
  a.target = a.pod = "press-1";
  a.labels = {{"line", "a"}};
  a.source.module = "source-git";
  a.source.repo = "https://example.com/x.git";
  a.source.settings = "{}";
  a.source.auth.token = a.source.auth.ssh_key = a.source.auth.passphrase = a.source.auth.known_hosts = {"a", "b"};
  a.source.auth.github_app = GithubAppAuth{1, 2, {"a", "b"}, ""};
  a.ref = "main";
  a.revision = std::string(40, 'a');
  a.token = 7;
  a.hold = Hold{"paused", "said so", "resume", 1, 2};
  a.profile.name = "line";
  a.profile.mappings = {{"a", "b", MappingType::dir, true}};
  a.profile.excludes = {"**/.uuid"};
  a.profile.vars = {{"line", "a"}};
  json::object spec = json::parse(to_json(a)).as_object();
  spec["asked"] = 7;
  spec["repairNow"] = true;

  Report r(a);
  r.id = "run-1";
  r.hold = a.hold;
  r.error = Error(errc::invalid, "no", "git.ref-not-found");
  r.changes = {Change{}};
  r.notes = {Note{"drift", "a", "changed"}};
  r.decisions = {Decision{}};
  r.plan_digest = "abc";
  r.details = {{"verify-ignition", R"({"projects":[1]})"}};
  r.stages = {{"observe", 3}};
  json::object status = json::parse(to_json(r)).as_object();
  status["hold"].as_object()["since"] = "2025-01-02T03:04:05Z";
  status["observedToken"] = 7;
  status["running"] = {{"revision", "a"}, {"ref", "main"}, {"verified", true},
                       {"settled", true}, {"since", "x"},  {"profile", "line"}};
  status["held"] = {{{"key", "a"}, {"revision", "b"}, {"reason", "bad"}, {"since", "x"}}};
  status["history"] = {{{"id", "run-1"},
                        {"timestamp", "x"},
                        {"commit", "a"},
                        {"ref", "main"},
                        {"outcome", "applied"},
                        {"filesChanged", 3},
                        {"duration", "2.5s"},
                        {"result", "Synced"},
                        {"message", "m"}}};
  status["conditions"] = {{{"type", "Ready"}, {"status", "True"}, {"reason", "x"}, {"message", ""}}};
  json::value closed = object_schema("synctarget");  // to see a field that the schema does not name
  closed.at_pointer("/properties/status").as_object()["additionalProperties"] = false;
  const json::value whole{{"apiVersion", "stoker.io/v1alpha1"},
                          {"kind", "SyncTarget"},
                          {"metadata", {{"name", "press-1"}}},
                          {"spec", spec},
                          {"status", status}};
  for (const Violation& v : validate(closed, whole)) ADD_FAILURE() << v.pointer << ": " << v.expected << ", " << v.got;
  EXPECT_TRUE(check_object(targets, "", json::serialize(whole)));
}

TEST(CheckObjectTest, TakesApprovalsAndEventsOfACluster) {
  EXPECT_TRUE(
      check_object("syncapprovals.stoker.io", "",
                   R"({"apiVersion":"stoker.io/v1alpha1","kind":"SyncApproval","metadata":{"generateName":"line-a-"},
                               "spec":{"sync":"line-a","revision":"abc","stage":"*","approver":"ann","until":"2025-01-02T03:04:05Z"}})"));
  EXPECT_TRUE(check_object(
      "events", "",
      R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"line-a.17","namespace":"default","creationTimestamp":null},
      "involvedObject":{"kind":"GatewaySync","namespace":"default","name":"line-a","uid":"u","apiVersion":"stoker.io/v1alpha1","resourceVersion":"12"},
      "reason":"SyncCompleted","message":"All 5 gateways synced successfully","type":"Normal","count":1,"firstTimestamp":"x","lastTimestamp":"x",
      "eventTime":null,"source":{"component":"stoker"},"reportingComponent":"stoker","reportingInstance":"a","action":"Sync"})"));
  EXPECT_FALSE(
      check_object("events", "",
                   R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"a"},"involvedObject":{},"type":"Error"})"));
}

TEST(SyncOfTest, ReadsAStoredObject) {
  const auto checked =
      check_object(syncs, "", sync_with(R"("name":"a","uid":"u","resourceVersion":"7","generation":2)"));
  ASSERT_TRUE(checked) << checked.error().message;
  const auto sync = sync_of(*checked);
  ASSERT_TRUE(sync) << sync.error().message;
  EXPECT_EQ(sync->name, "a");
  EXPECT_EQ(sync->ref, "main");
  EXPECT_TRUE(sync->profiles.contains("line"));
}

TEST(SyncOfTest, NamesTheObjectAndThePointer) {
  const std::string stored =
      R"({"apiVersion":"stoker.io/v1alpha1","kind":"GatewaySync","metadata":{"name":"a","namespace":"plant"},"spec":{
          "git":{"repo":"x","ref":"main"},"sync":{"profiles":{"line":{"mappings":[{"source":"../a","destination":"b"}]}}}}})";
  ASSERT_TRUE(check_object(syncs, "", stored)) << "a rule of a profile becomes a condition, not a refusal";
  const auto sync = sync_of(stored);
  ASSERT_FALSE(sync);
  EXPECT_EQ(sync.error().code, "object.invalid");
  EXPECT_EQ(sync.error().message,
            "GatewaySync plant/a: /spec/sync/profiles/line/mappings/0/source: expected a relative path without .., got "
            "\"../a\"");
  EXPECT_EQ(sync_of("{").error().code, "object.invalid");
  EXPECT_EQ(sync_of("[]").error().code, "object.invalid");
}

TEST(KindsServiceTest, GivesKindsAndChecksToPlugins) {
  const KindsService service;
  const stoker::Kinds seen(service.table());
  const auto list = seen.list();
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), kinds().size());
  EXPECT_EQ(list->at(0).resource, syncs);
  EXPECT_TRUE(list->at(0).has_status);
  EXPECT_FALSE(list->at(2).has_status);
  EXPECT_EQ(list->at(3).group, "");
  EXPECT_TRUE(seen.check(syncs, "", sync_with(R"("name":"a")")));
  const auto refused = seen.check(syncs, "", sync_with(R"("name":"A")"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "object.invalid");
  EXPECT_EQ(json::parse(refused.error().detail).at_pointer("/0/pointer"), json::value("/metadata/name"));
  EXPECT_EQ(seen.check("pods", "", "{}").error().kind, errc::not_found);
}

TEST(KindsServiceTest, WorksOnManyThreads) {
  const KindsService service;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      const stoker::Kinds seen(service.table());
      for (int n = 0; n < 50; ++n) EXPECT_TRUE(seen.check(syncs, "", sync_with(R"("name":"a")")));
    });
  for (std::thread& one : threads) one.join();
}

}  // namespace
}  // namespace stoker::host
