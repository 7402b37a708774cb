// Files of bounded size: what is read, what is refused, and that a replaced file is the old or the new one.
#include "host/base/file.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <csignal>

namespace stoker::host {
namespace {

namespace fs = std::filesystem;

TEST(FileTest, WhatWasReplacedIsReadBack) {
  const test::TempFolder folder;
  const fs::path file = folder.path() / "file";
  for (const char* text : {"first", "", "second and longer"}) {
    bool replaced = false;
    ASSERT_TRUE(replace_file(file, text, &replaced));
    EXPECT_TRUE(replaced);
    EXPECT_EQ(read_file(file, 100).value(), text);
  }
  EXPECT_FALSE(fs::exists(folder.path() / "file.new"));
}

TEST(FileTest, OthersCannotReadWhatWasReplaced) {
  const test::TempFolder folder;
  ASSERT_TRUE(replace_file(folder.path() / "file", "text"));
  EXPECT_EQ(fs::status(folder.path() / "file").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(FileTest, AFileThatCannotBeReplacedStays) {
  const test::TempFolder folder;
  const fs::path file = folder.write("file", "old");
  fs::create_directory(folder.path() / "file.new");  // where the new one would be written
  bool replaced = false;
  EXPECT_FALSE(replace_file(file, "new", &replaced));
  EXPECT_FALSE(replaced);
  EXPECT_EQ(read_file(file, 100).value(), "old");
}

TEST(FileTest, WhatCouldNotBePutInPlaceIsNotLeftBesideIt) {
  const test::TempFolder folder;
  folder.write("taken/inside", "a folder cannot be replaced by a file");
  EXPECT_FALSE(replace_file(folder.path() / "taken", "new"));
  EXPECT_FALSE(fs::exists(folder.path() / "taken.new"));
  // The disk is full: no file may grow beyond this.
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto signal_before = ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit full = before;
  full.rlim_cur = 4096;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  const bool replaced = bool(replace_file(folder.path() / "file", std::string(8192, 'x')));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, signal_before);
  EXPECT_FALSE(replaced);
  EXPECT_FALSE(fs::exists(folder.path() / "file.new"));
}

TEST(FileTest, OneThatIsMissingIsNotFoundAndOneThatIsTooLongIsInvalid) {
  const test::TempFolder folder;
  EXPECT_EQ(read_file(folder.path() / "none", 100).error(), errc::not_found);
  const fs::path file = folder.write("file", "12345");
  EXPECT_TRUE(read_file(file, 5));
  EXPECT_EQ(read_file(file, 4).error(), errc::invalid);
}

TEST(FileTest, ALinkIsFollowedOnlyWhenTheCallerSaysSo) {
  const test::TempFolder folder;
  folder.write("file", "text");
  fs::create_symlink("file", folder.path() / "link");
  EXPECT_FALSE(read_file(folder.path() / "link", 100));
  EXPECT_EQ(read_file(folder.path() / "link", 100, Links::follow).value(), "text");
}

}  // namespace
}  // namespace stoker::host
