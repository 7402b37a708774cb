// The files that say what Runs changed: bounded in number, and never read from outside their folder.
#include "host/run/run_diffs.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

RunDiff diff_of(const std::string& id) {
  RunDiff diff;
  diff.id = id;
  diff.target = "press-1";
  return diff;
}

std::size_t files_in(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) count += entry.is_regular_file();
  return count;
}

TEST(RunDiffsTest, ARunIsReadAsItWasWritten) {
  const test::TempFolder folder;
  ASSERT_TRUE(write_run_diff(folder.path(), diff_of("run-1")));
  auto text = read_run_diff(folder.path(), "run-1");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, to_json(diff_of("run-1")));
}

TEST(RunDiffsTest, TheNewestTenStay) {
  const test::TempFolder folder;
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  for (int i = 0; i < 14; ++i) {
    const std::string id = "run-" + std::to_string(i);
    ASSERT_TRUE(write_run_diff(folder.path(), diff_of(id)));
    std::filesystem::last_write_time(folder.path() / "diffs" / (id + ".json"), old + std::chrono::seconds(i));
  }
  EXPECT_EQ(files_in(folder.path() / "diffs"), run_diffs_kept);
  EXPECT_FALSE(read_run_diff(folder.path(), "run-3"));
  EXPECT_TRUE(read_run_diff(folder.path(), "run-4"));
}

TEST(RunDiffsTest, ANameThatIsNoRunIsNotFound) {
  const test::TempFolder folder;
  folder.write("target.json", "{}");
  folder.write("diffs/x.json", "{}");
  for (const char* name : {"", "../target", "..", "/etc/passwd", "x/../x", "X", "x.json"}) {
    auto text = read_run_diff(folder.path(), name);
    ASSERT_FALSE(text) << name;
    EXPECT_EQ(text.error(), errc::not_found) << name;
    EXPECT_EQ(text.error().code, "diff.not-found") << name;
  }
}

TEST(RunDiffsTest, AreServedAtOnePathEach) {
  const auto path = run_diff_path("/stoker/v1/targets/press-1/diffs/run-1");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->target, "press-1");
  EXPECT_EQ(path->run, "run-1");
  for (const char* other :
       {"", "/", "/stoker/v1/targets/press-1", "/stoker/v1/targets//diffs/x", "/stoker/v1/targets/a/b/diffs/x",
        "/stoker/v1/targets/a/diffs/", "/stoker/v1/targets/a/diffs/x/y"})
    EXPECT_FALSE(run_diff_path(other)) << other;
}

TEST(RunDiffsTest, AFolderThatIsNoneIsAnErrorAndNoMore) {
  const test::TempFolder folder;
  folder.write("diffs", "a file");
  EXPECT_FALSE(write_run_diff(folder.path(), diff_of("run-1")));
}

}  // namespace
}  // namespace stoker::host
