// The queue of one notifier: what reaches the receiver, in which order, and what is left on disk.
#include "host/notices/notices.hpp"
#include "tests/host/notices/post.hpp"
#include "tests/support/module_host.hpp"

namespace stoker::host {
namespace {

using std::chrono::seconds;
using testing::report_of;

const Error away = Error(errc::unreachable, "the receiver is away").with_retry(true);

class NoticesTest : public ::testing::Test, protected testing::ModuleHost {
 protected:
  using Keys = std::vector<std::string>;
  NoticesTest() {
    testing::Posts::current = &posts_;
    notifier_ = std::move(make<NotifierInstance>("notify-post", glue::notifier_table<testing::PostNotifier>(),
                                                 R"({"state":"/plugins/notify-post"})"))
                    .value();
    begin_process();
  }
  ~NoticesTest() override {
    stop_all();
    EXPECT_TRUE(await(notifier_->end()));
  }
  // The queue as a new process has it.
  void begin_process() {
    notices_ = std::make_unique<Notices>(*notifier_, queue_, workers, clock);
    ASSERT_TRUE(await(notices_->load()));
  }
  void put(const std::string& run) { ASSERT_TRUE(get(notices_->put(report_of(run, Outcome::applied)))); }
  void refuse(std::optional<Error> why) { posts_.refuse("notify-post", std::move(why)); }
  void deliver() { start(notices_->work(stop.get_token())); }
  Keys delivered() { return posts_.keys("notify-post"); }
  std::size_t tries() { return posts_.tries("notify-post"); }
  std::size_t files() const {
    const std::filesystem::directory_iterator all(queue_);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  // The receiver is away, and this notice was tried once.
  void fail_with(const std::string& run) {
    refuse(away);
    deliver();
    put(run);
    settle();
    ASSERT_EQ(tries(), 1u);
  }
  // Is there one more try after this time, and none before?
  bool tried_after(seconds wait) {
    const std::size_t before = tries();
    clock.advance(wait - seconds(1));
    settle();
    const bool early = tries() != before;
    clock.advance(seconds(1));
    settle();
    return !early && tries() == before + 1;
  }

  const std::filesystem::path queue_ = folder.path() / "queue";
  testing::Posts posts_;
  std::unique_ptr<NotifierInstance> notifier_;
  std::unique_ptr<Notices> notices_;
};

TEST_F(NoticesTest, DeliversTheOldestFirstAndForgetsWhatIsDelivered) {
  put("run-1");
  put("run-2");
  EXPECT_EQ(files(), 2u);
  deliver();
  EXPECT_EQ(delivered(), (Keys{"run-1-applied", "run-2-applied"}));
  EXPECT_EQ(files(), 0u);
}

TEST_F(NoticesTest, WhatComesWhileNothingWaitsIsDeliveredAtOnce) {
  deliver();
  put("run-1");
  settle();
  EXPECT_EQ(delivered(), Keys{"run-1-applied"});
}

TEST_F(NoticesTest, TheReportIsDeliveredAsItIs) {
  put("run-1");
  deliver();
  const auto reports = posts_.with("notify-post", [](testing::Post& post) { return post.reports; });
  EXPECT_EQ(reports, Keys{to_json(report_of("run-1", Outcome::applied))});
}

TEST_F(NoticesTest, EachPhaseOfARunHasAKeyOfItsOwn) {
  EXPECT_EQ(notice_key(report_of("run-1", Outcome::held)), "run-1-held");
  EXPECT_EQ(notice_key(report_of("run-1", Outcome::applied)), "run-1-applied");
  EXPECT_EQ(notice_key(report_of("run-1", Outcome::applied, true)), "run-1-applied-verified");
}

TEST_F(NoticesTest, AKeyThatWaitsIsNotQueuedAgain) {
  put("run-1");
  put("run-1");
  EXPECT_EQ(notices_->waiting(), 1u);
}

TEST_F(NoticesTest, ANewProcessDeliversWhatTheLastOneDidNot) {
  put("run-1");
  put("run-2");
  begin_process();
  EXPECT_EQ(notices_->waiting(), 2u);
  deliver();
  EXPECT_EQ(delivered(), (Keys{"run-1-applied", "run-2-applied"}));
}

TEST_F(NoticesTest, PastTheBoundTheOldestIsGivenUp) {
  const auto now = std::filesystem::file_time_type::clock::now();
  for (std::size_t i = 0; i < Notices::kept_max; ++i) {
    const auto file = folder.write("queue/run-" + std::to_string(i) + ".json", "{}");
    std::filesystem::last_write_time(file, now - seconds(Notices::kept_max - i));
  }
  begin_process();
  put("newest");
  EXPECT_EQ(notices_->waiting(), Notices::kept_max);
  EXPECT_FALSE(std::filesystem::exists(queue_ / "run-0.json"));
  EXPECT_TRUE(std::filesystem::exists(queue_ / "run-1.json"));
  EXPECT_TRUE(std::filesystem::exists(queue_ / "newest-applied.json"));
}

TEST_F(NoticesTest, WaitsLongerAfterEachFailureUpToFourMinutes) {
  fail_with("run-1");
  for (const int wait : {2, 4, 8, 16, 32, 64, 128, 256, 256}) EXPECT_TRUE(tried_after(seconds(wait))) << wait;
  EXPECT_EQ(files(), 1u);
}

TEST_F(NoticesTest, ADeliveryBeginsTheBackOffAnew) {
  fail_with("run-1");
  ASSERT_TRUE(tried_after(seconds(2)));
  refuse(std::nullopt);
  ASSERT_TRUE(tried_after(seconds(4)));
  refuse(away);
  put("run-2");
  settle();
  EXPECT_TRUE(tried_after(seconds(2)));
}

TEST_F(NoticesTest, ANewNoticeEndsTheBackOffAndAllIsDelivered) {
  fail_with("run-1");
  refuse(std::nullopt);
  put("run-2");
  settle();
  EXPECT_EQ(delivered(), (Keys{"run-1-applied", "run-2-applied"}));
}

TEST_F(NoticesTest, WhatCannotPassIsGivenUpAtOnceAndTheNextIsDelivered) {
  refuse(Error(errc::denied, "the receiver does not want it"));
  put("run-1");
  deliver();
  EXPECT_EQ(tries(), 1u);
  EXPECT_EQ(files(), 0u);
  refuse(std::nullopt);
  put("run-2");
  settle();
  EXPECT_EQ(delivered(), Keys{"run-2-applied"});
}

TEST_F(NoticesTest, IsGivenUpAfterThirtyTries) {
  fail_with("run-1");
  while (tries() < 29) {
    clock.advance(seconds(256));
    settle();
  }
  EXPECT_EQ(files(), 1u);
  clock.advance(seconds(256));
  settle();
  EXPECT_EQ(tries(), 30u);
  EXPECT_EQ(files(), 0u);
}

TEST_F(NoticesTest, WhatIsStoppedMidwayStaysForTheNextProcess) {
  refuse(Error(errc::cancelled, "the host stops"));
  put("run-1");
  deliver();
  stop_all();
  EXPECT_EQ(files(), 1u);
}

TEST_F(NoticesTest, AFileThatSomebodyRemovedIsPassedOver) {
  put("run-1");
  put("run-2");
  std::filesystem::remove(queue_ / "run-1-applied.json");
  deliver();
  EXPECT_EQ(delivered(), Keys{"run-2-applied"});
}

TEST_F(NoticesTest, ANoticeThatCannotBeWrittenIsAnErrorAndIsNotQueued) {
  std::filesystem::remove_all(queue_);
  folder.write("queue", "a file in the place of the folder");
  EXPECT_FALSE(get(notices_->put(report_of("run-1", Outcome::applied))));
  EXPECT_EQ(notices_->waiting(), 0u);
}

}  // namespace
}  // namespace stoker::host
