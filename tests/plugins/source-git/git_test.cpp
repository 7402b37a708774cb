// The plugin against real repositories: trees, links, hostile content, other sides that move, refuse or say nothing.
#include "git_fixture.hpp"

#include <functional>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace stoker::git_test {
namespace {

#if defined(__SANITIZE_ADDRESS__)
struct NoLeakCheck {
  NoLeakCheck() { __lsan_disable(); }
  ~NoLeakCheck() { __lsan_enable(); }
};
#else
struct NoLeakCheck {
  NoLeakCheck() {}
};
#endif

using GitTest = GitFixture;
using Paths = std::vector<std::string>;

// pitfalls P29
TEST_F(GitTest, RefusesHostileRefs) {
  commit();
  create(file_url());
  for (const char* ref : {"--upload-pack=touch /tmp/x", "-x", "a..b", "a@{0}", "a b", "a\nb", "a\\b"}) {
    ASSERT_EQ(resolve({"main", ref}), STOKER_OK) << ref << ": " << why();
    ASSERT_EQ(resolved.items.size(), 2u) << ref;
    EXPECT_FALSE(resolved.items[0].revision.empty()) << "the other ref has its answer";
    EXPECT_TRUE(resolved.items[1].revision.empty()) << ref;
    EXPECT_EQ(resolved.items[1].why.code, "git.ref-invalid") << ref;
  }
}

TEST_F(GitTest, RefusesUrlsWithAReasonAndWithoutTheirSecrets) {
  const std::pair<const char*, const char*> table_of[] = {
      {"ssh://git:canary@example.com/r.git", "git.credentials-in-url"},
      {"https://u:can/ary@example.com/r.git", "git.credentials-in-url"},
      {"ssh://-oProxyCommand=x/r", "git.url-invalid"},
      {"-oProxyCommand=x:r", "git.url-invalid"},
      {"git@example.com:-r", "git.url-invalid"},
      {"git@-x:r", "git.url-invalid"},
      {"ssh://git@example.com/r%0ax", "git.url-invalid"},
      {"https://u:canary@example.com/r", "git.credentials-in-url"},
      {"git://canary@example.com/r", "git.credentials-in-url"},
      {"/srv/config", "git.url-invalid"},
      {"ext::sh -c canary", "git.url-invalid"},
      {"file://host/x", "git.url-invalid"},
      {"--upload-pack=x", "git.url-invalid"},
      {"git://-oProxy/x", "git.url-invalid"}};
  for (const auto& [url, wanted] : table_of) {
    ASSERT_EQ(create(url), STOKER_OK);
    EXPECT_EQ(resolve({"main"}), STOKER_E_INVALID) << url;
    EXPECT_EQ(code(), wanted) << url;
    EXPECT_EQ(why().find("canary"), std::string::npos) << why();
  }
}

// cases T09
TEST_F(GitTest, SaysHowToWriteAPort) {
  const auto said = [&](const char* url) {
    EXPECT_EQ(create(url), STOKER_OK);
    EXPECT_EQ(resolve({"main"}), STOKER_E_INVALID) << url;
    return why();
  };
  const auto has = [](const std::string& text, std::string_view words) { return text.find(words) != text.npos; };
  const std::string ssh = said("ssh://git@host.example:group/repo.git");
  EXPECT_TRUE(has(ssh,
                  "after \":\" comes a port, and \"group\" is none; write ssh://git@host.example/group/repo.git or "
                  "ssh://git@host.example:<port>/group/repo.git"))
      << ssh;
  EXPECT_TRUE(has(said("https://host.example:team/r.git"), "write https://host.example/team/r.git")) << why();
  EXPECT_TRUE(has(said("ssh://git@host.example:99999/r.git"), "from 1 to 65535")) << why();
  EXPECT_TRUE(has(said("ssh://git@host.example"), "write ssh://host[:port]/path")) << why();
}

TEST_F(GitTest, AFileUrlNeedsAllowFile) {
  const std::string revision = commit();
  create(file_url(), "{}");
  EXPECT_EQ(open(revision), STOKER_E_INVALID);
  EXPECT_EQ(code(), "git.file-not-allowed");
}

TEST_F(GitTest, ListsFilesByPathBytesWithModesAndTypes) {
  for (const char* path : {"a/b", "a-b", "a.b", "z/deep/er/file", "b"}) write(path, path);
  fs::permissions(repo / "b", fs::perms::owner_exec, fs::perm_options::add);
  fs::create_symlink("/etc/passwd", repo / "link");
  const std::string revision = commit();
  create(file_url());
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  EXPECT_EQ(paths(), (Paths{"a-b", "a.b", "a/b", "b", "link", "z/deep/er/file"}));
  EXPECT_EQ(paths("z"), (Paths{"z/deep/er/file"}));
  EXPECT_EQ(paths("z/deep/"), (Paths{"z/deep/er/file"}));
  EXPECT_EQ(paths("a"), (Paths{"a/b"}));
  EXPECT_EQ(paths("b"), (Paths{"b"}));
  EXPECT_EQ(paths("nothing"), (Paths{}));
  Collected<File> files;
  table->list(tree, call.raw(), str("b"), files.sink());
  EXPECT_EQ(files.items[0], (File{"b", git("rev-parse HEAD:b"), 1, 0755, File::Type::regular}));
}

// pitfalls P30
TEST_F(GitTest, ALinkIsListedAndNeverRead) {
  fs::create_symlink("/proc/self/environ", repo / "token");
  fs::create_symlink("/etc", repo / "folder");
  const std::string revision = commit();
  create(file_url());
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  EXPECT_EQ(read("token"), "failed: git.not-a-file");
  EXPECT_EQ(read("folder/passwd"), "failed: git.path-not-found");
  EXPECT_EQ(read("../../etc/passwd"), "failed: git.path-not-found");
  EXPECT_EQ(paths("folder"), (Paths{"folder"}));
}

TEST_F(GitTest, ASubmoduleIsListedAndSaidAndNotFetched) {
  write("a", "1");
  commit();
  git("update-index --add --cacheinfo 160000," + git("rev-parse HEAD") + ",lib");
  git("commit -q -m c");
  create(file_url());
  ASSERT_EQ(open(one("main").revision), STOKER_OK) << why();
  EXPECT_EQ(paths(), (Paths{"a", "lib"}));
  EXPECT_EQ(read("lib"), "failed: git.not-a-file");
  EXPECT_TRUE(host.log.says("submodules are not fetched"));
}

TEST_F(GitTest, APointerOfGitLfsIsSaidWhenItIsRead) {
  const std::string pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, 'a') + "\nsize 9\n";
  write("big.bin", pointer);
  write("plain", "1");
  create(file_url());
  const std::string revision = commit();
  EXPECT_EQ(content(revision, "plain"), "1");
  EXPECT_FALSE(host.log.says("Git LFS"));
  EXPECT_EQ(content(revision, "big.bin"), pointer);
  EXPECT_TRUE(host.log.says("Git LFS"));
  EXPECT_TRUE(host.log.says("big.bin"));
}

