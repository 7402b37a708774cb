// What refs mean, against a real repository: in a folder, and behind each kind of server. pitfalls P12
#include "remote_fixture.hpp"

#include "support/git_servers/git_daemon.hpp"
#include "support/git_servers/https_git_server.hpp"
#include "support/git_servers/ssh_git_server.hpp"

#include <set>

namespace stoker::git_test {
namespace {

std::string in_shell(std::string text) {
  for (auto at = text.find('\''); at != text.npos; at = text.find('\'', at + 4)) text.replace(at, 1, "'\\''");
  return "'" + text + "'";
}

class ResolveTest : public GitFixture {
 protected:
  ResolveTest() {
    first = commit("first");
    git("tag v1.0.0");
    git("branch both");
    write("a", "2");
    second = commit("second");
    git("tag -a -m t v1.1.0");
    git("tag both");
    git("branch release/1.x " + first);
    create(file_url());
  }
  std::string first, second;
};

TEST_F(ResolveTest, NamesMeanWhatTheyMeanToGit) {
  using Kind = Resolved::Kind;
  ASSERT_EQ(resolve({"main", "v1.0.0", "v1.1.0", "refs/heads/both", "refs/tags/both", "v1.*", "release/1.x", "HEAD"}),
            STOKER_OK)
      << why();
  EXPECT_EQ(resolved.items, (std::vector<Resolved>{{second, "refs/heads/main", Kind::branch},
                                                   {first, "refs/tags/v1.0.0", Kind::tag},
                                                   {second, "refs/tags/v1.1.0", Kind::tag},
                                                   {first, "refs/heads/both", Kind::branch},
                                                   {second, "refs/tags/both", Kind::tag},
                                                   {second, "refs/tags/v1.1.0", Kind::tag},
                                                   {first, "refs/heads/release/1.x", Kind::branch},
                                                   {second, "HEAD", Kind::other}}));
  EXPECT_TRUE(notes.items.empty());
}

TEST_F(ResolveTest, ATagComesBeforeABranchAndTheAmbiguityIsNoted) {
  EXPECT_EQ(one("both").ref, "refs/tags/both");
  ASSERT_EQ(notes.items.size(), 1u);
  EXPECT_EQ(notes.items[0].code, "ambiguous");
}

TEST_F(ResolveTest, AFullShaIsItselfAndAShortOneIsLookedUp) {
  EXPECT_EQ(one(first), (Resolved{first, first, Resolved::Kind::commit}));
  EXPECT_EQ(one(first.substr(0, 7)).revision, first);
  EXPECT_EQ(one(std::string(39, '0')).revision, "");
}

// cases T15
TEST_F(ResolveTest, ARefThatIsNoneSaysWhyAndTheOthersAreAnswered) {
  ASSERT_EQ(resolve({"main ", "main", "gone", "-x"}), STOKER_OK) << why();
  ASSERT_EQ(resolved.items.size(), 4u);
  EXPECT_EQ(resolved.items[0].why.code, "git.ref-invalid");
  EXPECT_NE(resolved.items[0].why.problem.find("main "), std::string::npos) << resolved.items[0].why.problem;
  EXPECT_EQ(resolved.items[1].revision, second);
  EXPECT_EQ(resolved.items[2].why.code, "git.ref-not-found");
  EXPECT_EQ(resolved.items[2].why.status, STOKER_E_NOT_FOUND);
  EXPECT_EQ(resolved.items[3].why.code, "git.ref-invalid");
}

TEST_F(ResolveTest, AnAbsentRefHasAnEmptyRevision) {
  ASSERT_EQ(resolve({"gone", "main", "v9.*", "refs/heads/gone"}), STOKER_OK) << why();
  ASSERT_EQ(resolved.items.size(), 4u);
  EXPECT_EQ(resolved.items[0].revision, "");
  EXPECT_EQ(resolved.items[1].revision, second);
  EXPECT_EQ(resolved.items[2].revision, "");
  EXPECT_EQ(resolved.items[3].revision, "");
}

// pitfalls P65
TEST_F(ResolveTest, MovedAndDeletedRefsAreSeen) {
  EXPECT_EQ(one("both").revision, second);
  git("tag -d both");
  EXPECT_EQ(one("both").revision, first);
  git("branch -f both " + second);
  EXPECT_EQ(one("both").revision, second);
  git("branch -D both");
  EXPECT_EQ(one("both").revision, "");
}

// One repository behind three servers at once, and what each says of every kind of ref.
class ResolveOverTest : public RemoteFixture {
 protected:
  struct Way {
    const char* name;
    std::string url, settings, auth;
  };
  ResolveOverTest() {
    git("branch both " + first);
    git("tag both");
    git("branch release/1.x " + first);
    for (const char* odd : {"fix/don't", "$(id)", "a&b;c|d"}) git("branch " + in_shell(odd) + " " + first);
    git("tag line-a/v1.0.0 " + first);
    git("tag -a -m t line-a/v1.1.0");
    git("tag -f v1.0.0 " + first);
    git("tag -a -m t v1.1.0");
    git("tag -a -m t v1.2.0-rc.1");
  }
  std::vector<Way> ways() const {
    return {{"git", daemon_.url("repo"), "{}", "{}"},
            {"https", https_.url("repo"), settings_for(https_.url(""), "\"ca\": " + quoted(https_.authority().pem())),
             "{}"},
            {"ssh", ssh_.url("repo"), "{}",
             object({{"sshKey", ssh_.user_key_text()}, {"knownHosts", ssh_.known_hosts()}})}};
  }
  std::vector<std::string> refs() const {
    return {"main",
            "HEAD",
            "both",
            "refs/heads/both",
            "refs/tags/both",
            "v1.0.0",
            "v1.1.0",
            "v1.*",
            ">=1.2.0-rc.1",
            "v9.*",
            "release/1.x",
            "fix/don't",
            "refs/heads/$(id)",
            "a&b;c|d",
            "line-a/v1.*",
            "gone",
            "refs/tags/gone",
            first,
            first.substr(0, 7),
            second.substr(0, 12),
            std::string(39, '0')};
  }
  // A line each: what it is, its name, its revision; then what is noted.
  std::string answers() {
    notes.items.clear();
    if (resolve(refs()) != STOKER_OK) return "failed: " + why();
    std::string all;
    for (std::size_t i = 0; i < resolved.items.size(); ++i) {
      const Resolved& answer = resolved.items[i];
      all += refs().at(i) + ": " + std::to_string(static_cast<int>(answer.kind)) + " " + answer.ref + " " +
             answer.revision + "\n";
    }
    for (const Note& note : notes.items) all += note.code + " " + note.path + "\n";
    return all;
  }

