// diagnose of verify-ignition against the simulated gateway: what each check says, with what to do, and that nothing is
// changed by looking.
#include "told.hpp"

namespace {

using namespace verify_ignition;

class DiagnosisTest : public ToldTest {};

TEST_F(DiagnosisTest, OfAGoodGatewayNothingFails) {
  start();
  diagnose();
  for (const auto& [name, found] : checks_) {
    EXPECT_NE(found.status, Status::fail) << name << ": " << found.text;
    EXPECT_NE(found.status, Status::warn) << name << ": " << found.text;
  }
  expect("reachable", Status::ok, gateway_->url());
  expect("state", Status::ok, "running, 8.3.6");
  expect("key: read", Status::ok, "'stoker'");
  expect("key: write", Status::ok, "may write");
  expect("key: level", Status::ok, "Authenticated/stoker");
  expect("redundancy", Status::ok, "no redundant pair");
}

TEST_F(DiagnosisTest, ChangesNothingAndAsksForNoScan) {
  start();
  const std::string before = gateway_->digest();
  const std::size_t scans = gateway_->scans().size();
  ASSERT_TRUE(gateway_->take_lock(Kind::projects, "somebody", std::chrono::seconds(60)));
  diagnose();
  EXPECT_TRUE(gateway_->lock(ignition_sim::Kind::projects));
  EXPECT_EQ(gateway_->scans().size(), scans);
  EXPECT_EQ(gateway_->digest(), before);
  expect("scan lock", Status::warn, "held by somebody");
}

TEST_F(DiagnosisTest, ADownGatewayFailsOneCheckAndTheDiskIsStillLookedAt) {
  options_.state = State::down;
  start();
  expect("reachable", Status::fail, "connection refused", "start the gateway");
  expect("key: read", Status::skipped, "the gateway is down");
  expect("key: level", Status::ok, "Authenticated/stoker");
  expect("data content", Status::ok, "a data folder");
}

TEST_F(DiagnosisTest, AStartingGatewayHoldsRuns) {
  options_.state = State::starting;
  options_.scale = 1;
  start();
  expect("reachable", Status::ok, "answers");
  expect("state", Status::fail, "starting", "wait");
  expect("key: write", Status::skipped, "starting");
}

TEST_F(DiagnosisTest, ARedirectElsewhereIsSaidWithItsAddress) {
  start();
  fault("", "", "302 https://elsewhere/");
  expect("redirect", Status::fail, "https://elsewhere/", "gateway.url");
  expect("state", Status::skipped, "not reached");
}

TEST_F(DiagnosisTest, PlainHttpToAnotherMachineIsAWarning) {
  start();
  table_->destroy(verifier_);
  create("http://gateway.example:8088", key_);
  host_.http.handler = [](const HttpRequest&) { return Error(errc::unreachable, "no such name", "http.dns"); };
  expect("TLS", Status::warn, "plain http", "https");
  expect("reachable", Status::fail, "not known", "correct gateway.url");
}

TEST_F(DiagnosisTest, ACertificateThatIsNotTrustedIsSaid) {
  create("https://gateway.example:8043", key_);
  host_.http.handler = [](const HttpRequest&) {
    return Error(errc::unreachable, "self-signed certificate", "http.tls");
  };
  expect("TLS", Status::fail, "self-signed", "gateway.ca");
  expect("reachable", Status::ok, "answers");
}

TEST_F(DiagnosisTest, TheFactoryPermissionsFailWithTheStepsToMakeALevel) {
  ignition_sim::write_security_properties(data_, ignition_sim::factory_permissions());
  start();
  expect("key: level", Status::fail, "as the gateway came", "docs/gateway.md");
  expect("key: read", Status::fail, "403", "Authenticated/stoker");
}

TEST_F(DiagnosisTest, AKeyThatMayOnlyReadFailsAtWrite) {
  ignition_sim::write_security_properties(data_, {.write = {"Authenticated/Roles/Administrator"}});
  start();
  expect("key: read", Status::ok, "may read");
  expect("key: write", Status::fail, "403", "Authenticated/stoker");
  expect("key: level", Status::fail, "writePermissions of core");
}

// Then only the files tell, until a Run takes the lock.
TEST_F(DiagnosisTest, OfAGatewayThatLooksAtTheRequestBeforeTheRightsTheFilesTell) {
  options_.habits.body_before_rights = true;
  ignition_sim::write_security_properties(data_, {.write = {"Authenticated/Roles/Administrator"}});
  start();
  expect("key: write", Status::ok, "may write");
  expect("key: level", Status::fail, "writePermissions of core");
}

TEST_F(DiagnosisTest, APermissionThatLetsEveryKeyWriteIsAWarning) {
  ignition_sim::write_security_properties(data_, {.write = {"Authenticated"}});
  start();
  expect("key: level", Status::warn, "every API key");
}

TEST_F(DiagnosisTest, AnUnknownKeyIsToldApartFromALackOfRights) {
  key_ = "stoker:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
  start();
  expect("key: read", Status::fail, "401", "<name>:<secret>");
  expect("name", Status::skipped, "does not let us read");
}

TEST_F(DiagnosisTest, AnotherGatewaysNameFails) {
  start();  // it has read its own name already
  ignition_sim::write_resource(data_, "config/resources/core/ignition/system-properties",
                               {{"config.json", R"({"systemName": "other"})"}});
  expect("name", Status::fail, "'other'", "correct gateway.url");
}

TEST_F(DiagnosisTest, AFolderThatIsNoDataFolderFails) {
  std::filesystem::remove_all(data_ / "config");
  std::filesystem::remove_all(data_ / "projects");
  write("stray.txt", "x");
  create("http://127.0.0.1:1", key_);
  expect("data content", Status::fail, "no data folder", "set the target's data");
}

TEST_F(DiagnosisTest, WhatAKilledProbeLeftIsSaid) {
  write("projects/stoker-probe-1/project.json", "{}");
  start();
  expect("data content", Status::warn, "stoker-probe-1", "remove");
}

TEST_F(DiagnosisTest, AnActiveModeWithoutAFolderIsAWarning) {
  options_.mode = "prod";
  start();
  expect("mode", Status::warn, "no config/resources/prod", "-Dignition.config.mode");
}

TEST_F(DiagnosisTest, WhatWaitsForARestartAndWhatIsQuarantinedIsSaid) {
  start();
  host_.http.handler = [this](const HttpRequest& request) -> Result<HttpAnswer> {
    const HttpAnswer json{200, {{"Content-Type", "application/json"}}, {}};
    HttpAnswer answer = json;
    answer.body = R"({"pending": ["Redundancy", {"name": "Ports"}]})";
    if (request.url.find("/restart-tasks/pending") != std::string::npos) return answer;
    answer.body = R"({"items": [{"id": "x", "name": "Vision", "state": "QUARANTINED", "faultCause": "no licence"}]})";
    if (request.url.find("/modules/quarantined") != std::string::npos) return answer;
    return carry_with_date(request);
  };
  expect("restart pending", Status::warn, "Redundancy, Ports", "restart the gateway");
  expect("modules", Status::warn, "Vision (no licence)");
}

TEST_F(DiagnosisTest, WhatCannotBeReadOfAnOptionalAnswerIsSkipped) {
  start();
  host_.http.handler = [this](const HttpRequest& request) -> Result<HttpAnswer> {
    if (request.url.find("/restart-tasks/") == std::string::npos) return carry_with_date(request);
    return HttpAnswer{200, {{"Content-Type", "application/json"}}, "[1, 2]"};
  };
  expect("restart pending", Status::skipped, "cannot be read");
}

TEST_F(DiagnosisTest, AMasterThatIsNotAtWorkFails) {
  start().set_redundancy({.role = "Master", .activity = "Cold"});
  expect("redundancy", Status::fail, "its backup is at work");
}

TEST_F(DiagnosisTest, AnOpenDesignerHoldsRunsOrNotAsThePolicySays) {
  start().set_designers({{"1", "ann", "Line"}});
  expect("Designers", Status::warn, "ann on Line");
  designer_ = "wait";
  checks_.clear();
  expect("Designers", Status::fail, "Runs are held");
}

TEST_F(DiagnosisTest, AClockThatIsApartIsAWarning) {
  start();
  date_ = "Thu, 02 Jan 2025 03:05:05 GMT";  // the fake clock says 03:04:05
  expect("clock", Status::warn, "60 s ahead");
  date_ = "Thu, 02 Jan 2025 03:04:02 GMT";
  checks_.clear();
  expect("clock", Status::ok, "not apart");
}

TEST_F(DiagnosisTest, ScansByThemselvesAreReadFromTheGatewaysConfiguration) {
  write("ignition.conf",
        "# wrapper.java.additional.1=-Dignition.projects.scanFrequency=1\n"
        "wrapper.java.additional.2=-Dignition.projects.scanFrequency=10\n");
  start();
  expect("automatic scans", Status::ok, "every 10 s");
}

TEST_F(DiagnosisTest, AGatewayThatStopsToAnswerDoesNotEndTheLook) {
  start();
  fault("/data/api/v1/designers", "", "reset");
  expect("Designers", Status::fail, "designers");
  expect("clock", Status::skipped, "no Date");
}

}  // namespace
