// probe of verify-ignition against the simulated gateway, with each habit that no source settles both ways: what is
// seen is what the gateway does, and nothing is left behind. The plugin's clock runs faster than the gateway's; a scan
// lasts until the plugin has seen it active some times.
#include "told.hpp"

#include <atomic>
#include <thread>

namespace {

using namespace verify_ignition;

constexpr int kFaster = 50, kLooks = 10;

class ProbeTest : public ToldTest {
 protected:
  ProbeTest() {
    host_.clock.sleep = [](const stoker_clock* clock, const stoker_call* call, std::int64_t ms) -> stoker_status {
      if (call->cancelled(call)) return STOKER_E_CANCELLED;
      std::this_thread::sleep_for(std::chrono::microseconds(ms * 1000 / kFaster));
      const_cast<FakeClock*>(static_cast<const FakeClock*>(clock))->advance(std::chrono::milliseconds(ms));
      return STOKER_OK;
    };
  }
  void SetUp() override {
    ToldTest::SetUp();
    options_.scale = 0.02;
    options_.scan = std::chrono::milliseconds(100);
    // the probe's project lies in the half that a scan reads first
    for (int i = 0; i < 20; ++i) write("projects/zone/view-" + std::to_string(i) + "/view.json", "{}");
    host_.http.handler = [this](const HttpRequest& request) {
      const bool scan = request.url.ends_with("/scan/projects");
      if (scan && request.method == "POST") begin_to_look();
      auto answer = carry_with_date(request);
      if (scan && answer && answer->body.find("\"scanActive\":true") != std::string::npos) look();
      return answer;
    };
  }
  void begin_to_look() {
    looks_ = 0;
    gateway_->set_scan_course(Kind::projects, Course::stuck);
  }
  void look() {
    if (++looks_ == kLooks) gateway_->set_scan_course(Kind::projects, Course::normal);
  }
  void expect_nothing_left() {
    EXPECT_TRUE(own_projects().empty()) << own_projects().front();
    EXPECT_FALSE(gateway_->lock(Kind::projects));
    gateway_->set_scan_course(Kind::projects, Course::normal);
    ASSERT_TRUE(gateway_->scan(Kind::projects));
    EXPECT_EQ(gateway_->projects().size(), 1u);
  }
  std::vector<std::string> own_projects() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(data_ / "projects"))
      if (entry.path().filename().string().starts_with("stoker-probe-")) found.push_back(entry.path());
    return found;
  }
  int looks_ = 0;  // that saw the scan active
};

TEST_F(ProbeTest, SaysWhatTheGatewayDoesAndLeavesNothing) {
  start();
  probe();
  expect("ready", Status::ok, "Ignition 8.3.6, independent");
  expect("scan of a change", Status::ok, "lastScanTimestamp moved after");
  expect("scan without a change", Status::ok, "lastScanTimestamp moved after");
  expect("stamping", Status::ok, "rewrote");
  expect("change of data alone", Status::ok, "takes up a change of data");
  expect("lock during a scan", Status::ok, "refused while a scan is active");
  expect("second request", Status::ok, "was loaded");
  expect("automatic scans", Status::ok, "not loaded within");
  expect("lock against automatic scans", Status::skipped, "no automatic scan");
  expect("removed", Status::ok, "is gone");
  expect_nothing_left();
}

TEST_F(ProbeTest, SeesEachHabitTheOtherWay) {
  options_.habits.requests = ignition_sim::Requests::drop;
  options_.habits.detection = ignition_sim::Detection::mtime;
  options_.habits.lock_during_scan = true;
  options_.stamping = false;
  start();
  probe();
  expect("stamping", Status::ok, "left");
  expect("change of data alone", Status::warn, "until resource.json has a newer time");
  expect("lock during a scan", Status::ok, "granted while a scan is active");
  expect("second request", Status::ok, "the second request was lost");
  expect_nothing_left();
}

TEST_F(ProbeTest, SeesATimestampThatDoesNotMove) {
  options_.habits.project_scans = ignition_sim::Told::activity;
  start();
  probe();
  expect("scan of a change", Status::ok, "lastScanTimestamp moved not within");
  expect("scan without a change", Status::ok, "lastScanTimestamp moved not within");
  expect_nothing_left();
}

TEST_F(ProbeTest, SeesScansThatNobodyAskedForAndThatTheLockStopsThem) {
  options_.habits.scan_every = std::chrono::milliseconds(40);
  start();
  probe();
  expect("automatic scans", Status::ok, "was loaded after");
  expect("lock against automatic scans", Status::ok, "no automatic scan within");
  expect("second request", Status::ok, "automatic scans among them");
}

TEST_F(ProbeTest, SeesScansThatALockDoesNotStop) {
  options_.habits.scan_every = std::chrono::milliseconds(40);
  options_.habits.automatic_respects_lock = false;
  start();
  probe();
  expect("lock against automatic scans", Status::warn, "although the lock is held");
}

TEST_F(ProbeTest, DoesNotEndTheLockOfSomebodyElse) {
  start();
  ASSERT_TRUE(gateway_->take_lock(Kind::projects, "somebody", std::chrono::seconds(60)));
  probe();
  expect("ready", Status::fail, "held by somebody");
  expect("scan of a change", Status::skipped, "could not begin");
  EXPECT_FALSE(checks_.contains("removed"));
  EXPECT_TRUE(own_projects().empty());
  EXPECT_TRUE(gateway_->lock(Kind::projects));
}

TEST_F(ProbeTest, OfAGatewayThatIsDownMakesNothing) {
  options_.state = State::down;
  start();
  probe();
  expect("ready", Status::fail, "down");
  EXPECT_TRUE(own_projects().empty());
}

TEST_F(ProbeTest, AKeyThatMayNotWriteMakesNothing) {
  ignition_sim::write_security_properties(data_, {.write = {"Authenticated/Roles/Administrator"}});
  start();
  probe();
  expect("ready", Status::fail, "403");
  EXPECT_TRUE(own_projects().empty());
}

TEST_F(ProbeTest, ACancelledOneStillRemovesWhatItMade) {
  start();
  Collected<Check> found;
  FakeCall call([] { return std::int64_t{600'000}; });
  std::thread cancels([&] {
    for (int i = 0; i < 1000 && own_projects().empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    call.cancel();
  });
  EXPECT_EQ(table_->probe(verifier_, call.raw(), str("{}"), found.sink()), STOKER_OK);
  cancels.join();
  keep(found);
  expect("automatic scans", Status::skipped, "cancelled");
  expect("removed", Status::ok, "was removed");
  expect_nothing_left();
}

TEST_F(ProbeTest, AGatewayThatForbidsTheScanInTheMiddleLeavesNothingOnDisk) {
  start();
  gateway_->set_faults({{"/data/api/v1/scan/projects", "POST", "403", 0, false}});
  probe();
  expect("scan of a change", Status::fail, "403");
  expect("removed", Status::fail, "no scan was asked for", "scan the projects");
  EXPECT_TRUE(own_projects().empty());
}

}  // namespace
