// The program before Git servers that want to know who asks: with a token, an ssh key under a passphrase, or a GitHub
// App. Each secret is read from the file that the Sync names, taken up anew when it changes, and told nowhere.
#include "secret_plant.hpp"

#include "support/git_servers/github_api.hpp"
#include "support/git_servers/https_git_server.hpp"
#include "support/git_servers/ssh_git_server.hpp"

#include <algorithm>

namespace plant {
namespace {

using git_servers::GithubApi;
using git_servers::HttpsGitServer;
using git_servers::SshGitServer;
using Places = std::vector<std::string>;

constexpr const char* by_token = "    auth: {token: {secretRef: {name: line-a, key: token}}}\n";

class GitAuthTest : public SecretPlant, public testing::WithParamInterface<const char*> {
 protected:
  GitAuthTest() { revision = repository_.commit("first"); }
  void write_config_for(const HttpsGitServer& server) {
    write_config_with(
        {{"backend", GetParam()}, {"repositories", {{{"prefix", server.url("")}, {"ca", server.authority().pem()}}}}});
  }
  bool applied() {
    return eventually("the revision", [&] { return runs_verified(revision); });
  }
  // What the server was shown, after the word that says what it is.
  static std::string login_at(const HttpsGitServer& server) {
    std::string login;
    for (const git_servers::Asked& asked : server.asked())
      if (asked.authorization.starts_with("Basic ")) login = asked.authorization.substr(6);
    return login;
  }
  void expect_told_nowhere(const std::string& secret) {
    ASSERT_GE(secret.size(), 12U) << "too short to be looked for";
    EXPECT_EQ(places_of(secret), Places()) << secret;
  }
  // Of a key as a text, within one of its lines, and not the first: that looks alike in all.
  static std::string middle_of(const std::string& key) { return key.substr(key.find('\n', key.size() / 2) + 1, 40); }

