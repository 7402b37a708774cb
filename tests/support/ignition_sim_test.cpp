// The simulated gateway as a client sees it: real requests over both ports, a data directory of its own for each test.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "support/http.hpp"
#include "support/ignition_sim/gateway.hpp"

namespace {

using namespace ignition_sim;
using http_client::Headers;
using http_client::Response;
namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kView = "projects/Line/com.inductiveautomation.perspective/views/Main";

class GatewayTest : public testing::Test {
 protected:
  GatewayTest() {
    char name[] = "/tmp/ignition-sim-XXXXXX";
    data_ = mkdtemp(name);
    options_.data = data_;
    write("projects/Line/project.json", R"({"title":"Line","enabled":true,"inheritable":false,"parent":""})");
    write_resource(data_, kView, {{"view.json", "{}"}}, "ann");
    token_ = write_api_token(data_, "stoker");
  }
  ~GatewayTest() override {
    if (gateway_) {
      EXPECT_EQ(gateway_->unknown(), std::vector<std::string>());
    }
    gateway_.reset();
    std::filesystem::remove_all(data_);
  }

  Gateway& start() {
    gateway_ = std::make_unique<Gateway>(options_);
    gateway_->start();
    return *gateway_;
  }
  void write(const std::string& path, std::string_view bytes) { write_file(data_ / path, bytes, data_ / "new"); }
  std::string read(const std::string& path) { return read_file(data_ / path).value_or(""); }

  Headers key() const { return {{"X-Ignition-API-Token", token_}}; }
  Response get(const std::string& path) { return http_client::get(gateway_->url() + path, key()); }
  Response post(const std::string& path, const std::string& body = {}) {
    return http_client::post(gateway_->url() + path, body, key());
  }
  Response control(const std::string& path, const std::string& body) {
    return http_client::post(gateway_->control_url() + path, body);
  }
  json::value get_json(const std::string& path) { return json::parse(get(path).body); }

  std::filesystem::path data_;
  Options options_;
  std::string token_;
  std::unique_ptr<Gateway> gateway_;
};

// --- States ---

TEST_F(GatewayTest, RefusesConnectionsWhileItIsDown) {
  options_.state = State::down;
  start();
  EXPECT_TRUE(get("/StatusPing").refused);
  gateway_->set_state(State::running);
  EXPECT_EQ(get("/StatusPing").body, R"({"state":"RUNNING"})");
  gateway_->set_state(State::down);
  EXPECT_TRUE(get("/StatusPing").refused);
}

TEST_F(GatewayTest, AnswersStatusButNothingElseWhileItStarts) {
  options_.state = State::starting;
  options_.scale = 1;
  start();
  EXPECT_EQ(get("/StatusPing").body, R"({"state":"STARTING"})");
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 503);
}

TEST_F(GatewayTest, StartsByItselfAndLoadsTheTree) {
  options_.state = State::starting;
  options_.scale = 0.001;
  start();
  ASSERT_TRUE(gateway_->wait_for(State::running));
  EXPECT_EQ(gateway_->projects().count("Line"), 1U);
}

TEST_F(GatewayTest, SendsEveryCallToWelcomeUntilItIsCommissioned) {
  options_.state = State::starting;
  options_.commissioning = true;
  options_.scale = 0;
  start();
  ASSERT_TRUE(gateway_->wait_for(State::commissioning));
  EXPECT_EQ(get("/StatusPing").body, R"({"state":"RUNNING","details":"COMMISSIONING"})");
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 302);
  EXPECT_EQ(get("/data/api/v1/gateway-info").headers["Location"], "/welcome");
  EXPECT_TRUE(get("/system/gwinfo").body.starts_with("ContextStatus=NEEDS_COMMISSIONING;"));
  gateway_->set_state(State::running);
  EXPECT_TRUE(std::filesystem::exists(data_ / "config/resources/core/ignition/security-properties/config.json"));
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 200);
}

TEST_F(GatewayTest, AnswersUnavailableDuringARestart) {
  options_.scale = 1;
  start().restart();
  EXPECT_EQ(get("/StatusPing").body, R"({"state":"STARTING"})");
  EXPECT_EQ(get("/data/api/v1/designers").status, 503);
}

