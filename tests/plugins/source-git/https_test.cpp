// https and http against a real server: TLS, trust, credentials, redirects, and what each refusal is called.
// pitfalls P31 (git part), P80
#include "remote_fixture.hpp"

#include "support/git_servers/https_git_server.hpp"
#include "support/git_servers/ssh_git_server.hpp"

#include <poll.h>

#include <thread>

namespace stoker::git_test {
namespace {

using certificates::Authority;
using certificates::KeyPair;
using git_servers::Asked;
using git_servers::HttpsGitServer;
using git_servers::HttpsWish;
using git_servers::TlsVersions;

class HttpsTest : public RemoteFixture {
 protected:
  static std::string trusting(const HttpsGitServer& server, const std::string& more = "") {
    return settings_for(server.url(""),
                        "\"ca\": " + quoted(server.authority().pem()) + (more.empty() ? "" : ", " + more));
  }
  static std::string by_token(const std::string& token) { return "\"auth\": " + object({{"token", token}}); }
};

TEST_P(HttpsTest, ListsAndFetchesInEachVersionOfTls) {
  const std::pair<TlsVersions, const char*> cases[] = {{TlsVersions::only_1_2, "TLSv1.2"},
                                                       {TlsVersions::only_1_3, "TLSv1.3"}};
  for (const auto& [versions, name] : cases) {
    HttpsGitServer server(root, {.versions = versions});
    create(server.url("repo"), trusting(server));
    EXPECT_EQ(seen(), now()) << why() << server.log();
    EXPECT_EQ(server.asked().at(0).tls_version, name);
    fs::remove_all(root / "state");
  }
}

TEST_P(HttpsTest, OneListingAnswersAllRefs) {
  HttpsGitServer server(root);
  create(server.url("repo"), trusting(server));
  ASSERT_EQ(resolve({"main", "v1.0.0", "v1.*", "HEAD"}), STOKER_OK) << why();
  for (const Resolved& one : resolved.items) EXPECT_EQ(one.revision, second);
  EXPECT_EQ(server.asked().size(), 2u) << "what the server can, then the refs";
}

TEST_P(HttpsTest, AnOlderTlsIsRefused) {
  HttpsGitServer server(root, {.versions = TlsVersions::only_1_1});
  create(server.url("repo"), trusting(server));
  EXPECT_EQ(seen(), "git.tls") << why();
}

// pitfalls P31, P80
TEST_P(HttpsTest, EveryDefectOfACertificateIsRefusedByItsOwnName) {
  const Authority authority;
  const std::pair<KeyPair, const char*> cases[] = {
      {authority.sign({.names = "IP:127.0.0.1", .starts_in = -7200, .ends_in = -3600}), "git.tls-expired"},
      {authority.sign({.names = "IP:127.0.0.1", .starts_in = 3600, .ends_in = 7200}), "git.tls-expired"},
      {authority.sign({.names = "DNS:localhost"}), "git.tls-name"},
      {authority.sign({.names = "IP:127.0.0.2"}), "git.tls-name"},
      {Authority().sign(), "git.tls-unknown-authority"},
      {Authority::self_signed(), "git.tls-unknown-authority"}};
  for (const auto& [certificate, wanted] : cases) {
    HttpsGitServer server(root, authority, {.certificate = certificate, .accounts = {{"x-access-token", "canary"}}});
    create(server.url("repo"), trusting(server, by_token("canary")));
    EXPECT_EQ(seen(), wanted) << why();
    EXPECT_TRUE(server.asked().empty()) << "something was sent";
  }
}

TEST_P(HttpsTest, APrivateAuthorityIsTrustedForItsPrefixAlone) {
  HttpsGitServer server(root);
  create(server.url("repo"), "{}");
  EXPECT_EQ(seen(), "git.tls-unknown-authority") << why();
  create(server.url("repo"), settings_for(server.url("other"), "\"ca\": " + quoted(server.authority().pem())));
  EXPECT_EQ(seen(), "git.tls-unknown-authority") << why();
  create(server.url("repo", "localhost"),
         settings_for(server.url("", "localhost"), "\"ca\": " + quoted(server.authority().pem())));
  EXPECT_EQ(seen(), now()) << why();
}

TEST_P(HttpsTest, ATrustTextWithoutACertificateIsTheUsersMistake) {
  create("https://127.0.0.1:1/repo", settings_for("https://127.0.0.1:1", R"("ca": "not a certificate")"));
  EXPECT_EQ(seen(), "git.ca-invalid") << why();
  const KeyPair one = Authority::self_signed(), another = Authority::self_signed();
  create("https://127.0.0.1:1/repo",
         settings_for("https://127.0.0.1:1",
                      "\"clientCertificate\": " + object({{"certificate", one.certificate}, {"key", another.key}})));
  EXPECT_EQ(seen(), "git.client-certificate-invalid") << why();
}

TEST_P(HttpsTest, AClientCertificateIsShownWhereItIsDemanded) {
  HttpsGitServer server(root, {.demands_client_certificate = true});
  create(server.url("repo"), trusting(server));
  EXPECT_EQ(seen(), "git.bad-request") << why();
  const KeyPair own = server.authority().sign({.names = "DNS:agent"});
  create(server.url("repo"),
         trusting(server, "\"clientCertificate\": " + object({{"certificate", own.certificate}, {"key", own.key}})));
  EXPECT_EQ(seen(), now()) << why() << server.log();
  EXPECT_FALSE(server.asked().back().client_name.empty());
}

TEST_P(HttpsTest, ATokenAndAPasswordOpenWhatIsForAccounts) {
  HttpsGitServer server(root, {.accounts = {{"someone", "a word"}, {"x-access-token", "t0ken"}}});
  create(server.url("repo"), trusting(server));
  EXPECT_EQ(seen(), "git.credentials-missing") << why();
  create(server.url("repo"), trusting(server, by_token("wr0ng")));
  EXPECT_EQ(seen(), "git.credentials-refused") << why();
  create(server.url("repo"), trusting(server, by_token("t0ken")));
  EXPECT_EQ(seen(), now()) << why();
  EXPECT_EQ(server.asked().back().authorization, "Basic " + base64("x-access-token:t0ken"));
  create(server.url("repo"),
         trusting(server, "\"auth\": " + object({{"username", "someone"}, {"password", "a word"}})));
  EXPECT_EQ(seen(), now()) << why();
}

TEST_P(HttpsTest, WhatTheSyncSaysComesBeforeWhatThePrefixSays) {
  HttpsGitServer server(root, {.accounts = {{"x-access-token", "t0ken"}}});
  create(server.url("repo"), trusting(server, by_token("wr0ng")), object({{"token", "t0ken"}}));
  EXPECT_EQ(seen(), now()) << why();
}

TEST_P(HttpsTest, AKeyBesideATokenIsNotUsedAndThatIsSaid) {
  git_servers::PrivateFolder folder("key");
  git_servers::make_key(folder / "key", git_servers::KeyType::ed25519);
  HttpsGitServer server(root, {.accounts = {{"x-access-token", "t0ken"}}});
  create(server.url("repo"), trusting(server),
         object({{"token", "t0ken"}, {"sshKey", git_servers::text_of(folder / "key")}}));
  EXPECT_EQ(seen(), now()) << why();
  EXPECT_TRUE(host.log.says("an ssh key is configured but not used"));
}

// pitfalls P29
TEST_P(HttpsTest, CredentialsAreNeverSentInTheClear) {
  HttpsGitServer server(root, {.versions = TlsVersions::none});
  create(server.url("repo"));
  EXPECT_EQ(seen(), now()) << why() << server.log();
  const std::size_t before = server.asked().size();
  create(server.url("repo"), "{}", object({{"token", "canary"}}));
  EXPECT_EQ(seen(), "git.credentials-in-clear") << why();
  create(server.url("repo"), settings_for(server.url(""), by_token("canary")));
  EXPECT_EQ(seen(), "git.credentials-in-clear") << why();
  EXPECT_EQ(server.asked().size(), before);
}

// pitfalls P29
TEST_P(HttpsTest, CredentialsGoToTheHostThatTheyAreForAndToNoOther) {
  HttpsGitServer server(root), other(root);
  const std::string port = server.url("").substr(0, server.url("").size() - 1);
  for (const std::string& prefix :
       {other.url(""), server.url("rep"), server.url("repo/x"), port.substr(0, port.size() - 1),
        server.url("", "localhost"), std::string("http") + server.url("").substr(5)}) {
    create(server.url("repo"), R"({"repositories": [{"prefix": )" + quoted(server.url("")) + ", \"ca\": " +
                                   quoted(server.authority().pem()) + R"(}, {"prefix": )" + quoted(prefix) +
                                   ", \"ca\": " + quoted(server.authority().pem()) + ", " + by_token("canary") + "}]}");
    EXPECT_EQ(seen(), now()) << prefix << why();
  }
  for (const Asked& asked : server.asked()) EXPECT_EQ(asked.authorization, "") << asked.path;
}

TEST_P(HttpsTest, ARedirectIsFollowedOnTheSameServerAlone) {
  HttpsGitServer other(root, {.accounts = {{"x-access-token", "canary"}}});
  HttpsGitServer plain(root, {.versions = TlsVersions::none});
  HttpsGitServer server(root, other.authority(), {.elsewhere = other.url("")});
  HttpsGitServer downgrade(root, other.authority(), {.elsewhere = plain.url("")});
  const auto open_at = [&](HttpsGitServer& at, const std::string& path) {
    create(at.url(path), trusting(at, by_token("canary")));
    return seen();
  };
  EXPECT_EQ(open_at(server, "moved/here/repo"), now()) << why();
  EXPECT_EQ(open_at(server, "moved/path/repo"), now()) << why();
  EXPECT_EQ(open_at(server, "moved/round/repo"), "git.redirect-refused") << why();
  EXPECT_EQ(open_at(server, "moved/away/repo"), "git.redirect-refused") << why();
  EXPECT_NE(why().find(other.url("repo")), std::string::npos) << why();
  EXPECT_EQ(open_at(downgrade, "moved/away/repo"), "git.redirect-refused") << why();
  EXPECT_TRUE(other.asked().empty());
  EXPECT_TRUE(plain.asked().empty());
}

TEST_P(HttpsTest, EveryRefusalHasItsOwnName) {
  HttpsGitServer server(root);
  const std::pair<const char*, const char*> cases[] = {
      {"status/401/repo", "git.credentials-missing"},  {"status/403/repo", "git.forbidden"},
      {"status/404/repo", "git.repository-not-found"}, {"none", "git.repository-not-found"},
      {"status/500/repo", "git.server-error"},         {"status/503/repo", "git.server-error"}};
  for (const auto& [path, wanted] : cases) {
    create(server.url(path), trusting(server));
    EXPECT_EQ(seen(), wanted) << path << why();
  }
}

// pitfalls P61
TEST_P(HttpsTest, AServerThatAsksForQuietIsLeftAlone) {
  HttpsGitServer server(root);
  create(server.url("status/429/repo"), trusting(server));
  EXPECT_EQ(seen(), "git.rate-limited") << why();
  EXPECT_EQ(call.error()->retry_after, std::chrono::seconds(git_servers::retry_after_seconds));
  EXPECT_EQ(open(second), STOKER_E_EXHAUSTED);
  EXPECT_EQ(seen(), "git.rate-limited") << why();
  EXPECT_EQ(server.asked().size(), 1u);
}

TEST_P(HttpsTest, AServerThatIsAwayOrUnknownIsNamed) {
  HttpsGitServer server(root);
  create(server.url("repo"), trusting(server));
  server.stop();
  EXPECT_EQ(seen(), "git.connection-refused") << why();
  EXPECT_EQ(call.error()->kind, errc::unreachable);
  server.start();
  EXPECT_EQ(seen(), now()) << why();
  create("https://no-such-host.invalid/repo");
  EXPECT_EQ(seen(), "git.dns") << why();
}

TEST_P(HttpsTest, AnAnswerThatIsNoRepositoryIsSaid) {
  HttpsGitServer server(root, {.versions = TlsVersions::none});
  HttpsGitServer tls(root);
  create(std::string("https") + server.url("repo").substr(4));
  EXPECT_EQ(seen(), "git.tls") << why();
  create(std::string("http") + tls.url("repo").substr(5));
  EXPECT_EQ(seen(), "git.bad-request") << why();
}

// pitfalls P65
TEST_P(HttpsTest, ARevisionNoRefHasIsFetchedByIdWhereTheServerAllowsIt) {
  HttpsGitServer server(root, {.settings = {{"uploadpack.allowAnySHA1InWant", "true"}}});
  HttpsGitServer strict(root, {.settings = {{"uploadpack.allowAnySHA1InWant", "false"}}});
  git("reset -q --hard " + first);
  git("tag -d v1.0.0");
  create(server.url("repo"), trusting(server));
  EXPECT_EQ(content(second, "f"), "2");
  create(strict.url("repo"), trusting(strict));
  EXPECT_EQ(content(first, "f"), "1");
  // Servers of version 2 deliver every object that they have, whatever they are told to allow.
  EXPECT_EQ(open(second), by_program() ? STOKER_OK : STOKER_E_NOT_FOUND) << why();
  EXPECT_EQ(open(std::string(40, 'a')), STOKER_E_NOT_FOUND) << why();
  EXPECT_EQ(code(), "git.revision-not-found");
}

TEST_P(HttpsTest, AFetchOfManyCommitsTakesUpWhatIsHereAlready) {
  HttpsGitServer server(root);
  create(server.url("repo"), trusting(server));
  ASSERT_EQ(seen(), now()) << why();
  for (int i = 0; i < 40; ++i) {
    write("f", std::to_string(i));
    second = commit();
  }
  EXPECT_EQ(seen(), "main: " + second + ", f: 39") << why();
}

// pitfalls P29, P71
TEST_P(HttpsTest, ATokenIsFoundNowhere) {
  HttpsGitServer server(root, {.accounts = {{"x-access-token", "canary-t0ken"}}});
  create(server.url("repo"), trusting(server), object({{"token", "canary-t0ken"}}));
  ASSERT_EQ(seen(), now()) << why();
  for (const char* path : {"none", "status/403/repo", "moved/round/repo"}) {
    create(server.url(path), trusting(server), object({{"token", "canary-t0ken"}}));
    seen();
    EXPECT_FALSE(is_told("canary-t0ken")) << why();
    EXPECT_FALSE(is_told(base64("x-access-token:canary-t0ken"))) << why();
  }
}

// What an HTTP proxy does for https, and nothing else: one way at a time, each asked for by CONNECT.
class ConnectProxy {
 public:
  ConnectProxy() {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address_), size);
    ::listen(listener_, 8);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size);
    work_ = std::thread([this] {
      for (int client; (client = ::accept(listener_, nullptr, nullptr)) >= 0;) {
        serve(client);
        ::close(client);
      }
    });
  }
  ~ConnectProxy() {
    ::shutdown(listener_, SHUT_RDWR);
    work_.join();
    ::close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }
  std::string heads() const { return heads_; }  // once its clients have ended

 private:
  void serve(int client) {
    std::string head;
    for (char c; !head.ends_with("\r\n\r\n") && ::recv(client, &c, 1, 0) == 1;) head += c;
    heads_ += head;
    sockaddr_in there = address_;
    const auto port = head.find("127.0.0.1:");
    if (!head.starts_with("CONNECT ") || port == head.npos) return;
    there.sin_port = htons(static_cast<std::uint16_t>(std::stoi(head.substr(port + 10))));
    const int server = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(server, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0) {
      ::send(client, "HTTP/1.1 200 OK\r\n\r\n", 19, MSG_NOSIGNAL);
      while (passes(client, server)) continue;
    }
    ::close(server);
  }
  static bool passes(int one, int other) {
    pollfd both[] = {{one, POLLIN, 0}, {other, POLLIN, 0}};
    ::poll(both, 2, 10000);
    char bytes[4096];
    const bool from_one = both[0].revents != 0;
    const ssize_t got = ::recv(from_one ? one : other, bytes, sizeof bytes, 0);
    return got > 0 && ::send(from_one ? other : one, bytes, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
  }
  int listener_ = -1;
  sockaddr_in address_{};
  std::string heads_;
  std::thread work_;
};

