// The scan lock of the simulated gateway, and saves that wait for it.
#include "support/ignition_sim_fixture.hpp"

namespace ignition_sim {
namespace {

TEST_F(GatewayTest, ALockIsTakenOnceAndEndedByAScanRequest) {
  start();
  const std::string lock = "/data/api/v1/scan-lock/projects";
  EXPECT_EQ(get(lock).status, 204);
  const auto taken = post(lock, R"({"acquireTimeout":10,"holdTimeout":60})");
  EXPECT_EQ(taken.status, 200);
  EXPECT_EQ(json::parse(taken.body).at("actor").as_string(), "api-token:stoker:127.0.0.1");
  EXPECT_EQ(json::parse(taken.body).at("remaining").as_int64(), 59);
  EXPECT_EQ(get(lock).status, 200);
  EXPECT_EQ(post(lock, "{}").status, 409);
  EXPECT_EQ(get("/data/api/v1/scan-lock/config").status, 204);
  post("/data/api/v1/scan/projects");
  EXPECT_EQ(get(lock).status, 204);
}

// cases I5
TEST_F(GatewayTest, TheTimestampOfALockIsASmallNumberAndAnotherOneForEachHold) {
  for (const std::int64_t first : {380'308'558L, -380'308'558L}) {
    options_.lock_stamp = first;
    start();
    const auto taken = json::parse(post("/data/api/v1/scan-lock/projects", "{}").body);
    EXPECT_EQ(taken.at("timestamp").as_int64(), first);
    EXPECT_EQ(get_json("/data/api/v1/scan-lock/projects").at("timestamp").as_int64(), first);
    gateway_->release_lock(Kind::projects);
    EXPECT_NE(json::parse(post("/data/api/v1/scan-lock/projects", "{}").body).at("timestamp").as_int64(), first);
  }
}

TEST_F(GatewayTest, WhatRemainsOfALockIsRoundedDown) {
  start();
  const auto taken = json::parse(post("/data/api/v1/scan-lock/projects", R"({"holdTimeout":60})").body);
  EXPECT_EQ(taken.at("remaining").as_int64(), 59);
}

// cases L6, I4
TEST_F(GatewayTest, ALockRequestIsRefusedInJettysPages) {
  start();
  const std::string lock = "/data/api/v1/scan-lock/projects";
  EXPECT_EQ(post(lock).status, 500) << "without a body";
  EXPECT_EQ(post(lock, "later").status, 400);
  EXPECT_EQ(post(lock, R"({"holdTimeout":"long"})").status, 400);
  for (const auto* body : {R"({"acquireTimeout":0})", R"({"holdTimeout":0})", R"({"holdTimeout":-1})"}) {
    const auto answer = post(lock, body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.type, "text/html;charset=iso-8859-1") << body;
    EXPECT_NE(answer.body.find("<th>MESSAGE:</th><td>Timeouts must be positive.</td>"), std::string::npos) << body;
  }
  EXPECT_FALSE(gateway_->lock(Kind::projects));
}

TEST_F(GatewayTest, ALockMayBeHeldForAVeryLongTime) {
  start();
  EXPECT_EQ(post("/data/api/v1/scan-lock/projects", R"({"holdTimeout":9223372036854775807})").status, 200);
  EXPECT_GT(gateway_->lock(Kind::projects)->remaining, 86'400);
}

TEST_F(GatewayTest, ALockThatIsHeldIsRefusedAtOnceByTheNameOfWhoHoldsIt) {
  start();
  ASSERT_TRUE(gateway_->take_lock(Kind::projects, "api-token:other:10.0.0.9", seconds(60)));
  const auto answer = post("/data/api/v1/scan-lock/projects", R"({"acquireTimeout":3600})");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.type, "text/html;charset=iso-8859-1");
  EXPECT_NE(answer.body.find("Lock already held by api-token:other:10.0.0.9"), std::string::npos);
}

TEST_F(GatewayTest, ALockWaitsForAScanAndGivesUpInTime) {
  start().set_scan_course(Kind::projects, Course::stuck);
  gateway_->request_scan(Kind::projects);
  EXPECT_EQ(post("/data/api/v1/scan-lock/projects", R"({"acquireTimeout":1})").status, 408);
}

TEST_F(GatewayTest, ALockIsTakenWhenTheScanBeforeItEnds) {
  start();
  post("/data/api/v1/scan/projects");
  EXPECT_EQ(post("/data/api/v1/scan-lock/projects", R"({"acquireTimeout":100})").status, 200);
  EXPECT_FALSE(gateway_->scan_status(Kind::projects).active);
}

// cases T44
TEST_F(GatewayTest, ALockMayBeGrantedWhileAScanIsActive) {
  options_.habits.lock_during_scan = true;
  start().set_scan_course(Kind::projects, Course::stuck);
  gateway_->request_scan(Kind::projects);
  while (!gateway_->scan_status(Kind::projects).active) std::this_thread::yield();
  EXPECT_EQ(post("/data/api/v1/scan-lock/projects", "{}").status, 200);
  EXPECT_TRUE(get_json("/data/api/v1/scan/projects").at("scanActive").as_bool());
}

TEST_F(GatewayTest, AHoldTimeoutIsRealTime) {
  options_.scale = 0;
  start();
  ASSERT_TRUE(gateway_->take_lock(Kind::projects, "ann", seconds(1)));
  EXPECT_TRUE(gateway_->lock(Kind::projects));
  const auto taken = std::chrono::steady_clock::now();
  while (gateway_->lock(Kind::projects)) std::this_thread::yield();
  EXPECT_GT(std::chrono::steady_clock::now() - taken, milliseconds(900));
}

TEST_F(GatewayTest, ADesignerCannotSaveWhileTheLockIsHeld) {
  start();
  const auto lock = control("/sim/lock", R"({"kind":"projects","actor":"ann","holdTimeout":60})");
  EXPECT_EQ(lock.status, 200);
  EXPECT_EQ(gateway_->lock(Kind::projects)->actor, "ann");
  EXPECT_EQ(gateway_->save({"bob", kView, {{"view.json", "{\"b\":1}"}}, false}), Saved::refused);
  EXPECT_EQ(gateway_->save({"bob", kView, {{"view.json", "{\"b\":2}"}}, true}), Saved::queued);
  EXPECT_EQ(read(std::string(kView) + "/view.json"), "{}");
  gateway_->release_lock(Kind::projects);
  EXPECT_EQ(read(std::string(kView) + "/view.json"), "{\"b\":2}");
}

// cases L7, I18
TEST_F(GatewayTest, ASaveThatWaitsForTheLockRunsWhenAScanRequestReleasesItAndIsLoaded) {
  start();
  ASSERT_EQ(post("/data/api/v1/scan-lock/projects", "{}").status, 200);
  write(std::string(kView) + "/view.json", "{\"ours\":1}");
  EXPECT_EQ(gateway_->save({"api-token:other:10.0.0.9", kView, {{"view.json", "{\"theirs\":1}"}}, true}),
            Saved::queued);
  EXPECT_EQ(read(std::string(kView) + "/view.json"), "{\"ours\":1}");
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  EXPECT_EQ(read(std::string(kView) + "/view.json"), "{\"theirs\":1}");
  EXPECT_EQ(gateway_->digest("projects"), loaded_digest(view_of(read_tree(data_, "projects"))));
}

// cases L8
TEST_F(GatewayTest, AScanRequestOfAnybodyEndsAnybodysLockAndAHoldThatLapsesStartsNoScan) {
  start();
  ASSERT_TRUE(gateway_->take_lock(Kind::config, "ann", seconds(60)));
  EXPECT_EQ(post("/data/api/v1/scan/config").status, 200);
  EXPECT_EQ(get("/data/api/v1/scan-lock/config").status, 204);
  ASSERT_TRUE(gateway_->take_lock(Kind::projects, "ann", seconds(1)));
  const auto scans = gateway_->scan_status(Kind::projects).last_timestamp;
  while (gateway_->lock(Kind::projects)) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(gateway_->scan_status(Kind::projects).last_timestamp, scans);
}

TEST_F(GatewayTest, ADesignersSaveCarriesHisNameAndAValidSignature) {
  start();
  const auto saved = control(
      "/sim/save", R"({"user":"bob","folder":")" + std::string(kView) + R"(","files":{"view.json":"{\"b\":1}"}})");
  EXPECT_EQ(saved.status, 200);
  const auto text = read(std::string(kView) + "/resource.json");
  EXPECT_NE(text.find("\"actor\": \"bob\""), std::string::npos);
  EXPECT_EQ(stored_signature(text), *resource_signature(text, {{"view.json", "{\"b\":1}"}}, SignatureForm::v8_3));
  EXPECT_EQ(gateway_->digest("projects"), loaded_digest(view_of(read_tree(data_, "projects"))));
}

}  // namespace
}  // namespace ignition_sim
