// The servers of this folder as the programs git and ssh see them: what a test that talks to one may take for granted.
#include "git_daemon.hpp"
#include "https_git_server.hpp"
#include "ssh_git_server.hpp"

#include "support/repository.hpp"

#include <gtest/gtest.h>

namespace git_servers {
namespace {

using child::Finished;

// A repository "config" with two commits, and git as a client that asks nobody and trusts nothing of the machine.
class GitServersTest : public ::testing::Test {
 protected:
  GitServersTest() {
    repository.write("f", "1");
    before = repository.commit("first");
    repository.write("f", "2");
    now = repository.commit("second");
  }
  Finished git(const child::Arguments& arguments, const child::Arguments& environment = {}) const {
    child::Arguments all{"env",
                         "-i",
                         "PATH=/usr/bin:/bin",
                         "HOME=" + room.path().string(),
                         "GIT_CONFIG_NOSYSTEM=1",
                         "GIT_TERMINAL_PROMPT=0"};
    all.insert(all.end(), environment.begin(), environment.end());
    all.emplace_back("git");
    all.insert(all.end(), arguments.begin(), arguments.end());
    return child::finished(all);
  }
  // What main means there, or why that cannot be said.
  std::string main_of(const std::string& url, const child::Arguments& environment = {}) const {
    const Finished listed = git({"ls-remote", url, "refs/heads/main"}, environment);
    return listed.code == 0 ? listed.out.substr(0, listed.out.find('\t')) : listed.err;
  }
  std::string text_over(const std::string& url, const child::Arguments& environment = {}) const {
    const PrivateFolder clone("clone");
    const Finished cloned = git({"clone", "-q", url, (clone / "c").string()}, environment);
    return cloned.code == 0 ? text_of(clone / "c/f") : cloned.err;
  }
  // How git answers when it wants a commit that no ref names any more. Version 2 of the protocol serves any commit.
  Finished fetch_by_id(const std::string& url, const child::Arguments& environment = {}) const {
    const PrivateFolder clone("clone");
    git({"init", "-q", clone.path().string()});
    return git({"-c", "protocol.version=0", "-C", clone.path().string(), "fetch", "-q", url, now}, environment);
  }
  void hide_now() { repository.go_to(before); }
  child::Arguments trusting(const HttpsGitServer& server) const {
    write_text(room / "ca.pem", server.authority().pem());
    return {"GIT_SSL_CAINFO=" + (room / "ca.pem").string()};
  }
  child::Arguments ssh(const SshGitServer& server, const std::string& known_hosts) const {
    write_text(room / "known_hosts", known_hosts);
    return {
        "GIT_SSH_COMMAND=ssh -F none -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes "
        "-o GlobalKnownHostsFile=none -o UserKnownHostsFile=" +
        (room / "known_hosts").string() + " -i " + server.user_key().string()};
  }

