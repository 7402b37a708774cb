// What the strategy says of the live files after a Run, and how a gateway sees that a folder changed.
#include "merge_fixture.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace stoker::merge::testing {
namespace {

using Paths = std::vector<std::string>;

class InspectTest : public MergeTest {
 protected:
  InspectTest() {
    map("projects", "projects");
    source.revisions["r1"] = {{"projects/p/v/resource.json", stamped("ann", "1")},
                              {"projects/p/v/view.json", "one"},
                              {"projects/p/old", "old"},
                              {"projects/flip", "file"}};
    source.revisions["r2"] = {{"projects/p/v/resource.json", stamped("ann", "1")},
                              {"projects/p/v/view.json", "two"},
                              {"projects/flip/now/a/folder", "file"}};
  }
  static std::string stamped(const std::string& actor, const std::string& time) {
    return R"({"scope":"G","version":1,"files":["view.json"],"attributes":{"lastModification":{"actor":")" + actor +
           R"(","timestamp":")" + time + R"("},"lastModificationSignature":"x"}})";
  }
  Paths changed() {
    Paths paths;
    for (const Change& change : strategy->inspect(run).changes) paths.push_back(change.path);
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  Paths overwritten() {
    Paths paths;
    for (const Note& note : strategy->inspect(run).notes)
      if (note.code == "overwritten") paths.push_back(note.path);
    return paths;
  }
  timespec time_of(const std::string& path) const {
    struct stat st {};
    lstat((data / path).c_str(), &st);
    return st.st_mtim;
  }
  void make_old(const std::string& path) const {
    const timespec times[2] = {{1'000'000, 0}, {1'000'000, 0}};
    utimensat(AT_FDCWD, (data / path).c_str(), times, 0);
  }
};

TEST_F(InspectTest, NamesEachPathOfTheRunAndNothingOverwritten) {
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(sync("r2").ok());
  EXPECT_EQ(changed(),
            (Paths{"projects/flip", "projects/flip/now/a/folder", "projects/p/old", "projects/p/v/view.json"}));
  EXPECT_EQ(overwritten(), Paths()) << "a folder that came in place of a file is our own";
}

TEST_F(InspectTest, AStampOfTheGatewayIsNotOverwritten) {
  ASSERT_TRUE(sync("r1").ok());
  write("projects/p/v/resource.json", stamped("external", "2"));
  EXPECT_EQ(overwritten(), Paths());
}

// cases L7, I18
TEST_F(InspectTest, WhatSomebodyWroteDeletedOrBroughtBackIsNamedWithWhoDidIt) {
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(sync("r2").ok());
  write("projects/p/v/view.json", "theirs");
  write("projects/p/v/resource.json", stamped("bob", "3"));
  write("projects/p/old", "back");
  const Answer seen = strategy->inspect(run);
  ASSERT_TRUE(seen.ok()) << seen.error.message;
  EXPECT_EQ(overwritten(), (Paths{"projects/p/old", "projects/p/v/view.json"}));
  EXPECT_NE(seen.notes.back().text.find("by bob"), std::string::npos) << seen.notes.back().text;
}

TEST_F(InspectTest, OfAnUnknownRunThereIsNothingToSay) {
  ASSERT_TRUE(sync("r1").ok());
  const Answer seen = strategy->inspect("somebody-elses");
  EXPECT_TRUE(seen.ok());
  EXPECT_TRUE(seen.changes.empty() && seen.notes.empty());
}

// cases I19: a gateway may look at the time of resource.json only.
TEST_F(InspectTest, AChangeOfDataAloneGivesTheResourceANewTime) {
  ASSERT_TRUE(sync("r1").ok());
  make_old("projects/p/v/resource.json");
  ASSERT_TRUE(sync("r2").ok());
  EXPECT_GT(time_of("projects/p/v/resource.json").tv_sec, 1'000'000);
}

// cases I20
TEST_F(InspectTest, AnUndoDoesNotBringAnOldTimeBack) {
  ASSERT_TRUE(sync("r1").ok());
  source.revisions["r3"] = source.revisions["r2"];
  source.revisions["r3"]["projects/p/v/resource.json"] =
      R"({"scope":"A","version":1,"files":["view.json"],"attributes":{}})";
  make_old("projects/p/v/resource.json");
  ASSERT_TRUE(sync("r3").ok());
  ASSERT_TRUE(strategy->revert(run).ok());
  EXPECT_EQ(live().at("projects/p/v/view.json"), "one");
  EXPECT_GT(time_of("projects/p/v/resource.json").tv_sec, 1'000'000);
}

// cases I21
TEST_F(InspectTest, TheResourceOfAFolderIsRenamedLast) {
  ASSERT_TRUE(sync("r1").ok());
  source.revisions["r3"] = source.revisions["r1"];
  source.revisions["r3"]["projects/p/v/view.json"] = "three";
  source.revisions["r3"]["projects/p/v/zoom.png"] = "three";
  source.revisions["r3"]["projects/p/v/resource.json"] =
      R"({"scope":"A","version":1,"files":["view.json","zoom.png"],"attributes":{}})";
  ASSERT_TRUE(sync("r3").ok());
  const auto renamed = [&](const char* file) {
    struct stat st {};
    lstat((data / "projects/p/v" / file).c_str(), &st);
    return st.st_ctim.tv_sec * 1'000'000'000 + st.st_ctim.tv_nsec;  // a rename sets the change time
  };
  EXPECT_GE(renamed("resource.json"), renamed("view.json"));
  EXPECT_GE(renamed("resource.json"), renamed("zoom.png"));
}

}  // namespace
}  // namespace stoker::merge::testing
