// The built plugin and repositories that nobody made with good intent. Objects are written as they are,
// past the checks of the git program.
#include "../git_fixture.hpp"
#include "peak_memory.hpp"

#include "support/git_servers/git_daemon.hpp"
#include "support/git_servers/hostile_peer.hpp"

namespace stoker::git_test {
namespace {

using git_servers::GitDaemon;
using Paths = std::vector<std::string>;

// One line of a tree.
struct Line {
  std::string mode, name, id;
};

class HostileRepository : public GitFixture {
 protected:
  HostileRepository() { create(file_url()); }

  std::string object(const std::string& type, const std::string& bytes) const {
    std::ofstream(root / "object", std::ios::binary | std::ios::trunc) << bytes;
    return git("hash-object -t " + type + " -w --literally " + (root / "object").string());
  }
  std::string blob(const std::string& bytes = "x") const { return object("blob", bytes); }
  std::string tree(const std::vector<Line>& lines) const {
    std::string bytes;
    for (const Line& line : lines) {
      bytes += line.mode + " " + line.name + '\0';
      for (std::size_t i = 0; i < line.id.size(); i += 2)
        bytes += static_cast<char>(std::stoi(line.id.substr(i, 2), nullptr, 16));
    }
    return object("tree", bytes);
  }
  std::string commit_of(const std::string& tree_id, const std::string& message = "c") const {
    const std::string who = " t <t@t> 1700000000 +0000\n";
    const std::string id =
        object("commit", "tree " + tree_id + "\nauthor" + who + "committer" + who + "\n" + message + "\n");
    git("update-ref --no-deref refs/heads/hostile " + id);
    return id;
  }
  // A tree that is the same many times over: levels of folders, each with the same child.
  std::string many_times(std::string child, const std::string& mode, int levels, int times, int name_bytes) const {
    for (int level = 0; level < levels; ++level) {
      std::vector<Line> lines;
      for (int i = 0; i < times; ++i) {
        std::string name = std::to_string(1000 + i);
        name.insert(0, static_cast<std::size_t>(std::max(0, name_bytes - 4)), 'n');
        lines.push_back({level == 0 ? mode : "40000", name, child});
      }
      child = tree(lines);
    }
    return child;
  }
  void expect_not_listed(const std::string& revision, const std::string& under = "") {
    ASSERT_EQ(open(revision), STOKER_OK) << why();
    EXPECT_TRUE(paths(under).at(0).starts_with("failed: git.path-refused")) << why();
  }
  void expect_refused(const std::string& revision, const std::string& wanted) {
    EXPECT_NE(open(revision), STOKER_OK) << "expected " << wanted;
    EXPECT_EQ(code(), wanted) << why();
  }
};

// pitfalls P54
TEST_F(HostileRepository, WithOneNameTwiceIsNotListed) {
  const std::string file = blob(), folder = tree({{"100644", "f", file}});
  const std::vector<std::vector<Line>> trees = {{{"100644", "a", file}, {"100644", "a", blob("y")}},
                                                {{"120000", "a", blob("/etc")}, {"40000", "a", folder}},
                                                {{"100644", "a", file}, {"100644", "b", file}, {"40000", "a", folder}},
                                                {{"160000", "a", std::string(40, '1')}, {"40000", "a", folder}}};
  for (const auto& lines : trees) {
    expect_not_listed(commit_of(tree(lines)));
    expect_not_listed(commit_of(tree(lines)), "a/f");
    EXPECT_EQ(read("a"), "failed: git.path-not-found");
  }
}

// The last of two entries is as before, so comparing the last ones would find nothing. cases T26
TEST_F(HostileRepository, WithOneNameTwiceIsNotCompared) {
  const std::string file = blob(), other = blob("y");
  const std::string before = commit_of(tree({{"100644", "a", file}}));
  git("update-ref refs/heads/before " + before);
  const std::string now = commit_of(tree({{"100644", "a", other}, {"100644", "a", file}}));
  ASSERT_EQ(open(now), STOKER_OK) << why();
  Collected<Delta> deltas;
  EXPECT_EQ(table->diff(GitFixture::tree, call.raw(), str(before), deltas.sink()), STOKER_E_NOT_FOUND);
}

// pitfalls P54
TEST_F(HostileRepository, WithAGitFolderBelowAnyOtherIsNotListed) {
  for (const char* name : {".git", ".gIt", "GIT~1", ".git ", ".git...", ".git\xe2\x80\x8c"}) {
    const std::string inner = tree({{"40000", name, tree({{"100644", "config", blob("[core]\nfsmonitor=harm")}})}});
    const std::string projects = tree({{"40000", "line", inner}});
    expect_not_listed(commit_of(tree({{"40000", "projects", projects}})), "projects/line");
  }
}

// pitfalls P52, P54
TEST_F(HostileRepository, WithSubmodulesAndCommandsIsOnlyListed) {
  const git_servers::HostileContent content = git_servers::HostileContent::make(root / "content");
  const git_servers::HostilePeer elsewhere(content, {.act = git_servers::Act::none});
  const std::string harm = "touch " + (root / "harm").string();
  const std::string modules = "[submodule \"x\"]\n\tpath = sub\n\turl = " + elsewhere.url() + "\n\tupdate = !" + harm +
                              "\n[submodule \"../../harm\"]\n\tpath = sub\n\turl = --upload-pack=" + harm + "\n";
  const std::string hooks = tree({{"100755", "post-checkout", blob("#!/bin/sh\n" + harm + "\n")}});
  const std::string revision = commit_of(tree({{"100644", ".gitattributes", blob("* filter=harm\n")},
                                               {"120000", ".gitignore", blob("/etc/passwd")},
                                               {"100644", ".gitmodules", blob(modules)},
                                               {"100644", "config", blob("[filter \"harm\"]\n\tsmudge = " + harm)},
                                               {"100644", "f", blob("as it is")},
                                               {"40000", "hooks", hooks},
                                               {"160000", "sub", std::string(40, '2')}}));
  GitDaemon daemon(root);
  create(daemon.url("repo"));
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  EXPECT_EQ(paths(),
            (Paths{".gitattributes", ".gitignore", ".gitmodules", "config", "f", "hooks/post-checkout", "sub"}));
  EXPECT_EQ(read("f"), "as it is");
  EXPECT_EQ(read("sub"), "failed: git.not-a-file");
  EXPECT_EQ(read(".gitignore"), "failed: git.not-a-file");
  EXPECT_EQ(elsewhere.connections(), 0);
  EXPECT_FALSE(fs::exists(root / "harm"));
}

TEST_F(HostileRepository, WithObjectsOfAnotherTypeThanSaidDeliversNothing) {
  const std::string file = blob(), folder = tree({{"100644", "f", file}});
  EXPECT_NE(open(commit_of(file)), STOKER_OK) << "a commit whose tree is a file";
  EXPECT_NE(open(commit_of(tree({{"40000", "a", file}}))), STOKER_OK) << "a folder that is a file";
  if (open(commit_of(tree({{"100644", "a", folder}}))) == STOKER_OK) {
    EXPECT_TRUE(paths().at(0).starts_with("failed: ")) << "a file that is a folder";
  }
  git("update-ref --no-deref refs/heads/main " + commit_of(folder));
  for (const std::string& id : {file, folder}) EXPECT_NE(open(id), STOKER_OK) << "a revision that is no commit";
}

TEST_F(HostileRepository, WithOddModesHasFilesOfTwoModes) {
  const std::string file = blob();
  const std::string revision = commit_of(tree({{"100600", "a", file},
                                               {"100664", "b", file},
                                               {"104755", "c", file},
                                               {"0100644", "d", file},
                                               {"040000", "e", tree({{"100777", "f", file}})}}));
  ASSERT_EQ(open(revision), STOKER_OK) << why();
  Collected<File> files;
  ASSERT_EQ(table->list(GitFixture::tree, call.raw(), str(""), files.sink()), STOKER_OK) << why();
  for (const File& one : files.items) {
    EXPECT_TRUE(one.mode == 0644 || one.mode == 0755) << one.path;
    EXPECT_EQ(one.type, File::Type::regular) << one.path;
  }
  EXPECT_EQ(files.items.size(), 5u);
}

TEST_F(HostileRepository, ThatIsDeepIsRefusedPastItsBound) {
  const auto deep = [&](int folders) {
    std::string inner = tree({{"100644", "f", blob()}});
    for (int i = 0; i < folders; ++i) inner = tree({{"40000", "d", inner}});
    return commit_of(inner);
  };
  EXPECT_EQ(open(deep(100)), STOKER_OK) << why();
  expect_refused(deep(140), "git.tree-too-large");
  const std::string long_name(250, 'n');
  std::string inner = tree({{"100644", "f", blob()}});
  for (int i = 0; i < 17; ++i) inner = tree({{"40000", long_name, inner}});
  expect_not_listed(commit_of(inner));
}

// A few thousand bytes that are a thousand million files. pitfalls P59
TEST_F(HostileRepository, ThatIsABombOfFoldersIsRefusedInBoundedMemory) {
  const PeakMemory memory;
  expect_refused(commit_of(many_times(blob(), "100644", 9, 10, 4)), "git.tree-too-large");
  memory.expect_below(192, "a bomb of folders");
}

// The same with long paths. pitfalls P59
TEST_F(HostileRepository, ThatIsABombOfPathsIsRefusedInBoundedMemory) {
  std::string bomb = many_times(blob(), "100644", 3, 96, 200);
  for (int i = 0; i < 13; ++i) bomb = tree({{"40000", std::string(250, 'n'), bomb}});
  const PeakMemory memory;
  expect_refused(commit_of(bomb), "git.tree-too-large");
  memory.expect_below(192, "a bomb of paths");
}

// Objects that are small in a pack and large in memory. pitfalls P59
TEST_F(HostileRepository, ThatIsABombOfZerosIsRefusedInBoundedMemory) {
  constexpr std::size_t large = 96 << 20;
  const std::string zeros = blob(std::string(large, '\0'));
  const std::string small_tree = tree({{"100644", "f", blob()}});
  const std::string with_file = commit_of(tree({{"100644", "zeros", zeros}, {"100644", "f", blob()}}));
  git("tag with-file " + with_file);
  const std::string with_message = commit_of(small_tree, std::string(large, ' '));
  GitDaemon daemon(root);
  create(daemon.url("repo"), R"({"fileBytesMax": 1048576})");
  const PeakMemory memory;
  EXPECT_EQ(open(with_file), STOKER_OK) << why();
  EXPECT_EQ(read("zeros"), "failed: git.file-too-large");
  EXPECT_EQ(read("f"), "x");
  memory.expect_below(48, "a file of zeros");
  expect_refused(with_message, "git.commit-too-large");
  memory.expect_below(48, "a message of spaces");
}

}  // namespace
}  // namespace stoker::git_test
