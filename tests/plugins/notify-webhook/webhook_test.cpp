// The pure parts of notify-webhook: addresses, signature, the meaning of answers.
#include "plugins/notify-webhook/webhook.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using stoker::errc;

const webhook::Endpoint here{"https://hooks.test/token-in-path", "hooks.test"};

stoker::Result<void> judged(unsigned status, std::string retry_after = {}) {
  stoker::HttpAnswer answer{status, {}, {}};
  if (!retry_after.empty()) answer.headers.emplace_back("retry-after", retry_after);
  return webhook::judge(answer, here);
}

TEST(WebhookEndpointTest, HttpsGoesAnywhereAndHttpToLoopbackOnly) {
  for (const char* good : {"https://hooks.test/a?b=c", "https://hooks.test:8443", "http://127.0.0.1:9000/x",
                           "http://localhost/x", "http://[::1]:9000/"})
    EXPECT_TRUE(webhook::endpoint(good, false)) << good;
  for (const char* bad : {"http://hooks.test/", "http://127.0.0.1.hooks.test/", "http://localhost.hooks.test/",
                          "http://[::2]/", "http://127.0.0.1\\@hooks.test/", "http://0x7f000001/"})
    EXPECT_FALSE(webhook::endpoint(bad, false)) << bad;
}

TEST(WebhookEndpointTest, PlainHttpElsewhereHasToBeAskedFor) {
  EXPECT_TRUE(webhook::endpoint("http://hooks.test/", true));
  const auto refused = webhook::endpoint("http://hooks.test/", false);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("allowHttp"), std::string::npos);
}

TEST(WebhookEndpointTest, UserInformationAndOddAddressesAreRefused) {
  for (const char* bad : {"https://user:word@hooks.test/", "ftp://hooks.test/", "hooks.test", "https://", "https:///x",
                          "https://hooks.test/a b", "https://hooks.test/a\r\nX: y"})
    EXPECT_FALSE(webhook::endpoint(bad, true)) << bad;
}

TEST(WebhookEndpointTest, TheHostIsNamedWithoutPortAndPath) {
  EXPECT_EQ(webhook::endpoint("https://hooks.test:8443/token", false)->host, "hooks.test");
  EXPECT_EQ(webhook::endpoint("https://[2001:db8::1]:8443/token", false)->host, "2001:db8::1");
}

TEST(WebhookSignatureTest, IsHmacSha256InHex) {  // RFC 4231, test case 2
  EXPECT_EQ(webhook::signature("Jefe", "what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(WebhookAnswerTest, AnyTwoHundredIsDelivered) {
  EXPECT_TRUE(judged(200));
  EXPECT_TRUE(judged(204));
}

TEST(WebhookAnswerTest, TooManyAndUnavailableComeAgainWhenTheReceiverSays) {
  const auto many = judged(429, "17");
  EXPECT_EQ(many.error().kind, errc::exhausted);
  EXPECT_TRUE(many.error().retryable);
  EXPECT_EQ(many.error().retry_after, 17s);
  const auto away = judged(503, "5");
  EXPECT_EQ(away.error().kind, errc::unreachable);
  EXPECT_EQ(away.error().retry_after, 5s);
}

TEST(WebhookAnswerTest, ARetryAfterIsBoundedAndADateLeavesItToTheHost) {
  EXPECT_EQ(judged(429, "99999999").error().retry_after, 1h);
  EXPECT_EQ(judged(429, "Wed, 21 Oct 2026 07:28:00 GMT").error().retry_after, 0s);
  EXPECT_TRUE(judged(429, "Wed, 21 Oct 2026 07:28:00 GMT").error().retryable);
}

TEST(WebhookAnswerTest, ServerErrorsComeAgainAndRefusalsDoNot) {
  EXPECT_TRUE(judged(500).error().retryable);
  EXPECT_TRUE(judged(502).error().retryable);
  EXPECT_EQ(judged(401).error().kind, errc::denied);
  EXPECT_EQ(judged(404).error().kind, errc::not_found);
  EXPECT_EQ(judged(400).error().kind, errc::invalid);
  EXPECT_FALSE(judged(400).error().retryable);
}

TEST(WebhookAnswerTest, ARedirectIsRefused) {
  EXPECT_EQ(judged(307).error().kind, errc::invalid);
  EXPECT_FALSE(judged(307).error().retryable);
}

TEST(WebhookAnswerTest, MessagesNameTheHostAndNotThePath) {  // pitfalls P71
  const stoker::Error error = judged(500).error();
  EXPECT_EQ(error.message, "webhook: hooks.test answered 500");
  EXPECT_EQ(error.code, "webhook.status-500");
}

}  // namespace