  const git_servers::GitDaemon daemon_{root};
  const git_servers::HttpsGitServer https_{root};
  const git_servers::SshGitServer ssh_{root};
};

// The server serves no ids, so the commit comes by the name of its branch. cases T14
TEST_P(ResolveOverTest, ABranchOfAnyNameIsFetchedOverEachWay) {
  git("config uploadpack.allowAnySHA1InWant false");
  std::vector<std::string> branches = {"fix/don't", "$(id)", "a&b;c|d",   "<b>",
                                       "{x}",       "wow!",  "say\"hi\"", "+a=b,c%d@e#f"};
  for (const std::string& branch : branches) {
    write("f", branch);
    const std::string revision = commit();
    git("branch -f " + in_shell(branch) + " HEAD");
  }
  for (const Way& way : ways()) {
    ASSERT_EQ(create(way.url, way.settings, way.auth), STOKER_OK);
    for (const std::string& branch : branches) {
      const Resolved answer = one("refs/heads/" + branch);
      EXPECT_EQ(answer.ref, "refs/heads/" + branch) << way.name << " " << why();
      EXPECT_EQ(content(answer.revision, "f"), branch) << way.name;
    }
    close();
    fs::remove_all(root / "state");
  }
}

// pitfalls P12, P65
TEST_P(ResolveOverTest, EveryServerSaysTheSameAsTheFolder) {
  std::size_t asked = 0;
  std::set<std::string> different;
  const auto expect_the_same = [&](const char* when) {
    ASSERT_EQ(GitFixture::create(file_url()), STOKER_OK);
    const std::string of_the_folder = answers();
    EXPECT_EQ(of_the_folder.find("failed"), std::string::npos) << of_the_folder;
    different.insert(of_the_folder);
    for (const Way& way : ways()) {
      ASSERT_EQ(create(way.url, way.settings, way.auth), STOKER_OK);
      EXPECT_EQ(answers(), of_the_folder) << way.name << ", " << when;
      asked += refs().size();
    }
  };
  expect_the_same("at first");
  git("branch -f release/1.x " + second);
  git("tag -f v1.1.0 " + first);
  git("tag -d both");
  expect_the_same("when a branch and a tag moved and a tag is deleted");
  git("branch -D both");
  git("branch gone");
  git("tag -d v1.0.0");
  expect_the_same("when a branch is deleted and one has come");
  EXPECT_EQ(different.size(), 3u) << "what was done to the repository is seen";
  std::printf("%s: %zu answers of three servers, as the folder's\n", GetParam(), asked);
}

INSTANTIATE_TEST_SUITE_P(Backend, ResolveOverTest, backends, backend_name);

}  // namespace
}  // namespace stoker::git_test
