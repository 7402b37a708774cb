// Where a finished Report is told: log, metrics, status, and the queue of each notifier.
#include "host/notices/announcer.hpp"

#include "tests/host/notices/post.hpp"
#include "tests/support/local_exchange.hpp"
#include "tests/support/module_host.hpp"

#include <regex>

namespace stoker::host {
namespace {

using testing::report_of;

class AnnouncerTest : public ::testing::Test, protected testing::ModuleHost {
 protected:
  using Keys = std::vector<std::string>;
  AnnouncerTest() {
    testing::Posts::current = &posts_;
    link<testing::PostNotifier>("notify-a");
    link<testing::PostNotifier>("notify-b");
    announcer_ = std::make_unique<Announcer>(loop.get_executor(), config, services(), workers, factory);
    EXPECT_TRUE(await(announcer_->open()));
  }
  ~AnnouncerTest() override { end_process(); }
  void end_process() {
    if (!announcer_) return;
    stop_all();
    await(announcer_->end());
    announcer_.reset();
  }
  // Makes the Announcer again, with settings of one module.
  void begin_with(const std::string& module, const std::string& settings) {
    for (ModuleConfig& each : config.modules)
      if (each.name == module) each.settings = settings;
    begin_process();
  }
  void begin_process() {
    end_process();
    stop = {};
    announcer_ = std::make_unique<Announcer>(loop.get_executor(), config, services(), workers, factory);
    ASSERT_TRUE(await(announcer_->open()));
  }
  void announce(const Report& report) { get(announcer_->announce(report)); }
  void deliver() { start(announcer_->work(stop.get_token())); }
  bool reaches(const std::string& module, const Keys& keys) {
    return until([&] { return posts_.keys(module) == keys; });
  }
  // Is there a notice of this Run with this outcome? A key that has a digest ends with it.
  bool queued(const std::string& module, const std::string& key) const { return count_queued(module, key) > 0; }
  std::size_t count_queued(const std::string& module, const std::string& key) const {
    const std::regex name("press-1-" + key + "(-[0-9a-f]{12})?\\.json");
    std::error_code none;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator at(config.state / "notices" / module, none), end; !none && at != end;
         at.increment(none))
      count += std::regex_match(at->path().filename().string(), name) ? 1 : 0;
    return count;
  }
  bool counted(const std::string& line) const { return metrics.text().find(line + "\n") != std::string::npos; }

