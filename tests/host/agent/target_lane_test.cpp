// What a lane does about what the exchange has, step by step, with a clock that the test moves.
#include "host/agent/target_lane.hpp"

#include "host/run/run_diffs.hpp"

#include <fstream>

#include "tests/host/run/pipeline_fixture.hpp"

namespace stoker::host::testing {
namespace {

// Answers what a test puts there, and refuses when it is away.
class ScriptedExchange final : public Exchange {
 public:
  Async<void> put(Assignment next) override {
    assignment = std::move(next);
    co_return Result<void>();
  }
  Async<std::optional<Report>> last(std::string) const override { co_return std::optional<Report>(); }
  Async<void> remove(std::string) override { co_return Result<void>(); }
  Async<std::optional<Assignment>> newest(std::string) const override {
    if (away) co_return Error(errc::unreachable, "the exchange is away");
    co_return assignment;
  }
  Async<void> report(std::string, Report report) override {
    if (away) co_return Error(errc::unreachable, "the exchange is away");
    reports.push_back(std::move(report));
    co_return Result<void>();
  }
  Async<void> tell_stand(std::string, AgentStand stand) override {
    if (away) co_return Error(errc::unreachable, "the exchange is away");
    stands.push_back(std::move(stand));
    co_return Result<void>();
  }
  Bell changed(std::string, std::function<void()>) override { return nullptr; }
  TargetWishes wishes(const std::string&) const override { return {}; }
  const TargetRecord* known(const std::string&) const override { return nullptr; }
  void when_changed(std::function<void(const std::string&)>) override {}

  bool away = false;
  std::optional<Assignment> assignment;
  std::vector<Report> reports;
  std::vector<AgentStand> stands;
};

class TargetLaneTest : public PipelineFixture {
 protected:
  void SetUp() override {
    PipelineFixture::SetUp();
    lane_ = std::make_unique<TargetLane>(std::move(target_), assignment(""), exchange_, clock_, ModuleLog());
    await(lane_->wake_up());
  }
  void TearDown() override {
    lane_.reset();
    PipelineFixture::TearDown();
  }
  void assign(const std::string& revision, std::uint64_t asked) {
    Assignment next = assignment(revision);
    next.asked = next.token = asked;
    exchange_.assignment = next;
    EXPECT_TRUE(await(lane_->pull()));
  }
  // Lets the time come at which the lane acts by itself.
  void pass_time() {
    ASSERT_TRUE(lane_->due_at());
    clock_.move_to(*lane_->due_at());
    await(lane_->act());
  }

  ScriptedExchange exchange_;
  std::unique_ptr<TargetLane> lane_;
};

// An earlier process may have left a real Run assigned.
TEST_F(TargetLaneTest, ADryRunOfACommandRunsNothingAlsoWhereARealRunIsAssigned) {
  assign("r1", 1);
  const std::vector<Report> reports = await(lane_->run_once(true, {}));
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].outcome, Outcome::planned) << summary(reports[0]);
  EXPECT_EQ(world_.live, Content());
}

TEST_F(TargetLaneTest, RunsWhatIsAssignedAndReportsIt) {
  assign("r1", 1);
  ASSERT_TRUE(lane_->due());
  await(lane_->act());
  ASSERT_EQ(exchange_.reports.size(), 1u);
  EXPECT_EQ(exchange_.reports[0].outcome, Outcome::applied);
  EXPECT_TRUE(exchange_.reports[0].verified);
  EXPECT_FALSE(lane_->due());
}

TEST_F(TargetLaneTest, ADataFolderThatWasReplacedIsNotWrittenToAndNotTheOneThatWasMovedAway) {
  assign("r1", 1);
  await(lane_->act());
  const std::filesystem::path moved = data_.string() + "-moved";
  std::filesystem::rename(data_, moved);
  std::filesystem::copy(moved, data_, std::filesystem::copy_options::recursive);
  const Content before = world_.live;
  assign("r2", 2);
  await(lane_->act());
  ASSERT_EQ(exchange_.reports.size(), 2u);
  ASSERT_TRUE(exchange_.reports[1].hold) << summary(exchange_.reports[1]);
  EXPECT_EQ(exchange_.reports[1].hold->name, "blocked");
  EXPECT_NE(exchange_.reports[1].hold->reason.find("[target.replaced]"), std::string::npos);
  EXPECT_EQ(world_.live, before);
  std::filesystem::remove_all(data_);
  std::filesystem::rename(moved, data_);
  pass_time();
  ASSERT_EQ(exchange_.reports.size(), 3u);
  EXPECT_EQ(exchange_.reports[2].outcome, Outcome::applied) << summary(exchange_.reports[2]);
}

// features F01
TEST_F(TargetLaneTest, PlansTheWorkThatWaitsAndGoesOnWithWhatIsAssigned) {
  assign("r1", 1);
  await(lane_->act());
  Assignment next = *exchange_.assignment;
  next.waiting.asked = "key/1";
  next.waiting.revision = "r2";
  next.waiting.source = next.source;
  next.waiting.profile = next.profile;
  next.waiting_due = true;
  exchange_.assignment = next;
  const Content before = world_.live;
  EXPECT_TRUE(await(lane_->pull()));
  ASSERT_TRUE(lane_->due());
  await(lane_->act());
  ASSERT_EQ(exchange_.reports.size(), 2u);
  EXPECT_TRUE(exchange_.reports[1].of_waiting);
  EXPECT_EQ(exchange_.reports[1].answers_plan, "key/1");
  EXPECT_EQ(exchange_.reports[1].revision, "r2");
  EXPECT_EQ(exchange_.reports[1].outcome, Outcome::planned) << summary(exchange_.reports[1]);
  EXPECT_EQ(world_.live, before);
  EXPECT_TRUE(await(lane_->pull()));
  EXPECT_FALSE(lane_->due()) << "it is planned once";
}

