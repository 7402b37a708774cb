// The two backends before the same servers: what each brings, and what is left of it in the cache.
#include "remote_fixture.hpp"

#include "support/git_servers/git_daemon.hpp"
#include "support/git_servers/https_git_server.hpp"
#include "support/git_servers/ssh_git_server.hpp"

namespace stoker::git_test {
namespace {

using git_servers::GitDaemon;
using git_servers::HttpsGitServer;
using git_servers::SshGitServer;

class BackendTest : public RemoteFixture {
 protected:
  // Asks a git program for what the cache holds.
  std::string of_cache(const std::string& arguments) const {
    for (const auto& at : fs::directory_iterator(cache()))
      if (at.is_directory()) return run("git -c safe.directory='*' --git-dir=" + at.path().string() + " " + arguments);
    return "no cache";
  }
  std::string commits_here() const {
    return of_cache("cat-file --batch-all-objects --batch-check='%(objecttype)' | grep -c commit");
  }
};

// pitfalls P59
TEST_P(BackendTest, OneCommitIsFetchedByTheProgramOverEachTransport) {
  const std::string wanted = by_program() ? "1" : "2";
  const GitDaemon daemon(root);
  create(daemon.url("repo"));
  EXPECT_EQ(seen(), now()) << why();
  EXPECT_EQ(commits_here(), wanted);
  fs::remove_all(root / "state");
  HttpsGitServer https(root);
  create(https.url("repo"), settings_for(https.url(""), "\"ca\": " + quoted(https.authority().pem())));
  EXPECT_EQ(seen(), now()) << why();
  EXPECT_EQ(commits_here(), wanted);
  fs::remove_all(root / "state");
  SshGitServer ssh(root);
  create(ssh.url("repo"), "{}", object({{"sshKey", ssh.user_key_text()}, {"knownHosts", ssh.known_hosts()}}));
  EXPECT_EQ(seen(), now()) << why();
  EXPECT_EQ(commits_here(), wanted);
}

TEST_P(BackendTest, AShortNameIsFoundInTheWholeHistory) {
  const GitDaemon daemon(root);
  create(daemon.url("repo"));
  ASSERT_EQ(seen(), now()) << why();
  EXPECT_EQ(one(first.substr(0, 9)).revision, first) << "what is deeper than what was fetched";
  EXPECT_EQ(content(first, "f"), "1") << why();
  write("f", "3");
  second = commit();
  EXPECT_EQ(seen(), "main: " + second + ", f: 3") << "and a single commit is fetched into the whole history";
}

// pitfalls P65
TEST_P(BackendTest, ABranchThatWasForcedElsewhereAndATagThatMovedAreFollowed) {
  const GitDaemon daemon(root);
  create(daemon.url("repo"));
  ASSERT_EQ(seen(), now()) << why();
  git("reset -q --hard " + first);
  write("f", "other");
  const std::string forced = commit();
  git("tag -f v1.0.0");
  EXPECT_EQ(seen(), "main: " + forced + ", f: other") << why();
  EXPECT_EQ(one("v1.0.0").revision, forced);
  git("checkout -q -b another");
  git("branch -D main");
  EXPECT_EQ(one("main").revision, "");
  EXPECT_EQ(content(forced, "f"), "other") << "what runs stays";
}

// The server's own git knows no version 2, or may not speak it: everything still works, by the whole history.
TEST_P(BackendTest, AServerOfTheFirstVersionAloneIsFetchedFromAsWell) {
  HttpsGitServer server(root, {.settings = {{"protocol.version", "0"}}});
  create(server.url("repo"), settings_for(server.url(""), "\"ca\": " + quoted(server.authority().pem())));
  EXPECT_EQ(seen(), now()) << why();
}

// pitfalls P59
TEST_P(BackendTest, AFetchLargerThanTheCacheMayBeIsRefused) {
  std::string noise(300000, ' ');
  unsigned state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  write("large", noise);
  second = commit();
  const GitDaemon daemon(root);
  create(daemon.url("repo"), R"({"cacheBytesMax": 100000})");
  EXPECT_EQ(seen(), "git.cache-full") << why();
  create(daemon.url("repo"), R"({"cacheBytesMax": 1000000})");
  EXPECT_EQ(seen(), now()) << why();
}

INSTANTIATE_TEST_SUITE_P(Backend, BackendTest, backends, backend_name);

}  // namespace
}  // namespace stoker::git_test
