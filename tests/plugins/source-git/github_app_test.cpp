// A GitHub App: its key becomes a token at a server that was allowed, the token opens the repository, and a hostile
// server of tokens costs a deadline and gets nothing.
// pitfalls P26
#include "remote_fixture.hpp"

#include "support/git_servers/github_api.hpp"
#include "support/git_servers/https_git_server.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>

namespace stoker::git_test {
namespace {

using git_servers::GithubApi;
using git_servers::HttpsGitServer;
using git_servers::HttpsResponder;
using git_servers::installation_token;
using git_servers::pem_of;

std::string from_base64_url(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  const std::size_t filled = (4 - text.size() % 4) % 4;
  text.append(filled, '=');
  std::string bytes(text.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  bytes.resize(bytes.size() - filled);
  return bytes;
}

// What a bearer of the key says: "<head> <claims>", or why it is not believed.
std::string proven(const std::string& authorization, const std::shared_ptr<EVP_PKEY>& key) {
  if (!authorization.starts_with("Bearer ")) return "no bearer: " + authorization;
  const std::string token = authorization.substr(7);
  const auto first = token.find('.'), second = token.rfind('.');
  const std::string said = token.substr(0, second), signature = from_base64_url(token.substr(second + 1));
  const std::shared_ptr<EVP_MD_CTX> check(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestVerifyInit(check.get(), nullptr, EVP_sha256(), nullptr, key.get());
  if (EVP_DigestVerify(check.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                       reinterpret_cast<const unsigned char*>(said.data()), said.size()) != 1)
    return "not signed by the key";
  return from_base64_url(token.substr(0, first)) + " " + from_base64_url(token.substr(first + 1, second - first - 1));
}

class GithubAppTest : public RemoteFixture {
 protected:
  GithubAppTest()
      : server(root, {.accounts = {{"x-access-token", "canary-token"}}}),
        api(server.authority(), installation_token("canary-token")) {}

  std::string auth(const std::string& url, const std::string& private_key) const {
    return R"({"githubApp": {"appId": 12, "installationId": 34, "privateKey": )" + quoted(private_key) +
           (url.empty() ? "" : R"(, "apiBaseURL": )" + quoted(url)) + "}}";
  }
  stoker_status create_with(const std::string& app, const std::string& more = {}) {
    const std::string allowed = api.origin().substr(8), ca = R"(, "ca": )" + quoted(server.authority().pem());
    return create(server.url("repo"),
                  R"({"githubApiHosts": [")" + allowed + R"("], "repositories": [{"prefix": )" +
                      quoted(server.url("")) + ca + R"(}, {"prefix": )" + quoted(api.origin()) + ca + "}]" + more + "}",
                  app);
  }

  HttpsGitServer server;
  GithubApi api;
  const std::shared_ptr<EVP_PKEY> key = api.key();
  const std::string pem = pem_of(key);
};

TEST_P(GithubAppTest, ItsKeyBecomesATokenThatOpensTheRepository) {
  for (const bool pkcs1 : {true, false}) {
    create_with(auth(api.origin() + "/api/v3/", pem_of(key, pkcs1)));
    EXPECT_EQ(seen(), now()) << why();
  }
  ASSERT_EQ(api.asked().size(), 2u) << "one exchange for each source, however much it asks";
  const HttpsResponder::Request asked = api.asked().front();
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.target, "/api/v3/app/installations/34/access_tokens");
  const std::string said = proven(asked.headers.at("authorization"), key);
  EXPECT_NE(said.find(R"({"alg":"RS256","typ":"JWT"})"), std::string::npos) << said;
  EXPECT_NE(said.find(R"("iss":"12")"), std::string::npos) << said;
  const auto number = [&](const char* name) { return std::stoll(said.substr(said.find(name) + 6)); };
  EXPECT_LE(number("\"iat\""), std::time(nullptr) - 60);
  EXPECT_EQ(number("\"exp\"") - number("\"iat\""), 600);
  EXPECT_FALSE(is_told("canary-token"));
  EXPECT_FALSE(is_told(pem.substr(100, 40)));
}

TEST_P(GithubAppTest, ATokenIsChangedFiveMinutesBeforeItsEndAndWhenItIsRefused) {
  api.answer(installation_token("canary-token", std::chrono::seconds(290)));
  create_with(auth(api.origin(), pem));
  EXPECT_EQ(seen(), now()) << why();
  const std::size_t requests = server.asked().size();
  EXPECT_EQ(api.asked().size(), requests) << "one too short for use is made for each request";
  api.answer(installation_token("revoked"));
  create_with(auth(api.origin(), pem));
  EXPECT_EQ(seen(), "git.credentials-refused") << why();
  api.answer(installation_token("canary-token"));
  EXPECT_EQ(seen(), now()) << why();
}

// pitfalls P26
TEST_P(GithubAppTest, OnlyServersThatTheMachineAllowsAreAsked) {
  const std::pair<std::string, const char*> refused[] = {
      {"http://" + api.origin().substr(8), "git.github-app-invalid"},
      {"https://localhost:" + std::to_string(api.port()), "git.github-host"},
      {"https://169.254.169.254", "git.github-host"},
      {"https://api.github.com.evil.example", "git.github-host"},
      {"https://api.github.com:444", "git.github-host"},
      {"https://canary@" + api.origin().substr(8), "git.credentials-in-url"},
      {"file:///etc/passwd", "git.file-not-allowed"}};
  for (const auto& [url, wanted] : refused) {
    create_with(auth(url, pem));
    EXPECT_EQ(seen(), wanted) << url << " " << why();
    EXPECT_FALSE(is_told("canary")) << why();
  }
  EXPECT_TRUE(api.asked().empty());
  EXPECT_TRUE(server.asked().empty());
}

// pitfalls P26
TEST_P(GithubAppTest, AHostileServerOfTokensIsNotFollowedNotEchoedAndNotWaitedFor) {
  const std::pair<GithubApi::Answer, const char*> acts[] = {
      {{.status = 302, .headers = "Location: https://127.0.0.1:1/canary\r\n"}, "git.redirect-refused"},
      {{.status = 307, .headers = "Location: /canary\r\n"}, "git.redirect-refused"},
      {{.status = 401, .body = "canary"}, "git.github-app-refused"},
      {{.status = 404, .body = "canary"}, "git.github-app-refused"},
      {{.status = 403, .body = "canary"}, "git.github-app-refused"},
      {{.status = 429, .body = "canary", .headers = "Retry-After: 1\r\n"}, "git.rate-limited"},
      {{.status = 500, .body = "canary"}, "git.server-error"},
      {{.status = 201, .body = "canary"}, "git.github-answer"},
      {{.status = 201, .body = R"({"token": "canary\r\nX: y", "expires_at": "2099-01-01T00:00:00Z"})"},
       "git.github-answer"},
      {{.status = 201, .body = R"({"token": "canary", "expires_at": "soon"})"}, "git.github-answer"},
      {{.status = 201, .body = std::string(4096, 'c'), .endless = true}, "git.answer-too-large"},
      {{.silent = true}, "git.timeout"}};
  std::size_t requests = 0;
  for (const auto& [act, wanted] : acts) {
    api.answer(act);
    create_with(auth(api.origin(), pem), R"(, "resolveTimeout": "1s")");
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(seen(), wanted) << why();
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2)) << wanted;
    EXPECT_FALSE(is_told("canary")) << why();
    EXPECT_EQ(api.asked().size(), ++requests) << wanted << ": followed, or asked again";
  }
  EXPECT_TRUE(server.asked().empty()) << "no repository is asked without the token";
}

TEST_P(GithubAppTest, WhatCannotBeItsKeyIsSaidBeforeAnybodyIsAsked) {
  const std::shared_ptr<EVP_PKEY> other(EVP_EC_gen("P-256"), EVP_PKEY_free);
  for (const std::string& text : {std::string("canary"), pem_of(other), pem.substr(0, 200)}) {
    create_with(auth(api.origin(), text));
    EXPECT_EQ(seen(), "git.github-app-invalid") << why();
    EXPECT_FALSE(is_told("canary"));
  }
  EXPECT_TRUE(api.asked().empty());
}

TEST_P(GithubAppTest, ATokenThatIsGivenTooComesFirst) {
  const std::string both = auth(api.origin(), pem);
  create_with(R"({"token": "canary-token", )" + both.substr(1));
  EXPECT_EQ(seen(), now()) << why();
  EXPECT_TRUE(api.asked().empty());
  EXPECT_TRUE(host.log.says("githubApp is configured but not used"));
}

INSTANTIATE_TEST_SUITE_P(Backend, GithubAppTest, backends, backend_name);

}  // namespace
}  // namespace stoker::git_test
