// The program before a Git server that wants a token: from the file that the Sync names, taken up anew when it changes,
// and told nowhere.
#include "plant.hpp"

#include "support/git_servers/https_git_server.hpp"

namespace plant {
namespace {

class GitAuthTest : public Plant {
 protected:
  void write_token(const std::string& text) const {
    const fs::path folder = state_ / "secrets/line-a";
    fs::create_directories(folder);
    fs::permissions(folder, fs::perms::owner_all);
    write_text(folder / "token", text);
    fs::permissions(folder / "token", fs::perms::owner_read | fs::perms::owner_write);
  }
  void write_sync_of(const std::string& url) const {
    write_text(
        folder_ / "syncs/line-a.yaml",
        "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line-a}\nspec:\n  git:\n    repo: " + url +
            "\n    ref: main\n    auth: {token: {secretRef: {name: line-a, key: token}}}\n"
            "  polling: {interval: 1s}\n  sync: {profiles: {line: {mappings: [{source: projects, destination: "
            "projects}]}}}\n");
  }
  void write_config_for(const git_servers::HttpsGitServer& server) {
    std::string ca;
    for (const char c : server.authority().pem()) ca += c == '\n' ? std::string("\\n") : std::string(1, c);
    write_config("log: {level: debug}\n", "  source-git: {settings: {repositories: [{prefix: \"" + server.url("") +
                                              "\", ca: \"" + ca +
                                              "\"}]}}\n  trigger-poll: {settings: {interval: 1s}}\n  strategy-merge: "
                                              "{}\n");
  }
  // In the log, in what is shown of the process, or in a file that is not the secret itself.
  bool is_told(const std::string& secret) const {
    const fs::path process = "/proc/" + std::to_string(stoker_.pid());
    std::vector<fs::path> files = {folder_ / "stoker.log", process / "cmdline", process / "environ"};
    for (const fs::path& below : {state_ / "plugins", data_})
      for (const auto& at : fs::recursive_directory_iterator(below))
        if (at.is_regular_file()) files.push_back(at.path());
    for (const fs::path& file : files)
      if (text_of(file).find(secret) != std::string::npos) return true;
    return false;
  }
};

// pitfalls P29, P31
TEST_F(GitAuthTest, ATokenIsReadFromItsFileTakenUpAnewWhenItChangesAndToldNowhere) {
  const std::string revision = repository_.commit("first");
  git_servers::HttpsGitServer server(folder_, {.accounts = {{"x-access-token", "canary-right"}}});
  write_token("canary-wrong\n");
  write_config_for(server);
  write_sync_of(server.url("repository"));
  start_stoker();
  ASSERT_TRUE(eventually("a refusal", [&] { return log_count("the credentials are refused") > 0; }));
  write_token("canary-right\n");
  ASSERT_TRUE(eventually("the revision", [&] { return runs_verified(revision); }));
  EXPECT_FALSE(is_told("canary-right"));
  EXPECT_FALSE(is_told("canary-wrong"));
}

TEST_F(GitAuthTest, ATokenThatIsNotThereOrOpenToOthersIsSaid) {
  const std::string revision = repository_.commit("first");
  git_servers::HttpsGitServer server(folder_, {.accounts = {{"x-access-token", "canary"}}});
  write_config_for(server);
  write_sync_of(server.url("repository"));
  start_stoker();
  ASSERT_TRUE(eventually("what is missing", [&] { return log_count("there is no such file") > 0; }));
  write_token("canary");
  fs::permissions(state_ / "secrets/line-a/token", fs::perms::others_read, fs::perm_options::add);
  ASSERT_TRUE(eventually("what is open", [&] { return log_count("chmod 600") > 0; }));
  write_token("canary");
  ASSERT_TRUE(eventually("the revision", [&] { return runs_verified(revision); }));
}

}  // namespace
}  // namespace plant