  std::string revision;
};

// pitfalls P29, P31
TEST_P(GitAuthTest, ATokenIsReadFromItsFileTakenUpAnewWhenItChangesAndToldNowhere) {
  HttpsGitServer server(folder_, {.accounts = {{"x-access-token", "canary-right"}}});
  keep("token", "canary-wrong\n");
  write_config_for(server);
  write_sync_of(server.url("repository"), by_token);
  start();
  ASSERT_TRUE(eventually("a refusal", [&] { return log_count("the credentials are refused") > 0; }));
  const std::string wrong_login = login_at(server);
  expect_told_nowhere("canary-wrong");
  keep("token", "canary-right\n");
  ASSERT_TRUE(applied());
  for (const std::string& secret :
       {std::string("canary-right"), std::string("canary-wrong"), wrong_login, login_at(server)})
    expect_told_nowhere(secret);
}

// pitfalls P29
TEST_P(GitAuthTest, AnSshKeyAndItsPassphraseAreToldNowhere) {
  SshGitServer server(folder_, {.passphrase = "canary-passphrase"});
  keep("ssh", server.user_key_text());
  keep("known_hosts", server.known_hosts());
  keep("passphrase", "canary-mistyped\n");
  write_config_with({{"backend", GetParam()}});
  write_sync_of(server.url("repository"),
                "    auth:\n      sshKey:\n        secretRef: {name: line-a, key: ssh}\n"
                "        knownHosts: {secretRef: {name: line-a, key: known_hosts}}\n"
                "        passphrase: {secretRef: {name: line-a, key: passphrase}}\n");
  start();
  ASSERT_TRUE(eventually("a refusal", [&] { return log_count("is the passphrase right?") > 0; }));
  expect_told_nowhere("canary-mistyped");
  keep("passphrase", "canary-passphrase\n");
  ASSERT_TRUE(applied());
  EXPECT_GE(starts_of("ssh"), 2U) << "what ssh was started with is searched too";
  for (const std::string& secret :
       {std::string("canary-passphrase"), std::string("canary-mistyped"), middle_of(server.user_key_text())})
    expect_told_nowhere(secret);
}

// pitfalls P29
TEST_P(GitAuthTest, TheKeyOfAGithubAppAndWhatItIsChangedForAreToldNowhere) {
  HttpsGitServer server(folder_, {.accounts = {{"x-access-token", "canary-issued"}}});
  GithubApi api(server.authority(), {.status = 401, .body = "canary-answered"});
  const std::string pem = git_servers::pem_of(api.key());
  keep("app", pem);
  json::array repositories;
  for (const std::string& prefix : {server.url(""), api.origin()})
    repositories.push_back({{"prefix", prefix}, {"ca", server.authority().pem()}});
  write_config_with({{"backend", GetParam()},
                     {"githubApiHosts", {"127.0.0.1:" + std::to_string(api.port())}},
                     {"repositories", repositories}});
  write_sync_of(server.url("repository"),
                "    auth:\n      githubApp:\n        appId: 12\n        installationId: 34\n"
                "        privateKeySecretRef: {name: line-a, key: app}\n        apiBaseURL: " +
                    api.origin() + "\n");
  start();
  ASSERT_TRUE(eventually("a refusal", [&] { return log_count("the refs of a repository could not be read") > 0; }));
  expect_told_nowhere("canary-answered");
  api.answer(git_servers::installation_token("canary-issued"));
  stoker_.send(SIGHUP);
  ASSERT_TRUE(applied());
  std::vector<std::string> secrets{"canary-answered", "canary-issued", middle_of(pem), login_at(server)};
  for (const auto& asked : api.asked()) secrets.push_back(asked.headers.at("authorization").substr(7));
  for (const std::string& secret : secrets) expect_told_nowhere(secret);
}

TEST_P(GitAuthTest, ATokenThatIsNotThereOrOpenToOthersIsSaid) {
  HttpsGitServer server(folder_, {.accounts = {{"x-access-token", "canary"}}});
  write_config_for(server);
  write_sync_of(server.url("repository"), by_token);
  start();
  ASSERT_TRUE(eventually("what is missing", [&] { return log_count("there is no such file") > 0; }));
  keep("token", "canary");
  fs::permissions(state_ / "secrets/line-a/token", fs::perms::others_read, fs::perm_options::add);
  ASSERT_TRUE(eventually("what is open", [&] { return log_count("chmod 600") > 0; }));
  keep("token", "canary");
  ASSERT_TRUE(applied());
}

// What is no secret is found wherever it is: nothing of this is looked at in vain.
TEST_P(GitAuthTest, WhatIsNoSecretIsFoundInEveryPlaceThatIsSearched) {
  SshGitServer server(folder_);
  keep("ssh", server.user_key_text());
  keep("known_hosts", server.known_hosts());
  write_config_with({{"backend", GetParam()}});
  write_sync_of(server.url("repository"),
                "    auth:\n      sshKey:\n        secretRef: {name: line-a, key: ssh}\n"
                "        knownHosts: {secretRef: {name: line-a, key: known_hosts}}\n");
  start();
  ASSERT_TRUE(applied());
  const auto holds = [&](const std::string& text, const std::string& place) {
    const Places all = places_of(text);
    return std::any_of(all.begin(), all.end(), [&](const auto& found) { return found.starts_with(place); });
  };
  for (const char* place : {"stoker.log", "data/.stoker/target.json", "state/plugins/source-git/"})
    EXPECT_TRUE(holds(revision, place)) << place;
  const std::string process = "/proc/" + std::to_string(stoker_.pid());
  EXPECT_TRUE(holds("stoker.yaml", process + "/cmdline"));
  EXPECT_TRUE(holds("PATH=", process + "/environ"));
  EXPECT_TRUE(holds("StrictHostKeyChecking", "started/ssh-")) << "arguments";
  EXPECT_TRUE(holds("LC_ALL=C", "started/ssh-")) << "environment";
  EXPECT_TRUE(eventually("the Run is counted", [&] { return holds("press-1", "/metrics"); }));
  EXPECT_TRUE(eventually("the page says it", [&] { return holds(revision.substr(0, 7), "/"); }));
  EXPECT_TRUE(eventually("a notice says it", [&] { return holds(revision, "a notice"); }));
}

INSTANTIATE_TEST_SUITE_P(Backend, GitAuthTest, testing::Values("libgit2", "git"),
                         [](const auto& backend) { return std::string(backend.param); });

}  // namespace
}  // namespace plant