TEST_F(GatewayTest, FaultsOnAnEmptyDataDirectory) {
  std::filesystem::remove_all(data_);
  std::filesystem::create_directory(data_);
  start();
  EXPECT_EQ(get("/StatusPing").body, R"({"state":"FAULTED"})");
  EXPECT_EQ(get("/system/gwinfo").status, 503);
}

TEST_F(GatewayTest, FaultsOnASingletonThatExistsOnlyInAMode) {
  write_resource(data_, "config/resources/dev/ignition/cobranding", {{"config.json", "{}"}});
  EXPECT_EQ(start().state(), State::faulted);
  EXPECT_NE(gateway_->fault().find("cobranding"), std::string::npos);
}

TEST_F(GatewayTest, TellsItsRoleInARedundantPair) {
  start().set_redundancy({"Backup", "Cold", true, false});
  EXPECT_NE(get("/system/gwinfo").body.find("RedundancyStatus=Backup;"), std::string::npos);
  const auto redundancy = get_json("/data/api/v1/redundancy");
  EXPECT_EQ(redundancy.at("role").as_string(), "Backup");
  EXPECT_TRUE(redundancy.at("syncPending").as_bool());
}

// --- Access ---

TEST_F(GatewayTest, AKnownTokenMayCall) {
  start();
  EXPECT_EQ(get_json("/data/api/v1/gateway-info").at("ignitionVersion").as_string(), options_.version);
}

TEST_F(GatewayTest, AnUnknownTokenGetsJettysPage) {
  start();
  token_ = "stoker:AAAA";
  const auto answer = get("/data/api/v1/gateway-info");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.type, "text/html;charset=iso-8859-1");
  EXPECT_NE(answer.body.find("<h2>HTTP ERROR 401 Unauthorized</h2>"), std::string::npos);
}

TEST_F(GatewayTest, TheSecretAloneIsNoToken) {
  start();
  token_ = token_.substr(token_.find(':') + 1);
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 401);
}

TEST_F(GatewayTest, AKeyForSecureChannelsIsForbiddenOnPlainHttp) {
  token_ = write_api_token(data_, "stoker", {.collection = "external", .levels = {"Any"}, .secure_channel = true});
  start();
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 403);
}

TEST_F(GatewayTest, AKeyWithoutTheLevelForWritingMayOnlyRead) {
  write_security_properties(data_, "core", "Readers", "Authenticated/Roles/Administrator");
  token_ = write_api_token(data_, "stoker", {.collection = "external", .levels = {"Readers"}, .secure_channel = false});
  start();
  EXPECT_EQ(get("/data/api/v1/scan/projects").status, 200);
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 403);
}

TEST_F(GatewayTest, AKeyWorksFromTheScanThatBringsItToTheScanThatTakesIt) {
  start();
  token_ = write_api_token(data_, "second");
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 401);
  ASSERT_TRUE(gateway_->scan(Kind::config));
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 200);
  std::filesystem::remove_all(data_ / "config/resources/external/ignition/api-token/second");
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 200);
  ASSERT_TRUE(gateway_->scan(Kind::config));
  EXPECT_EQ(get("/data/api/v1/gateway-info").status, 401);
}

TEST_F(GatewayTest, ARequestThatItDoesNotKnowIsRecorded) {
  Gateway other(options_);
  other.start();
  const auto answer = http_client::get(other.url() + "/data/api/v1/no-such-thing", key());
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(json::parse(answer.body).at("status").as_string(), "404");
  EXPECT_EQ(http_client::get(other.control_url() + "/sim/nothing").status, 404);
  EXPECT_EQ(other.unknown(), (std::vector<std::string>{"GET /data/api/v1/no-such-thing", "GET /sim/nothing"}));
}

TEST_F(GatewayTest, AParameterThatItDoesNotKnowIsRecorded) {
  Gateway other(options_);
  other.start();
  EXPECT_EQ(http_client::get(other.url() + "/data/api/v1/designers?filter=user", key()).status, 200);
  EXPECT_EQ(other.unknown(), std::vector<std::string>{"GET /data/api/v1/designers?filter=user: parameter filter"});
}

