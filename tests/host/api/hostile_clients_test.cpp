// Clients that are slow, send too much or half a request, do not read, or are too many: each is bounded, and the others
// are served.
#include "tests/host/api/raw_client.hpp"
#include "tests/support/served_objects.hpp"

#include <gtest/gtest.h>

namespace stoker::host::testing {
namespace {

const std::string syncs = "/apis/stoker.io/v1alpha1/namespaces/default/gatewaysyncs";

ObjectServerLimits impatient() {
  ObjectServerLimits limits;
  limits.request = std::chrono::milliseconds(200);
  limits.reply = std::chrono::milliseconds(200);
  return limits;
}

TEST(HostileClientsTest, ASlowOrSilentOneIsCut) {
  ServedObjects served(impatient());
  RawClient silent(served.path()), slow(served.path());
  slow.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(slow.rest(), "");
}

TEST(HostileClientsTest, HalfARequestIsNoRequest) {
  ServedObjects served;
  RawClient half(served.path());
  half.send("POST " + syncs + " HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{");
  half.shut();
  EXPECT_EQ(half.rest(), "");
  EXPECT_EQ(served.on_loop([&] { return served.store.writers.size(); }), 0u);
}

TEST(HostileClientsTest, TooMuchIsRefusedAndSaidAlsoToWhoStillSends) {
  ServedObjects served;
  const std::string huge((1u << 20) + 1, ' ');
  const std::string body = RawClient(served.path()).ask(request("POST", syncs, huge));
  EXPECT_TRUE(body.starts_with("HTTP/1.1 413 ")) << body.substr(0, 200);
  EXPECT_NE(body.find("RequestEntityTooLarge"), std::string::npos);
  const std::string head = RawClient(served.path()).ask("GET / HTTP/1.1\r\nX: " + std::string(20000, 'x'));
  EXPECT_TRUE(head.starts_with("HTTP/1.1 431 ")) << head;
  EXPECT_TRUE(RawClient(served.path()).ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(RawClient(served.path()).ask(request("GET", "http://[")).starts_with("HTTP/1.1 400 "));
}

TEST(HostileClientsTest, DeepDocumentsAreRefused) {
  ServedObjects served;
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_TRUE(RawClient(served.path()).ask(request("POST", syncs, deep)).starts_with("HTTP/1.1 400 "));
}

TEST(HostileClientsTest, AHundredConnectionsDoNotKeepAnotherOut) {
  ServedObjects served;
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 100; ++i) idle.push_back(std::make_unique<RawClient>(served.path()));
  EXPECT_TRUE(served.client().ask_health());
  EXPECT_EQ(idle.front()->rest(), "");
}

TEST(HostileClientsTest, WatchesAreLimitedAndTakeNoPlaceFromRequests) {
  ServedObjects served;
  std::vector<std::unique_ptr<RawClient>> watching;
  for (int i = 0; i < 32; ++i) {
    watching.push_back(std::make_unique<RawClient>(served.path()));
    watching.back()->send(request("GET", syncs + "?watch=1"));
    watching.back()->until("\r\n\r\n");
  }
  const std::string refused = RawClient(served.path()).ask(request("GET", syncs + "?watch=1&timeoutSeconds=1"));
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 429 ")) << refused;
  EXPECT_TRUE(served.client().ask_health());
  EXPECT_EQ(served.on_loop([&] { return served.store.watches_count(); }), 32u);
}

// Its lines are bounded, and so is the time for which nobody reads them.
TEST(HostileClientsTest, AWatchThatDoesNotReadIsCut) {
  ServedObjects served(impatient());
  served.on_loop([&] { served.store.check = nullptr; });
  served.put(resource::gateway_syncs, sync_document("line-a"));
  RawClient deaf(served.path());
  deaf.send(request("GET", syncs + "?watch=1&resourceVersion=1"));
  deaf.until("\r\n\r\n");
  const std::string much(200'000, 'x');
  for (int i = 0; i < 40; ++i)
    served.patch(line_a, Part::spec, R"({"spec":{"much":")" + std::to_string(i) + much + R"("}})");
  for (int i = 0; i < 1000 && served.on_loop([&] { return served.store.watches_count(); }) != 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(served.on_loop([&] { return served.store.watches_count(); }), 0u);
  EXPECT_LT(deaf.rest().size(), 40 * much.size());
  EXPECT_TRUE(served.client().ask_health());
}

TEST(HostileClientsTest, AWatchThatReadsTooSlowlyIsToldToListAgain) {
  ServedObjects served;
  served.on_loop([&] { served.store.check = nullptr; });
  served.put(resource::gateway_syncs, sync_document("line-a"));
  RawClient slow(served.path());
  slow.send(request("GET", syncs + "?watch=1&resourceVersion=1&timeoutSeconds=5"));
  slow.until("\r\n\r\n");
  const std::string much(200'000, 'x');
  for (int i = 0; i < 40; ++i)
    served.patch(line_a, Part::spec, R"({"spec":{"much":")" + std::to_string(i) + much + R"("}})");
  const std::string rest = slow.rest();
  EXPECT_NE(rest.find(R"("reason":"Expired")"), std::string::npos);
  EXPECT_LT(rest.size(), 40 * much.size());
}

}  // namespace
}  // namespace stoker::host::testing
