// Two simulated gateways as a redundant pair.
#include "support/ignition_sim/pair.hpp"
#include "support/ignition_sim_fixture.hpp"

namespace ignition_sim {
namespace {

constexpr auto kDatabase = "config/resources/core/ignition/database-connection/main";

class PairTest : public GatewayTest {
 protected:
  PairTest() {
    write_resource(data_, kDatabase, {{"config.json", "{}"}});
    char name[] = "/tmp/ignition-sim-XXXXXX";
    backup_data_ = mkdtemp(name);
    std::filesystem::copy(data_ / "config", backup_data_ / "config", std::filesystem::copy_options::recursive);
  }
  ~PairTest() override {
    pair_.reset();
    backup_.reset();
    std::filesystem::remove_all(backup_data_);
  }

  void start_pair() {
    start();
    Options options = options_;
    options.data = backup_data_;
    backup_ = std::make_unique<Gateway>(options);
    backup_->start();
    pair_ = std::make_unique<Pair>(*gateway_, *backup_, milliseconds(5));
    ASSERT_TRUE(pair_->wait_until_settled());
  }
  void change_and_scan(Kind kind, const std::string& path, std::string_view bytes) {
    write(path, bytes);
    ASSERT_TRUE(gateway_->scan(kind));
    ASSERT_TRUE(pair_->wait_until_settled());
  }
  std::string at_backup(const std::string& path) const { return read_file(backup_data_ / path).value_or("none"); }
  json::value backup_json(const std::string& path) {
    return json::parse(http_client::get(backup_->url() + path, key()).body);
  }