// --- Scans and stamping ---

TEST_F(GatewayTest, AScanIsDoneWhenItIsInactiveWithANewerTimestamp) {
  start();
  const auto before = gateway_->scan_status(Kind::projects).last_timestamp;
  gateway_->set_scan_course(Kind::projects, Course::stuck);
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 200);
  while (!get_json("/data/api/v1/scan/projects").at("scanActive").as_bool()) std::this_thread::yield();
  EXPECT_EQ(get_json("/data/api/v1/scan/projects").at("lastScanTimestamp").as_int64(), before);
  gateway_->set_scan_course(Kind::projects, Course::normal);
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  EXPECT_FALSE(get_json("/data/api/v1/scan/projects").at("scanActive").as_bool());
  EXPECT_GT(get_json("/data/api/v1/scan/projects").at("lastScanTimestamp").as_int64(), before);
}

TEST_F(GatewayTest, TimestampsOfScansRiseEvenWhenTheClockGoesBack) {
  start();
  const auto before = gateway_->scan_status(Kind::projects).last_timestamp;
  gateway_->set_clock_offset(std::chrono::hours(-1));
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  EXPECT_GT(gateway_->scan_status(Kind::projects).last_timestamp, before);
}

TEST_F(GatewayTest, RequestsDuringAScanBecomeOneOrEachGetTheirOwn) {
  for (const bool coalesce : {true, false}) {
    options_.coalesce = coalesce;
    start().set_scan_course(Kind::projects, Course::stuck);
    gateway_->request_scan(Kind::projects);
    while (!gateway_->scan_status(Kind::projects).active) std::this_thread::yield();
    for (int i = 0; i < 3; ++i) gateway_->request_scan(Kind::projects);
    const auto before = gateway_->scans().size();
    gateway_->set_scan_course(Kind::projects, Course::normal);
    while (gateway_->scan_status(Kind::projects).active) std::this_thread::yield();
    EXPECT_EQ(gateway_->scans().size() - before, coalesce ? 2U : 4U);
  }
}

TEST_F(GatewayTest, AScanStampsAnEditedResourceInEitherForm) {
  for (const auto form : {SignatureForm::v8_3, SignatureForm::v8_1}) {
    options_.signature = form;
    write_resource(data_, kView, {{"view.json", "{}"}}, "ann", form);
    start();
    write(std::string(kView) + "/view.json", "{\"edited\": 1}");
    ASSERT_TRUE(gateway_->scan(Kind::projects));
    const auto text = read(std::string(kView) + "/resource.json");
    EXPECT_NE(text.find("\"actor\": \"external\""), std::string::npos);
    EXPECT_EQ(stored_signature(text), *resource_signature(text, {{"view.json", "{\"edited\": 1}"}}, form));
  }
}

TEST_F(GatewayTest, AStampKeepsTheModeOfTheFile) {
  const auto path = data_ / kView / "resource.json";
  std::filesystem::permissions(path, std::filesystem::perms(0755));
  write(std::string(kView) + "/view.json", "{\"edited\": 1}");
  start();
  EXPECT_NE(read(std::string(kView) + "/resource.json").find("\"external\""), std::string::npos);
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0755));
}

TEST_F(GatewayTest, AScanLeavesAResourceAloneWhoseSignatureFits) {
  const auto before = read(std::string(kView) + "/resource.json");
  start();
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  EXPECT_EQ(read(std::string(kView) + "/resource.json"), before);
}

TEST_F(GatewayTest, AScanDoesNotStampWhatIsExternalOrUnsigned) {
  const std::string external = "config/resources/external/ignition/cobranding";
  const std::string tags = "config/resources/core/ignition/tag-definition/default/unary-resource.json";
  write_resource(data_, external, {{"config.json", "{}"}});
  write(external + "/config.json", "{\"edited\": 1}");
  write(tags, R"({"files":[]})");
  const auto before = read(external + "/resource.json");
  start();
  EXPECT_EQ(read(external + "/resource.json"), before);
  EXPECT_EQ(read(tags), R"({"files":[]})");
}

