// A gateway that answers wrongly, late or not at all: what becomes of the Run, what the metrics say of it, and what is
// tried again. Real processes, a simulated gateway with faults; believed are files, what is loaded, and the pages.
#include "story.hpp"

#include <thread>

namespace plant {
namespace {

using ignition_sim::Fault;
using ignition_sim::Kind;

class GatewayFaultsTest : public Story {
 protected:
  void begin_with_gateway(const Sync& sync = {}) {
    sync_ = sync;
    start_gateway();
    write_config();
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
  const char* answer;
  int times;
};
class BadScanTest : public GatewayFaultsTest, public testing::WithParamInterface<BadScan> {};

// pitfalls P15
TEST_P(BadScanTest, IsTakenBackCountedAndTriedAgainWhenSomebodySaysSo) {
  begin_with_gateway();
  ASSERT_TRUE(eventually("counted", [&] { return runs("applied") == "1"; }));
  answer_scans(GetParam().answer, GetParam().times);
  const std::string second = commit(2, 2, "second");
  ASSERT_TRUE(eventually("taken back", [&] { return log_count("outcome=reverted") == 1; }));
  EXPECT_TRUE(eventually("the files and the gateway as before", [&] { return as_before(); }));
  EXPECT_TRUE(eventually("counted", [&] { return runs("reverted") == "1"; }));
  EXPECT_EQ(runs("applied"), "1") << "nothing counts as done that was not";
  EXPECT_EQ(verified(), "0") << "what is assigned does not run";
  EXPECT_EQ(times_loaded(repository_.view()), 0U);

  const std::size_t held = log_count("hold revision");
  stoker_.send(SIGHUP);
  ASSERT_TRUE(eventually("held", [&] { return log_count("hold revision") > held; }));
  retry("the scan works again");
  EXPECT_TRUE(eventually("the second revision", [&] { return settled(second); }));
  EXPECT_TRUE(eventually("counted", [&] { return runs("applied") == "2" && verified() == "1"; }));
}

INSTANTIATE_TEST_SUITE_P(Scans, BadScanTest,
                         testing::Values(BadScan{"Refused", "401", 1}, BadScan{"Forbidden", "403", 1}),
                         [](const auto& scan) { return std::string(scan.param.name); });

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

class ScanOfAMomentTest : public GatewayFaultsTest, public testing::WithParamInterface<BadScan> {};

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
                         testing::Values(BadScan{"Failing", "500", 3}, BadScan{"Reset", "reset", 3},
                                         BadScan{"Hanging", "silent", 1}),
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

// pitfalls P17
TEST_F(GatewayFaultsTest, UnderPolicyProceedAListThatNeverComesIsNotWaitedForLong) {
  begin_with_gateway({.designer = "proceed"});
  answer_designers("silent");
  const std::string second = commit(2, 2, "second");
  EXPECT_TRUE(eventually("the second revision", [&] { return settled(second); }));
}

}  // namespace
}  // namespace plant