  std::filesystem::path backup_data_;
  std::unique_ptr<Gateway> backup_;
  std::unique_ptr<Pair> pair_;
};

TEST_F(PairTest, ASettledPairTellsWhoIsActiveAndBothHaveAccessToTheConfig) {
  start_pair();
  EXPECT_NE(get("/system/gwinfo").body.find("RedundancyStatus=Master;"), std::string::npos);
  EXPECT_NE(get("/system/gwinfo").body.find("RedundantNodeActiveStatus=Active;"), std::string::npos);
  const auto backup = backup_json("/data/api/v1/redundancy");
  EXPECT_EQ(backup.at("role").as_string(), "Backup");
  EXPECT_EQ(backup.at("activityLevel").as_string(), "Cold");
  EXPECT_EQ(backup.at("projectState").as_string(), "Good");
  EXPECT_TRUE(backup.at("hasConfigAccess").as_bool());
  EXPECT_TRUE(get_json("/data/api/v1/redundancy").at("hasConfigAccess").as_bool());
}

// cases L3, I14
TEST_F(PairTest, AFailoverMovesTheActivityAndNotTheRole) {
  start_pair();
  pair_->failover();
  EXPECT_EQ(get_json("/data/api/v1/redundancy").at("role").as_string(), "Master");
  EXPECT_EQ(get_json("/data/api/v1/redundancy").at("activityLevel").as_string(), "Cold");
  EXPECT_EQ(backup_json("/data/api/v1/redundancy").at("role").as_string(), "Backup");
  EXPECT_EQ(backup_json("/data/api/v1/redundancy").at("activityLevel").as_string(), "Active");
  EXPECT_NE(get("/system/gwinfo").body.find("RedundantNodeActiveStatus=Cold;"), std::string::npos);
}

TEST_F(PairTest, WhatTheMasterLoadedIsCopiedAndTheTimeOfTheSyncMoves) {
  start_pair();
  const auto before = backup_->redundancy().last_sync;
  change_and_scan(Kind::projects, std::string(kView) + "/view.json", "{\"n\":1}");
  EXPECT_EQ(at_backup(std::string(kView) + "/view.json"), "{\"n\":1}");
  EXPECT_GT(backup_json("/data/api/v1/redundancy").at("lastSyncTimestamp").as_int64(), before);
  EXPECT_EQ(backup_->digest("projects"), gateway_->digest("projects"));
  std::filesystem::remove_all(data_ / kView);
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  ASSERT_TRUE(pair_->wait_until_settled());
  EXPECT_EQ(at_backup(std::string(kView) + "/view.json"), "none");
}

TEST_F(PairTest, ExternalAndLocalAreNotCopied) {
  start_pair();
  write("config/resources/local/ignition/cobranding/config.json", "{}");
  change_and_scan(Kind::config, "config/resources/external/ignition/cobranding/config.json", "{}");
  EXPECT_EQ(at_backup("config/resources/external/ignition/cobranding/config.json"), "none");
  EXPECT_EQ(at_backup("config/resources/local/ignition/cobranding/config.json"), "none");
}

// cases L3
TEST_F(PairTest, WhatIsWrittenToTheStandbyIsOverwritten) {
  start_pair();
  pair_->failover();
  ASSERT_TRUE(pair_->wait_until_settled());
  change_and_scan(Kind::projects, std::string(kView) + "/view.json", "{\"n\":1}");
  EXPECT_EQ(read(std::string(kView) + "/view.json"), "{}") << "the master is the standby now";
}

// cases I26
TEST_F(PairTest, ABackupStampsWhatItReceivesAsExternalWhenTheStampIsStale) {
  start_pair();
  const std::string descriptor = std::string(kDatabase) + "/resource.json";
  const auto before = read(descriptor);
  change_and_scan(Kind::config, std::string(kDatabase) + "/config.json", "{\"edited\":1}");
  EXPECT_EQ(read(descriptor), before) << "the node that scans stamps nothing";
  EXPECT_NE(at_backup(descriptor).find("\"actor\": \"external\""), std::string::npos);
  EXPECT_EQ(meaning(descriptor, at_backup(descriptor)), meaning(descriptor, read(descriptor)));
}

TEST_F(PairTest, ABackupStampsWhatItReceivesUnderTheActorOfAStampThatFits) {
  start_pair();
  write_resource(data_, kDatabase, {{"config.json", "{\"edited\":1}"}}, "ann");
  ASSERT_TRUE(gateway_->scan(Kind::config));
  ASSERT_TRUE(pair_->wait_until_settled());
  EXPECT_NE(at_backup(std::string(kDatabase) + "/resource.json").find("\"actor\": \"ann\""), std::string::npos);
}

// cases L4, I16
TEST_F(PairTest, TagsInAModeEndTheSyncEvenAsAnEmptyFolderUntilAResync) {
  start_pair();
  const auto tags = data_ / "config/resources/prod/ignition/tag-definition";
  std::filesystem::create_directories(tags);
  change_and_scan(Kind::projects, std::string(kView) + "/view.json", "{\"n\":1}");
  EXPECT_TRUE(pair_->gave_up());
  EXPECT_EQ(backup_json("/data/api/v1/redundancy").at("projectState").as_string(), "SyncError");
  std::filesystem::remove_all(tags);
  ASSERT_TRUE(gateway_->scan(Kind::config));
  backup_->restart();
  ASSERT_TRUE(backup_->wait_for(State::running));
  while (backup_->redundancy().project_state != "Good") std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(at_backup(std::string(kView) + "/view.json"), "{}") << "Good is said, and nothing is copied";
  EXPECT_EQ(post("/data/api/v1/redundancy/gwaction/resync").status, 200);
  ASSERT_TRUE(pair_->wait_until_settled());
  EXPECT_EQ(at_backup(std::string(kView) + "/view.json"), "{\"n\":1}");
}

TEST_F(PairTest, TagsInCoreHarmNothing) {
  start_pair();
  std::filesystem::create_directories(data_ / "config/resources/core/ignition/tag-definition/default");
  change_and_scan(Kind::projects, std::string(kView) + "/view.json", "{\"n\":1}");
  EXPECT_FALSE(pair_->gave_up());
  EXPECT_EQ(at_backup(std::string(kView) + "/view.json"), "{\"n\":1}");
}

}  // namespace
}  // namespace ignition_sim