TEST_F(GatewayTest, AScanStampsResourcesOfCore) {
  write_resource(data_, "config/resources/core/ignition/cobranding", {{"config.json", "{}"}}, "ann");
  write("config/resources/core/ignition/cobranding/config.json", "{\"edited\": 1}");
  start();
  EXPECT_NE(read("config/resources/core/ignition/cobranding/resource.json").find("\"external\""), std::string::npos);
}

TEST_F(GatewayTest, AScanFillsTheContentCache) {
  start();
  EXPECT_EQ(read("projects/.resources/" + meaning("view.json", "{}")), "{}");
}

TEST_F(GatewayTest, TheLoadedViewEqualsTheTreeAlsoAfterStamping) {
  write(std::string(kView) + "/view.json", "{\"edited\": 1}");
  const auto delivered = loaded_digest(view_of(read_tree(data_, "projects")));
  start();
  EXPECT_NE(read(std::string(kView) + "/resource.json").find("\"external\""), std::string::npos);
  EXPECT_EQ(gateway_->digest("projects"), delivered);
  const auto told = http_client::get(gateway_->control_url() + "/sim/digest?under=projects");
  EXPECT_EQ(json::parse(told.body).at("digest").as_string(), delivered);
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  EXPECT_EQ(gateway_->digest("projects"), delivered);
  EXPECT_EQ(gateway_->scans().back().digest, delivered);
}

TEST_F(GatewayTest, ATreeThatChangesDuringAScanIsLoadedTorn) {
  write("projects/Line/a.txt", "old");
  write("projects/Line/z.txt", "old");
  const auto before = loaded_digest(view_of(read_tree(data_, "projects")));
  start().set_scan_course(Kind::projects, Course::stuck);
  gateway_->request_scan(Kind::projects);
  while (!gateway_->scan_status(Kind::projects).active) std::this_thread::yield();
  write("projects/Line/a.txt", "new");
  write("projects/Line/z.txt", "new");
  const auto after = loaded_digest(view_of(read_tree(data_, "projects")));
  gateway_->set_scan_course(Kind::projects, Course::normal);
  while (gateway_->scan_status(Kind::projects).active) std::this_thread::yield();
  EXPECT_NE(gateway_->digest("projects"), before);
  EXPECT_NE(gateway_->digest("projects"), after);
}

// The real project was signed by an 8.1 gateway; 66 of its 342 resources were edited after that.
TEST_F(GatewayTest, TheRealProjectNeedsItsEditedResourcesStampedInTheOldFormAndAllInTheNew) {
  const std::string unpack = "tar xJf " STOKER_TEST_DATA "/mobile-hms.tar.xz -C " + data_.string() + " projects";
  ASSERT_EQ(std::system(unpack.c_str()), 0);
  write("projects/Global/project.json", R"({"title":"Global","inheritable":true})");
  std::filesystem::remove_all(data_ / "projects/Line");
  const auto delivered = read_tree(data_, "projects");
  const auto stamps = [&] {
    const auto now = read_tree(data_, "projects");
    return std::ranges::count_if(now, [&](const auto& file) { return delivered.at(file.first) != file.second; });
  };
  options_.signature = SignatureForm::v8_1;
  start();
  EXPECT_EQ(stamps(), 66);
  options_.signature = SignatureForm::v8_3;
  start();
  EXPECT_EQ(stamps(), 342);
  EXPECT_EQ(gateway_->digest("projects"), loaded_digest(view_of(delivered)));
}

TEST_F(GatewayTest, AProjectWithAParentThatDoesNotInheritIsListedButNotLoaded) {
  start();
  write("projects/Line/project.json", R"({"title":"Line","parent":"Global"})");
  write("projects/Global/project.json", R"({"title":"Global","inheritable":false})");
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  EXPECT_TRUE(get_json("/data/api/v1/projects/find/Line").at("invalidParent").as_bool());
  EXPECT_EQ(get_json("/data/api/v1/projects/list?limit=-1").at("metadata").at("total").as_int64(), 2);
  EXPECT_TRUE(below(gateway_->loaded(), "projects/Line").empty());
  EXPECT_FALSE(below(gateway_->loaded(), "projects/Global").empty());
  EXPECT_NE(get("/data/api/v1/logs?minLevel=ERROR&limit=10").body.find("is not inheritable"), std::string::npos);
}

