// The http client against real sockets: what is trusted, what ends a request, what may be asked.
#include "test_call.hpp"
#include "test_peer.hpp"

#include "host/offered/http_client.hpp"

#include <stoker/host.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <fstream>
#include <future>

namespace stoker::host {
namespace {

using namespace std::chrono_literals;
using Then = TestPeer::Then;

const std::string hello = "HTTP/1.1 200 OK\r\nX-Kind: test\r\nContent-Length: 5\r\n\r\nhello";

class HttpClientTest : public ::testing::Test {
 protected:
  Result<HttpAnswer> send(const HttpRequest& request) {
    Call of(&call);
    return stoker::HttpClient(client.table()).send(of, request);
  }
  Result<HttpAnswer> get(const std::string& url, const std::string& ca = {}, std::uint64_t max = 0) {
    HttpRequest request;
    request.url = url;
    request.ca = ca;
    request.answer_bytes_max = max;
    return send(request);
  }
  std::string code(const Result<HttpAnswer>& answer) { return answer ? "answered" : answer.error().code; }
  // What a server with this certificate gets to hear, asked under this host name.
  Result<HttpAnswer> get_tls(const certificates::KeyPair& pair, const std::string& ca,
                             const std::string& host = "127.0.0.1", int newest = 0) {
    TestPeer peer({hello, Then::close, pair, newest});
    auto answer = get(peer.url("https", "/", host), ca);
    server_name = peer.server_name();
    return answer;
  }
  certificates::Authority authority;
  HttpClient client;
  TestCall call;
  std::string server_name;
};

TEST_F(HttpClientTest, GetsAnAnswer) {
  TestPeer peer({hello});
  const auto answer = get(peer.url("http", "/a%20b?c=d"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200u);
  EXPECT_EQ(answer->header("x-kind"), "test");
  EXPECT_EQ(answer->body, "hello");
}

TEST_F(HttpClientTest, SendsMethodTargetHeadersAndBody) {
  TestPeer peer({hello});
  HttpRequest request;
  request.method = "POST";
  request.url = peer.url("http", "/hook?x=1");
  request.headers = {{"X-Token", "t"}};
  ASSERT_TRUE(send(request));
  const std::string heard = peer.heard();
  EXPECT_TRUE(heard.starts_with("POST /hook?x=1 HTTP/1.1\r\n")) << heard;
  EXPECT_NE(heard.find("X-Token: t\r\n"), std::string::npos) << heard;
  EXPECT_NE(heard.find("Host: 127.0.0.1:" + std::to_string(peer.port()) + "\r\n"), std::string::npos) << heard;
  EXPECT_NE(heard.find("Content-Length: 0\r\n"), std::string::npos) << heard;
}

TEST_F(HttpClientTest, AnErrorStatusIsAnAnswer) {
  TestPeer peer({"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"});
  EXPECT_EQ(get(peer.url("http"))->status, 503u);
}

TEST_F(HttpClientTest, ARedirectIsReturnedNotFollowed) {
  TestPeer peer({"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"});
  const auto answer = get(peer.url("http"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302u);
  EXPECT_EQ(answer->header("Location"), "http://127.0.0.1:1/");
}

TEST_F(HttpClientTest, ReadsChunksAndSkipsInterimAnswers) {
  TestPeer peer(
      {"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
       "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"});
  EXPECT_EQ(get(peer.url("http"))->body, "abcde");
}

TEST_F(HttpClientTest, HeadHasNoBody) {
  TestPeer peer({"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"});
  HttpRequest request;
  request.method = "HEAD";
  request.url = peer.url("http");
  const auto answer = send(request);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "");
}

TEST_F(HttpClientTest, TrustsTheAuthorityOfTheCall) {
  const auto answer = get_tls(authority.sign(), authority.pem());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "hello");
}

TEST_F(HttpClientTest, TrustsANameAndSendsIt) {
  const auto answer = get_tls(authority.sign({.names = "DNS:localhost"}), authority.pem(), "localhost");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(server_name, "localhost");
}

TEST_F(HttpClientTest, RefusesAnotherAuthority) {  // pitfalls P31
  const auto answer = get_tls(authority.sign(), certificates::Authority().pem());
  EXPECT_EQ(code(answer), "http.tls");
  EXPECT_TRUE(answer.error() == errc::denied);
}

TEST_F(HttpClientTest, RefusesAnotherName) {  // pitfalls P31
  const auto answer = get_tls(authority.sign({.names = "DNS:other.example"}), authority.pem(), "localhost");
  EXPECT_EQ(code(answer), "http.tls");
  EXPECT_NE(answer.error().message.find("hostname mismatch"), std::string::npos) << answer.error().message;
}

TEST_F(HttpClientTest, RefusesAnotherIp) {  // pitfalls P31
  const auto answer = get_tls(authority.sign({.names = "IP:127.0.0.2"}), authority.pem());
  EXPECT_EQ(code(answer), "http.tls");
  EXPECT_NE(answer.error().message.find("IP address mismatch"), std::string::npos) << answer.error().message;
}

TEST_F(HttpClientTest, RefusesAnIpWrittenAsAName) {
  EXPECT_EQ(code(get_tls(authority.sign({.names = "DNS:127.0.0.1"}), authority.pem())), "http.tls");
}

TEST_F(HttpClientTest, RefusesAnExpiredCertificate) {  // pitfalls P31
  const auto answer = get_tls(authority.sign({.starts_in = -7200, .ends_in = -3600}), authority.pem());
  EXPECT_EQ(code(answer), "http.tls");
  EXPECT_NE(answer.error().message.find("expired"), std::string::npos) << answer.error().message;
}

TEST_F(HttpClientTest, RefusesASelfSignedCertificate) {  // pitfalls P31
  EXPECT_EQ(code(get_tls(certificates::Authority::self_signed(), {})), "http.tls");
  EXPECT_EQ(code(get_tls(certificates::Authority::self_signed(), authority.pem())), "http.tls");
}

TEST_F(HttpClientTest, TrustsASelfSignedCertificateThatTheCallGives) {
  const certificates::KeyPair pair = certificates::Authority::self_signed();
  EXPECT_EQ(code(get_tls(pair, pair.certificate)), "answered");
}

TEST_F(HttpClientTest, AnAuthorityOfTheCallReplacesTheSystems) {
  const std::string file = ::testing::TempDir() + "/stoker-ca-" + std::to_string(getpid()) + ".pem";
  std::ofstream(file) << authority.pem();
  setenv("SSL_CERT_FILE", file.c_str(), 1);
  const std::string by_system = code(get_tls(authority.sign(), {}));
  const std::string by_call = code(get_tls(authority.sign(), certificates::Authority().pem()));
  unsetenv("SSL_CERT_FILE");
  std::remove(file.c_str());
  EXPECT_EQ(by_system, "answered");
  EXPECT_EQ(by_call, "http.tls");
}

TEST_F(HttpClientTest, RefusesOldTls) {
  EXPECT_EQ(code(get_tls(authority.sign(), authority.pem(), "127.0.0.1", TLS1_1_VERSION)), "http.tls");
}

TEST_F(HttpClientTest, AnEmptyTrustTextIsTheCallersMistake) {  // pitfalls P31
  EXPECT_EQ(code(get("https://127.0.0.1:1/", "no certificate")), "http.bad-request");
}

TEST_F(HttpClientTest, NobodyListeningIsRefused) {
  std::string url;
  {
    const TestPeer gone({hello});
    url = gone.url("http");
  }
  const auto answer = get(url);
  EXPECT_EQ(code(answer), "http.refused");
  EXPECT_TRUE(answer.error().retryable);
}

TEST_F(HttpClientTest, NobodyListeningUnderAnyAddressOfANameIsRefused) {
  std::string url;
  {
    const TestPeer gone({hello});
    url = gone.url("http", "/", "localhost");
  }
  EXPECT_EQ(code(get(url)), "http.refused");
}

TEST_F(HttpClientTest, ASilentPeerTimesOut) {
  call.until = std::chrono::steady_clock::now() + 300ms;
  TestPeer peer({"", Then::hold});
  const auto began = std::chrono::steady_clock::now();
  const auto answer = get(peer.url("http"));
  EXPECT_EQ(code(answer), "http.timeout");
  EXPECT_TRUE(answer.error() == errc::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1300ms);
}

TEST_F(HttpClientTest, APeerSilentInTheHandshakeTimesOut) {
  call.until = std::chrono::steady_clock::now() + 300ms;
  TestPeer peer({"", Then::hold});
  EXPECT_EQ(code(get(peer.url("https"), authority.pem())), "http.timeout");
}

TEST_F(HttpClientTest, APeerThatStopsInTheBodyTimesOut) {
  call.until = std::chrono::steady_clock::now() + 300ms;
  TestPeer peer({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal", Then::hold, authority.sign()});
  EXPECT_EQ(code(get(peer.url("https"), authority.pem())), "http.timeout");
}

TEST_F(HttpClientTest, ACancelEndsTheRequestWithinASecond) {
  TestPeer peer({"", Then::hold});
  auto answer = std::async(std::launch::async, [&] { return get(peer.url("http")); });
  call.stop = true;
  ASSERT_EQ(answer.wait_for(1s), std::future_status::ready);
  EXPECT_TRUE(answer.get().error() == errc::cancelled);
}

TEST_F(HttpClientTest, AResetIsSaid) {
  TestPeer peer({"", Then::reset});
  EXPECT_EQ(code(get(peer.url("http"))), "http.reset");
}

TEST_F(HttpClientTest, ACutAnswerIsAReset) {
  TestPeer peer({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal"});
  EXPECT_EQ(code(get(peer.url("http"))), "http.reset");
}

TEST_F(HttpClientTest, ACutTlsAnswerWithoutLengthIsAReset) {  // an attacker can cut a connection, but not sign its end
  TestPeer peer({"HTTP/1.1 200 OK\r\n\r\nhal", Then::close, authority.sign()});
  EXPECT_EQ(code(get(peer.url("https"), authority.pem())), "http.reset");
}

TEST_F(HttpClientTest, AHugeAnswerIsRefused) {
  TestPeer announced({"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n", Then::hold});
  const auto answer = get(announced.url("http"));
  EXPECT_EQ(code(answer), "http.too-large");
  EXPECT_TRUE(answer.error() == errc::exhausted);
  TestPeer unannounced({"HTTP/1.1 200 OK\r\n\r\n" + std::string(1000, 'x')});
  EXPECT_EQ(code(get(unannounced.url("http"), {}, 999)), "http.too-large");
}

TEST_F(HttpClientTest, HugeHeadersAreRefused) {
  TestPeer peer({"HTTP/1.1 200 OK\r\nX: " + std::string(http_header_bytes_max, 'x') + "\r\n\r\n", Then::hold});
  EXPECT_EQ(code(get(peer.url("http"))), "http.too-large");
}

TEST_F(HttpClientTest, WhatIsNoHttpIsABadAnswer) {
  TestPeer peer({"SSH-2.0-OpenSSH_9.2\r\n\r\n"});
  EXPECT_EQ(code(get(peer.url("http"))), "http.bad-answer");
}

TEST_F(HttpClientTest, ANameThatDoesNotExistIsSaid) {
  EXPECT_EQ(code(get("http://no-such-host.invalid/")), "http.dns");
}

class BadUrlTest : public HttpClientTest, public ::testing::WithParamInterface<const char*> {};
TEST_P(BadUrlTest, IsRefused) { EXPECT_EQ(code(get(GetParam())), "http.bad-request"); }
INSTANTIATE_TEST_SUITE_P(Urls, BadUrlTest,
                         ::testing::Values("", "x", "ftp://h/", "http://u:p@h/", "http://u@h/", "http://h:0/",
                                           "http://h:99999/", "http:///p", "http://h/a b", "http://h/\r\nX: y"));

TEST_F(HttpClientTest, RefusesHeaderAndMethodInjection) {
  const auto with = [&](std::string method, std::string header_name, std::string value) {
    HttpRequest request;
    request.method = std::move(method);
    request.url = "http://127.0.0.1:1/";
    request.headers = {{std::move(header_name), std::move(value)}};
    return code(send(request));
  };
  EXPECT_EQ(with("GET", "X", "a\r\nY: b"), "http.bad-request");
  EXPECT_EQ(with("GET", "X\r\nY", "b"), "http.bad-request");
  EXPECT_EQ(with("GET", "", "b"), "http.bad-request");
  EXPECT_EQ(with("GET", "Transfer-Encoding", "chunked"), "http.bad-request");
  EXPECT_EQ(with("GET", "host", "other"), "http.bad-request");
  EXPECT_EQ(with("GET / HTTP/1.1\r\nX:", "X", "b"), "http.bad-request");
  EXPECT_EQ(with("CONNECT", "X", "b"), "http.bad-request");
}

TEST_F(HttpClientTest, MessagesHoldNeitherQueryNorHeaders) {  // pitfalls P71
  HttpRequest request;
  request.url = "http://127.0.0.1:1/path?token=hunter2";
  request.headers = {{"Authorization", "hunter3"}};
  const auto answer = send(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message.find("hunter"), std::string::npos) << answer.error().message;
  EXPECT_NE(answer.error().message.find("GET http://127.0.0.1:1/path"), std::string::npos) << answer.error().message;
}

class BodySinkTest : public HttpClientTest {
 protected:
  // A GET whose body goes there.
  stoker_status get(const std::string& url, stoker_byte_sink body) {
    stoker_http_request request{};
    request.struct_size = sizeof request;
    request.method = str("GET");
    request.url = str(url);
    std::uint32_t status = 0;
    const stoker_http_header_sink headers{nullptr,
                                          [](void*, const stoker_http_header*, std::size_t) { return STOKER_OK; }};
    const stoker_error_sink error{nullptr, [](void*, const stoker_error*, std::size_t) { return STOKER_OK; }};
    return client.table()->send(client.table(), &call, &request, &status, headers, body, error);
  }
};

TEST_F(BodySinkTest, AReceiverThatStopsEndsTheRequest) {
  TestPeer peer({hello});
  const stoker_byte_sink body{nullptr, [](void*, const std::uint8_t*, std::size_t) { return STOKER_E_EXHAUSTED; }};
  EXPECT_EQ(get(peer.url("http"), body), STOKER_E_EXHAUSTED);
}

// pitfalls P35: a body whose next bytes are always there already
TEST_F(BodySinkTest, ADeadlineThatPassesWhileABodyComesEndsTheRequest) {
  TestPeer peer({"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + std::string(60000, 'x')});
  const stoker_byte_sink body{&call, [](void* to, const std::uint8_t*, std::size_t) {
                                static_cast<TestCall*>(to)->until = std::chrono::steady_clock::now();
                                return STOKER_OK;
                              }};
  EXPECT_EQ(get(peer.url("http"), body), STOKER_E_TIMEOUT);
}

}  // namespace
}  // namespace stoker::host
