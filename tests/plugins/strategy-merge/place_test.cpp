// What the place puts in the way of a plan: it is said before anything is tried, and it is no fault of the revision.
#include "merge_fixture.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stoker::merge::testing {
namespace {

class PlaceTest : public MergeTest {
 protected:
  PlaceTest() {
    map("projects", "projects");
    source.revisions["r1"] = {{"projects/a", "1"}, {"projects/deep/b", "1"}};
    source.revisions["r2"] = {{"projects/a", "2"}, {"projects/deep/b", "1"}};
  }
  std::string full(const std::string& path) const { return (data / path).string(); }
  // What the plan of a revision is held for; empty: it is allowed.
  std::string held_for(const std::string& revision) {
    const Answer answer = plan(revision);
    if (answer.decisions.size() != 1) return "no decision: " + answer.error.message;
    const Decision& decision = answer.decisions[0];
    return decision.verdict == Decision::Verdict::allow ? "" : decision.name + ": " + decision.reason;
  }
  static bool mark_immutable(const std::string& path, bool on) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    int flags = 0;
    bool done = fd >= 0 && ::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
    flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
    done = done && ::ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
    if (fd >= 0) ::close(fd);
    return done;
  }
};

// cases T19
TEST_F(PlaceTest, AnImmutableFileIsSaidBeforeAnythingIsTried) {
  ASSERT_TRUE(sync("r1").ok());
  if (!mark_immutable(full("projects/a"), true)) GTEST_SKIP() << "this file system or user cannot mark a file";
  const std::string held = held_for("r2");
  EXPECT_TRUE(mark_immutable(full("projects/a"), false));
  EXPECT_NE(held.find("blocked: the file " + full("projects/a") + " is immutable; run: chattr"), std::string::npos)
      << held;
  EXPECT_EQ(held_for("r2"), "");
}

// cases T19
TEST_F(PlaceTest, AFolderOfAnotherOwnerIsNamedWithItsOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to be somebody else";
  ASSERT_TRUE(sync("r1").ok());
  for (const char* path : {"", ".stoker", ".stoker/merge"})
    ASSERT_EQ(::chown(full(path).c_str(), 65534, 65534), 0) << path;
  for (const auto& entry : fs::directory_iterator(data / ".stoker/merge"))
    ASSERT_EQ(::chown(entry.path().c_str(), 65534, 65534), 0);
  ASSERT_EQ(::seteuid(65534), 0);
  const std::string held = held_for("r2");
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_NE(held.find("blocked: the folder " + full("projects") + " belongs to root (uid 0)"), std::string::npos)
      << held;
  EXPECT_EQ(held_for("r2"), "") << "who may write there is not held";
}

// cases T20
TEST_F(PlaceTest, ALinkWhereAFileIsWantedIsAFaultOfThePlace) {
  fs::create_directory(data / "projects");
  fs::create_symlink("nowhere", data / "projects/a");
  const Answer answer = plan("r1");
  EXPECT_EQ(answer.status, STOKER_E_DENIED);
  EXPECT_EQ(answer.error.code, "merge.link");
  EXPECT_NE(answer.error.message.find("projects/a"), std::string::npos);
}

// cases T17
TEST_F(PlaceTest, AMountBelowTheDataRootIsRefusedWithTheLayoutThatWorks) {
  fs::create_directory(data / "projects");
  fs::create_directory(data / "other");
  if (::mount(full("other").c_str(), full("projects").c_str(), nullptr, MS_BIND, nullptr) != 0)
    GTEST_SKIP() << "needs the right to mount";
  const Answer answer = plan("r1");
  ::umount2(full("projects").c_str(), MNT_DETACH);
  EXPECT_EQ(answer.status, STOKER_E_DENIED);
  EXPECT_EQ(answer.error.code, "merge.other-mount");
  EXPECT_NE(answer.error.message.find("mount one volume as the whole data directory"), std::string::npos);
}

}  // namespace
}  // namespace stoker::merge::testing