TEST_F(GatewayTest, AProjectThatIsNotThereIsNotFound) {
  start();
  EXPECT_EQ(get("/data/api/v1/projects/find/Nobody").status, 404);
}

TEST_F(GatewayTest, NamesWithSpacesAreFound) {
  write("projects/Press Line/project.json", R"({"title":"x"})");
  start();
  EXPECT_EQ(get_json("/data/api/v1/projects/find/Press%20Line").at("name").as_string(), "Press Line");
}

TEST_F(GatewayTest, ConfigResourcesAnswerFromTheMergedCollections) {
  for (const auto* collection : {"external", "core"})
    write_resource(data_, std::string("config/resources/") + collection + "/ignition/database-connection/main",
                   {{"config.json", R"({"from":")" + std::string(collection) + "\"}"}});
  write_resource(data_, "config/resources/core/ignition/cobranding", {{"config.json", "{}"}});
  start().set_health("ignition/database-connection/main", false, "no route to host");
  const auto found = get_json("/data/api/v1/resources/find/ignition/database-connection/main");
  EXPECT_EQ(found.at("config").at("from").as_string(), "core");
  EXPECT_EQ(found.at("collections").as_array().size(), 2U);
  EXPECT_FALSE(found.at("healthchecks").at("status").at("result").at("healthy").as_bool());
  const auto external = get_json("/data/api/v1/resources/find/ignition/database-connection/main?collection=external");
  EXPECT_EQ(external.at("config").at("from").as_string(), "external");
  const auto names = get_json("/data/api/v1/resources/names/ignition/database-connection");
  EXPECT_EQ(names.at("items").at(0).at("name").as_string(), "main");
  EXPECT_EQ(get("/data/api/v1/resources/list/ignition/database-connection").status, 200);
  EXPECT_EQ(get("/data/api/v1/resources/singleton/ignition/cobranding").status, 200);
  EXPECT_EQ(get("/data/api/v1/resources/find/ignition/database-connection/none").status, 404);
}

// --- The lock ---

TEST_F(GatewayTest, ALockIsTakenOnceAndEndedByAScanRequest) {
  start();
  const std::string lock = "/data/api/v1/scan-lock/projects";
  EXPECT_EQ(get(lock).status, 204);
  const auto taken = post(lock, R"({"acquireTimeout":10,"holdTimeout":60})");
  EXPECT_EQ(taken.status, 200);
  EXPECT_EQ(json::parse(taken.body).at("actor").as_string(), "api-token:stoker:127.0.0.1");
  EXPECT_EQ(json::parse(taken.body).at("remaining").as_int64(), 60);
  EXPECT_EQ(get(lock).status, 200);
  EXPECT_EQ(post(lock, "{}").status, 409);
  EXPECT_EQ(get("/data/api/v1/scan-lock/config").status, 204);
  post("/data/api/v1/scan/projects");
  EXPECT_EQ(get(lock).status, 204);
}

