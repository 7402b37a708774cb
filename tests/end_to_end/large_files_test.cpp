// The program before a server of Git LFS: the content where the Sync wants it, the pointer and a word where it does
// not.
#include "plant.hpp"

#include "support/git_servers/https_git_server.hpp"
#include "support/git_servers/lfs_server.hpp"

namespace plant {
namespace {

class LargeFilesTest : public Plant {
 protected:
  LargeFilesTest() {
    repository_.write("projects/Line/big.bin", git_servers::lfs_pointer(content));
    repository_.write("projects/Line/small.txt", "as it is");
    revision = repository_.commit("large");
    server.keep(content);
    std::string ca;
    for (const char c : authority.pem()) ca += c == '\n' ? std::string("\\n") : std::string(1, c);
    const fs::path folder = state_ / "secrets/line-a";
    fs::create_directories(folder);
    fs::permissions(folder, fs::perms::owner_all);
    write_text(folder / "token", "canary-t0ken");
    fs::permissions(folder / "token", fs::perms::owner_read | fs::perms::owner_write);
    write_config("log: {level: debug}\n", "  source-git: {settings: {repositories: [{prefix: \"" + server.url("") +
                                              "\", ca: \"" + ca +
                                              "\"}]}}\n  trigger-poll: {settings: {interval: 1s}}\n  strategy-merge: "
                                              "{}\n");
  }
  void write_sync_with(const std::string& more) const {
    write_text(
        folder_ / "syncs/line-a.yaml",
        "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line-a}\nspec:\n  git:\n    repo: " +
            server.url("repository") + "\n    ref: main\n" + more +
            "    auth: {token: {secretRef: {name: line-a, key: token}}}\n  polling: {interval: 1s}\n"
            "  sync: {profiles: {line: {mappings: [{source: projects, destination: projects}]}}}\n");
  }
  std::string big() const { return text_of(data_ / "projects/Line/big.bin"); }

  const certificates::Authority authority;
  const std::string content = std::string(200000, 'l') + "the end";
  git_servers::HttpsGitServer git{folder_, {.versions = git_servers::TlsVersions::none}};
  git_servers::LfsServer server{authority, git.url("").substr(0, git.url("").size() - 1)};
  std::string revision;
};

TEST_F(LargeFilesTest, TheContentComesInPlaceOfThePointerOnceTheSyncWantsIt) {
  write_sync_with("");
  start_stoker();
  ASSERT_TRUE(eventually("the revision", [&] { return runs_verified(revision); }));
  EXPECT_EQ(big(), git_servers::lfs_pointer(content));
  EXPECT_GE(log_count("git.lfs: true would"), 1u);
  EXPECT_TRUE(server.batches().empty());
  write_sync_with("    lfs: true\n");
  ASSERT_TRUE(eventually("the content", [&] { return big() == content; }));
  ASSERT_TRUE(eventually("the revision", [&] { return runs_verified(revision); }));
  EXPECT_EQ(text_of(data_ / "projects/Line/small.txt"), "as it is");
  EXPECT_EQ(server.contents().size(), 1u);
  EXPECT_EQ(log_count("canary"), 0u);
}

TEST_F(LargeFilesTest, WithoutItsContentNothingOfARevisionIsDelivered) {
  write_sync_with("    lfs: true\n");
  server.answer("/content/", {.body = std::string(content.size(), 'x')});
  start_stoker();
  ASSERT_TRUE(eventually("why", [&] { return log_count("what came is not the content that the pointer names") > 0; }));
  EXPECT_GE(log_count(server.url("repository") + ": Git LFS: "), 1u) << log();
  EXPECT_FALSE(fs::exists(data_ / "projects/Line"));
}

}  // namespace
}  // namespace plant
