// The queue of one notifier: what reaches the receiver, in which order, and what is left on disk.
#include "host/notices/notices.hpp"

#include "host/notices/notice_key.hpp"
#include "tests/host/notices/post.hpp"
#include "tests/support/module_host.hpp"

#include <set>
#include <thread>

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
    EXPECT_EQ(bool(await(notifier_->end())), !hangs_);
  }
  // The queue as a new process has it.
  void begin_process() {
    notices_ = nullptr;  // gives the folder back
    notices_ = std::make_unique<Notices>(*notifier_, queue_, workers, clock,
                                         NoticeRecords{log.module("stoker"), total_, waiting_});
    get(notices_->load());
  }
  void put(const std::string& run) { ASSERT_TRUE(get(notices_->put(report_of(run, Outcome::applied)))); }
  void refuse(std::optional<Error> why) { posts_.refuse("notify-post", std::move(why)); }
  void deliver() { start(notices_->work(stop.get_token())); }
  Keys delivered() { return posts_.keys("notify-post"); }
  std::size_t tries() { return posts_.tries("notify-post"); }
  static std::size_t notices_in(const std::filesystem::path& folder) {
    std::error_code none;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator at(folder, none), end; !none && at != end; at.increment(none))
      count += at->path().extension() == ".json" ? 1 : 0;
    return count;
  }
  std::size_t files() const { return notices_in(queue_); }
  std::size_t parked() const { return notices_in(queue_ / "parked"); }
  bool counted(const std::string& result, int times) {
    const std::string line =
        "stoker_notices_total{module=\"notify-post\",result=\"" + result + "\"} " + std::to_string(times);
    return metrics.text().find(line + "\n") != std::string::npos;
  }
  // The notifier does not return from a call before its deadline.
  void write_off() {
    hangs_ = true;
    posts_.with("notify-post", [](testing::Post& post) {
      post.at_call = [] { std::this_thread::sleep_for(Workers::grace + std::chrono::milliseconds(500)); };
    });
    EXPECT_FALSE(await(notifier_->notify(CallLimits(std::chrono::milliseconds(10)), "early", "{}")));
  }
  // The receiver is away, and this notice was tried once.
  void fail_with(const std::string& run) {
    refuse(away);
    deliver();
    put(run);
    settle();
    ASSERT_EQ(tries(), 1u);
  }
  // Is there one more try after this time, or up to a tenth later, and none before?
  bool tried_after(seconds wait) {
    const std::size_t before = tries();
    clock.advance(wait - std::chrono::milliseconds(1));
    settle();
    const bool early = tries() != before;
    clock.advance(std::chrono::milliseconds(wait) / 10 + std::chrono::milliseconds(1));
    settle();
    return !early && tries() == before + 1;
  }
  // A process that dies in the call leaves this.
  void die_in_the_call(const std::string& key) {
    const std::filesystem::path tries = queue_ / (key + ".tries");
    const auto text = read_file(tries, 4096);
    Tries told = text ? tries_from_json(*text) : Tries();
    told.in_call = true;
    ASSERT_TRUE(replace_file(tries, to_json(told)));
    begin_process();
  }

  const std::filesystem::path queue_ = folder.path() / "queue";
  testing::Posts posts_;
  bool hangs_ = false;  // the notifier was written off
  Metric total_ = metrics.counter("stoker_notices_total", "notices", {"module", "result"});
  Metric waiting_ = metrics.gauge("stoker_notices_waiting", "notices", {"module"});
  std::unique_ptr<NotifierInstance> notifier_;
  std::unique_ptr<Notices> notices_;
};

TEST_F(NoticesTest, DeliversTheOldestFirstAndForgetsWhatIsDelivered) {
  put("run-1");
  put("run-2");
  EXPECT_EQ(files(), 2u);
  deliver();
  EXPECT_EQ(delivered(), (Keys{"press-1-run-1-applied", "press-1-run-2-applied"}));
  EXPECT_EQ(files(), 0u);
}

TEST_F(NoticesTest, WhatComesWhileNothingWaitsIsDeliveredAtOnce) {
  deliver();
  put("run-1");
  settle();
  EXPECT_EQ(delivered(), Keys{"press-1-run-1-applied"});
}

TEST_F(NoticesTest, TheReportIsDeliveredAsItIs) {
  put("run-1");
  deliver();
  const auto reports = posts_.with("notify-post", [](testing::Post& post) { return post.reports; });
  EXPECT_EQ(reports, Keys{to_json(report_of("run-1", Outcome::applied))});
}

