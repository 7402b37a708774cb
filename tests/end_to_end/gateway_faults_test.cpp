// A gateway that answers wrongly, late or not at all: what becomes of the Run, what the metrics say of it, and what is
// tried again. Real processes, a simulated gateway with faults; believed are files, what is loaded, and the pages.
#include "receiver.hpp"
#include "story.hpp"

#include <thread>

namespace plant {
namespace {

using ignition_sim::Course;
using ignition_sim::Fault;
using ignition_sim::Kind;

class GatewayFaultsTest : public Story {
 protected:
  void begin_with_gateway(const Sync& sync = {}, const std::string& modules = {}) {
    sync_ = sync;
    start_gateway();
    write_config({}, modules);
    write_sync(sync_);
    first_ = begin();
    before_ = repository_.view();
  }
  void answer_scans(const std::string& answer, int times) {
    gateway_->set_faults({Fault{"/data/api/v1/scan/projects", "POST", answer, times}});
  }
  void answer_designers(const std::string& answer) {
    gateway_->set_faults({Fault{"/data/api/v1/designers", "GET", answer}});
  }
  std::string runs(const std::string& outcome) {
    return metric("stoker_runs_total{outcome=\"" + outcome + "\",target=\"press-1\"}");
  }
  std::string verified() { return metric("stoker_target_verified{target=\"press-1\"}"); }
  std::size_t scans_asked() {
    const auto calls = gateway_->calls();
    return static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), [](const auto& call) {
      return call.method == "POST" && call.target == "/data/api/v1/scan/projects";
    }));
  }
  bool as_before() { return files_are(before_) && loaded(before_); }
  void retry(const std::string& text) {
    sync_.retry = text;
    write_sync(sync_);
  }

  Sync sync_;
  std::string first_;
  ignition_sim::View before_;
};

struct BadScan {
  const char* name;
  const char* answer;  // to requests for a scan; empty: the scan begins and does not end
  int times;           // 0: as long as it may be asked for
  const char* why;     // in the Report
};

// Whoever is to be alarmed is told by a notifier, in the words of the Report.
class BadScanTest : public GatewayFaultsTest, public testing::WithParamInterface<BadScan> {
 protected:
  void begin_with_receiver() {
    begin_with_gateway({},
                       "  source-git: {settings: {allowFile: true}}\n  trigger-poll: {settings: {interval: 1s}}\n"
                       "  strategy-merge: {}\n  verify-ignition: {settings: {scanTimeout: 10s}}\n"
                       "  notify-webhook: {settings: {url: \"" +
                           receiver_.url() + "\"}}\n");
    ASSERT_TRUE(eventually("counted", [&] { return runs("applied") == "1"; }));
  }
  void spoil_scans(int times) {
    if (*GetParam().answer)
      answer_scans(GetParam().answer, times);
    else
      gateway_->set_scan_course(Kind::projects, Course::stuck);
  }
  void mend_scans() {
    gateway_->set_faults({});
    gateway_->set_scan_course(Kind::projects, Course::normal);
  }
  bool judged_bad() {
    boost::system::error_code none;
    const json::value now = memory();
    const json::value* back = now.find_pointer("/inFlight/goBack", none);
    return (back && *back == json::value(true)) || log_count("outcome=reverted") > 0;
  }
  std::vector<json::value> told(const std::string& outcome) const {
    std::vector<json::value> reports;
    for (const Receiver::Request& request : receiver_.requests()) {
      boost::system::error_code bad;
      json::value report = json::parse(request.body, bad);
      EXPECT_FALSE(bad) << request.body;
      if (text_at(report, "/outcome") != outcome) continue;
      EXPECT_EQ(request.event, outcome);
      EXPECT_TRUE(request.key.starts_with(text_at(report, "/target") + "-" + text_at(report, "/id") + "-" + outcome))
          << request.key;
      reports.push_back(std::move(report));
    }
    return reports;
  }
  // The one notice of this outcome says what the Run came to and why.
  json::value alarm(const std::string& outcome, const std::string& revision, const std::string& code) {
    if (!eventually("the alarm", [&] { return !told(outcome).empty(); })) return {};
    const json::value report = told(outcome).front();
    EXPECT_EQ(text_at(report, "/target"), "press-1");
    EXPECT_EQ(text_at(report, "/sync"), "line-a");
    EXPECT_EQ(text_at(report, "/revision"), revision);
    EXPECT_EQ(text_at(report, "/error/code"), code);
    EXPECT_NE(text_at(report, "/error/message").find(GetParam().why), std::string::npos) << json::serialize(report);
    EXPECT_EQ(report.at_pointer("/error/retryable"), json::value(false)) << "only a person or another revision helps";
    EXPECT_EQ(report.at_pointer("/verified"), json::value(false));
    return report;
  }
  // The receiver was told of each Run once, and of no other.
  bool notices_are_what_was_counted() {
    for (const char* outcome : {"applied", "reverted", "failed"}) {
      const std::size_t times = told(outcome).size();
      if (runs(outcome) != (times == 0 ? "none" : std::to_string(times))) return false;
    }
    return true;
  }