TEST_F(GatewayTest, ALockRefusesABodyThatItDoesNotUnderstand) {
  start();
  EXPECT_EQ(post("/data/api/v1/scan-lock/projects", "later").status, 400);
  EXPECT_EQ(post("/data/api/v1/scan-lock/projects", R"({"holdTimeout":"long"})").status, 400);
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

// --- What a test sets ---

TEST_F(GatewayTest, DesignersAreListedAsTheyAreSet) {
  start();
  EXPECT_EQ(get_json("/data/api/v1/designers").at("items").as_array().size(), 0U);
  control("/sim/designers", R"([{"user":"ann","project":"Line"}])");
  EXPECT_EQ(get_json("/data/api/v1/designers").at("items").at(0).at("user").as_string(), "ann");
  gateway_->set_designers({});
  EXPECT_EQ(get_json("/data/api/v1/designers").at("metadata").at("total").as_int64(), 0);
}

TEST_F(GatewayTest, SelfWritesChangeWhatAGatewayKeepsForItself) {
  start();
  EXPECT_EQ(control("/sim/self-writes", "").status, 200);
  for (const auto* path : {".uuid", "config/ignition/tags/valueStore.idb",
                           "config/resources/core/ignition/tag-definition/System/tags.json"})
    EXPECT_TRUE(std::filesystem::exists(data_ / path)) << path;
}

TEST_F(GatewayTest, AFaultReplacesTheAnswerSoManyTimes) {
  start();
  control("/sim/faults", R"({"answers":[{"path":"/data/api/v1/designers","answer":"500","times":1}]})");
  EXPECT_EQ(get("/data/api/v1/designers").status, 500);
  EXPECT_EQ(get("/data/api/v1/designers").status, 200);
}

TEST_F(GatewayTest, EachFaultLooksAsNamed) {
  start();
  for (const auto& [fault, status] : std::map<std::string, int>{
           {"401", 401}, {"403", 403}, {"503", 503}, {"302", 302}, {"500", 500}, {"text", 200}}) {
    gateway_->set_faults({{.path = "/data", .method = "", .answer = fault}});
    const auto answer = get("/data/api/v1/designers");
    EXPECT_EQ(answer.status, status) << fault;
    EXPECT_FALSE(answer.type.starts_with("application/json")) << fault;
  }
}

TEST_F(GatewayTest, ABrokenConnectionGivesNoAnswer) {
  start().set_faults({{.path = "", .method = "", .answer = "reset"}});
  const auto answer = get("/StatusPing");
  EXPECT_EQ(answer.status, 0);
  EXPECT_FALSE(answer.refused);
}

TEST_F(GatewayTest, SilentAndEndlessAnswersNeverEnd) {
  start();
  for (const auto* fault : {"silent", "endless"}) {
    gateway_->set_faults({{.path = "", .method = "", .answer = fault}});
    EXPECT_EQ(http_client::get(gateway_->url() + "/StatusPing", {}, milliseconds(100)).status, 0) << fault;
  }
}

TEST_F(GatewayTest, ASlowAnswerArrivesInTheEnd) {
  start().set_faults({{.path = "", .method = "", .answer = "slow"}});
  EXPECT_EQ(get("/StatusPing").body, R"({"state":"RUNNING"})");
}

TEST_F(GatewayTest, ACallMayBeCarriedOutAndItsAnswerLost) {
  start().set_faults(
      {{.path = "/data/api/v1/scan-lock", .method = "POST", .answer = "reset", .times = 1, .after = true}});
  EXPECT_EQ(post("/data/api/v1/scan-lock/projects", "{}").status, 0);
  EXPECT_TRUE(gateway_->lock(Kind::projects));
}

TEST_F(GatewayTest, AScanThatNeverStartsKeepsItsTimestamp) {
  start();
  const auto before = gateway_->scan_status(Kind::projects).last_timestamp;
  control("/sim/faults", R"({"scan":{"projects":"never"}})");
  EXPECT_EQ(post("/data/api/v1/scan/projects").status, 200);
  EXPECT_EQ(gateway_->scan_status(Kind::projects).last_timestamp, before);
  EXPECT_FALSE(gateway_->scan_status(Kind::projects).active);
}

TEST_F(GatewayTest, CallsAreRecordedWithoutTheSecret) {
  start();
  get("/data/api/v1/designers?limit=-1");
  const auto calls = gateway_->calls();
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].target, "/data/api/v1/designers?limit=-1");
  EXPECT_EQ(calls[0].key, "stoker");
  EXPECT_EQ(calls[0].status, 200);
}

TEST_F(GatewayTest, TheControlPortSetsTheState) {
  start();
  EXPECT_EQ(control("/sim/state", R"({"state":"down"})").status, 200);
  EXPECT_TRUE(get("/StatusPing").refused);
  EXPECT_EQ(control("/sim/state", R"({"state":"asleep"})").status, 400);
  const auto told = http_client::get(gateway_->control_url() + "/sim/state");
  EXPECT_EQ(json::parse(told.body).at("state").as_string(), "down");
}

}  // namespace
