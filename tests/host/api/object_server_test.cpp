// The paths, methods and answers of the socket, byte by byte, over a store in memory.
#include "tests/host/api/raw_client.hpp"
#include "tests/support/served_objects.hpp"

#include <gtest/gtest.h>

#include <pwd.h>
#include <unistd.h>

namespace stoker::host::testing {
namespace {

const std::string syncs = "/apis/stoker.io/v1alpha1/namespaces/default/gatewaysyncs";
const std::string one = syncs + "/line-a";
const std::string merge_patch = "application/merge-patch+json";

std::string me() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry ? entry->pw_name : "uid:" + std::to_string(::getuid());
}

struct Answer {
  int code = 0;
  std::string head;
  json::value body;
};

class ObjectServerTest : public ::testing::Test {
 protected:
  Answer ask(const std::string& method, const std::string& target, const std::string& body = "",
             const std::string& type = "application/json") {
    return answer_in(RawClient(served.path()).ask(request(method, target, body, type)));
  }
  static Answer answer_in(const std::string& text) {
    Answer answer;
    const std::size_t end = text.find("\r\n\r\n");
    answer.head = text.substr(0, end);
    answer.code = answer.head.size() > 12 ? std::stoi(answer.head.substr(9, 3)) : 0;
    boost::system::error_code none;
    if (end != std::string::npos) answer.body = json::parse(text.substr(end + 4), none);
    return answer;
  }
  static std::string text(const Answer& answer, const std::string& pointer) {
    boost::system::error_code none;
    const json::value* found = answer.body.find_pointer(pointer, none);
    return found ? found->is_string() ? std::string(found->get_string()) : json::serialize(*found) : "";
  }
  ServedObjects served;
};

TEST_F(ObjectServerTest, IsHealthy) {
  const std::string answer = RawClient(served.path()).ask(request("GET", "/healthz"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nok")) << answer;
}

TEST_F(ObjectServerTest, CreatesReadsAndListsObjects) {
  const Answer made = ask("POST", syncs, sync_document("line-a"));
  EXPECT_EQ(made.code, 201) << json::serialize(made.body);
  EXPECT_EQ(text(made, "/metadata/generation"), "1");
  EXPECT_EQ(text(ask("GET", one), "/metadata/uid"), text(made, "/metadata/uid"));
  const Answer list = ask("GET", "/apis/stoker.io/v1alpha1/gatewaysyncs");
  EXPECT_EQ(text(list, "/kind"), "GatewaySyncList");
  EXPECT_EQ(text(list, "/apiVersion"), "stoker.io/v1alpha1");
  EXPECT_EQ(text(list, "/metadata/resourceVersion"), "1");
  EXPECT_EQ(text(list, "/items/0/metadata/name"), "line-a");
  EXPECT_EQ(text(ask("GET", "/apis/stoker.io/v1alpha1/namespaces/other/gatewaysyncs"), "/items"), "[]");
}

TEST_F(ObjectServerTest, ListsByLabelsAndByFields) {
  served.put(resource::gateway_syncs, sync_document("line-a", R"(,"labels":{"line":"a"})"));
  served.put(resource::gateway_syncs, sync_document("line-b", R"(,"labels":{"line":"b"})"));
  EXPECT_EQ(text(ask("GET", syncs + "?labelSelector=line%3Db"), "/items/0/metadata/name"), "line-b");
  const Answer named = ask("GET", syncs + "?fieldSelector=metadata.name%3Dline-a");
  EXPECT_EQ(text(named, "/items/0/metadata/name"), "line-a");
  EXPECT_EQ(text(named, "/items/1"), "");
  EXPECT_EQ(ask("GET", syncs + "?fieldSelector=spec.ref%3Dx").code, 400);
}

TEST_F(ObjectServerTest, PatchesAndReplacesWhatIsThere) {
  served.put(resource::gateway_syncs, sync_document("line-a"));
  EXPECT_EQ(text(ask("PATCH", one, R"({"spec":{"paused":true}})", merge_patch), "/spec/paused"), "true");
  Answer now = ask("GET", one);
  now.body.at_pointer("/spec").as_object()["paused"] = false;
  const Answer replaced = ask("PUT", one, json::serialize(now.body));
  EXPECT_EQ(replaced.code, 200);
  EXPECT_EQ(text(replaced, "/metadata/generation"), "3");
  EXPECT_EQ(ask("PUT", one, json::serialize(now.body)).code, 409);
  now.body.at_pointer("/metadata").as_object().erase("resourceVersion");
  const Answer unversioned = ask("PUT", one, json::serialize(now.body));
  EXPECT_EQ(unversioned.code, 422);
  EXPECT_EQ(text(unversioned, "/details/causes/0/field"), "/metadata/resourceVersion");
}

TEST_F(ObjectServerTest, RemovesUnderConditions) {
  served.put(resource::gateway_syncs, sync_document("line-a"));
  EXPECT_EQ(text(ask("DELETE", one, R"({"preconditions":{"uid":"another"}})"), "/reason"), "Conflict");
  EXPECT_EQ(ask("DELETE", one, R"({"preconditions":{"resourceVersion":"x"}})").code, 400);
  EXPECT_EQ(ask("DELETE", one, R"({"preconditions":{"uid":"uid-1","resourceVersion":"1"}})").code, 200);
  EXPECT_EQ(text(ask("DELETE", one), "/reason"), "NotFound");
}

TEST_F(ObjectServerTest, AnErrorIsAStatusWithEachMistake) {
  const Answer wrong = ask("POST", syncs, sync_document("line-a", "", R"(,"pausd":true)"));
  EXPECT_EQ(wrong.code, 422);
  EXPECT_EQ(text(wrong, "/kind"), "Status");
  EXPECT_EQ(text(wrong, "/reason"), "Invalid");
  EXPECT_EQ(text(wrong, "/code"), "422");
  EXPECT_EQ(text(wrong, "/details/kind"), "gatewaysyncs");
  EXPECT_EQ(text(wrong, "/details/causes/0/field"), "/spec/pausd");
  served.put(resource::gateway_syncs, sync_document("line-a"));
  EXPECT_EQ(text(ask("POST", syncs, sync_document("line-a")), "/reason"), "AlreadyExists");
  EXPECT_EQ(text(ask("PATCH", one, R"({"metadata":{"resourceVersion":"7"}})", merge_patch), "/reason"), "Conflict");
  EXPECT_EQ(text(ask("GET", syncs + "/x"), "/reason"), "NotFound");
}

TEST_F(ObjectServerTest, TheErrorsOfAStoreHaveTheirCodes) {
  const std::pair<errc, int> expected[] = {{errc::denied, 403},      {errc::unreachable, 503}, {errc::timeout, 504},
                                           {errc::exhausted, 507},   {errc::internal, 500},    {errc::cancelled, 503},
                                           {errc::incompatible, 501}};
  for (const auto& [kind, code] : expected) {
    const Error why(kind, "no");
    served.on_loop([&] { served.store.fault = [why](std::string_view, const ObjectKey&) { return why; }; });
    EXPECT_EQ(ask("GET", one).code, code);
  }
}

TEST_F(ObjectServerTest, WhileTheStoreIsAwayItSaysWhenToTryAgain) {
  served.on_loop([&] {
    served.store.fault = [](std::string_view, const ObjectKey&) { return Error(errc::unreachable, "away"); };
  });
  testing::RawClient client(served.path());
  const std::string answer = client.ask(testing::request("GET", one));
  EXPECT_NE(answer.find("\r\nRetry-After: 1\r\n"), std::string::npos) << answer;
}

TEST_F(ObjectServerTest, KnowsNoOtherPathMethodOrMediaType) {
  for (const char* path : {"/", "/apis", "/apis/stoker.io/v1/namespaces/default/gatewaysyncs", "/api/v1/pods",
                           "/apis/stoker.io/v1alpha1/gatewaysyncs/line-a",
                           "/apis/stoker.io/v1alpha1/namespaces/default/gatewaysyncs/a/b/c",
                           "/apis/stoker.io/v1alpha1/namespaces//gatewaysyncs"})
    EXPECT_EQ(text(ask("GET", path), "/reason"), "NotFound") << path;
  EXPECT_EQ(ask("GET", "/api/v1/namespaces/default/events").code, 200);
  EXPECT_EQ(ask("POST", "/apis/stoker.io/v1alpha1/gatewaysyncs", "{}").code, 405);
  EXPECT_EQ(ask("DELETE", syncs).code, 405);
  EXPECT_EQ(ask("OPTIONS", one).code, 405);
  EXPECT_EQ(ask("PATCH", one, "[]", "application/json-patch+json").code, 415);
  EXPECT_EQ(ask("POST", syncs, "{}", "text/plain").code, 415);
}

TEST_F(ObjectServerTest, ADocumentMayNotContradictItsPath) {
  EXPECT_EQ(ask("POST", "/apis/stoker.io/v1alpha1/namespaces/other/gatewaysyncs", sync_document("line-a")).code, 400);
  EXPECT_EQ(ask("POST", "/apis/stoker.io/v1alpha1/namespaces/default/synctargets", sync_document("line-a")).code, 400);
  served.put(resource::gateway_syncs, sync_document("line-a"));
  EXPECT_EQ(ask("PATCH", one, R"({"metadata":{"name":"b"}})", merge_patch).code, 400);
  EXPECT_EQ(ask("POST", syncs, "{").code, 400);
  EXPECT_EQ(ask("POST", syncs, "[]").code, 400);
}

TEST_F(ObjectServerTest, NobodyWritesAStatus) {
  served.put(resource::gateway_syncs, sync_document("line-a"));
  EXPECT_EQ(text(ask("PATCH", one + "/status", R"({"status":{}})", merge_patch), "/reason"), "Forbidden");
  EXPECT_EQ(ask("PUT", one + "/status", "{}").code, 403);
  EXPECT_EQ(ask("GET", one + "/status").code, 200);
  EXPECT_EQ(text(ask("PATCH", one, R"({"status":{"x":1}})", merge_patch), "/status"), "");
}

TEST_F(ObjectServerTest, WhoWritesIsTheUserAtTheOtherEnd) {
  const std::string annotation = "/metadata/annotations/stoker.io~1paused-by";
  const Answer made = ask("POST", syncs, sync_document("line-a", R"(,"annotations":{"stoker.io/paused-by":"eve"})"));
  EXPECT_EQ(text(made, annotation), me());
  EXPECT_EQ(served.on_loop([&] { return served.store.writers; }), std::vector<std::string>{me()});
  const std::string by_eve = R"({"metadata":{"annotations":{"stoker.io/paused-by":"eve"}}})";
  EXPECT_EQ(text(ask("PATCH", one, by_eve, merge_patch), annotation), me());
  served.patch(line_a, Part::spec, by_eve);
  const Answer stored = ask("GET", one);
  EXPECT_EQ(text(ask("PUT", one, json::serialize(stored.body)), annotation), "eve") << "nobody changed it";
  const std::string gone = R"({"metadata":{"annotations":{"stoker.io/paused-by":null}}})";
  EXPECT_EQ(text(ask("PATCH", one, gone, merge_patch), annotation), "");
}

TEST_F(ObjectServerTest, WhatATargetDoesIsSaidByStokerAlone) {
  const std::string targets = "/apis/stoker.io/v1alpha1/namespaces/default/synctargets", press = targets + "/press-1";
  const Answer made = ask("POST", targets, target_document("press-1", "line-a", 7));
  EXPECT_EQ(made.code, 403);
  EXPECT_NE(text(made, "/message").find("written by Stoker alone"), std::string::npos) << text(made, "/message");
  served.put(resource::sync_targets, target_document("press-1", "line-a", 7));
  EXPECT_EQ(ask("PATCH", press, R"({"spec":{"revision":"x"}})", merge_patch).code, 403);
  EXPECT_EQ(ask("PATCH", press, R"({"spec":null})", merge_patch).code, 403);
  EXPECT_EQ(ask("PATCH", press, R"({"metadata":{"finalizers":["x.io/y"]}})", merge_patch).code, 403);
  EXPECT_EQ(ask("PATCH", press, R"({"spec":{"token":7},"metadata":{"labels":{"a":"b"}}})", merge_patch).code, 200);
  Answer now = ask("GET", press);
  EXPECT_EQ(text(now, "/metadata/labels/a"), "b");
  now.body.at("metadata").as_object()["annotations"] = json::object{{"acme.io/x", "1"}};
  Answer replaced = ask("PUT", press, json::serialize(now.body));
  EXPECT_EQ(replaced.code, 200) << json::serialize(replaced.body);
  replaced.body.at_pointer("/spec").as_object()["token"] = 9;
  EXPECT_EQ(ask("PUT", press, json::serialize(replaced.body)).code, 403);
  EXPECT_EQ(ask("DELETE", press).code, 200);
}

TEST_F(ObjectServerTest, ThereAreNoApprovalsYet) {
  const Answer made = ask("POST", "/apis/stoker.io/v1alpha1/namespaces/default/syncapprovals", R"({"metadata":{}})");
  EXPECT_EQ(made.code, 501);
  EXPECT_NE(text(made, "/message").find("not available in this version"), std::string::npos);
}

TEST_F(ObjectServerTest, WhoeverPausesIsNamedAndNobodyWhenItIsResumed) {
  const std::string by = "/metadata/annotations/stoker.io~1paused-by",
                    because = "/metadata/annotations/stoker.io~1paused-because";
  const std::string of_eve = R"("stoker.io/paused-by":"eve","stoker.io/paused-because":"x")";
  served.put(resource::gateway_syncs, sync_document("line-a", R"(,"annotations":{)" + of_eve + "}"));
  const Answer paused = ask("PATCH", one, R"({"spec":{"paused":true}})", merge_patch);
  EXPECT_EQ(text(paused, by), me());
  EXPECT_EQ(text(paused, because), "");
  served.patch(line_a, Part::spec, R"({"metadata":{"annotations":{)" + of_eve + "}}}");
  const Answer same = ask("PATCH", one, R"({"spec":{"paused":true}})", merge_patch);
  EXPECT_EQ(text(same, by), "eve") << "it was paused already";
  Answer resumed = ask("PATCH", one, R"({"spec":{"paused":false}})", merge_patch);
  EXPECT_EQ(text(resumed, by) + text(resumed, because), "");
  resumed.body.at_pointer("/spec").as_object()["paused"] = true;
  Answer again = ask("PUT", one, json::serialize(resumed.body));
  EXPECT_EQ(text(again, by), me());
  again.body.at_pointer("/spec").as_object()["paused"] = false;
  EXPECT_EQ(text(ask("PUT", one, json::serialize(again.body)), by), "");
  EXPECT_EQ(text(ask("POST", syncs, sync_document("line-b", "", R"(,"paused":true)")), by), me());
}

TEST_F(ObjectServerTest, WhoeverPausesATargetIsNamed) {
  const std::string press = "/apis/stoker.io/v1alpha1/namespaces/default/synctargets/press-1";
  const std::string by = "/metadata/annotations/stoker.io~1paused-by";
  served.put(resource::sync_targets, target_document("press-1", "line-a", 7));
  served.patch(press_1, Part::spec, R"({"metadata":{"annotations":{"stoker.io/paused-by":"eve"}}})");
  const std::string pause = R"({"metadata":{"annotations":{"stoker.io/paused":"true"}}})";
  EXPECT_EQ(text(ask("PATCH", press, pause, merge_patch), by), me());
  const std::string resume = R"({"metadata":{"annotations":{"stoker.io/paused":null}}})";
  EXPECT_EQ(text(ask("PATCH", press, resume, merge_patch), by), "");
}

TEST_F(ObjectServerTest, ASelectorMayEndAtItsSign) {
  served.put(resource::gateway_syncs, sync_document("line-a"));
  EXPECT_EQ(text(ask("GET", syncs + "?fieldSelector=metadata.name%3D"), "/items"), "[]");
  EXPECT_EQ(text(ask("GET", syncs + "?fieldSelector=metadata.name%3D%3Dline-a"), "/items/0/metadata/name"), "line-a");
}

TEST_F(ObjectServerTest, AConnectionCarriesOneRequestAfterTheOther) {
  served.put(resource::gateway_syncs, sync_document("line-a"));
  RawClient client(served.path());
  client.send("GET " + one + " HTTP/1.1\r\nHost: x\r\n\r\nGET " + syncs + "/b HTTP/1.1\r\nHost: x\r\n\r\n");
  client.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answers = client.rest();
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 200")) << answers;
  EXPECT_NE(answers.find("HTTP/1.1 404"), std::string::npos) << answers;
  EXPECT_TRUE(answers.ends_with("ok")) << answers;
}

// ---------------------------------------------------------------- watches

TEST_F(ObjectServerTest, AWatchTellsWhatIsThereAndEachChange) {
  served.put(resource::gateway_syncs, sync_document("line-a"));
  RawClient client(served.path());
  client.send(request("GET", syncs + "?watch=1"));
  EXPECT_NE(client.until("}\n\r\n").find(R"({"type":"ADDED","object":{)"), std::string::npos);
  served.patch(line_a, Part::spec, R"({"spec":{"paused":true}})");
  EXPECT_NE(client.until("}\n\r\n").find(R"({"type":"MODIFIED")"), std::string::npos);
  served.on_loop([&] { served.store.bookmark(); });
  EXPECT_NE(client.until("}\n\r\n").find(
                R"("kind":"GatewaySync","apiVersion":"stoker.io/v1alpha1","metadata":{"resourceVersion":"2"})"),
            std::string::npos);
  (void)served.on_loop([&] { return served.store.remove_now(line_a); });
  const std::string removed = client.until("}\n\r\n");
  EXPECT_NE(removed.find(R"({"type":"DELETED")"), std::string::npos);
  EXPECT_NE(removed.find(R"("resourceVersion":"3")"), std::string::npos) << removed;
}

TEST_F(ObjectServerTest, AWatchGoesOnFromAVersionAndSaysWhenItIsTooOld) {
  served.put(resource::gateway_syncs, sync_document("line-a"));
  served.patch(line_a, Part::spec, R"({"spec":{"paused":true}})");
  RawClient client(served.path());
  client.send(request("GET", syncs + "?watch=true&resourceVersion=1"));
  const std::string first = client.until("}\n\r\n");
  EXPECT_NE(first.find("MODIFIED"), std::string::npos) << first;
  EXPECT_EQ(first.find("ADDED"), std::string::npos) << first;
  served.on_loop([&] { served.store.expire(); });
  const std::string ended = client.rest();
  EXPECT_NE(ended.find(R"("type":"ERROR")"), std::string::npos) << ended;
  EXPECT_NE(ended.find(R"("code":410)"), std::string::npos) << ended;
  const std::string old = RawClient(served.path()).ask(request("GET", syncs + "?watch=1&resourceVersion=1"));
  EXPECT_NE(old.find(R"("reason":"Expired")"), std::string::npos) << old;
}

TEST_F(ObjectServerTest, AWatchEndsInTimeAndWithItsClient) {
  const std::string ended = RawClient(served.path()).ask(request("GET", syncs + "?watch=1&timeoutSeconds=1"));
  EXPECT_TRUE(ended.ends_with("\r\n0\r\n\r\n")) << ended;
  {
    RawClient client(served.path());
    client.send(request("GET", syncs + "?watch=1"));
    client.until("\r\n\r\n");
    EXPECT_EQ(served.on_loop([&] { return served.store.watches_count(); }), 1u);
  }
  for (int i = 0; i < 1000 && served.on_loop([&] { return served.store.watches_count(); }) != 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(served.on_loop([&] { return served.store.watches_count(); }), 0u);
}

TEST_F(ObjectServerTest, WatchesOfNothingAreRefused) {
  EXPECT_EQ(ask("GET", one + "?watch=1").code, 404);
  EXPECT_EQ(ask("GET", syncs + "?watch=1&resourceVersion=x").code, 400);
  EXPECT_EQ(ask("POST", syncs + "?watch=1", "{}").code, 405);
}

TEST_F(ObjectServerTest, StopEndsAllConnectionsAndTakesTheSocketAway) {
  RawClient idle(served.path()), watching(served.path());
  watching.send(request("GET", syncs + "?watch=1"));
  watching.until("\r\n\r\n");
  served.stop();
  EXPECT_TRUE(served.ended);
  EXPECT_EQ(idle.rest(), "");
  watching.rest();
  EXPECT_FALSE(std::filesystem::exists(served.path()));
}

}  // namespace
}  // namespace stoker::host::testing