TEST_F(TargetLaneTest, KeepsWhatARunChangedBesideTheMemoryOfTheTarget) {
  assign("r1", 1);
  await(lane_->act());
  assign("r2", 2);
  await(lane_->act());
  ASSERT_EQ(exchange_.reports.size(), 2u);
  const Report& last = exchange_.reports[1];
  auto kept = read_run_diff(data_ / state_folder, last.id);
  ASSERT_TRUE(kept) << kept.error().message;
  for (const std::string part : {R"("fromCommit":"r1")", R"("toCommit":"r2")", R"("result":"applied")"})
    EXPECT_NE(kept->find(part), std::string::npos) << *kept;
  EXPECT_EQ(last.from, "r1");
}

TEST_F(TargetLaneTest, ARunThatChangedNothingLeavesNoFile) {
  assign("r1", 1);
  await(lane_->act());
  assign("r1", 2);
  await(lane_->act());
  ASSERT_EQ(exchange_.reports.size(), 2u);
  EXPECT_FALSE(read_run_diff(data_ / state_folder, exchange_.reports[1].id));
}

TEST_F(TargetLaneTest, ARunIsAsGoodWhenWhatItChangedCannotBeKept) {
  std::ofstream(data_ / state_folder / "diffs") << "a file in the way";
  assign("r1", 1);
  await(lane_->act());
  ASSERT_EQ(exchange_.reports.size(), 1u);
  EXPECT_EQ(exchange_.reports[0].outcome, Outcome::applied);
  EXPECT_TRUE(exchange_.reports[0].verified);
}

TEST_F(TargetLaneTest, EqualWorkWithAHigherTokenIsAcknowledgedAndNotRun) {
  assign("r1", 1);
  await(lane_->act());
  exchange_.assignment->token = 7;
  EXPECT_TRUE(await(lane_->pull()));
  EXPECT_FALSE(lane_->due());
}

// pitfalls P13
TEST_F(TargetLaneTest, SaysThatItHasSeenOtherWorkAndNotWhatItsRunWillSay) {
  assign("r1", 1);
  await(lane_->act());
  EXPECT_EQ(exchange_.stands.size(), 1u);
  assign("r1", 2);
  EXPECT_EQ(exchange_.stands.size(), 1u) << "it runs what is assigned, and the Report of the asked Run comes";
  assign("r2", 3);
  ASSERT_EQ(exchange_.stands.size(), 2u);
  EXPECT_FALSE(exchange_.stands[1].why_not_open);
}

TEST_F(TargetLaneTest, EqualWorkThatSomebodyAsksForIsRun) {
  assign("r1", 1);
  await(lane_->act());
  assign("r1", 2);
  EXPECT_TRUE(lane_->due());
}

TEST_F(TargetLaneTest, AReportIsSentAgainUntilItIsAcknowledged) {
  assign("r1", 1);
  exchange_.away = true;
  await(lane_->act());
  ASSERT_TRUE(exchange_.reports.empty());
  pass_time();
  ASSERT_TRUE(exchange_.reports.empty());
  exchange_.away = false;
  pass_time();
  ASSERT_EQ(exchange_.reports.size(), 1u);
  EXPECT_EQ(exchange_.reports[0].revision, "r1");
}

TEST_F(TargetLaneTest, GoesOnWithWhatItHasWhileTheExchangeIsAway) {
  assign("r1", 1);
  world_.fail("open", Error(errc::unreachable, "git is away").with_retry(true));
  await(lane_->act());
  exchange_.away = true;
  EXPECT_FALSE(await(lane_->pull()));
  for (int i = 0; i < 20 && world_.loaded != world_.revisions["r1"]; ++i) pass_time();
  EXPECT_EQ(world_.loaded, world_.revisions["r1"]);
}

TEST_F(TargetLaneTest, ARestartOfTheGatewayStartsARun) {
  assign("r1", 1);
  await(lane_->act());
  pass_time();  // the look that every period brings
  EXPECT_EQ(exchange_.reports.size(), 1u);
  world_.started = "2";
  pass_time();
  EXPECT_EQ(exchange_.reports.size(), 2u);
}

TEST_F(TargetLaneTest, ANewerAssignmentStopsTheRunThatHasNotAppliedYet) {
  Assignment next = assignment("r2");
  next.asked = next.token = 2;
  world_.on("stage", [this, next](World&) {
    std::promise<void> taken;
    exchange_.assignment = next;
    asio::co_spawn(loop, lane_->pull(), [&taken](std::exception_ptr, bool) { taken.set_value(); });
    taken.get_future().wait();
  });
  assign("r1", 1);
  await(lane_->act());
  ASSERT_EQ(exchange_.reports.size(), 1u);
  EXPECT_EQ(exchange_.reports[0].outcome, Outcome::superseded);
  ASSERT_TRUE(lane_->due());
  await(lane_->act());
  EXPECT_EQ(exchange_.reports[1].revision, "r2");
  EXPECT_EQ(exchange_.reports[1].outcome, Outcome::applied);
}

}  // namespace
}  // namespace stoker::host::testing