TEST_F(GitTest, ReadsBytesAsTheyAre) {
  const std::string odd("a\r\n\0\xff", 5), large(3u << 20, 'x');
  write("odd", odd);
  write("large", large);
  write("empty", "");
  const std::string revision = commit();
  create(file_url());
  EXPECT_EQ(content(revision, "odd"), odd);
  EXPECT_EQ(read("large"), large);
  EXPECT_EQ(read("empty"), "");
}

TEST_F(GitTest, DiffSaysWhatDiffersSortedByPath) {
  write("same", "1");
  write("changed", "1");
  write("gone/x", "1");
  write("mode", "1");
  const std::string before = commit();
  write("changed", "2");
  write("added", "1");
  fs::remove_all(repo / "gone");
  write("gone", "now a file");
  fs::permissions(repo / "mode", fs::perms::owner_exec, fs::perm_options::add);
  const std::string after = commit();
  create(file_url());
  ASSERT_EQ(open(after), STOKER_OK) << why();
  Collected<Delta> deltas;
  ASSERT_EQ(table->diff(tree, call.raw(), str(before), deltas.sink()), STOKER_OK) << why();
  Paths said;
  for (const Delta& delta : deltas.items) said.push_back((delta.op == Delta::Op::put ? "+" : "-") + delta.file.path);
  EXPECT_EQ(said, (Paths{"+added", "+changed", "+gone", "-gone/x", "+mode"}));
  EXPECT_EQ(table->diff(tree, call.raw(), str(std::string(40, '1')), deltas.sink()), STOKER_E_NOT_FOUND);
  EXPECT_EQ(table->diff(tree, call.raw(), str("main"), deltas.sink()), STOKER_E_NOT_FOUND);
}

