// What refs mean, against a real repository. pitfalls P12
#include "git_fixture.hpp"

namespace stoker::git_test {
namespace {

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

TEST_F(ResolveTest, ADaemonSaysTheSameAsAFolder) {
  Daemon daemon(root);
  ASSERT_EQ(create(daemon.url("repo")), STOKER_OK);
  ASSERT_EQ(resolve({"v1.1.0", "both", "v1.*", first.substr(0, 8)}), STOKER_OK) << why();
  EXPECT_EQ(resolved.items[0].revision, second);
  EXPECT_EQ(resolved.items[1].ref, "refs/tags/both");
  EXPECT_EQ(resolved.items[2].ref, "refs/tags/v1.1.0");
  EXPECT_EQ(resolved.items[3].revision, first);
}

}  // namespace
}  // namespace stoker::git_test
