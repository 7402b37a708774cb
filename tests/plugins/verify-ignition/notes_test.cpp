// What verify-ignition says besides its verdict.
#include "ignition_fixture.hpp"

#include <thread>

#include "support/ignition_sim/pair.hpp"

namespace verify_ignition {
namespace {

using ignition_sim::Told;
using Notes = std::vector<std::string>;

class NotesTest : public IgnitionTest {
 protected:
  void write_view(const std::string& bytes) { write(std::string(kView) + "/view.json", bytes); }
};

TEST_F(NotesTest, WhereAllGoesAsPlannedThereIsNothingToSay) {
  start();
  ASSERT_EQ(lock(both_), STOKER_OK) << error_.message;
  ASSERT_EQ(verify(both_), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
  EXPECT_EQ(notes(), Notes());
}

// cases L8, I8
TEST_F(NotesTest, ALockThatSomebodysScanEndedIsSaid) {
  start();
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
  EXPECT_EQ(notes(), Notes{"lock-lost"});
}

// cases L8, I8
TEST_F(NotesTest, ALockThatAnotherOneOfOurKeyReplacedIsSaid) {
  start();
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  gateway_->take_lock(Kind::projects, "api-token:stoker:127.0.0.1", std::chrono::seconds(60));
  const auto ended = verify(view_);
  EXPECT_TRUE(ended == STOKER_E_CONFLICT || notes() == Notes{"lock-lost"}) << error_.message;
}

// cases I12
TEST_F(NotesTest, AScanThatRanInSpiteOfOurLockIsSaid) {
  options_.habits.scan_every = std::chrono::milliseconds(20);
  options_.habits.automatic_respects_lock = false;
  start();
  do {  // the plugin's clock is a fake: its patience with a scan that is active takes no time
    ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  } while (held("scan-active"));
  const std::size_t scans = gateway_->scans().size();
  while (gateway_->scans().size() < scans + 2) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_EQ(notes(), Notes{"lock-lost"});
}

// cases L8, I9
TEST_F(NotesTest, ALockThatRanOutIsSaid) {
  settings_ = R"({"acquireTimeout": "1s", "holdTimeout": "1s", "scanTimeout": "1h"})";
  start();
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  while (gateway_->lock(Kind::projects)) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
  EXPECT_EQ(notes(), Notes{"lock-lost"});
}

// cases L2, I10
TEST_F(NotesTest, AScanThatWasOnlySeenByItsEffectIsSaid) {
  options_.habits.project_scans = Told::nothing;
  start();
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  write_view("{\"n\":1}");
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
  EXPECT_EQ(notes(), Notes{"scan-unconfirmed"});
}

// cases I23
TEST_F(NotesTest, ACopyThatAModeHidesIsSaid) {
  ignition_sim::write_resource(data_, "config/resources/dev/ignition/database-connection/main",
                               {{"config.json", "{}"}});
  options_.mode = "dev";
  start();
  ASSERT_EQ(lock(both_), STOKER_OK) << error_.message;
  ASSERT_EQ(verify(both_), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
  ASSERT_EQ(notes().size(), 1U);
  EXPECT_TRUE(notes()[0].starts_with("hidden")) << notes()[0];
  EXPECT_NE((notes_.items[0].code + notes_.items[0].text).find("dev"), std::string::npos);
}

// cases L4
TEST_F(NotesTest, ABackupThatDoesNotFollowIsSaidAndTheMasterIsVerified) {
  start();
  role_ = "master";
  char name[] = "/tmp/verify-ignition-XXXXXX";
  ignition_sim::Options options = options_;
  options.data = mkdtemp(name);
  std::filesystem::copy(data_ / "config", options.data / "config", std::filesystem::copy_options::recursive);
  {
    ignition_sim::Gateway backup(options);
    backup.start();
    ignition_sim::Pair pair(*gateway_, backup, std::chrono::milliseconds(5));
    EXPECT_TRUE(pair.wait_until_settled());
    std::filesystem::create_directories(data_ / "config/resources/prod/ignition/tag-definition");
    EXPECT_EQ(lock(view_), STOKER_OK) << error_.message;
    write_view("{\"n\":1}");
    EXPECT_EQ(verify(view_), STOKER_OK) << error_.message;
    EXPECT_TRUE(healthy());
    EXPECT_EQ(notes(), Notes{"backup-unsynced"});
  }
  std::filesystem::remove_all(options.data);
}

}  // namespace
}  // namespace verify_ignition
