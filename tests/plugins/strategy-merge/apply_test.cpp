// What apply and revert do to a live tree: type flips, modes and owners, conflicts, links, failures. Through the built
// plugin.
#include "merge_fixture.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <sstream>

namespace stoker::merge::testing {
namespace {

using Tree = std::map<std::string, std::string>;

class ApplyTest : public MergeTest {
 protected:
  ApplyTest() { map("projects", "projects"); }
  Answer stage_only(const std::string& revision, const std::string& name) {
    Answer planned = plan(revision, name);
    if (!planned.ok()) return planned;
    return strategy->stage(name, RevisionView(source, revision));
  }
  struct stat stat_of(const std::string& path) const {
    struct stat st {};
    lstat((data / path).c_str(), &st);
    return st;
  }
};

// pitfalls P06
TEST_F(ApplyTest, TypeFlipsConvergeInOneRun) {
  source.revisions["r1"] = {{"projects/x", "file"}, {"projects/y/a/b", "1"}, {"projects/y/c", "2"}};
  source.revisions["r2"] = {{"projects/x/deep/file", "1"}, {"projects/y", "file"}};
  ASSERT_TRUE(sync("r1").ok());
  const Answer flipped = sync("r2");
  ASSERT_TRUE(flipped.ok()) << flipped.error.message;
  EXPECT_EQ(live(), (Tree{{"projects/x/deep/file", "1"}, {"projects/y", "file"}}));
  ASSERT_TRUE(strategy->revert(run).ok());
  EXPECT_EQ(live(), (Tree{{"projects/x", "file"}, {"projects/y/a/b", "1"}, {"projects/y/c", "2"}}));
  EXPECT_EQ(sync("r2").ops(), flipped.ops());
}

// pitfalls P06
TEST_F(ApplyTest, AFolderWithForeignFilesIsNotReplacedByAFile) {
  source.revisions["r1"] = {{"projects/y/a", "1"}};
  source.revisions["r2"] = {{"projects/y", "file"}};
  ASSERT_TRUE(sync("r1").ok());
  write("projects/y/foreign", "f");
  const Tree before = live();
  const Answer refused = sync("r2");
  EXPECT_EQ(refused.status, STOKER_E_DENIED);
  EXPECT_NE(refused.error.message.find("projects/y/foreign"), std::string::npos);
  EXPECT_EQ(live(), before);
}

TEST_F(ApplyTest, RemovesEmptiedFoldersInsideARootAndNotTheRoot) {
  source.revisions["r1"] = {{"projects/a/b/c", "1"}, {"projects/d/e", "1"}, {"x", ""}};
  source.revisions["r2"] = {{"projects/.gitkeep", ""}};
  ASSERT_TRUE(sync("r1").ok());
  write("projects/d/foreign", "f");
  ASSERT_TRUE(sync("r2").ok());
  EXPECT_EQ(live(), (Tree{{"projects/d/foreign", "f"}}));
}

// pitfalls P07
TEST_F(ApplyTest, ModesFollowTheExecutableBit) {
  source.revisions["r1"] = {{"projects/a", "1"}, {"projects/b", SourceFile("1", 0755)}};
  source.revisions["r2"] = {{"projects/a", SourceFile("1", 0755)}, {"projects/b", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(stat_of("projects/b").st_mode & 0111, 0111u);
  EXPECT_EQ(sync("r2").ops(), (Ops{"xprojects/a", "xprojects/b"}));
  EXPECT_EQ(stat_of("projects/a").st_mode & 0111, 0111u);
  EXPECT_EQ(stat_of("projects/b").st_mode & 0111, 0u);
  ASSERT_TRUE(strategy->revert(run).ok());
  EXPECT_EQ(stat_of("projects/a").st_mode & 0111, 0u);
}

// pitfalls P41
TEST_F(ApplyTest, KeepsOwnerAndModeOfWhatItReplacesAndNewOnesTakeTheFolders) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give files away";
  source.revisions["r1"] = {{"projects/a", "new"}, {"projects/n/b", "new"}};
  write("projects/a", "old");
  ASSERT_EQ(chown((data / "projects/a").c_str(), 2003, 2004), 0);
  ASSERT_EQ(chmod((data / "projects/a").c_str(), 0660), 0);
  ASSERT_EQ(chown((data / "projects").c_str(), 2003, 2005), 0);
  ASSERT_EQ(chmod((data / "projects").c_str(), 02775), 0);
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(stat_of("projects/a").st_uid, 2003u);
  EXPECT_EQ(stat_of("projects/a").st_gid, 2004u);
  EXPECT_EQ(stat_of("projects/a").st_mode & 07777, 0660u);
  EXPECT_EQ(stat_of("projects/n").st_gid, 2005u);
  EXPECT_EQ(stat_of("projects/n").st_mode & 07777, 02775u);
  EXPECT_EQ(stat_of("projects/n/b").st_gid, 2005u);
  EXPECT_EQ(stat_of("projects/n/b").st_mode & 07777, 0664u);
}

// A gateway's volume as a pod sees it: everything runs as uid 2003 with group 2003, the folder may be root's with the
// group's rights and setgid (fsGroup), and somebody else's files lie in it.
struct Volume {
  const char* name;
  uid_t owner;
  mode_t mode;
};
class PodTest : public ApplyTest, public ::testing::WithParamInterface<Volume> {
 protected:
  static constexpr uid_t us = 2003, nobody = 4711;
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root to become uid 2003";
    strategy.reset();
    chmod(room.c_str(), 0755);
    own("", GetParam().owner, us, GetParam().mode);
    fs::create_directory(data / "projects");
    own("projects", GetParam().owner, us, GetParam().mode);
    put("projects/ours", us, us, 0640);
    put("projects/script", us, us, 0755);
    put("projects/shared", nobody, us, 0664);
    put("projects/theirs.txt", nobody, nobody, 0600);
  }
  void own(const std::string& path, uid_t uid, gid_t gid, mode_t mode) {
    ASSERT_EQ(chown((data / path).c_str(), uid, gid), 0);
    ASSERT_EQ(chmod((data / path).c_str(), mode), 0);
  }
  void put(const std::string& path, uid_t uid, gid_t gid, mode_t mode) {
    write(path, "old");
    own(path, uid, gid, mode);
  }
  // What `body` comes to in a process of uid 2003; empty is well.
  std::string as_us(const std::function<std::string()>& body) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
    const pid_t child = fork();
    if (child == 0) {
      const bool changed = setgroups(0, nullptr) == 0 && setgid(us) == 0 && setuid(us) == 0;
      const std::string said = changed ? body() : "cannot become uid 2003";
      (void)!::write(ends[1], said.data(), said.size());
      _exit(0);
    }
    close(ends[1]);
    std::string said;
    char buffer[512];
    for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
      said.append(buffer, static_cast<size_t>(got));
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? said : "the process died: " + said;
  }
  std::string rights(const std::string& path) const {
    const struct stat st = stat_of(path);
    std::ostringstream text;
    text << st.st_uid << ':' << st.st_gid << ' ' << std::oct << (st.st_mode & 07777);
    return text.str();
  }
};

// pitfalls P41
TEST_P(PodTest, ReplacesKeepsAndMakesAsItMayAndSaysNothingElse) {
  source.revisions["r1"] = {{"projects/ours", "new"},
                            {"projects/script", SourceFile("new", 0755)},
                            {"projects/shared", "new"},
                            {"projects/n/made", "new"}};
  source.revisions["r2"] = {{"projects/ours", "newer"},
                            {"projects/script", SourceFile("new", 0755)},
                            {"projects/shared", "newer"},
                            {"projects/n/made", "newer"}};
  const std::string theirs = rights("projects/theirs.txt");
  const std::string failure = as_us([&]() -> std::string {
    start();
    for (const char* revision : {"r1", "r2", "r2"})
      if (const Answer done = sync(revision); !done.ok()) return std::string(revision) + ": " + done.error.message;
    if (const Answer last = plan("r2", "again"); !last.changes.empty() || !last.noted("drift").empty())
      return "not at rest: " + std::to_string(last.changes.size()) + " changes";
    return "";
  });
  EXPECT_EQ(failure, "");
  EXPECT_EQ(live(), (Tree{{"projects/ours", "newer"},
                          {"projects/script", "new"},
                          {"projects/shared", "newer"},
                          {"projects/n/made", "newer"},
                          {"projects/theirs.txt", "old"}}));
  EXPECT_EQ(rights("projects/ours"), "2003:2003 640");
  EXPECT_EQ(rights("projects/script"), "2003:2003 755");
  EXPECT_EQ(rights("projects/shared"), "2003:2003 664") << "to give a file away is not ours; its group and mode are";
  EXPECT_EQ(rights("projects/theirs.txt"), theirs);
  const struct stat folder = stat_of("projects"), made = stat_of("projects/n"), file = stat_of("projects/n/made");
  EXPECT_EQ(made.st_gid, folder.st_gid);
  EXPECT_EQ(made.st_mode & 07777, folder.st_mode & 07777);
  EXPECT_EQ(file.st_gid, folder.st_gid);
  EXPECT_EQ(file.st_mode & 07777, folder.st_mode & 0664);
}

INSTANTIATE_TEST_SUITE_P(Volumes, PodTest, ::testing::Values(Volume{"OurOwn", 2003, 0755}, Volume{"FsGroup", 0, 02775}),
                         [](const auto& volume) { return std::string(volume.param.name); });

// pitfalls P42
TEST_F(ApplyTest, ASecondRunWritesNoByteNotEvenInANewProcess) {
  source.revisions["r1"] = {{"projects/a", "1"}, {"projects/b", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(strategy->forget(run).ok());
  start();
  const std::string before = everything();
  ASSERT_TRUE(strategy->recover().ok());
  EXPECT_EQ(sync("r1").ops(), Ops{});
  ASSERT_TRUE(strategy->forget(run).ok());
  start();
  EXPECT_EQ(everything(), before);
}

TEST_F(ApplyTest, LeavesUnchangedFilesUntouched) {
  source.revisions["r1"] = {{"projects/a", "1"}, {"projects/b", "1"}};
  source.revisions["r2"] = {{"projects/a", "2"}, {"projects/b", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  const auto before = stat_of("projects/b");
  ASSERT_TRUE(sync("r2").ok());
  EXPECT_EQ(stat_of("projects/b").st_ctim.tv_nsec, before.st_ctim.tv_nsec);
  EXPECT_EQ(stat_of("projects/b").st_ino, before.st_ino);
}

TEST_F(ApplyTest, ConflictDoesNothing) {
  source.revisions["r1"] = {{"projects/a", "1"}, {"projects/b", "1"}};
  source.revisions["r2"] = {{"projects/a", "2"}, {"projects/b", "2"}};
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(stage_only("r2", "late").ok());
  write("projects/b", "designer");
  const Tree before = live();
  EXPECT_EQ(strategy->apply("late").status, STOKER_E_CONFLICT);
  EXPECT_EQ(live(), before);
  const Answer again = plan("r2", "late");  // the same Run, once more
  EXPECT_EQ(again.noted("overwritten"), (Paths{"projects/b"}));
  ASSERT_TRUE(strategy->stage("late", RevisionView(source, "r2")).ok());
  EXPECT_TRUE(strategy->apply("late").ok());
}

TEST_F(ApplyTest, AStampBetweenPlanAndApplyIsNoConflict) {
  source.revisions["r1"] = {{"projects/v/resource.json", SourceFile(resource("1", "git"))}};
  source.revisions["r2"] = {{"projects/v/resource.json", SourceFile(resource("2", "git"))}};
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(stage_only("r2", "late").ok());
  write("projects/v/resource.json", resource("1", "external"));
  EXPECT_TRUE(strategy->apply("late").ok());
  ASSERT_TRUE(strategy->revert("late").ok());
  EXPECT_EQ(read("projects/v/resource.json"), resource("1", "external"));
}

TEST_F(ApplyTest, WhatWasStagedIsUsedByANewProcessWithTheSamePlan) {
  source.revisions["r1"] = {{"projects/a", "1"}};
  ASSERT_TRUE(stage_only("r1", "held").ok());
  start();
  ASSERT_TRUE(strategy->recover("held").ok());
  ASSERT_TRUE(plan("r1", "held").ok());
  source.reads = 0;
  EXPECT_TRUE(strategy->apply("held").ok());
  EXPECT_EQ(source.reads, 0);
  EXPECT_EQ(read("projects/a"), "1");
}

TEST_F(ApplyTest, RecoverRemovesStagingButThatOfTheRunToKeep) {
  source.revisions["r1"] = {{"projects/a", "1"}};
  ASSERT_TRUE(stage_only("r1", "one").ok());
  ASSERT_TRUE(stage_only("r1", "two").ok());
  ASSERT_TRUE(strategy->recover("two").ok());
  EXPECT_FALSE(fs::exists(data / ".stoker/merge/runs/one"));
  EXPECT_TRUE(fs::exists(data / ".stoker/merge/runs/two"));
  ASSERT_TRUE(strategy->forget("two").ok());
  EXPECT_FALSE(fs::exists(data / ".stoker/merge/runs/two"));
}

TEST_F(ApplyTest, RevertPutsBackEveryKindOfChangeAndAnswersOkAgain) {
  source.revisions["r1"] = {{"projects/a", "1"}, {"projects/d/b", "1"}, {"projects/c", "1"}};
  source.revisions["r2"] = {{"projects/a", "2"}, {"projects/c", SourceFile("1", 0755)}, {"projects/n/e", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  const Tree before = live();
  ASSERT_TRUE(sync("r2").ok());
  const Answer back = strategy->revert(run);
  EXPECT_EQ(back.changes.size(), 4u);
  EXPECT_EQ(live(), before);
  const Answer again = strategy->revert(run);
  EXPECT_TRUE(again.ok());
  EXPECT_TRUE(again.changes.empty());
  EXPECT_EQ(plan("r1").ops(), Ops{});
  EXPECT_EQ(plan("r2").changes.size(), 4u);
}

TEST_F(ApplyTest, RunsAreRevertedNewestFirst) {
  source.revisions["r1"] = {{"projects/a", "1"}};
  source.revisions["r2"] = {{"projects/a", "2"}};
  ASSERT_TRUE(sync("r1").ok());
  const std::string first = run;
  ASSERT_TRUE(sync("r2").ok());
  EXPECT_EQ(strategy->revert(first).status, STOKER_E_INVALID);
  ASSERT_TRUE(strategy->revert(run).ok());
  ASSERT_TRUE(strategy->revert(first).ok());
  EXPECT_EQ(live().count("projects/a"), 0u);
}

TEST_F(ApplyTest, RevertLeavesAloneWhatSomebodyChangedSince) {
  source.revisions["r1"] = {{"projects/a", "1"}, {"projects/b", "1"}};
  source.revisions["r2"] = {{"projects/a", "2"}, {"projects/b", "2"}};
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(sync("r2").ok());
  write("projects/a", "designer");
  EXPECT_EQ(strategy->revert(run).noted("drift"), (Paths{"projects/a"}));
  EXPECT_EQ(live(), (Tree{{"projects/a", "designer"}, {"projects/b", "1"}}));
}

TEST_F(ApplyTest, RevertLeavesALinkAloneThatReplacedWhatItPut) {
  source.revisions["r1"] = {{"projects/a", "1"}};
  fs::create_directories(data / "projects/a/b/c");
  ASSERT_TRUE(sync("r1").ok());
  fs::remove(data / "projects/a");
  fs::create_symlink("../..", data / "projects/a");
  EXPECT_EQ(strategy->revert(run).noted("drift"), (Paths{"projects/a"}));
  EXPECT_TRUE(fs::is_symlink(data / "projects/a"));
}

TEST_F(ApplyTest, ForgetDropsUndoDataUpToTheRun) {
  source.revisions["r1"] = {{"projects/a", "1"}};
  source.revisions["r2"] = {{"projects/a", "2"}};
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(sync("r2").ok());
  ASSERT_TRUE(strategy->forget(run).ok());
  EXPECT_TRUE(fs::is_empty(data / ".stoker/merge/runs"));
  EXPECT_TRUE(strategy->revert(run).changes.empty());
  EXPECT_EQ(read("projects/a"), "2");
}

// pitfalls P07
class LinkTest : public MergeTest, public ::testing::WithParamInterface<int> {
 protected:
  // A revision lies live and the next is staged: whatever of its path is a link now, apply comes too late to see.
  void stage_a_second() {
    map("projects", "projects");
    source.revisions["r1"] = {{"projects/l1/l2/l3/file", "1"}};
    source.revisions["r2"] = {{"projects/l1/l2/l3/file", "2"}, {"projects/l1/l2/l3/new", "2"}};
    source.revisions["r3"] = {{"projects/other", "3"}};
    ASSERT_TRUE(sync("r1").ok());
    ASSERT_TRUE(plan("r2", "swapped").ok());
    ASSERT_TRUE(strategy->stage("swapped", RevisionView(source, "r2")).ok());
  }
  static fs::path place() {
    return std::vector<const char*>{"projects", "projects/l1", "projects/l1/l2", "projects/l1/l2/l3",
                                    "projects/l1/l2/l3/file"}[depth()];
  }
  static std::size_t depth() { return static_cast<std::size_t>(GetParam()); }
};
TEST_P(LinkTest, NeverLeavesTheDataFolder) {
  const fs::path outside = room / "outside";
  fs::create_directories(outside / "l1/l2/l3");
  ASSERT_NO_FATAL_FAILURE(stage_a_second());
  const std::vector<fs::path> aims{outside, outside / "l1", outside / "l1/l2", outside / "l1/l2/l3",
                                   outside / "victim"};
  std::ofstream(outside / "victim") << "1";
  std::ofstream(outside / "l1/l2/l3/file") << "1";  // as the plan saw it: only the link is left to stop apply
  fs::rename(data / place(), room / "aside");
  // relative: an absolute one would also be stopped as a way to another mount
  fs::create_symlink(fs::relative(aims[depth()], (data / place()).parent_path()), data / place());
  const auto files = [&] { return std::distance(fs::recursive_directory_iterator(outside), {}); };
  const auto before = files();
  EXPECT_FALSE(strategy->apply("swapped").ok());
  EXPECT_FALSE(sync("r2").ok());
  (void)sync("r3");
  EXPECT_EQ(files(), before);
  EXPECT_EQ(bytes_of(outside / "victim"), "1");
  EXPECT_EQ(bytes_of(outside / "l1/l2/l3/file"), "1");
  EXPECT_TRUE(fs::is_symlink(data / place()));
}
// A relative link whose aim is beneath the data folder: staying beneath is not enough, no link is followed.
TEST_P(LinkTest, FollowsNoLinkInsideTheDataFolderEither) {
  ASSERT_NO_FATAL_FAILURE(stage_a_second());
  const std::vector<std::string> aims{"aside", "../aside", "../../aside", "../../../aside", "../../../../aside"};
  fs::rename(data / place(), data / "aside");
  fs::create_symlink(aims[depth()], data / place());
  const fs::path victim = data / ("aside" + std::string("/l1/l2/l3/file").substr(depth() < 4 ? depth() * 3 : 14));
  ASSERT_EQ(bytes_of(victim), "1");
  EXPECT_FALSE(strategy->apply("swapped").ok());
  EXPECT_FALSE(sync("r2").ok());
  (void)sync("r3");
  EXPECT_EQ(bytes_of(victim), "1");
  EXPECT_FALSE(fs::exists(victim.parent_path() / "new"));
  EXPECT_TRUE(fs::is_symlink(data / place()));
}
INSTANTIATE_TEST_SUITE_P(EveryDepth, LinkTest, ::testing::Range(0, 5));

TEST_F(ApplyTest, ADestinationOnAnotherMountIsRefusedAndNamed) {
  fs::create_directories(data / "projects/mounted");
  if (mount("none", (data / "projects/mounted").c_str(), "tmpfs", 0, "size=1m") != 0) GTEST_SKIP() << "may not mount";
  source.revisions["r1"] = {{"projects/mounted/a", "1"}};
  const Answer answer = plan("r1");
  umount((data / "projects/mounted").c_str());
  EXPECT_EQ(answer.status, STOKER_E_DENIED);
  EXPECT_EQ(answer.error.code, "merge.other-mount");
  EXPECT_NE(answer.error.message.find("projects/mounted"), std::string::npos);
}

void set_immutable(const fs::path& path, bool on, bool& able) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  int flags = 0;
  able = ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
  flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  able = able && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
  close(fd);
}

// An apply that fails must never be finished later, so recovery has to find that it is to be undone.
TEST_F(ApplyTest, AFailingApplyTurnsItsJournalToUndoAndRevertPutsBack) {
  source.revisions["r1"] = {{"projects/a/f", "1"}, {"projects/z/f", "1"}};
  source.revisions["r2"] = {{"projects/a/f", "2"}, {"projects/z/f", "2"}};
  ASSERT_TRUE(sync("r1").ok());
  const Tree before = live();
  ASSERT_TRUE(stage_only("r2", "bad").ok());
  bool able = false;
  set_immutable(data / "projects/z", true, able);
  if (!able) GTEST_SKIP() << "the file system has no immutable folders";
  const Answer failed = strategy->apply("bad");
  EXPECT_EQ(failed.status, STOKER_E_DENIED) << failed.error.message;
  EXPECT_EQ(read("projects/a/f"), "2");
  set_immutable(data / "projects/z", false, able);
  start();  // recover never finishes it
  const Answer recovered = strategy->recover();
  EXPECT_NE(recovered.state.find(R"("did":"undone")"), std::string::npos) << recovered.state;
  EXPECT_EQ(live(), before);
  EXPECT_EQ(sync("r2").ops(), (Ops{"~projects/a/f", "~projects/z/f"}));
}

// Nothing was done, so nothing is undone.
TEST_F(ApplyTest, AFileThatBlocksANewFolderIsAConflict) {
  source.revisions["r1"] = {{"projects/a", "1"}};
  source.revisions["r2"] = {{"projects/n/b", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(stage_only("r2", "late").ok());
  write("projects/n", "somebody's");
  const Tree before = live();
  EXPECT_EQ(strategy->apply("late").status, STOKER_E_CONFLICT);
  EXPECT_EQ(live(), before);
  EXPECT_EQ(plan("r2", "late").error.code, "merge.file-in-the-way");
}

TEST_F(ApplyTest, AFolderInAFolderThatBecomesAFileIsAConflictAndGoesWithTheNextPlan) {
  source.revisions["r1"] = {{"projects/y/b", "1"}};
  source.revisions["r2"] = {{"projects/y", "file"}};
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(stage_only("r2", "late").ok());
  fs::create_directories(data / "projects/y/made/meanwhile");
  EXPECT_EQ(strategy->apply("late").status, STOKER_E_CONFLICT);
  ASSERT_TRUE(stage_only("r2", "late").ok());
  EXPECT_TRUE(strategy->apply("late").ok());
  EXPECT_EQ(live(), (Tree{{"projects/y", "file"}}));
}

TEST_F(ApplyTest, AFileInAFolderThatBecomesAFileIsAConflict) {
  source.revisions["r1"] = {{"projects/a", "1"}, {"projects/y/b", "1"}};
  source.revisions["r2"] = {{"projects/y", "file"}};
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(stage_only("r2", "late").ok());
  write("projects/y/deep/foreign", "somebody's");
  const Tree before = live();
  EXPECT_EQ(strategy->apply("late").status, STOKER_E_CONFLICT);
  EXPECT_EQ(live(), before);
}

TEST_F(ApplyTest, ModesAreThoseOfTheMomentOfApply) {
  source.revisions["r1"] = {{"projects/a", "1"}, {"projects/b", "1"}};
  source.revisions["r2"] = {{"projects/a", "2"}, {"projects/b", SourceFile("2", 0755)}, {"projects/n/c", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(stage_only("r2", "late").ok());
  ASSERT_EQ(chmod((data / "projects/a").c_str(), 0660), 0);
  ASSERT_EQ(chmod((data / "projects/b").c_str(), 0640), 0);
  fs::create_directories(data / "projects/n");
  ASSERT_EQ(chmod((data / "projects/n").c_str(), 0770), 0);
  ASSERT_TRUE(strategy->apply("late").ok());
  EXPECT_EQ(stat_of("projects/a").st_mode & 07777, 0660u);
  EXPECT_EQ(stat_of("projects/b").st_mode & 07777, 0750u);
  EXPECT_EQ(stat_of("projects/n/c").st_mode & 07777, 0660u);
  ASSERT_TRUE(strategy->revert("late").ok());
  EXPECT_EQ(stat_of("projects/a").st_mode & 07777, 0660u);
  EXPECT_EQ(stat_of("projects/b").st_mode & 07777, 0640u);
}

TEST_F(ApplyTest, RevertLeavesAFolderThatSomebodyElseMade) {
  source.revisions["r1"] = {{"projects/a", "1"}};
  source.revisions["r2"] = {{"projects/theirs/b", "1"}, {"projects/ours/c", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(stage_only("r2", "late").ok());
  fs::create_directories(data / "projects/theirs");
  const Tree before = live();
  ASSERT_TRUE(strategy->apply("late").ok());
  ASSERT_TRUE(strategy->revert("late").ok());
  EXPECT_EQ(live(), before);
}

// pitfalls P04
TEST_F(ApplyTest, NoSpaceWhileStagingLeavesEveryOldByte) {
  source.revisions["r1"] = {{"projects/a", "1"}};
  source.revisions["r2"] = {{"projects/a", std::string(1 << 20, 'x')}};
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(plan("r2", "big").ok());
  rlimit was{};
  getrlimit(RLIMIT_FSIZE, &was);
  signal(SIGXFSZ, SIG_IGN);
  const rlimit small{512 * 1024, was.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const Answer failed = strategy->stage("big", RevisionView(source, "r2"));
  setrlimit(RLIMIT_FSIZE, &was);
  EXPECT_EQ(failed.status, STOKER_E_EXHAUSTED);
  EXPECT_EQ(failed.error.code, "merge.no-space");
  EXPECT_TRUE(failed.error.retryable);
  EXPECT_EQ(live(), (Tree{{"projects/a", "1"}}));
  ASSERT_TRUE(strategy->forget("big").ok());
  EXPECT_TRUE(sync("r2").ok());
}

TEST_F(ApplyTest, SaysHowMuchSpaceIsNeededBeforeItWrites) {
  source.revisions["r1"] = {{"projects/a", "1"}};
  struct Huge : RevisionView {
    using RevisionView::RevisionView;
  } view(source, "r1");
  view.list = [](const stoker_view*, stoker_str, stoker_file_sink sink) {
    const File huge{"projects/a", std::string(40, 'a'), std::uint64_t{1} << 60, 0644, File::Type::regular};
    (void)Out<File>(sink).put(huge);
    return STOKER_OK;
  };
  ASSERT_TRUE(strategy->plan("huge", assignment("r1"), view).ok());
  const Answer failed = strategy->stage("huge", view);
  EXPECT_EQ(failed.error.code, "merge.no-space");
  EXPECT_NE(failed.error.message.find("1152921504607"), std::string::npos) << failed.error.message;
}

}  // namespace
}  // namespace stoker::merge::testing
