// ssh against a real sshd: keys of every type, what is known of hosts, and what each refusal is called.
// pitfalls P31 (git part), P52, P80
#include "remote_fixture.hpp"

#include "support/git_servers/ssh_git_server.hpp"

#include <thread>

namespace stoker::git_test {
namespace {

using git_servers::KeyType;
using git_servers::SshGitServer;
using git_servers::SshWish;

class SshTest : public RemoteFixture {
 protected:
  stoker_status create_at(const SshGitServer& server, const std::string& known_hosts,
                          const std::string& name = "repo") {
    return create(server.url(name), "{}", object({{"sshKey", server.user_key_text()}, {"knownHosts", known_hosts}}));
  }
};

TEST_P(SshTest, ListsAndFetchesWithEachTypeOfKeyAndHostKey) {
  for (const KeyType type : {KeyType::ed25519, KeyType::ecdsa, KeyType::rsa}) {
    SshGitServer server(root, {.user_key = type, .host_keys = {type}});
    create_at(server, server.known_hosts());
    EXPECT_EQ(seen(), now()) << why() << server.log();
    close();
    fs::remove_all(root / "state");
  }
}

TEST_P(SshTest, BothSpellingsOfAUrlMeanTheSame) {
  SshGitServer server(root);
  const std::string key = server.user_key_text(), known = server.known_hosts();
  const std::string folder = root.filename().string();
  create(server.url("repo/"), "{}", object({{"sshKey", key}, {"knownHosts", known}}));
  EXPECT_EQ(seen(), now()) << why();
  create(server.url("repo") + "%2f", settings_for("ssh://127.0.0.1:" + std::to_string(server.port()),
                                                  "\"auth\": " + object({{"sshKey", key}, {"knownHosts", known}})));
  EXPECT_EQ(seen(), now()) << why();
}

// pitfalls P52
TEST_P(SshTest, AHostIsKnownByEverySpelling) {
  SshGitServer server(root, {.host_keys = {KeyType::ed25519, KeyType::ecdsa}});
  const std::string port = std::to_string(server.port()), plain = server.known_hosts();
  for (const std::string& known :
       {plain, server.known_hosts_hashed(), server.known_hosts("[127.0.0.*]:*"), "# ours\r\n\r\n" + plain,
        server.known_hosts("other.example,[127.0.0.1]:" + port), plain.substr(plain.find('\n') + 1)}) {
    create_at(server, known);
    EXPECT_EQ(seen(), now()) << known << why();
  }
}

// pitfalls P31, P80, P52
TEST_P(SshTest, AnUnknownHostIsRefusedWithItsFingerprintAndTheLineToAdd) {
  SshGitServer other(root);
  for (const KeyType type : {KeyType::ed25519, KeyType::rsa}) {  // a line of RSA is long
    SshGitServer server(root, {.host_keys = {type}});
    create_at(server, other.known_hosts());
    EXPECT_EQ(seen(), "git.host-key-unknown") << why();
    EXPECT_NE(why().find(server.fingerprints().at(0)), std::string::npos) << why();
    std::string line = why().substr(why().find("[127.0.0.1]:", why().find("this line")));
    EXPECT_EQ(line + "\n", server.known_hosts()) << why();
    create_at(server, line);
    EXPECT_EQ(seen(), now()) << why();
  }
}

// pitfalls P31, P80, P52
TEST_P(SshTest, ARotatedHostKeyIsRefusedUntilItIsKnown) {
  SshGitServer server(root);
  const std::string old = server.known_hosts();
  server.rotate_host_keys({KeyType::ed25519});
  create_at(server, old);
  EXPECT_EQ(seen(), "git.host-key-changed") << why();
  EXPECT_NE(why().find(server.fingerprints().at(0)), std::string::npos) << why();
  create_at(server, old + server.known_hosts());
  EXPECT_EQ(seen(), now()) << why();
  create_at(server, server.known_hosts("@revoked [127.0.0.1]:" + std::to_string(server.port())));
  EXPECT_EQ(seen(), "git.host-key-changed") << why();
}

// pitfalls P31
TEST_P(SshTest, KnownHostsThatCannotBeReadAreAnError) {
  SshGitServer server(root);
  for (const std::string& known :
       {std::string("\n"), std::string("# nothing\n"), std::string("127.0.0.1 ssh-ed25519\n"),
        std::string("127.0.0.1 ssh-ed25519 AAAA\n"), server.known_hosts() + "garbage\n"}) {
    create_at(server, known);
    EXPECT_EQ(seen(), "git.known-hosts-invalid") << known << why();
  }
  create(server.url("repo"), "{}", object({{"sshKey", server.user_key_text()}}));
  EXPECT_EQ(seen(), "git.host-key-unknown") << why();
}

TEST_P(SshTest, AKeyThatIsNotLetInOrCannotBeReadIsSaid) {
  SshGitServer server(root, {.passphrase = "canary"}), other(root);
  create_at(server, server.known_hosts());
  EXPECT_EQ(seen(), "git.ssh-key-invalid") << why();
  create(server.url("repo"), "{}", object({{"sshKey", other.user_key_text()}, {"knownHosts", server.known_hosts()}}));
  EXPECT_EQ(seen(), "git.credentials-refused") << why();
  create(server.url("repo"), "{}", object({{"knownHosts", server.known_hosts()}}));
  EXPECT_EQ(seen(), "git.credentials-missing") << why();
  create(server.url("repo"), "{}", object({{"sshKey", "canary"}, {"knownHosts", server.known_hosts()}}));
  EXPECT_EQ(seen(), "git.ssh-key-invalid") << why();
  EXPECT_FALSE(is_told("canary")) << why();
}

TEST_P(SshTest, AKeyWithAPassphraseOpensWithItAndWithNoOther) {
  const std::string passphrase = "can'ary $(x) \\n%s";
  SshGitServer server(root, {.passphrase = passphrase});
  const auto with = [&](const std::string& said) {
    create(server.url("repo"), "{}",
           object({{"sshKey", server.user_key_text()}, {"passphrase", said}, {"knownHosts", server.known_hosts()}}));
    return seen();
  };
  EXPECT_EQ(with("canary"), "git.credentials-refused") << why();
  EXPECT_NE(why().find("is the passphrase right?"), std::string::npos) << why();
  EXPECT_FALSE(is_told("canary")) << why();
  EXPECT_EQ(with(passphrase), now()) << why() << server.log();
  EXPECT_FALSE(is_told("can'ary"));
}

TEST_P(SshTest, AServerOrARepositoryThatIsAwayIsNamed) {
  SshGitServer server(root);
  create_at(server, server.known_hosts(), "none");
  EXPECT_EQ(seen(), "git.repository-not-found") << why();
  create(server.url("repo", "no-such-host.invalid"), "{}", object({{"knownHosts", server.known_hosts()}}));
  EXPECT_EQ(seen(), "git.dns") << why();
  create_at(server, server.known_hosts());
  server.stop();
  EXPECT_EQ(seen(), "git.connection-refused") << why();
}

TEST_P(SshTest, WhatTheOtherSideSaysInsteadOfGitIsRepeated) {
  SshGitServer server(root, {.instead = "echo 'the house is on fire' >&2; exit 3"});
  create_at(server, server.known_hosts());
  EXPECT_EQ(seen(), "git.ssh") << why();
  EXPECT_NE(why().find("the house is on fire"), std::string::npos) << why();
}

// pitfalls P65
TEST_P(SshTest, ARevisionNoRefHasIsFetchedByIdWhereTheServerAllowsIt) {
  SshGitServer server(root, {.settings = {{"uploadpack.allowAnySHA1InWant", "true"}}}), strict(root);
  git("reset -q --hard " + first);
  git("tag -d v1.0.0");
  create_at(server, server.known_hosts());
  EXPECT_EQ(content(second, "f"), "2") << server.log();
  create_at(strict, strict.known_hosts());
  EXPECT_EQ(content(first, "f"), "1");
  // Servers of version 2 deliver every object that they have, whatever they are told to allow.
  EXPECT_EQ(open(second), by_program() ? STOKER_OK : STOKER_E_NOT_FOUND) << why();
  EXPECT_EQ(open(std::string(40, 'a')), STOKER_E_NOT_FOUND) << why();
  EXPECT_EQ(code(), "git.revision-not-found");
}

// What our own processes show to everybody: those whose parent is this one.
std::vector<std::string> arguments_and_environment_of_children() {
  std::vector<std::string> all;
  const std::string me = std::to_string(::getpid());
  for (const auto& at : fs::directory_iterator("/proc")) {
    std::ifstream stat(at.path() / "stat");
    std::string pid, name, state, parent;
    if (!(stat >> pid >> name >> state >> parent) || parent != me || name != "(ssh)") continue;
    for (const char* file : {"cmdline", "environ"}) {
      std::ifstream text(at.path() / file, std::ios::binary);
      all.emplace_back(std::istreambuf_iterator<char>(text), std::istreambuf_iterator<char>());
    }
  }
  return all;
}

// pitfalls P29, P35: a silent peer costs the deadline, its ssh is gone then, and it never showed a secret.
TEST_P(SshTest, ASilentPeerEndsAtTheDeadlineAndItsSshShowsNoSecret) {
  const std::string passphrase = "canary-passphrase";
  SshGitServer server(root, {.passphrase = passphrase, .instead = "sleep 60"});
  create(
      server.url("repo"), R"({"resolveTimeout": "1500ms"})",
      object({{"sshKey", server.user_key_text()}, {"passphrase", passphrase}, {"knownHosts", server.known_hosts()}}));
  const auto start = std::chrono::steady_clock::now();
  std::thread asking([this] { resolve({"main"}); });
  std::vector<std::string> shown;
  while (shown.size() < 2 || shown[0].empty() || shown[1].find("PATH=") == std::string::npos) {
    shown = arguments_and_environment_of_children();
    ASSERT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << "no ssh was seen";
  }
  asking.join();
  EXPECT_EQ(code(), "git.timeout") << why();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(2500));
  EXPECT_TRUE(arguments_and_environment_of_children().empty());
  const std::string key = server.user_key_text(), middle = key.substr(key.size() / 2, 24);
  for (const std::string& secret : {middle, passphrase}) {
    for (const std::string& text : shown) EXPECT_EQ(text.find(secret), std::string::npos) << text;
    EXPECT_FALSE(is_told(secret));
  }
}

TEST_P(SshTest, ACancelEndsItsSsh) {
  SshGitServer server(root, {.instead = "sleep 60"});
  create_at(server, server.known_hosts());
  call.cancel_after_looks(20);
  EXPECT_EQ(resolve({"main"}), STOKER_E_CANCELLED) << why();
  EXPECT_TRUE(arguments_and_environment_of_children().empty());
}

// Nothing says whether 2222 is a folder, so it is tried, and the failure says the other reading. cases T09
TEST_P(SshTest, ANumberBeforeThePathMayBeMeantAsAPort) {
  create("git@127.0.0.1:2222/group/repo.git", "{}", "{}");
  EXPECT_NE(resolve({"main"}), STOKER_OK);
  EXPECT_NE(why().find("if 2222 is a port, write ssh://git@127.0.0.1:2222/group/repo.git"), std::string::npos) << why();
  create("git@127.0.0.1:group/repo.git", "{}", "{}");
  EXPECT_NE(resolve({"main"}), STOKER_OK);
  EXPECT_EQ(why().find("is a port"), std::string::npos) << why();
}

INSTANTIATE_TEST_SUITE_P(Backend, SshTest, backends, backend_name);

}  // namespace
}  // namespace stoker::git_test