  Receiver receiver_;
};

// pitfalls P15
TEST_P(BadScanTest, IsTakenBackToldCountedAndTriedAgainWhenSomebodySaysSo) {
  ASSERT_NO_FATAL_FAILURE(begin_with_receiver());
  spoil_scans(GetParam().times);
  const std::string second = commit(2, 2, "second");
  ASSERT_TRUE(eventually("a verdict", [&] { return judged_bad(); }));
  mend_scans();
  ASSERT_TRUE(eventually("taken back", [&] { return log_count("outcome=reverted") == 1; }));
  EXPECT_TRUE(eventually("the files and the gateway as before", [&] { return as_before(); }));
  EXPECT_TRUE(eventually("counted", [&] { return runs("reverted") == "1"; }));
  EXPECT_EQ(runs("applied"), "1") << "nothing counts as done that was not";
  EXPECT_EQ(verified(), "0") << "what is assigned does not run";
  alarm("reverted", second, "run.unhealthy");

  const std::size_t held = log_count("hold revision"), requests = scans_asked();
  stoker_.send(SIGHUP);
  ASSERT_TRUE(eventually("held", [&] { return log_count("hold revision") > held; }));
  EXPECT_EQ(scans_asked(), requests) << "what is held is not tried again";
  retry("the scan works again");
  EXPECT_TRUE(eventually("the second revision", [&] { return settled(second); }));
  EXPECT_TRUE(eventually("counted", [&] { return runs("applied") == "2" && verified() == "1"; }));
  EXPECT_TRUE(eventually("told as it was counted", [&] { return notices_are_what_was_counted(); }));
}

// pitfalls P15
TEST_P(BadScanTest, ThatGoesOnLeavesTheTargetInQuarantineUntilSomebodySaysSo) {
  ASSERT_NO_FATAL_FAILURE(begin_with_receiver());
  spoil_scans(0);
  const std::string second = commit(2, 2, "second");
  ASSERT_TRUE(eventually("the end of the Run", [&] { return log_count("outcome=failed") == 1; }));
  EXPECT_TRUE(files_are(before_)) << "what was there before is put back, though nobody says that it is loaded";
  EXPECT_TRUE(eventually("counted", [&] { return runs("failed") == "1" && verified() == "0"; }));
  EXPECT_EQ(text_at(alarm("failed", second, "run.quarantine"), "/hold/name"), "quarantine");
  EXPECT_TRUE(told("reverted").empty()) << "it did not end healthy";

  mend_scans();
  const std::size_t held = log_count("hold quarantine");
  stoker_.send(SIGHUP);
  ASSERT_TRUE(eventually("held", [&] { return log_count("hold quarantine") > held; }));
  retry("the scan works again");
  EXPECT_TRUE(eventually("the second revision", [&] { return settled(second); }));
  EXPECT_TRUE(eventually("counted", [&] { return runs("applied") == "2" && verified() == "1"; }));
  EXPECT_TRUE(eventually("told as it was counted", [&] { return notices_are_what_was_counted(); }));
}

