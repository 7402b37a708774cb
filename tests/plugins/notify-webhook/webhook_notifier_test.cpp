// notify-webhook as the host has it: the built library, through its C table, with a fake host that records requests.
#include "plugins/notify-webhook/webhook.hpp"

#include <stoker/abi/notifier.h>
#include <stoker/testing/fake_host.hpp>

#include <dlfcn.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using stoker::testing::FakeCall;
using stoker::testing::FakeHost;

constexpr std::string_view applied = R"({"format":1,"id":"r1","sync":"line-a","target":"press-1","outcome":"applied"})";

class WebhookNotifierTest : public ::testing::Test {
 protected:
  WebhookNotifierTest() {
    void* library = dlopen(STOKER_PLUGIN_DIR "/notify-webhook.so", RTLD_NOW | RTLD_LOCAL);
    if (!library) throw std::runtime_error(dlerror());
    const auto* plugin = static_cast<const stoker_plugin*>(dlsym(library, "stoker_plugin_entry"));
    table = static_cast<const stoker_notifier_v1*>(plugin->query(stoker::str(STOKER_NOTIFIER_ID)));
  }
  ~WebhookNotifierTest() override {
    if (notifier) table->destroy(notifier);
  }
  stoker_status create(std::string_view more = {}, std::string_view url = "https://hooks.test/in?k=v") {
    const std::string config = R"({"settings": {"url": ")" + std::string(url) +
                               R"(", "allowHttp": false, "on": ["applied", "failed", "reverted"], "timeout": "10s")" +
                               std::string(more) + R"(}, "use": {}, "state": "/nowhere"})";
    return table->create(host.raw(), call.raw(), stoker::str(config), &notifier);
  }
  stoker_status notify(std::string_view report, std::string_view key = "line-a/press-1/r1") {
    return table->notify(notifier, call.raw(), stoker::str(key), stoker::str(report));
  }
  std::string header(std::string_view name) const {
    return std::string(stoker::HttpAnswer{0, host.http.requests().at(0).headers, {}}.header(name));
  }

  FakeHost host;
  FakeCall call;
  const stoker_notifier_v1* table = nullptr;
  stoker_notifier* notifier = nullptr;
};

TEST_F(WebhookNotifierTest, PostsTheReportAsItStandsUnderItsKey) {
  ASSERT_EQ(create(), STOKER_OK);
  host.http.answer({204, {}, {}});
  ASSERT_EQ(notify(applied), STOKER_OK);
  const auto request = host.http.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://hooks.test/in?k=v");
  EXPECT_EQ(request.body, applied);
  EXPECT_EQ(header("Content-Type"), "application/json");
  EXPECT_EQ(header("Idempotency-Key"), "line-a/press-1/r1");
  EXPECT_EQ(header("X-Stoker-Event"), "applied");
  EXPECT_EQ(header("X-Stoker-Signature-256"), "");
}

TEST_F(WebhookNotifierTest, SignsTheBodyWhenThereIsASecret) {
  ASSERT_EQ(create(R"(, "secret": "sesame")"), STOKER_OK);
  host.http.answer({200, {}, {}});
  ASSERT_EQ(notify(applied), STOKER_OK);
  EXPECT_EQ(header("X-Stoker-Signature-256"), webhook::signature("sesame", applied));
}

TEST_F(WebhookNotifierTest, AnOutcomeThatIsNotAskedForIsNotSent) {
  ASSERT_EQ(create(), STOKER_OK);
  EXPECT_EQ(notify(R"({"outcome": "unchanged"})"), STOKER_OK);
  EXPECT_TRUE(host.http.requests().empty());
}

TEST_F(WebhookNotifierTest, ASecondAttemptCarriesTheSameKey) {  // pitfalls P68
  ASSERT_EQ(create(), STOKER_OK);
  host.http.answer({503, {{"Retry-After", "3"}}, {}});
  host.http.answer({200, {}, {}});
  EXPECT_EQ(notify(applied, "key-1"), STOKER_E_UNREACHABLE);
  EXPECT_TRUE(call.error()->retryable);
  EXPECT_EQ(call.error()->retry_after, 3s);
  EXPECT_EQ(notify(applied, "key-1"), STOKER_OK);
  EXPECT_EQ(host.http.requests().at(0).headers, host.http.requests().at(1).headers);
}

TEST_F(WebhookNotifierTest, AReceiverThatIsNotThereIsRetryable) {
  ASSERT_EQ(create(), STOKER_OK);
  host.http.fail(stoker::Error(stoker::errc::unreachable, "connection refused", "http.refused"));
  EXPECT_EQ(notify(applied), STOKER_E_UNREACHABLE);
  EXPECT_TRUE(call.error()->retryable);
  EXPECT_EQ(call.error()->message, "webhook: hooks.test: connection refused");
}

TEST_F(WebhookNotifierTest, ASilentReceiverCostsItsOwnTimeoutAndNoMore) {  // pitfalls P71
  ASSERT_EQ(create(R"(, "timeout": "0")"), STOKER_OK);
  EXPECT_EQ(notify(applied), STOKER_E_TIMEOUT);
  EXPECT_TRUE(call.error()->retryable);
}

TEST_F(WebhookNotifierTest, ACancelReachesTheRequest) {
  ASSERT_EQ(create(), STOKER_OK);
  call.cancel();
  EXPECT_EQ(notify(applied), STOKER_E_CANCELLED);
}

TEST_F(WebhookNotifierTest, TheCertificatesOfTheSettingsAreTheOnesTrusted) {
  ASSERT_EQ(create(R"(, "ca": "PEM")"), STOKER_OK);
  host.http.answer({200, {}, {}});
  ASSERT_EQ(notify(applied), STOKER_OK);
  EXPECT_EQ(host.http.requests().at(0).ca, "PEM");
}

TEST_F(WebhookNotifierTest, AnAddressThatWouldLeakIsRefusedAtCreation) {
  EXPECT_NE(create({}, "http://hooks.test/"), STOKER_OK);
  EXPECT_NE(call.error()->message.find("settings.url"), std::string::npos);
  EXPECT_EQ(notifier, nullptr);
}

TEST_F(WebhookNotifierTest, NeitherSecretNorPathIsSaidAnywhere) {  // pitfalls P71
  ASSERT_EQ(create(R"(, "secret": "sesame")", "https://hooks.test/canary-path"), STOKER_OK);
  host.http.answer({500, {}, {}});
  EXPECT_EQ(notify(applied), STOKER_E_UNREACHABLE);
  EXPECT_EQ(call.error()->message.find("canary"), std::string::npos);
  EXPECT_EQ(call.error()->message.find("sesame"), std::string::npos);
  EXPECT_FALSE(host.log.says("canary"));
  EXPECT_FALSE(host.log.says("sesame"));
}

TEST_F(WebhookNotifierTest, AReportWithoutAnOutcomeIsRefused) {
  ASSERT_EQ(create(), STOKER_OK);
  EXPECT_EQ(notify("{}"), STOKER_E_INVALID);
  EXPECT_EQ(notify("{"), STOKER_E_INVALID);
}

}  // namespace
