// The program before a server of Git LFS: the content where the Sync wants it, the pointer and a word where it does
// not.
#include "secret_plant.hpp"

#include "support/git_servers/https_git_server.hpp"
#include "support/git_servers/lfs_server.hpp"

namespace plant {
namespace {

class LargeFilesTest : public SecretPlant {
 protected:
  LargeFilesTest() {
    repository_.write("projects/Line/big.bin", git_servers::lfs_pointer(content));
    repository_.write("projects/Line/small.txt", "as it is");
    revision = repository_.commit("large");
    server.keep(content);
    store.keep(content);
    keep("token", "canary-t0ken");
    json::array repositories;
    for (const std::string& prefix : {server.url(""), store.url("")})
      repositories.push_back({{"prefix", prefix}, {"ca", authority.pem()}});
    write_config_with({{"repositories", repositories}});
  }
  void write_sync_with(const std::string& more) const {
    write_sync_of(server.url("repository"), more + "    auth: {token: {secretRef: {name: line-a, key: token}}}\n");
  }
  std::string big() const { return text_of(data_ / "projects/Line/big.bin"); }

  const certificates::Authority authority;
  const std::string content = std::string(200000, 'l') + "the end";
  git_servers::HttpsGitServer git{folder_, {.versions = git_servers::TlsVersions::none}};
  git_servers::LfsServer server{authority, git.url("").substr(0, git.url("").size() - 1)};
  git_servers::LfsServer store{authority};  // on another host
  std::string revision;
};

TEST_F(LargeFilesTest, TheContentComesInPlaceOfThePointerOnceTheSyncWantsIt) {
  write_sync_with("");
  start();
  ASSERT_TRUE(eventually("the revision", [&] { return runs_verified(revision); }));
  EXPECT_EQ(big(), git_servers::lfs_pointer(content));
  EXPECT_GE(log_count("git.lfs: true would"), 1u);
  EXPECT_TRUE(server.batches().empty());
  write_sync_with("    lfs: true\n");
  ASSERT_TRUE(eventually("the content", [&] { return big() == content; }));
  ASSERT_TRUE(eventually("the revision", [&] { return runs_verified(revision); }));
  EXPECT_EQ(text_of(data_ / "projects/Line/small.txt"), "as it is");
  EXPECT_EQ(server.contents().size(), 1u);
}

// pitfalls P29
TEST_F(LargeFilesTest, TheLoginAndWhatTheServerGivesForADownloadAreToldNowhere) {
  server.send_to(store.url("").substr(0, store.url("").size() - 1), R"({"Authorization": "Bearer canary-given"})");
  store.answer("/content/", {.status = 403, .body = "canary-answered"});
  write_sync_with("    lfs: true\n");
  start();
  ASSERT_TRUE(
      eventually("a refusal", [&] { return log_count("the credentials that the Git LFS server gave for") > 0; }));
  EXPECT_FALSE(fs::exists(data_ / "projects/Line"));
  EXPECT_EQ(places_of("canary"), std::vector<std::string>()) << "a refusal is told too";
  store.answer("/content/", {.body = content});
  stoker_.send(SIGHUP);
  ASSERT_TRUE(eventually("the content", [&] { return big() == content; }));
  ASSERT_TRUE(eventually("the revision", [&] { return runs_verified(revision); }));
  const auto batches = server.batches();
  ASSERT_FALSE(batches.empty());
  const std::string login = batches.front().headers.at("authorization");
  ASSERT_TRUE(login.starts_with("Basic ")) << login;
  for (const std::string& secret : {std::string("canary"), login.substr(6)})
    EXPECT_EQ(places_of(secret), std::vector<std::string>()) << secret;
}

TEST_F(LargeFilesTest, WithoutItsContentNothingOfARevisionIsDelivered) {
  write_sync_with("    lfs: true\n");
  server.answer("/content/", {.body = std::string(content.size(), 'x')});
  start();
  ASSERT_TRUE(eventually("why", [&] { return log_count("what came is not the content that the pointer names") > 0; }));
  EXPECT_GE(log_count(server.url("repository") + ": Git LFS: "), 1u) << log();
  EXPECT_FALSE(fs::exists(data_ / "projects/Line"));
}

}  // namespace
}  // namespace plant