TEST_F(NoticesTest, EachPhaseOfARunHasAKeyOfItsOwn) {
  EXPECT_EQ(notice_key(report_of("run-1", Outcome::held)), "press-1-run-1-held");
  EXPECT_EQ(notice_key(report_of("run-1", Outcome::applied)), "press-1-run-1-applied");
  EXPECT_EQ(notice_key(report_of("run-1", Outcome::applied, true)), "press-1-run-1-applied-verified");
}

TEST_F(NoticesTest, ReportsThatSayDifferentThingsHaveDifferentKeys) {
  std::set<std::string> keys;
  Report report = report_of("", Outcome::failed);  // of a target that could not be opened
  report.failed(Stage::recover, Error(errc::denied, "no access", "file.failed"));
  keys.insert(notice_key(report));
  report.target = "press-2";
  keys.insert(notice_key(report));
  report.error->code = "git.failed";
  keys.insert(notice_key(report));
  report.held(Stage::recover, Hold{"window", "it is night", "", 0, 0});
  keys.insert(notice_key(report));
  report.hold->reason = "it is Sunday";
  keys.insert(notice_key(report));
  report.notes.push_back({"drift", "a.txt", "changed by somebody else"});
  keys.insert(notice_key(report));
  EXPECT_EQ(keys.size(), 6u);
  report.duration_ms = 7;
  keys.insert(notice_key(report));
  EXPECT_EQ(keys.size(), 6u) << "it says the same";
}

TEST_F(NoticesTest, AKeyIsASafeFileNameHoweverTheTargetIsNamed) {
  Report report = report_of("run-1", Outcome::applied);
  report.target = "../" + std::string(1000, 'x');
  const std::string key = notice_key(report);
  EXPECT_LT(key.size(), 200u);
  EXPECT_EQ(key.find('/'), std::string::npos);
  EXPECT_NE(key.front(), '.');
  report.target += "y";
  EXPECT_NE(notice_key(report), key);
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
  EXPECT_EQ(delivered(), (Keys{"press-1-run-1-applied", "press-1-run-2-applied"}));
}

TEST_F(NoticesTest, PastTheBoundTheOldestIsDroppedAndThatIsSaidOnce) {
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
  EXPECT_TRUE(std::filesystem::exists(queue_ / "press-1-newest-applied.json"));
  put("newer still");
  EXPECT_EQ(logged("too many notices wait; the oldest ones are dropped"), 1u);
  EXPECT_TRUE(counted("dropped", 2)) << metrics.text();
}