INSTANTIATE_TEST_SUITE_P(Scans, BadScanTest,
                         testing::Values(BadScan{"Failing", "500", 0, "500"},
                                         BadScan{"NeverEnding", "", 0, "did not end in time"}),
                         [](const auto& scan) { return std::string(scan.param.name); });

// A project takes no key away: the files stay, and they are judged when the key works again. cases L1, I2
TEST_F(GatewayFaultsTest, AKeyThatIsRefusedAfterTheRenamesHoldsAndTakesNothingBack) {
  begin_with_gateway();
  for (const char* answer : {"401", "403"}) {
    answer_scans(answer, 0);
    const std::size_t held = log_count("hold token");
    const std::string next = commit(2, 2, answer);
    ASSERT_TRUE(eventually("held", [&] { return log_count("hold token") > held; }));
    gateway_->set_faults({});
    stoker_.send(SIGHUP);
    EXPECT_TRUE(eventually("verified", [&] { return settled(next); }));
  }
  EXPECT_EQ(log_count("outcome=reverted") + log_count("outcome=failed"), 0u);
}

// pitfalls P15
TEST_F(GatewayFaultsTest, AScanThatMeetsAGatewayThatStartsIsJudgedLaterByItself) {
  begin_with_gateway();
  answer_scans("503", 0);
  const std::string second = commit(2, 2, "second");
  const auto taken_back = [&] { return log_count("outcome=reverted") + log_count("outcome=failed"); };
  ASSERT_TRUE(eventually("the end of the Run", [&] { return log_count("not verified yet") + taken_back() > 0; }));
  ASSERT_EQ(taken_back(), 0U) << "a gateway that starts says nothing of a revision";
  EXPECT_TRUE(eventually("counted", [&] { return verified() == "0"; }));
  EXPECT_FALSE(runs_verified(second));
  EXPECT_TRUE(files_are(repository_.view()));
  gateway_->set_faults({});
  EXPECT_TRUE(eventually("verified", [&] { return settled(second); }));
  EXPECT_TRUE(eventually("counted", [&] { return verified() == "1"; }));
  EXPECT_EQ(taken_back(), 0U);
}

struct ScanOfAMoment {
  const char* name;
  const char* answer;
  int times;
};
class ScanOfAMomentTest : public GatewayFaultsTest, public testing::WithParamInterface<ScanOfAMoment> {};

// pitfalls P15
TEST_P(ScanOfAMomentTest, IsAskedForAgainInTheSameRun) {
  begin_with_gateway();
  answer_scans(GetParam().answer, GetParam().times);
  const std::string second = commit(2, 2, "second");
  EXPECT_TRUE(eventually("the second revision", [&] { return settled(second); }));
  EXPECT_TRUE(eventually("counted", [&] { return runs("applied") == "2" && verified() == "1"; }));
  EXPECT_EQ(log_count("outcome=reverted") + log_count("outcome=failed") + log_count("not verified yet"), 0U);
}

INSTANTIATE_TEST_SUITE_P(Scans, ScanOfAMomentTest,
                         testing::Values(ScanOfAMoment{"Failing", "500", 3}, ScanOfAMoment{"Reset", "reset", 3},
                                         ScanOfAMoment{"Hanging", "silent", 1}),
                         [](const auto& scan) { return std::string(scan.param.name); });

// A list comes at 50 bytes a second: that of nobody in about two seconds, that of one Designer in about seven, that of
// three in more than the ten that a request may take.
class SlowListTest : public GatewayFaultsTest {
 protected:
  void begin_with_slow_list(const std::vector<ignition_sim::Designer>& open) {
    begin_with_gateway({.designer = "wait"});
    gateway_->set_designers(open);
    answer_designers("slow");
  }
  std::size_t unread() { return log_count("the list of open Designers cannot be read"); }
  std::size_t named() { return log_count("maria has a Designer open"); }
};

// pitfalls P17
TEST_F(SlowListTest, OfNobodyIsWaitedForAndHoldsNothing) {
  begin_with_slow_list({});
  const std::string second = commit(2, 2, "second");
  EXPECT_TRUE(eventually("the second revision", [&] { return settled(second) || unread() > 0; }));
  EXPECT_EQ(unread(), 0U);
  EXPECT_TRUE(runs_verified(second));
}