  const PrivateFolder room{"git-servers"};
  repository::Repository repository{room / "config"};
  std::string before, now;
};

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(GitServersTest, ADaemonServesAndServesIdsWhereItMay) {
  GitDaemon plain(room.path()), open(room.path(), {{"uploadpack.allowAnySHA1InWant", "true"}});
  EXPECT_EQ(main_of(plain.url("config")), now) << plain.log();
  EXPECT_EQ(text_over(plain.url("config")), "2");
  hide_now();
  EXPECT_NE(fetch_by_id(plain.url("config")).code, 0);
  EXPECT_EQ(fetch_by_id(open.url("config")).code, 0) << open.log();
}

TEST_F(GitServersTest, PlainHttpServes) {
  HttpsGitServer server(room.path(), {.versions = TlsVersions::none});
  EXPECT_EQ(main_of(server.url("config")), now) << server.log();
  EXPECT_EQ(text_over(server.url("config")), "2") << server.log();
  EXPECT_SAYS(main_of(server.url("none")), "not found");
}

TEST_F(GitServersTest, HttpServesIdsWhereItMay) {
  HttpsGitServer plain(room.path(), {.versions = TlsVersions::none});
  HttpsGitServer open(room.path(),
                      {.versions = TlsVersions::none, .settings = {{"uploadpack.allowAnySHA1InWant", "true"}}});
  hide_now();
  EXPECT_NE(fetch_by_id(plain.url("config")).code, 0);
  EXPECT_EQ(fetch_by_id(open.url("config")).code, 0) << open.log();
}

TEST_F(GitServersTest, EachTlsVersionIsTheOneThatIsSpoken) {
  const std::pair<TlsVersions, const char*> table[] = {{TlsVersions::only_1_2, "TLSv1.2"},
                                                       {TlsVersions::only_1_3, "TLSv1.3"}};
  for (const auto& [versions, name] : table) {
    HttpsGitServer server(room.path(), {.versions = versions});
    EXPECT_EQ(text_over(server.url("config"), trusting(server)), "2") << server.log();
    EXPECT_EQ(server.asked().at(0).tls_version, name);
  }
  HttpsGitServer old(room.path(), {.versions = TlsVersions::only_1_1});
  main_of(old.url("config"), trusting(old));  // some builds of git still speak it
  for (const Asked& asked : old.asked()) EXPECT_EQ(asked.tls_version, "TLSv1.1");
}

TEST_F(GitServersTest, ACertificateIsForItsAuthorityItsNamesAndItsTime) {
  const certificates::Authority authority;
  HttpsGitServer good(room.path(), authority);
  EXPECT_EQ(main_of(good.url("config", "localhost"), trusting(good)), now) << good.log();
  EXPECT_EQ(main_of(good.url("config", "127.0.0.1"), trusting(good)), now) << good.log();
  EXPECT_SAYS(main_of(good.url("config")), "certificate");
  const certificates::Wish wishes[] = {{.names = "DNS:elsewhere.example"},
                                       {.names = "DNS:localhost"},
                                       {.names = "IP:127.0.0.1", .starts_in = -7200, .ends_in = -3600},
                                       {.names = "IP:127.0.0.1", .starts_in = 3600, .ends_in = 7200}};
  for (const certificates::Wish& wish : wishes) {
    HttpsGitServer server(room.path(), authority, {.certificate = authority.sign(wish)});
    EXPECT_SAYS(main_of(server.url("config"), trusting(server)), "certificate");
  }
}

TEST_F(GitServersTest, AClientCertificateIsDemanded) {
  HttpsGitServer server(room.path(), {.demands_client_certificate = true});
  EXPECT_SAYS(main_of(server.url("config"), trusting(server)), "400");
  const certificates::KeyPair client = server.authority().sign({.names = "DNS:agent"});
  write_text(room / "client.pem", client.certificate);
  write_text(room / "client.key", client.key);
  child::Arguments with = trusting(server);
  with.push_back("GIT_SSL_CERT=" + (room / "client.pem").string());
  with.push_back("GIT_SSL_KEY=" + (room / "client.key").string());
  EXPECT_EQ(text_over(server.url("config"), with), "2") << server.log();
  EXPECT_FALSE(server.asked().back().client_name.empty());
}

TEST_F(GitServersTest, OnlyAccountsAreLetInAndWhatTheySentIsKept) {
  HttpsGitServer server(
      room.path(), {.versions = TlsVersions::none, .accounts = {{"someone", "a word"}, {"x-access-token", "t0ken"}}});
  EXPECT_SAYS(main_of(server.url("config")), "could not read Username");
  const auto as = [&](const std::string& account) {
    return "http://" + account + "@" + server.url("config").substr(7);
  };
  EXPECT_EQ(text_over(as("someone:a%20word")), "2") << server.log();
  EXPECT_EQ(text_over(as("x-access-token:t0ken")), "2") << server.log();
  EXPECT_SAYS(main_of(as("someone:else")), "Authentication failed");
  const std::vector<Asked> asked = server.asked();
  EXPECT_EQ(asked.front().status, 401);
  EXPECT_EQ(asked.front().authorization, "");
  EXPECT_EQ(asked.back().authorization, "Basic c29tZW9uZTplbHNl");
}

TEST_F(GitServersTest, AStatusIsAnswered) {
  HttpsGitServer server(room.path(), {.versions = TlsVersions::none});
  for (const char* code : {"403", "429", "500", "503"})
    EXPECT_SAYS(main_of(server.url(std::string("status/") + code + "/config")), code);
  EXPECT_SAYS(main_of(server.url("status/401/config")), "could not read Username");
  EXPECT_SAYS(main_of(server.url("status/404/config")), "not found");
  EXPECT_EQ(server.asked().size(), 6u);
}

TEST_F(GitServersTest, ARedirectIsFollowedByGitToWhereItLeads) {
  HttpsGitServer plain(room.path(), {.versions = TlsVersions::none});
  HttpsGitServer server(room.path(), {.elsewhere = plain.url("")});
  const child::Arguments trust = trusting(server);
  EXPECT_EQ(text_over(server.url("moved/here/config"), trust), "2") << server.log();
  EXPECT_EQ(text_over(server.url("moved/path/config"), trust), "2") << server.log();
  EXPECT_TRUE(plain.asked().empty());
  EXPECT_EQ(text_over(server.url("moved/away/config"), trust), "2") << server.log();
  EXPECT_FALSE(plain.asked().empty());
  EXPECT_SAYS(main_of(server.url("moved/round/config"), trust), "redirects");
}

TEST_F(GitServersTest, AStoppedServerRefusesAndComesBackAtItsPort) {
  HttpsGitServer server(room.path(), {.versions = TlsVersions::none});
  server.stop();
  EXPECT_SAYS(main_of(server.url("config")), "Failed to connect");
  server.start();
  EXPECT_EQ(main_of(server.url("config")), now) << server.log();
}

class SshGitServerTest : public GitServersTest, public ::testing::WithParamInterface<KeyType> {};

TEST_P(SshGitServerTest, LetsAUsersKeyInAndShowsAHostKeyOfEachType) {
  SshGitServer server(room.path(), {.user_key = GetParam(), .host_keys = {GetParam()}});
  EXPECT_EQ(main_of(server.url("config"), ssh(server, server.known_hosts())), now) << server.log();
  EXPECT_EQ(text_over(server.url("config"), ssh(server, server.known_hosts())), "2") << server.log();
}

INSTANTIATE_TEST_SUITE_P(KeyTypes, SshGitServerTest, ::testing::Values(KeyType::ed25519, KeyType::ecdsa, KeyType::rsa));

TEST_F(GitServersTest, SshKnowsAHostByEverySpelling) {
  SshGitServer server(room.path(), {.host_keys = {KeyType::ed25519, KeyType::ecdsa}});
  const std::string port = std::to_string(server.port());
  EXPECT_EQ(server.fingerprints().size(), 2u);
  EXPECT_TRUE(server.fingerprints()[0].starts_with("SHA256:"));
  for (const std::string& known :
       {server.known_hosts(), server.known_hosts_hashed(), server.known_hosts("[127.0.0.*]:*"),
        server.known_hosts("other.example,[127.0.0.1]:" + port), server.known_hosts("127.0.0.1")})
    EXPECT_EQ(main_of(server.url("config"), ssh(server, known)), now) << known << server.log();
  EXPECT_SAYS(main_of(server.url("config"), ssh(server, "")), "Host key verification failed");
  EXPECT_SAYS(main_of(server.url("config"), ssh(server, server.known_hosts("other.example"))),
              "Host key verification failed");
  EXPECT_SAYS(main_of(server.url("config"), ssh(server, server.known_hosts("@revoked [127.0.0.1]:" + port))),
              "Host key verification failed");
}

TEST_F(GitServersTest, ARotatedHostKeyIsAnotherOne) {
  SshGitServer server(room.path());
  const std::string old = server.known_hosts();
  server.rotate_host_keys({KeyType::ed25519});
  EXPECT_NE(server.known_hosts(), old);
  EXPECT_SAYS(main_of(server.url("config"), ssh(server, old)), "REMOTE HOST IDENTIFICATION HAS CHANGED");
  EXPECT_EQ(main_of(server.url("config"), ssh(server, old + server.known_hosts())), now) << server.log();
}

TEST_F(GitServersTest, AnotherUsersKeyIsRefused) {
  SshGitServer server(room.path()), other(room.path());
  write_text(room / "known_hosts", "");
  const child::Arguments others_key = ssh(other, server.known_hosts());
  EXPECT_SAYS(main_of(server.url("config"), others_key), "Permission denied");
}

TEST_F(GitServersTest, AKeyWithAPassphraseOpensOnlyWithIt) {
  SshGitServer server(room.path(), {.passphrase = "open sesame"});
  EXPECT_SAYS(main_of(server.url("config"), ssh(server, server.known_hosts())), "Permission denied");
  child::output_of({"ssh-keygen", "-q", "-p", "-P", "open sesame", "-N", "", "-f", server.user_key().string()});
  EXPECT_EQ(main_of(server.url("config"), ssh(server, server.known_hosts())), now) << server.log();
}

TEST_F(GitServersTest, SshServesFetchesAndNothingElse) {
  SshGitServer plain(room.path());
  SshGitServer open(room.path(), {.settings = {{"uploadpack.allowAnySHA1InWant", "true"}}});
  EXPECT_SAYS(main_of(plain.url("none"), ssh(plain, plain.known_hosts())), "not appear to be a git repository");
  hide_now();
  EXPECT_NE(fetch_by_id(plain.url("config"), ssh(plain, plain.known_hosts())).code, 0);
  EXPECT_EQ(fetch_by_id(open.url("config"), ssh(open, open.known_hosts())).code, 0) << open.log();
  const Finished pushed = git({"-C", repository.folder().string(), "push", open.url("config"), "main:refs/heads/x"},
                              ssh(open, open.known_hosts()));
  EXPECT_SAYS(pushed.err, "only git-upload-pack is served here");
}

TEST_F(GitServersTest, AnotherProgramCanStandBehindSsh) {
  SshGitServer server(room.path(), {.instead = "echo 'the house is on fire' >&2; exit 3"});
  EXPECT_SAYS(main_of(server.url("config"), ssh(server, server.known_hosts())), "the house is on fire");
}

}  // namespace
}  // namespace git_servers