TEST_F(NoticesTest, TheBoundHoldsForWhatIsLoadedAndForWhatAnotherProcessPuts) {
  const auto now = std::filesystem::file_time_type::clock::now();
  for (std::size_t i = 0; i < Notices::kept_max + 3; ++i) {
    const auto file = folder.write("queue/run-" + std::to_string(i) + ".json", "{}");
    std::filesystem::last_write_time(file, now - seconds(Notices::kept_max + 3 - i));
  }
  begin_process();
  EXPECT_EQ(notices_->waiting(), Notices::kept_max);
  EXPECT_EQ(files(), Notices::kept_max);
  EXPECT_FALSE(std::filesystem::exists(queue_ / "run-2.json"));
  EXPECT_TRUE(counted("dropped", 3)) << metrics.text();
  EXPECT_EQ(logged("too many notices wait; the oldest ones are dropped"), 1u);
  Notices other(*notifier_, queue_, workers, clock, NoticeRecords());
  get(other.load());
  ASSERT_TRUE(get(other.put(report_of("run-1", Outcome::applied))));
  EXPECT_EQ(files(), Notices::kept_max);
  EXPECT_FALSE(std::filesystem::exists(queue_ / "run-3.json"));
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

// cases T33
TEST_F(NoticesTest, ANewReportNeitherShortensThePauseNorCountsAsATry) {
  fail_with("run-1");
  for (int i = 2; i < 40; ++i) put("run-" + std::to_string(i));
  settle();
  EXPECT_EQ(tries(), 1u);
  EXPECT_EQ(files(), 39u);
  refuse(std::nullopt);
  clock.advance(seconds(3));
  EXPECT_TRUE(until([this] { return delivered().size() == 39; }));
  EXPECT_EQ(delivered().front(), "press-1-run-1-applied");
}

// cases T33
TEST_F(NoticesTest, WhatCannotPassIsParkedAndSaidAndTheNextIsDelivered) {
  refuse(Error(errc::denied, "the receiver does not want it"));
  put("run-1");
  deliver();
  EXPECT_EQ(tries(), 1u);
  EXPECT_EQ(files(), 0u);
  EXPECT_EQ(parked(), 1u);
  EXPECT_EQ(notices_->status().parked, 1u);
  ASSERT_EQ(logged("a notice is given up"), 1u);
  EXPECT_EQ(logged("the receiver does not want it"), 1u);
  EXPECT_EQ(logged("target=press-1"), 1u);
  EXPECT_TRUE(counted("parked", 1)) << metrics.text();
  refuse(std::nullopt);
  put("run-2");
  settle();
  EXPECT_EQ(delivered(), Keys{"press-1-run-2-applied"});
}

TEST_F(NoticesTest, TheFolderOfParkedNoticesIsBounded) {
  refuse(Error(errc::denied, "no"));
  for (std::size_t i = 0; i < NoticeFolder::parked_max + 2; ++i) put("run-" + std::to_string(i));
  deliver();
  EXPECT_TRUE(until([this] { return notices_->waiting() == 0; }));
  settle();
  EXPECT_EQ(parked(), NoticeFolder::parked_max);
  EXPECT_EQ(notices_->status().parked, NoticeFolder::parked_max);
}

TEST_F(NoticesTest, WhatWasGivenUpFirstIsRemovedFirstAndThatIsSaid) {
  for (std::size_t i = 0; i < NoticeFolder::parked_max; ++i)
    folder.write("queue/parked/early-" + std::to_string(i) + ".json", "{}");
  put("run-1");
  const std::filesystem::path file = "press-1-run-1-applied.json";
  std::filesystem::last_write_time(queue_ / file,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  refuse(Error(errc::denied, "no"));
  deliver();
  EXPECT_EQ(parked(), NoticeFolder::parked_max);
  EXPECT_TRUE(std::filesystem::exists(queue_ / "parked" / file)) << "it was put there last";
  EXPECT_EQ(logged("those that were given up first are removed"), 1u);
  EXPECT_TRUE(counted("removed", 1)) << metrics.text();
}

// cases Q2
TEST_F(NoticesTest, ANotifierThatThrowsKeepsTheNoticeAndIsSaid) {
  posts_.with("notify-post", [](testing::Post& post) { post.throws = true; });
  put("run-1");
  deliver();
  EXPECT_EQ(parked(), 1u);
  EXPECT_EQ(logged("the notifier has a defect"), 1u);
}

// cases Q2
TEST_F(NoticesTest, ANotifierThatDoesNotReturnKeepsAllNoticesAndIsSaidOnce) {
  write_off();
  put("run-1");
  put("run-2");
  deliver();
  clock.advance(std::chrono::hours(1));
  settle();
  put("run-3");
  settle();
  EXPECT_EQ(tries(), 1u);
  EXPECT_EQ(files(), 3u);
  EXPECT_EQ(logged("a notifier did not return"), 1u);
}

// cases T33
TEST_F(NoticesTest, AFailureIsSaidOnceAndItsEndOnce) {
  fail_with("run-1");
  for (const int wait : {2, 4, 8}) EXPECT_TRUE(tried_after(seconds(wait))) << wait;
  EXPECT_EQ(logged("a notice could not be delivered"), 1u);
  EXPECT_TRUE(counted("failed", 4)) << metrics.text();
  ASSERT_TRUE(notices_->status().failure);
  EXPECT_EQ(notices_->status().failure->why, "notify-post: notify: the receiver is away");
  refuse(Error(errc::exhausted, "the receiver has no room", "other").with_retry(true));
  EXPECT_TRUE(tried_after(seconds(16)));
  EXPECT_EQ(logged("a notice could not be delivered"), 2u) << "another reason";
  refuse(std::nullopt);
  EXPECT_TRUE(tried_after(seconds(32)));
  EXPECT_EQ(logged("notices arrive again"), 1u);
  EXPECT_FALSE(notices_->status().failure);
}

// cases Q9
TEST_F(NoticesTest, TheNotifierSaysHowLongToWait) {
  refuse(Error(errc::unreachable, "come back in an hour").after(std::chrono::hours(1)));
  deliver();
  put("run-1");
  settle();
  EXPECT_TRUE(tried_after(std::chrono::hours(1)));
  refuse(Error(errc::unreachable, "come back in a year").after(std::chrono::hours(24 * 365)));
  EXPECT_TRUE(tried_after(std::chrono::hours(1)));
  EXPECT_TRUE(tried_after(std::chrono::hours(24))) << "at least once a day";
}

// cases T33
TEST_F(NoticesTest, IsParkedAfterADayOfTries) {
  fail_with("run-1");
  for (int hour = 0; hour < 23; ++hour) {
    clock.advance(std::chrono::hours(1));
    settle();
  }
  EXPECT_EQ(files(), 1u) << "after 23 hours";
  clock.advance(std::chrono::hours(1));
  settle();
  EXPECT_EQ(files(), 0u);
  EXPECT_EQ(parked(), 1u);
  EXPECT_EQ(logged("it was tried for a day"), 1u);
}

// A day with few tries, because no process was there, is no reason to give up.
TEST_F(NoticesTest, IsTriedFiveTimesHoweverOldItIs) {
  fail_with("run-1");
  clock.advance(std::chrono::hours(48));
  settle();
  EXPECT_EQ(files(), 1u);
}

// cases T33
TEST_F(NoticesTest, TheTriesAndTheNextTimeSurviveARestart) {
  fail_with("run-1");
  for (const int wait : {2, 4, 8, 16, 32}) ASSERT_TRUE(tried_after(seconds(wait))) << wait;
  stop_all();
  stop = {};
  begin_process();
  deliver();
  EXPECT_EQ(tries(), 6u) << "not at once";
  clock.advance(seconds(71));
  settle();
  EXPECT_EQ(tries(), 7u);
}

// One that the receiver cannot take does not keep the others back.
TEST_F(NoticesTest, AfterFiveFailedTriesTheOthersComeFirst) {
  fail_with("run-1");
  put("run-2");
  for (const int wait : {2, 4, 8, 16}) ASSERT_TRUE(tried_after(seconds(wait))) << wait;
  refuse(std::nullopt);
  clock.advance(seconds(36));
  settle();
  EXPECT_EQ(delivered(), (Keys{"press-1-run-2-applied", "press-1-run-1-applied"}));
}

TEST_F(NoticesTest, ANoticeThatTheReceiverCannotTakeBacksOffByItsOwnTries) {
  fail_with("run-1");
  for (const int wait : {2, 4, 8, 16}) ASSERT_TRUE(tried_after(seconds(wait))) << wait;
  posts_.with("notify-post", [](testing::Post& post) {
    post.at_call = [&post] {  // the other two arrive
      const bool fine = post.tries == 6 || post.tries == 8;
      post.refuses = fine ? std::nullopt : std::optional(away);
    };
  });
  put("run-2");
  clock.advance(seconds(36));
  settle();
  EXPECT_EQ(tries(), 7u);
  put("run-3");
  clock.advance(seconds(3));
  settle();
  EXPECT_EQ(delivered(), (Keys{"press-1-run-2-applied", "press-1-run-3-applied"}));
  EXPECT_EQ(tries(), 8u) << "its sixth failure is followed by 64 seconds";
}

TEST_F(NoticesTest, ANoticeThatCannotBeReadIsTriedAgainAndTheNotifierIsNotBlamed) {
  put("run-1");
  const std::filesystem::path file = queue_ / "press-1-run-1-applied.json", aside = queue_ / "aside";
  std::filesystem::rename(file, aside);
  std::filesystem::create_directory(file);  // it opens, and cannot be read
  deliver();
  EXPECT_EQ(tries(), 0u);
  EXPECT_EQ(notices_->waiting(), 1u);
  EXPECT_EQ(parked(), 0u);
  EXPECT_EQ(logged("a notice could not be read from disk"), 1u);
  std::filesystem::remove(file);
  std::filesystem::rename(aside, file);
  clock.advance(seconds(3));
  settle();
  EXPECT_EQ(delivered(), Keys{"press-1-run-1-applied"});
}

// cases Q3
TEST_F(NoticesTest, TheCallIsNotedOnDiskBeforeItBeginsAndTheNoteEndsWithIt) {
  bool noted = false;
  posts_.with("notify-post", [&](testing::Post& post) {
    post.at_call = [&] {
      const auto text = read_file(queue_ / "press-1-run-1-applied.tries", 4096);
      noted = text && tries_from_json(*text).in_call;
    };
    post.refuses = away;
  });
  put("run-1");
  deliver();
  EXPECT_TRUE(noted);
  const auto text = read_file(queue_ / "press-1-run-1-applied.tries", 4096);
  ASSERT_TRUE(text);
  EXPECT_FALSE(tries_from_json(*text).in_call);
}

// cases Q3
TEST_F(NoticesTest, ANoticeInWhoseCallTheProcessDiedTwiceIsParkedAndSaid) {
  put("run-1");
  put("run-2");
  die_in_the_call("press-1-run-1-applied");
  EXPECT_EQ(logged("stoker died while a notifier had a notice"), 1u);
  EXPECT_EQ(files(), 2u) << "it is tried once more";
  die_in_the_call("press-1-run-1-applied");
  EXPECT_EQ(parked(), 1u);
  EXPECT_EQ(logged("stoker died 2 times in a row"), 1u);
  EXPECT_EQ(logged("notice=press-1-run-1-applied"), 2u);
  deliver();
  EXPECT_EQ(delivered(), Keys{"press-1-run-2-applied"});
}

TEST_F(NoticesTest, ADeathLongAgoDoesNotCountWithTheNextOne) {
  put("run-1");
  die_in_the_call("press-1-run-1-applied");
  refuse(away);
  deliver();
  stop_all();
  stop = {};
  die_in_the_call("press-1-run-1-applied");
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(parked(), 0u);
}

TEST_F(NoticesTest, TwoProcessesDoNotDeliverTheSameNotices) {
  put("run-1");
  Notices other(*notifier_, queue_, workers, clock, NoticeRecords());
  get(other.load());
  EXPECT_EQ(other.waiting(), 0u);
  ASSERT_TRUE(get(other.put(report_of("run-2", Outcome::applied))));
  get(other.send_due({}));
  EXPECT_EQ(delivered(), Keys{"press-1-run-2-applied"});
}

TEST_F(NoticesTest, AProcessTakesOverWhatWaitsWhenTheOtherOneHasEnded) {
  Notices other(*notifier_, queue_, workers, clock, NoticeRecords{log.module("stoker"), total_, waiting_});
  get(other.load());
  EXPECT_EQ(logged("another process delivers the notices that wait"), 1u);
  start(other.work(stop.get_token()));
  put("run-1");
  clock.advance(Notices::load_again_after);
  settle();
  EXPECT_EQ(delivered(), Keys()) << "the first one still has them";
  notices_ = nullptr;
  clock.advance(Notices::load_again_after);
  settle();
  EXPECT_EQ(delivered(), Keys{"press-1-run-1-applied"});
  EXPECT_EQ(logged("another process delivers the notices that wait"), 1u);
  EXPECT_EQ(logged("this process now delivers"), 1u);
  stop_all();
}

TEST_F(NoticesTest, AProcessTakesOverWhatWaitsBeforeItAddsANotice) {
  Notices other(*notifier_, queue_, workers, clock, NoticeRecords());
  get(other.load());
  put("run-1");
  notices_ = nullptr;
  ASSERT_TRUE(get(other.put(report_of("run-2", Outcome::applied))));
  EXPECT_EQ(other.waiting(), 2u);
}

TEST_F(NoticesTest, WhatWasNotWrittenToItsEndIsRemovedUnlessItIsYoung) {
  const auto old = folder.write("queue/old.json.new", "{");
  const auto young = folder.write("queue/young.json.new", "{");
  std::filesystem::last_write_time(old, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  begin_process();
  EXPECT_FALSE(std::filesystem::exists(old));
  EXPECT_TRUE(std::filesystem::exists(young)) << "another process may be writing it";
}

TEST_F(NoticesTest, ACommandTriesWhatWaitsUntilOneFails) {
  put("run-1");
  put("run-2");
  get(notices_->send_due({}));
  EXPECT_EQ(delivered().size(), 2u);
  refuse(away);
  put("run-3");
  put("run-4");
  get(notices_->send_due({}));
  EXPECT_EQ(tries(), 3u);
  EXPECT_EQ(notices_->waiting(), 2u);
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
  std::filesystem::remove(queue_ / "press-1-run-1-applied.json");
  deliver();
  EXPECT_EQ(delivered(), Keys{"press-1-run-2-applied"});
}

TEST_F(NoticesTest, ANoticeThatCannotBeWrittenIsAnErrorAndIsNotQueued) {
  std::filesystem::remove_all(queue_);
  folder.write("queue", "a file in the place of the folder");
  EXPECT_FALSE(get(notices_->put(report_of("run-1", Outcome::applied))));
  EXPECT_EQ(notices_->waiting(), 0u);
}

}  // namespace
}  // namespace stoker::host