// pitfalls P11
TEST_F(GitTest, OpensTheResolvedRevisionThoughTheBranchMovedOn) {
  write("f", "resolved");
  commit();
  create(file_url());
  const std::string revision = one("main").revision;
  write("f", "pushed later");
  commit();
  EXPECT_EQ(content(revision, "f"), "resolved");
}

// pitfalls P65
TEST_F(GitTest, AForcePushedRevisionIsOpenedFromTheCacheAndElseNotFound) {
  commit("base");
  write("f", "old");
  const std::string old = commit();
  Daemon daemon(root);
  create(daemon.url("repo"));
  ASSERT_EQ(content(old, "f"), "old");
  git("reset -q --hard HEAD~1");
  write("f", "new");
  const std::string now = commit();
  EXPECT_EQ(content(now, "f"), "new");
  EXPECT_EQ(content(old, "f"), "old");
  close();
  fs::remove_all(root / "state");
  create(daemon.url("repo"));
  EXPECT_EQ(open(old), STOKER_E_NOT_FOUND) << why();
  EXPECT_EQ(code(), "git.revision-not-found");
  EXPECT_NE(why().find(old), std::string::npos);
  EXPECT_EQ(content(now, "f"), "new");
}

// pitfalls P65
TEST_F(GitTest, ARevisionNoRefHasIsFetchedByIdWhereTheServerAllowsIt) {
  commit("base");
  write("f", "hidden");
  const std::string hidden = commit();
  git("reset -q --hard HEAD~1");
  git("config uploadpack.allowAnySHA1InWant true");
  Daemon daemon(root);
  create(daemon.url("repo"));
  EXPECT_EQ(content(hidden, "f"), "hidden");
}

TEST_F(GitTest, ARevisionOfAnUnusualRefIsFoundOnAServerThatServesNoIds) {
  commit("base");
  write("f", "pull");
  const std::string pull = commit();
  git("update-ref refs/pull/7/head " + pull);
  git("reset -q --hard HEAD~1");
  Daemon daemon(root);
  create(daemon.url("repo"));
  EXPECT_EQ(content(pull, "f"), "pull");
}

// A tree with one file of that name, as git itself would never write it.
std::string raw_tree(std::string_view name, const std::string& blob_hex) {
  std::string bytes = "100644 " + std::string(name) + '\0';
  for (std::size_t i = 0; i < blob_hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(blob_hex.substr(i, 2), nullptr, 16));
  return bytes;
}

// pitfalls P54
TEST_F(GitTest, ATreeWithAnUnsafePathIsNotListed) {
  write("f", "x");
  const std::string blob = git("hash-object -w f");
  create(file_url());
  for (const char* name : {".git", ".GIT", "git~1", "..", "a\\b", "a\nb", "\xff", "a/b"}) {
    write("tree", raw_tree(name, blob));
    const std::string revision = git("commit-tree -m x " + git("hash-object -t tree -w --literally tree"));
    git("update-ref refs/heads/bad " + revision);
    ASSERT_EQ(open(revision), STOKER_OK) << name << " " << why();
    EXPECT_TRUE(paths().at(0).starts_with("failed: git.path-refused")) << name;
    EXPECT_EQ(call.error()->kind, errc::invalid);
  }
}

