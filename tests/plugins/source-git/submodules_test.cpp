// Submodules where a Sync wants them: delivered in their place, reached with credentials of their own. One that cannot
// be had fails who asks for it, and nobody else. pitfalls P52
#include "plugins/source-git/submodule_map.hpp"
#include "remote_fixture.hpp"

#include "support/git_servers/https_git_server.hpp"

namespace stoker::git_test {
namespace {

using git::read_gitmodules;
using git::submodule_url;
using git_servers::HttpsGitServer;
using Paths = std::vector<std::string>;

class SubmodulesTest : public RemoteFixture {
 protected:
  // A repository beside the first, with one file, and its commit.
  std::string add_repository(const std::string& name, const std::string& file, const std::string& text) {
    const fs::path at = root / name;
    run("git init -q -b main " + at.string());
    std::ofstream(at / file) << text;
    return commit_in(at);
  }
  std::string commit_in(const fs::path& at) const {
    const std::string git = "cd " + at.string() + " && GIT_CONFIG_NOSYSTEM=1 HOME=" + root.string() +
                            " git -c user.name=t -c user.email=t@t ";
    run(git + "add -A");
    run(git + "commit -q -m c");
    return run(git + "rev-parse HEAD");
  }
  static void link(const fs::path& at, const std::string& path, const std::string& commit, const std::string& url) {
    run("cd " + at.string() + " && git update-index --add --cacheinfo 160000," + commit + "," + path);
    std::ofstream(at / ".gitmodules", std::ios::app)
        << "[submodule \"" << path << "\"]\n\tpath = " << path << "\n\turl = " << url << "\n";
  }
  // As `commit`, without taking out links that have no folder.
  std::string commit_links(const fs::path& at) const {
    run("cd " + at.string() + " && git add .gitmodules");
    run("cd " + at.string() + " && git -c user.name=t -c user.email=t@t commit -q -m links");
    return run("cd " + at.string() + " && git rev-parse HEAD");
  }
  // Why this part of the revision cannot be had; empty when it can.
  std::string missing(const std::string& revision, const std::string& under = "") {
    const stoker_status opened = open(revision);
    EXPECT_EQ(opened, STOKER_OK) << why();
    if (opened != STOKER_OK) return why();
    const Paths found = paths(under);
    return !found.empty() && found[0].starts_with("failed: ") ? why() : "";
  }
  // All that the tree lists, with its content.
  std::string whole() {
    std::string text;
    for (const std::string& path : paths())
      text += path.ends_with(".gitmodules") ? "" : (text.empty() ? "" : ", ") + path + ": " + read(path);
    return text;
  }
  stoker_status create_with(const std::string& url, const std::string& settings = R"({"allowFile": true})",
                            const std::string& auth = "{}") {
    use = R"("submodules": true)";
    return create(url, settings, auth);
  }
};

TEST_P(SubmodulesTest, AreDeliveredInTheirPlaceAndThoseInThemToo) {
  const std::string inner = add_repository("inner", "deep", "3");
  add_repository("lib", "code", "2");
  link(root / "lib", "in", inner, "../inner");
  const std::string lib = commit_links(root / "lib");
  link(repo, "modules/lib", lib, "./../lib/");
  write("modules/lib-a", "beside");
  git("add modules/lib-a");
  const std::string revision = commit_links(repo);
  create_with(file_url());
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  EXPECT_EQ(whole(), "f: 2, modules/lib-a: beside, modules/lib/code: 2, modules/lib/in/deep: 3");
  EXPECT_EQ(paths("modules/lib"), (Paths{"modules/lib/.gitmodules", "modules/lib/code", "modules/lib/in/deep"}));
  EXPECT_FALSE(host.log.says("submodules are not fetched"));
}

TEST_P(SubmodulesTest, ADifferenceThatTouchesThemIsNotGuessed) {
  const std::string one = add_repository("lib", "code", "1");
  link(repo, "lib", one, "../lib");
  const std::string before = commit_links(repo);
  std::ofstream(root / "lib" / "code") << "2";
  const std::string two = commit_in(root / "lib");
  git("update-index --cacheinfo 160000," + two + ",lib");
  git("commit -q -m moved");
  const std::string moved = git("rev-parse HEAD");
  write("f", "3");
  git("commit -q -m plain f");
  const std::string plain = git("rev-parse HEAD");
  create_with(file_url());
  Collected<Delta> deltas;
  ASSERT_EQ(open(before), STOKER_OK) << why();
  ASSERT_EQ(open(moved), STOKER_OK) << why();
  EXPECT_EQ(table->diff(tree, call.raw(), str(before), deltas.sink()), STOKER_E_NOT_FOUND);
  EXPECT_EQ(read("lib/code"), "2");
  ASSERT_EQ(open(plain), STOKER_OK) << why();
  ASSERT_EQ(table->diff(tree, call.raw(), str(moved), deltas.sink()), STOKER_OK) << why();
  ASSERT_EQ(deltas.items.size(), 1u);
  EXPECT_EQ(deltas.items[0].file.path, "f");
}

// pitfalls P52
TEST_P(SubmodulesTest, OnAnotherHostTheyGetTheCredentialsOfTheirPrefixAndNoOthers) {
  const std::string lib = add_repository("lib", "code", "2");
  HttpsGitServer away(root, {.accounts = {{"other", "canary-other"}}});
  HttpsGitServer own(root, {.accounts = {{"x-access-token", "canary-own"}}});
  link(repo, "lib", lib, away.url("lib"));
  const std::string revision = commit_links(repo);
  const auto settings = [&](const std::string& auth) {
    return R"({"repositories": [{"prefix": )" + quoted(own.url("")) + R"(, "ca": )" + quoted(own.authority().pem()) +
           R"(}, {"prefix": )" + quoted(away.url("")) + R"(, "ca": )" + quoted(away.authority().pem()) + auth + "}]}";
  };
  const std::string token = object({{"token", "canary-own"}});
  create_with(own.url("repo"), settings(""), token);
  EXPECT_NE(missing(revision), "");
  EXPECT_EQ(code(), "git.credentials-missing") << why();
  EXPECT_NE(why().find("submodule lib"), std::string::npos) << why();
  for (const git_servers::Asked& asked : away.asked()) EXPECT_EQ(asked.authorization, "") << asked.path;

  create_with(own.url("repo"),
              settings(R"(, "auth": )" + object({{"username", "other"}, {"password", "canary-other"}})), token);
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  EXPECT_EQ(whole(), "f: 2, lib/code: 2");
  for (const git_servers::Asked& asked : away.asked())
    EXPECT_NE(asked.authorization, "Basic " + base64("x-access-token:canary-own")) << asked.path;
  EXPECT_FALSE(is_told("canary-own"));
  EXPECT_FALSE(is_told("canary-other"));
}

TEST_P(SubmodulesTest, OnTheSameServerTheyGetTheCredentialsOfTheirRepository) {
  const std::string lib = add_repository("lib", "code", "2");
  HttpsGitServer own(root, {.accounts = {{"x-access-token", "canary"}}});
  link(repo, "lib", lib, "../lib");
  const std::string revision = commit_links(repo);
  create_with(own.url("repo"), settings_for(own.url(""), "\"ca\": " + quoted(own.authority().pem())),
              object({{"token", "canary"}}));
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  EXPECT_EQ(whole(), "f: 2, lib/code: 2");
}

TEST_P(SubmodulesTest, OneThatCannotBeHadFailsWhoAsksForItAndIsNamed) {
  const std::string lib = add_repository("lib", "code", "2");
  git("update-index --add --cacheinfo 160000," + lib + ",unnamed");
  git("commit -q -m c");
  const std::string unnamed = git("rev-parse HEAD");
  git("tag unnamed");
  git("reset -q --hard " + second);
  link(repo, "lib", std::string(40, 'a'), "../lib");
  const std::string gone = commit_links(repo);
  git("tag gone");
  git("reset -q --hard " + second);
  link(repo, "self", gone, "../repo");
  const std::string nested = commit_links(repo);
  create_with(file_url());
  EXPECT_NE(missing(unnamed).find("submodule unnamed"), std::string::npos) << why();
  EXPECT_EQ(code(), "git.submodules-invalid") << why();
  for (const std::string& revision : {gone, nested}) {
    EXPECT_NE(missing(revision), "");
    EXPECT_EQ(call.error()->kind, errc::not_found);
    EXPECT_EQ(code(), "git.revision-not-found") << why();
  }
  EXPECT_NE(why().find("submodule self/lib"), std::string::npos) << why();
}

// cases T22
TEST_P(SubmodulesTest, OneThatNobodyAsksForIsNotFetched) {
  const std::string lib = add_repository("lib", "code", "2");
  write("projects/P/a", "1");
  git("add projects");
  git("update-index --add --cacheinfo 160000," + lib + ",stray");
  link(repo, "docs/theme", lib, "https://no-such-host.invalid/theme");
  link(repo, "modules/lib", lib, "../lib");
  const std::string revision = commit_links(repo);
  create_with(file_url());
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  EXPECT_EQ(paths("projects"), (Paths{"projects/P/a"}));
  EXPECT_EQ(std::distance(fs::directory_iterator(root / "state"), {}), 1) << "only the repository itself was fetched";
  EXPECT_EQ(paths("modules"), (Paths{"modules/lib/code"}));
  EXPECT_EQ(paths("modules/lib/code"), (Paths{"modules/lib/code"}));
  EXPECT_NE(missing(revision, "docs").find("submodule docs/theme"), std::string::npos) << why();
  EXPECT_NE(missing(revision, "docs/theme/css"), "");
  EXPECT_EQ(code(), "git.dns") << why();
  EXPECT_NE(missing(revision, "stray"), "");
  EXPECT_EQ(code(), "git.submodules-invalid");
  EXPECT_EQ(read("modules/lib/code"), "2") << "a file is read that was not listed before";
}

// cases T22
TEST_P(SubmodulesTest, ADamagedCacheIsMadeAnewAndWhatWasListedStays) {
  const std::string lib = add_repository("lib", "code", "2");
  link(repo, "lib", lib, "../lib");
  const std::string revision = commit_links(repo);
  create_with(file_url());
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  ASSERT_EQ(paths("lib"), (Paths{"lib/code"}));
  for (const auto& at : fs::recursive_directory_iterator(root / "state"))
    if (at.path().extension() == ".pack" || at.path().parent_path().filename().string().size() == 2) {
      fs::permissions(at.path(), fs::perms::owner_all);
      std::ofstream(at.path(), std::ios::trunc) << "damaged";
    }
  close_tree();
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  EXPECT_EQ(whole(), "f: 2, lib/code: 2") << why();
}

// pitfalls P59
TEST_P(SubmodulesTest, DeeperOrMoreThanThereMayBeIsRefused) {
  constexpr int depth_max = 8, submodules_max = 255;
  link(repo, "in", second, "../repo");
  std::string nested = commit_links(repo);
  const auto nest = [&] {
    git("update-index --cacheinfo 160000," + nested + ",in");
    git("commit -q -m deeper");
    nested = git("rev-parse HEAD");
  };
  for (int depth = 1; depth < depth_max; ++depth) nest();
  create_with(file_url());
  ASSERT_EQ(missing(nested), "");
  EXPECT_EQ(read("in/in/in/in/in/in/in/in/f"), "2");
  nest();
  git("tag deeper");
  EXPECT_NE(missing(nested), "");
  EXPECT_EQ(code(), "git.submodules-too-many") << why();

  git("reset -q --hard " + second);
  std::ofstream all(repo / ".gitmodules"), index(root / "index");
  for (int i = 0; i <= submodules_max; ++i) {
    const std::string path = "m" + std::to_string(i);
    all << "[submodule \"" << path << "\"]\n\tpath = " << path << "\n\turl = ../repo\n";
    index << "160000 " << first << "\t" << path << "\n";
  }
  all.close();
  index.close();
  git("update-index --index-info < " + (root / "index").string());
  EXPECT_NE(missing(commit_links(repo)), "");
  EXPECT_EQ(code(), "git.submodules-too-many") << why();
}

// pitfalls P29
TEST_P(SubmodulesTest, ARepositoryFromElsewhereNamesNoFolderOfThisMachine) {
  const std::string lib = add_repository("lib", "code", "2");
  HttpsGitServer own(root);
  link(repo, "lib", lib, "file://" + (root / "lib").string());
  const std::string revision = commit_links(repo);
  const std::string ca = R"("ca": )" + quoted(own.authority().pem());
  create_with(own.url("repo"),
              R"({"allowFile": true, "repositories": [{"prefix": )" + quoted(own.url("")) + ", " + ca + "}]}");
  EXPECT_NE(missing(revision), "");
  EXPECT_EQ(code(), "git.file-not-allowed") << why();
}

INSTANTIATE_TEST_SUITE_P(Backend, SubmodulesTest, backends, backend_name);

TEST(SubmoduleMapTest, ReadsWhatGitWrites) {
  const auto read = read_gitmodules(
      "# ours\n[core]\n\tpath = x\n[submodule \"a \\\"b\\\"\"]\r\n\tpath = libs/a ; where\r\n\tURL = "
      "\"https://h/a#1\"\n"
      "[Submodule \"c\"]\n\turl=../c.git\n\tupdate = !rm -rf /\n\tpath=c d\n\n[submodule \"no path\"]\n\turl = x\n");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, (git::SubmoduleMap{{"libs/a", "https://h/a#1"}, {"c d", "../c.git"}}));
}

TEST(SubmoduleMapTest, WhatCannotBeReadIsSaidWithItsLine) {
  for (const char* text : {"path = a\n", "[submodule \"a\n", "[submodule]\npath = x\n", "\n[submodule \"a\"]\n\tpath\n",
                           "[submodule \"a\"]\npath = \"x\n", "[submodule \"a\"]\nurl = a\\nb\n"}) {
    const auto read = read_gitmodules(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "git.submodules-invalid");
    EXPECT_NE(read.error().message.find("line "), std::string::npos);
  }
}

TEST(SubmoduleMapTest, RelativeUrlsLieBesideThatOfTheirRepository) {
  const auto url = [](const char* parent, const char* relative) {
    auto whole = submodule_url(parent, relative);
    return whole ? *whole : whole.error().code;
  };
  EXPECT_EQ(url("https://h/team/repo.git", "../lib.git"), "https://h/team/lib.git");
  EXPECT_EQ(url("https://h/team/repo/", "./sub"), "https://h/team/repo/sub");
  EXPECT_EQ(url("https://h/team/repo", "../../other/lib/"), "https://h/other/lib");
  EXPECT_EQ(url("git@h:team/repo.git", "../lib.git"), "git@h:team/lib.git");
  EXPECT_EQ(url("git@h:repo.git", "../lib.git"), "git@h:lib.git");
  EXPECT_EQ(url("file:///srv/repo", "../lib"), "file:///srv/lib");
  EXPECT_EQ(url("https://h/repo", "https://other/lib"), "https://other/lib");
  for (const auto& [parent, relative] : {std::pair("https://h/repo", "../../lib"),
                                         {"git@h:repo", "../../lib"},
                                         {"https://h/repo", "../"},
                                         {"https://h/a/repo", "../../../x/y"}})
    EXPECT_EQ(url(parent, relative), "git.url-invalid") << parent << " " << relative;
}

}  // namespace
}  // namespace stoker::git_test