// pitfalls P17
TEST_F(SlowListTest, OfOneDesignerIsWaitedForAndObeyed) {
  begin_with_slow_list({{"1", "maria", "Line0"}});
  const std::string second = commit(2, 2, "second");
  ASSERT_TRUE(eventually("a hold", [&] { return named() + unread() > 0; }));
  EXPECT_EQ(unread(), 0U);
  EXPECT_TRUE(as_before());
  gateway_->set_faults({});
  gateway_->set_designers({});
  EXPECT_TRUE(eventually("the second revision", [&] { return settled(second); }));
}

// pitfalls P17
TEST_F(SlowListTest, ThatTakesLongerThanARequestMayHoldsAndSaysSo) {
  begin_with_slow_list({{"1", "maria", "Line0"}, {"2", "maria", "Line1"}, {"3", "maria", "Line0"}});
  const std::string second = commit(2, 2, "second");
  ASSERT_TRUE(eventually("a hold", [&] { return named() + unread() > 0; }));
  EXPECT_EQ(named(), 0U);
  EXPECT_TRUE(as_before());
  gateway_->set_faults({});
  gateway_->set_designers({});
  EXPECT_TRUE(eventually("the second revision", [&] { return settled(second); }));
}

// pitfalls P17
TEST_F(GatewayFaultsTest, AListOfDesignersThatNeverComesHoldsAndANewerRevisionTakesTheWaitsPlace) {
  begin_with_gateway({.designer = "wait"});
  answer_designers("silent");
  commit(2, 2, "second");
  const ignition_sim::View second = repository_.view();
  ASSERT_TRUE(eventually("the list is asked for", [&] {
    const auto calls = gateway_->calls();
    return std::any_of(calls.begin(), calls.end(), [](const auto& call) {
      return call.target.starts_with("/data/api/v1/designers") && call.status == 0;
    });
  }));
  const std::string third = commit(2, 2, "third");
  ASSERT_TRUE(eventually("the third is resolved", [&] { return log_count("resolved") > 2; }));
  ASSERT_TRUE(eventually("the hold", [&] { return log_count("the list of open Designers cannot be read") > 0; }));
  EXPECT_TRUE(as_before());
  gateway_->set_faults({});
  EXPECT_TRUE(eventually("the third revision", [&] { return settled(third); }));
  EXPECT_EQ(times_loaded(second), 0U);
}

// pitfalls P19
TEST_F(GatewayFaultsTest, BetweenRunsTheMetricsSayHowManyDesignersAreOpenAndHowLongAStartTook) {
  ignition_sim::Options options;
  options.start = std::chrono::hours(1);  // it starts until it is told to run
  start_gateway(options);
  write_config();
  write_sync({});
  begin();
  const std::string open = "stoker_agent_designer_sessions_active{target=\"press-1\"}";
  ASSERT_TRUE(eventually("nobody", [&] { return metric(open) == "0"; }));
  gateway_->set_designers({{"1", "maria", "Line0"}, {"2", "hans", "Line0"}});
  ASSERT_TRUE(eventually("two", [&] { return metric(open) == "2"; }));
  gateway_->set_state(ignition_sim::State::starting);
  ASSERT_TRUE(eventually("nobody knows", [&] { return metric(open) == "none"; }));
  gateway_->set_state(ignition_sim::State::running);
  ASSERT_TRUE(eventually("the start", [&] {
    return metric("stoker_agent_gateway_startup_duration_seconds_count{target=\"press-1\"}") == "1";
  }));
  EXPECT_EQ(runs("applied"), "1") << "no Run is needed to see any of it";
}

// pitfalls P17
TEST_F(GatewayFaultsTest, UnderPolicyProceedAListThatNeverComesIsNotWaitedForLong) {
  begin_with_gateway({.designer = "proceed"});
  answer_designers("silent");
  const std::string second = commit(2, 2, "second");
  EXPECT_TRUE(eventually("the second revision", [&] { return settled(second); }));
}

}  // namespace
}  // namespace plant