// cases T26
TEST_F(GitTest, AnOddNameIsRefusedWhereItIsAskedForAndNowhereElse) {
  write("projects/P/a", "1");
  const std::string before = commit();
  write("units/mnt-my\\x2ddata.mount", "1");
  write("latin/caf\xe9.txt", "1");
  const std::string odd = commit();
  create(file_url());
  ASSERT_EQ(open(odd), STOKER_OK) << why();
  EXPECT_TRUE(host.log.says("names that cannot be delivered"));
  EXPECT_EQ(paths("projects"), (Paths{"projects/P/a"}));
  EXPECT_EQ(read("projects/P/a"), "1");
  for (const char* under : {"units", "units/", "", "latin"})
    EXPECT_TRUE(paths(under).at(0).starts_with("failed: git.path-refused")) << under;
  EXPECT_NE(why().find("path \"latin/caf?.txt\" is refused: it is not UTF-8; rename it, or map folders that do not"),
            std::string::npos)
      << why();
  const auto lines = host.log.lines().size();
  ASSERT_EQ(open(odd), STOKER_OK);
  EXPECT_EQ(host.log.lines().size(), lines) << "it is said once";
}

// Who gets no delta lists what it wants, and is then refused if the name is there. cases T26
TEST_F(GitTest, ADifferenceThatTouchesAnOddNameIsNotTold) {
  write("projects/P/a", "1");
  const std::string before = commit();
  write("projects/P/b\\c", "1");
  const std::string odd = commit();
  write("projects/P/a", "2");
  const std::string beside = commit();
  git("rm -q 'projects/P/b\\\\c'");
  const std::string after = commit();
  create(file_url());
  Collected<Delta> deltas;
  const auto diff = [&](const std::string& since, const std::string& to) {
    EXPECT_EQ(open(to), STOKER_OK) << why();
    return table->diff(tree, call.raw(), str(since), deltas.sink());
  };
  EXPECT_EQ(diff(before, odd), STOKER_E_NOT_FOUND);
  EXPECT_EQ(diff(before, beside), STOKER_E_NOT_FOUND);
  EXPECT_EQ(diff(beside, after), STOKER_E_NOT_FOUND);
  EXPECT_TRUE(deltas.items.empty());
  EXPECT_EQ(diff(odd, beside), STOKER_OK) << why();
  EXPECT_EQ(deltas.items.size(), 1u);
  EXPECT_EQ(diff(before, after), STOKER_OK) << why();
}

// cases T21
TEST_F(GitTest, AFileThatACheckoutWouldWriteOtherwiseIsSaid) {
  write(".gitattributes", "*.bat text eol=crlf\n*.csv working-tree-encoding=UTF-16LE\n*.big filter=lfs\n*.sh eol=lf\n");
  write("P/run.bat", "a\r\n");
  write("P/t.csv", std::string("x\0;\0y\0", 6));
  for (const char* plain : {"P/a.txt", "P/b.sh", "P/c.big", "P/sub/raw.bat"}) write(plain, "x\n");
  write("P/sub/.gitattributes", "raw.bat -text\nid.txt ident\n");
  write("P/sub/id.txt", "$Id$\n");
  git("config filter.lfs.clean cat");
  const std::string revision = commit();
  create(file_url());
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  std::string said;
  for (const auto& line : host.log.lines())
    if (line.message.find("git checkout may write") != std::string::npos)
      for (const auto& [name, value] : line.fields) said += name + "=" + value + "; ";
  EXPECT_EQ(said,
            "code=attributes; count=3; first=P/run.bat (eol=crlf), P/sub/id.txt (ident), P/t.csv "
            "(working-tree-encoding=UTF-16LE); revision=" +
                revision + "; ");
  EXPECT_EQ(read("P/run.bat"), "a\n");
  const auto lines = host.log.lines().size();
  ASSERT_EQ(open(revision), STOKER_OK);
  EXPECT_EQ(host.log.lines().size(), lines) << "it is said once";
}

