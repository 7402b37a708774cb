// The Syncs of this machine: read as their files say, watched for change.
#include "host/controller/sync_catalog.hpp"

#include "tests/host/controller/sync_files.hpp"
#include "tests/support/module_host.hpp"

namespace stoker::host {
namespace {

using std::chrono::milliseconds;
using testing::sync_file;

class SyncCatalogTest : public ::testing::Test, protected testing::ModuleHost {
 protected:
  using Names = std::vector<std::string>;
  SyncCatalogTest() {
    folder.write("syncs/a.yaml", sync_file("line-a"));
    folder.write("syncs/b.yaml", sync_file("line-b"));
  }
  ~SyncCatalogTest() override { stop_all(); }
  bool read() { return get(catalog_.read()); }
  Names names() const {
    Names all;
    for (const auto& [name, sync] : catalog_.syncs().good) all.push_back(name);
    return all;
  }
  void watch() {
    get(catalog_.begin_to_watch());
    start(catalog_.watch([this] { ++changes_; }, stop.get_token()));
  }
  // Lets the time pass in which a series of changes may go on, but for a millisecond.
  void pass_series() {
    settle();
    clock.advance(milliseconds(199));
    settle();
  }
  void pass_rest_of_series() {
    clock.advance(milliseconds(1));
    settle();
  }

  SyncCatalog catalog_{loop.get_executor(), config, clock, workers, log.module("stoker")};
  int changes_ = 0;
};

TEST_F(SyncCatalogTest, HasNothingBeforeTheFirstRead) { EXPECT_EQ(names(), Names()); }

TEST_F(SyncCatalogTest, ReadsEachFileOfTheFolder) {
  ASSERT_TRUE(read());
  EXPECT_EQ(names(), (Names{"line-a", "line-b"}));
  EXPECT_TRUE(catalog_.syncs().errors.empty());
}

TEST_F(SyncCatalogTest, AReadTakesWhatIsNewChangedAndGone) {
  ASSERT_TRUE(read());
  folder.write("syncs/a.yaml", sync_file("line-a", "a", "v2"));
  folder.write("syncs/c.yaml", sync_file("line-c"));
  std::filesystem::remove(config.syncs / "b.yaml");
  ASSERT_TRUE(read());
  EXPECT_EQ(names(), (Names{"line-a", "line-c"}));
  EXPECT_EQ(catalog_.syncs().good.at("line-a").ref, "v2");
  EXPECT_EQ(logged("GatewaySync files were read again"), 1u);
}

TEST_F(SyncCatalogTest, AFileThatIsBadAtTheStartTakesNoOtherDown) {
  folder.write("syncs/a.yaml", "kind: [");
  ASSERT_TRUE(read());
  EXPECT_EQ(names(), Names{"line-b"});
  EXPECT_EQ(catalog_.syncs().errors.size(), 1u);
  EXPECT_EQ(logged("GatewaySync files have mistakes"), 1u);
}

TEST_F(SyncCatalogTest, AFileThatBecomesBadKeepsItsLastGoodVersionUntilItIsMended) {
  ASSERT_TRUE(read());
  folder.write("syncs/a.yaml", "kind: [");
  folder.write("syncs/b.yaml", sync_file("line-b", "a", "v2"));
  ASSERT_TRUE(read());
  ASSERT_EQ(names(), (Names{"line-a", "line-b"}));
  EXPECT_EQ(catalog_.syncs().good.at("line-a").ref, "main");
  EXPECT_EQ(catalog_.syncs().good.at("line-b").ref, "v2");
  folder.write("syncs/a.yaml", sync_file("line-a", "a", "v3"));
  ASSERT_TRUE(read());
  EXPECT_EQ(catalog_.syncs().good.at("line-a").ref, "v3");
  EXPECT_TRUE(catalog_.syncs().errors.empty());
}

// A command may have made it. The controller says of the target what it lacks.
TEST_F(SyncCatalogTest, ATargetWithoutItsSyncIsNoMistakeOfTheFiles) {
  config.targets.emplace_back().sync = "line-x";
  ASSERT_TRUE(read());
  EXPECT_TRUE(catalog_.syncs().errors.empty());
  EXPECT_FALSE(catalog_.syncs().missing.empty());
  EXPECT_EQ(names(), (Names{"line-a", "line-b"}));
}

TEST_F(SyncCatalogTest, WhatWasThereStaysWhenNothingCanBeRead) {
  ASSERT_TRUE(read());
  std::promise<void> go_on;  // the one worker is busy, and its queue gets full
  const std::shared_future<void> going_on = go_on.get_future().share();
  auto busy = [going_on](const CallState&) {
    going_on.wait();
    return Result<void>();
  };
  int waiting = 0;
  bool full = false;
  while (!full && waiting < 10'000) {
    asio::co_spawn(loop, workers.call<void>("busy", CallLimits(), busy), [&](std::exception_ptr, Result<void> done) {
      --waiting;
      full = full || !done;
    });
    ++waiting;
    loop.restart();
    loop.poll();
  }
  ASSERT_TRUE(full);
  EXPECT_FALSE(read());
  EXPECT_EQ(names(), (Names{"line-a", "line-b"}));
  go_on.set_value();
  ASSERT_TRUE(until([&] { return waiting == 0; }));
}

TEST_F(SyncCatalogTest, ASeriesOfChangesIsToldOnceWhenItHasEnded) {
  watch();
  folder.write("syncs/a.yaml", sync_file("line-a", "a", "v2"));
  folder.write("syncs/b.yaml", sync_file("line-b", "a", "v2"));
  pass_series();
  EXPECT_EQ(changes_, 0);
  pass_rest_of_series();
  EXPECT_EQ(changes_, 1);
}

TEST_F(SyncCatalogTest, ALaterChangeIsToldAgain) {
  watch();
  folder.write("syncs/a.yaml", sync_file("line-a", "a", "v2"));
  pass_series();
  pass_rest_of_series();
  std::filesystem::remove(config.syncs / "b.yaml");
  pass_series();
  pass_rest_of_series();
  EXPECT_EQ(changes_, 2);
}

TEST_F(SyncCatalogTest, AChangeBetweenTheWatchAndTheFirstReadIsTold) {
  get(catalog_.begin_to_watch());
  folder.write("syncs/a.yaml", sync_file("line-a", "a", "v2"));
  ASSERT_TRUE(read());
  start(catalog_.watch([this] { ++changes_; }, stop.get_token()));
  pass_series();
  pass_rest_of_series();
  EXPECT_EQ(changes_, 1);
}

TEST_F(SyncCatalogTest, AChangedSecretIsToldAlsoInAFolderThatCameLater) {
  watch();
  write_secret("git", "token", "old");  // the folder is new: it is watched from when its coming is told
  pass_series();
  pass_rest_of_series();
  ASSERT_EQ(changes_, 1);
  write_secret("git", "token", "new");
  pass_series();
  pass_rest_of_series();
  EXPECT_EQ(changes_, 2);
}

TEST_F(SyncCatalogTest, AFolderThatCannotBeWatchedIsSaidAndTheWatchEnds) {
  config.syncs = folder.path() / "nowhere" / "syncs";
  watch();
  EXPECT_EQ(logged("changes of GatewaySync files are not noticed"), 1u);
  EXPECT_FALSE(working());
}

}  // namespace
}  // namespace stoker::host