  testing::Posts posts_;
  std::unique_ptr<Announcer> announcer_;
};

TEST_F(AnnouncerTest, AReportGoesToLogMetricsStatusAndEachNotifier) {
  testing::LocalExchange exchange([this](const Report& report) { return announcer_->announce(report); });
  deliver();
  ASSERT_TRUE(get(exchange.report("press-1", report_of("run-1", Outcome::applied, true))));
  EXPECT_EQ(logged("verified at r1"), 1u);
  EXPECT_TRUE(counted(R"(stoker_runs_total{outcome="applied",target="press-1"} 1)")) << metrics.text();
  EXPECT_TRUE(counted(R"(stoker_target_verified{target="press-1"} 1)")) << metrics.text();
  EXPECT_TRUE(counted(R"(stoker_target_held{target="press-1"} 0)")) << metrics.text();
  ASSERT_TRUE(exchange.known("press-1")->last);
  EXPECT_EQ(exchange.known("press-1")->last->id, "run-1");
  EXPECT_TRUE(reaches("notify-a", {"press-1-run-1-applied-verified"}));
  EXPECT_TRUE(reaches("notify-b", {"press-1-run-1-applied-verified"}));
}

class BrokenNotifier final : public Notifier {
 public:
  BrokenNotifier(const stoker::Config&, Host&) { throw std::invalid_argument("settings.url: it has no host"); }
  Result<void> notify(Call&, std::string_view, std::string_view) override { return {}; }
};

// cases Q10
TEST_F(AnnouncerTest, ANotifierThatIsNotRequiredAndCannotBeMadeIsLeftOutAndThatIsSaid) {
  end_process();
  link<BrokenNotifier>("notify-broken");
  config.modules.back().required = false;
  stop = {};
  announcer_ = std::make_unique<Announcer>(loop.get_executor(), config, services(), workers, factory);
  ASSERT_TRUE(await(announcer_->open()));
  EXPECT_EQ(logged("it is not required, so stoker runs without it"), 1u);
  EXPECT_EQ(logged("settings.url: it has no host"), 1u);
  deliver();
  announce(report_of("run-1", Outcome::applied, true));
  EXPECT_TRUE(reaches("notify-a", {"press-1-run-1-applied-verified"}));
}

// cases Q10
TEST_F(AnnouncerTest, ANotifierThatIsRequiredAndCannotBeMadeEndsTheStart) {
  end_process();
  link<BrokenNotifier>("notify-broken");
  stop = {};
  announcer_ = std::make_unique<Announcer>(loop.get_executor(), config, services(), workers, factory);
  EXPECT_FALSE(await(announcer_->open()));
}

TEST_F(AnnouncerTest, ANoticeIsOnDiskBeforeTheReportIsAcknowledged) {
  announce(report_of("run-1", Outcome::applied));
  EXPECT_TRUE(queued("notify-a", "run-1-applied"));
  EXPECT_TRUE(queued("notify-b", "run-1-applied"));
}

TEST_F(AnnouncerTest, ARunThatChangedNothingIsCountedAndToldNobody) {
  announce(report_of("run-1", Outcome::unchanged));
  announce(report_of("run-2", Outcome::superseded));
  EXPECT_TRUE(counted(R"(stoker_runs_total{outcome="unchanged",target="press-1"} 1)"));
  EXPECT_FALSE(queued("notify-a", "run-1-unchanged"));
  EXPECT_FALSE(queued("notify-a", "run-2-superseded"));
}

TEST_F(AnnouncerTest, TheMetricsOfATargetFollowItsLastReport) {
  announce(report_of("run-1", Outcome::applied, true));
  Report held = report_of("run-2", Outcome::unchanged);
  held.held(Stage::held, Hold{"window", "it is night", "", 0, 0});
  announce(held);
  EXPECT_TRUE(counted(R"(stoker_target_verified{target="press-1"} 0)"));
  EXPECT_TRUE(counted(R"(stoker_target_held{target="press-1"} 1)"));
}

TEST_F(AnnouncerTest, TheTimeOfEachStageIsObserved) {
  Report report = report_of("run-1", Outcome::applied);
  report.stages = {{"plan", 1500}};
  announce(report);
  EXPECT_TRUE(counted(R"(stoker_stage_seconds_sum{stage="plan",target="press-1"} 1.5)")) << metrics.text();
}

TEST_F(AnnouncerTest, ARunThatFailedIsAnErrorInTheLogWithItsReason) {
  Report failed = report_of("run-1", Outcome::failed);
  failed.failed(Stage::open, Error(errc::unreachable, "git is away"));
  announce(failed);
  ASSERT_EQ(logged("git is away"), 1u);
  const auto line = std::find_if(lines.begin(), lines.end(),
                                 [](const std::string& each) { return each.find("git is away") != std::string::npos; });
  EXPECT_NE(line->find("error"), std::string::npos) << *line;
  EXPECT_NE(line->find("press-1"), std::string::npos) << *line;
  EXPECT_NE(line->find("stage=open"), std::string::npos) << *line;
}

TEST_F(AnnouncerTest, AReceiverThatFailsDelaysNoOther) {
  posts_.refuse("notify-a", Error(errc::unreachable, "the receiver is away").with_retry(true));
  deliver();
  announce(report_of("run-1", Outcome::applied));
  announce(report_of("run-2", Outcome::applied));
  EXPECT_TRUE(reaches("notify-b", {"press-1-run-1-applied", "press-1-run-2-applied"}));
  EXPECT_EQ(posts_.keys("notify-a"), Keys());
  EXPECT_TRUE(queued("notify-a", "run-1-applied"));
}

TEST_F(AnnouncerTest, ANoticeThatCannotBeWrittenIsLoggedAsLostAndTheOthersAreToldAll) {
  std::filesystem::remove_all(config.state / "notices/notify-a");
  folder.write("state/notices/notify-a", "a file in the place of the folder");
  announce(report_of("run-1", Outcome::applied));
  EXPECT_EQ(logged("a notice is lost"), 1u);
  EXPECT_TRUE(queued("notify-b", "run-1-applied"));
}

TEST_F(AnnouncerTest, AFolderOfNoticesThatCannotBeReadStopsNobodyAndIsReadLater) {
  announce(report_of("run-1", Outcome::applied));
  end_process();
  const std::filesystem::path notices = config.state / "notices/notify-a", aside = config.state / "aside";
  std::filesystem::rename(notices, aside);
  folder.write("state/notices/notify-a", "a file in the place of the folder");
  begin_process();
  EXPECT_EQ(logged("the notices that wait cannot be read"), 1u);
  deliver();
  EXPECT_TRUE(reaches("notify-b", {"press-1-run-1-applied"}));
  std::filesystem::remove(notices);
  std::filesystem::rename(aside, notices);
  clock.advance(Notices::load_again_after);
  EXPECT_TRUE(reaches("notify-a", {"press-1-run-1-applied"}));
}

TEST_F(AnnouncerTest, ANewProcessTakesOverWhatWasNotDelivered) {
  announce(report_of("run-1", Outcome::applied));
  begin_process();
  deliver();
  EXPECT_TRUE(reaches("notify-a", {"press-1-run-1-applied"}));
  EXPECT_TRUE(reaches("notify-b", {"press-1-run-1-applied"}));
}

// ---------------------------------------------------------------- who is told of what

// cases T42
TEST_F(AnnouncerTest, ANotifierIsToldOfTheOutcomesThatItsSettingOnNames) {
  begin_with("notify-a", R"({"on": ["unchanged", "superseded"]})");
  announce(report_of("run-1", Outcome::unchanged));
  announce(report_of("run-2", Outcome::superseded));
  announce(report_of("run-3", Outcome::applied));
  EXPECT_TRUE(queued("notify-a", "run-1-unchanged"));
  EXPECT_TRUE(queued("notify-a", "run-2-superseded"));
  EXPECT_FALSE(queued("notify-a", "run-3-applied"));
  EXPECT_FALSE(queued("notify-b", "run-1-unchanged"));
  EXPECT_TRUE(queued("notify-b", "run-3-applied"));
}

TEST_F(AnnouncerTest, AListOnOfOtherWordsChoosesNoOutcomes) {
  begin_with("notify-a", R"({"on": ["channel-7"]})");
  announce(report_of("run-1", Outcome::applied));
  EXPECT_TRUE(queued("notify-a", "run-1-applied"));
}

// cases Q1
TEST_F(AnnouncerTest, AHoldThatDoesNotChangeIsToldOnce) {
  Report held = report_of("run-1", Outcome::held);
  held.held(Stage::admit, Hold{"x", "y", "", 0, 0});
  announce(held);
  held.id = "run-2";
  announce(held);
  EXPECT_FALSE(queued("notify-a", "run-2-held"));
  held.id = "run-3";
  held.hold->reason = "another reason";
  announce(held);
  EXPECT_TRUE(queued("notify-a", "run-3-held"));
  EXPECT_TRUE(counted(R"(stoker_runs_total{outcome="held",target="press-1"} 3)"));
}

TEST_F(AnnouncerTest, ARunThatFailsAgainAsBeforeIsToldOnceUnlessSomebodyAskedForIt) {
  Report failed = report_of("run-1", Outcome::failed);
  failed.failed(Stage::open, Error(errc::unreachable, "git is away"));
  announce(failed);
  failed.id = "run-2";
  announce(failed);
  EXPECT_FALSE(queued("notify-a", "run-2-failed"));
  failed.error->retryable = false;
  failed.id = "run-3";
  announce(failed);
  EXPECT_TRUE(queued("notify-a", "run-3-failed"));
  announce(report_of("run-4", Outcome::unchanged));
  failed.error->retryable = true;
  failed.id = "run-5";
  announce(failed);
  EXPECT_TRUE(queued("notify-a", "run-5-failed")) << "it was well in between";
}

TEST_F(AnnouncerTest, AFailureThatDiffersOnlyInItsWordsIsToldOnce) {
  Report failed = report_of("run-1", Outcome::failed);
  failed.failed(Stage::open, Error(errc::unreachable, "no answer in 31 s", "git.silent"));
  announce(failed);
  failed.id = "run-2";
  failed.error->message = "no answer in 29 s";
  announce(failed);
  EXPECT_FALSE(queued("notify-a", "run-2-failed"));
  failed.error->code = "git.refused";
  announce(failed);
  EXPECT_TRUE(queued("notify-a", "run-2-failed"));
}

// A Report of a ref that cannot be resolved is named by the beginning of its trouble.
TEST_F(AnnouncerTest, TheSameOutageASecondTimeIsTold) {
  Report failed = report_of("resolve-press-1-1000", Outcome::failed);
  failed.failed(Stage::resolve, Error(errc::not_found, "there is no branch main", "git.no-ref"));
  announce(failed);
  announce(failed);
  EXPECT_EQ(count_queued("notify-a", "resolve-press-1-1000-failed"), 1u);
  failed.id = "resolve-press-1-2000";
  announce(failed);
  EXPECT_TRUE(queued("notify-a", "resolve-press-1-2000-failed"));
}

Report looked(const std::string& run, Outcome outcome, std::vector<Note> notes, bool at_all = true) {
  Report report = report_of(run, outcome, true);
  report.plan_digest = "d";
  report.looked_at_all = at_all;
  report.notes = std::move(notes);
  return report;
}

const Note drift{"drift", "projects/P/a.txt", "changed by somebody else"};

// cases T32
TEST_F(AnnouncerTest, WhatPeopleShouldKnowOfFilesIsSaidOnceWhileItStands) {
  announce(looked("run-1", Outcome::unchanged, {drift, {"skipped", "x", "a link"}}));
  announce(looked("run-2", Outcome::unchanged, {drift}));
  announce(report_of("run-3", Outcome::unchanged));
  EXPECT_EQ(logged("changed by somebody else"), 1u);
  EXPECT_EQ(logged("warning"), 1u);
  ASSERT_EQ(announcer_->notes("press-1").size(), 1u);
  EXPECT_EQ(announcer_->notes("press-1").front().path, drift.path);
  EXPECT_TRUE(queued("notify-a", "run-1-unchanged-verified")) << "somebody has to know";
  EXPECT_FALSE(queued("notify-a", "run-2-unchanged-verified"));
}

// cases T32
TEST_F(AnnouncerTest, ANoteEndsWithALookThatDoesNotFindItAndIsSaidAgainWhenItComesBack) {
  announce(looked("run-1", Outcome::unchanged, {drift}));
  announce(looked("run-2", Outcome::applied, {}, false));
  EXPECT_EQ(announcer_->notes("press-1").size(), 1u) << "that Run did not look at the file";
  announce(looked("run-3", Outcome::unchanged, {}));
  EXPECT_TRUE(announcer_->notes("press-1").empty());
  announce(looked("run-4", Outcome::unchanged, {drift}));
  EXPECT_EQ(logged("changed by somebody else"), 2u);
  Report applied = looked("run-5", Outcome::applied, {{"overwritten", drift.path, "replaced a file"}}, false);
  applied.changes.emplace_back().path = drift.path;
  announce(applied);
  ASSERT_EQ(announcer_->notes("press-1").size(), 1u) << "what was written over does not drift any more";
  EXPECT_EQ(announcer_->notes("press-1").front().code, "overwritten");
}

TEST_F(AnnouncerTest, ANewNoteOfARunThatIsNoNewsOtherwiseReachesTheReceiver) {
  Report held = looked("run-1", Outcome::held, {});
  held.held(Stage::admit, Hold{"window", "it is night", "", 0, 0});
  announce(held);
  held.notes = {drift};  // the same Run, taken up again
  announce(held);
  EXPECT_EQ(count_queued("notify-a", "run-1-held"), 2u);
  announce(held);
  EXPECT_EQ(count_queued("notify-a", "run-1-held"), 2u);
}

TEST_F(AnnouncerTest, WhatAVerdictSaidStandsUntilTheNextVerdict) {
  const Note unverified{"no-verifier", "", "nobody looked"};
  announce(looked("run-1", Outcome::applied, {unverified, drift}));
  announce(looked("run-2", Outcome::unchanged, {}));
  ASSERT_EQ(announcer_->notes("press-1").size(), 1u) << "a look at the files says nothing of the gateway";
  EXPECT_EQ(announcer_->notes("press-1").front().code, "no-verifier");
  announce(looked("run-3", Outcome::applied, {}, false));
  EXPECT_TRUE(announcer_->notes("press-1").empty());
}

// ---------------------------------------------------------------- a command

// cases T42
TEST_F(AnnouncerTest, ACommandDeliversBeforeItEndsAndSaysWhatItCouldNot) {
  posts_.refuse("notify-b", Error(errc::unreachable, "the receiver is away").with_retry(true));
  announce(report_of("run-1", Outcome::applied));
  get(announcer_->send_before_end(std::chrono::seconds(30), stop.get_token()));
  EXPECT_EQ(posts_.keys("notify-a"), Keys{"press-1-run-1-applied"});
  EXPECT_TRUE(queued("notify-b", "run-1-applied"));
  EXPECT_EQ(logged("notices were not delivered"), 1u);
}

TEST_F(AnnouncerTest, HowEachNotifierGetsOnIsKnown) {
  posts_.refuse("notify-b", Error(errc::unreachable, "the receiver is away").with_retry(true));
  announce(report_of("run-1", Outcome::applied));
  deliver();
  ASSERT_EQ(announcer_->status().size(), 2u);
  EXPECT_FALSE(announcer_->status()[0].failure);
  EXPECT_EQ(announcer_->status()[1].module, "notify-b");
  EXPECT_EQ(announcer_->status()[1].waiting, 1u);
  EXPECT_TRUE(announcer_->status()[1].failure);
  EXPECT_TRUE(counted(R"(stoker_notices_waiting{module="notify-b"} 1)")) << metrics.text();
}

}  // namespace
}  // namespace stoker::host