TEST_F(GitTest, AFileIsReadWithinTheListThatNamesIt) {
  for (const char* path : {"a", "b"}) write(path, path);
  const std::string revision = commit();
  create(file_url());
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  std::string all;
  std::function<void(std::string_view)> take = [&](std::string_view path) { all += read(std::string(path)); };
  const stoker_file_sink sink{&take, [](void* to, const stoker_file* files, std::size_t count) -> stoker_status {
                                for (std::size_t i = 0; i < count; ++i)
                                  (*static_cast<std::function<void(std::string_view)>*>(to))(view(files[i].path));
                                return STOKER_OK;
                              }};
  EXPECT_EQ(table->list(tree, call.raw(), str(""), sink), STOKER_OK);
  EXPECT_EQ(all, "ab");
}

TEST_F(GitTest, AnOtherSideThatIsAwayIsUnreachableAndACachedRevisionStillOpens) {
  write("f", "1");
  const std::string revision = commit();
  Daemon daemon(root);
  create(daemon.url("repo"));
  ASSERT_EQ(content(revision, "f"), "1");
  daemon.stop();
  EXPECT_EQ(resolve({"main"}), STOKER_E_UNREACHABLE);
  EXPECT_TRUE(call.error()->retryable);
  EXPECT_EQ(content(revision, "f"), "1");
}

// cases T05
TEST_F(GitTest, NamesByTheirSha256AreRefusedOverEachWay) {
  const NoLeakCheck libgit2_leaks;  // the expressions of its configuration, when it refuses a repository (1.5)
  run("git init -q --object-format=sha256 -b main " + (root / "r256").string());
  Daemon daemon(root);
  for (const std::string& url : {"file://" + (root / "r256").string(), daemon.url("r256")}) {
    create(url);
    EXPECT_EQ(resolve({"main"}), STOKER_E_INCOMPATIBLE) << why();
    EXPECT_EQ(code(), "git.object-format") << url;
    EXPECT_FALSE(call.error()->retryable);
  }
  create("file://" + (root / "r256").string());
  EXPECT_EQ(open(std::string(40, 'a')), STOKER_E_INCOMPATIBLE) << why();
  EXPECT_EQ(code(), "git.object-format");
}

// cases T12
TEST_F(GitTest, AServerThatIsAShallowCloneWorksWithTheProgramAndIsSaidToTheOther) {
  commit("base");
  write("f", "1");
  const std::string revision = commit();
  run("git clone -q --depth 1 --bare " + file_url() + " " + (root / "shallow").string());
  Daemon daemon(root);
  create(daemon.url("shallow"), R"({"backend": "git"})");
  EXPECT_EQ(content(revision, "f"), "1");
  close();
  fs::remove_all(root / "state");
  for (const std::string& url : {daemon.url("shallow"), "file://" + (root / "shallow").string()}) {
    create(url);
    EXPECT_EQ(one("main").revision, revision) << why();
    EXPECT_EQ(open(revision), STOKER_E_INCOMPATIBLE) << why();
    EXPECT_EQ(code(), "git.shallow-server") << why();
    EXPECT_FALSE(call.error()->retryable);
    EXPECT_NE(why().find("backend of the module to git"), std::string::npos) << why();
  }
}

TEST_F(GitTest, ARepositoryThatIsNotThereIsNamed) {
  create("file://" + (root / "none").string());
  EXPECT_EQ(resolve({"main"}), STOKER_E_NOT_FOUND) << why();
  EXPECT_EQ(code(), "git.repository-not-found");
  Daemon daemon(root);
  create(daemon.url("none"));
  EXPECT_EQ(resolve({"main"}), STOKER_E_DENIED) << why();
}

// A peer that accepts and then says nothing.
TEST_F(GitTest, ASilentPeerEndsAtTheDeadlineAndAtACancel) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string url = "git://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/r";
  create(url, R"({"resolveTimeout": "200ms", "fetchTimeout": "200ms"})");
  EXPECT_EQ(resolve({"main"}), STOKER_E_TIMEOUT) << why();
  EXPECT_EQ(open(std::string(40, 'a')), STOKER_E_TIMEOUT) << why();
  create(url, "{}");
  call.cancel_after_looks(3);
  EXPECT_EQ(resolve({"main"}), STOKER_E_CANCELLED) << why();
  ::close(listener);
}

}  // namespace
}  // namespace stoker::git_test