TEST_P(HttpsTest, AProxyIsAskedForTheWayAndSeesNoCredentials) {
  HttpsGitServer server(root, {.accounts = {{"x-access-token", "t0ken"}}});
  ConnectProxy proxy;
  create(server.url("repo"), trusting(server, "\"proxy\": " + quoted(proxy.url()) + ", " + by_token("t0ken")));
  EXPECT_EQ(seen(), now()) << why();
  EXPECT_TRUE(proxy.heads().starts_with("CONNECT 127.0.0.1:")) << proxy.heads();
  EXPECT_EQ(proxy.heads().find("uthorization"), std::string::npos) << proxy.heads();
  server.stop();
  EXPECT_EQ(seen(), "git.connection-lost") << why();
}

// cases C13
TEST_P(HttpsTest, APrefixThatNearlyFitsIsNamedWhereItIsMissed) {
  HttpsGitServer server(root);
  const std::string ca = "\"ca\": " + quoted(server.authority().pem()), url = server.url("repo");
  const auto said = [&](const std::string& prefix) {
    EXPECT_EQ(create(url, settings_for(prefix, ca)), STOKER_OK);
    EXPECT_NE(resolve({"main"}), STOKER_OK) << prefix;
    return why();
  };
  const auto has = [](const std::string& text, std::string_view words) { return text.find(words) != text.npos; };
  const std::string half = server.url("re");
  EXPECT_TRUE(has(said(half), half + " ends within a part of the path")) << why();
  EXPECT_EQ(code(), "git.tls-unknown-authority");
  EXPECT_TRUE(has(said("http" + server.url("").substr(5)), " is for another scheme")) << why();
  EXPECT_TRUE(has(said("https://127.0.0.1:1/repo"), "https://127.0.0.1:1/repo is for port 1")) << why();
  EXPECT_FALSE(has(said("https://elsewhere.example"), "settings.repositories")) << why();
  EXPECT_TRUE(has(said("127.0.0.1:8443/team"), "write it with its scheme: https://127.0.0.1:8443/team")) << why();
  EXPECT_TRUE(has(said("localhost"), "write it with its scheme: https://localhost")) << why();
  create(url, settings_for(url, ca));
  EXPECT_EQ(seen(), now()) << why();
}

INSTANTIATE_TEST_SUITE_P(Backend, HttpsTest, backends, backend_name);

}  // namespace
}  // namespace stoker::git_test
