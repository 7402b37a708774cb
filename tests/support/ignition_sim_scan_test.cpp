// Scans of the simulated gateway and its stamps.
#include "support/ignition_sim_fixture.hpp"

namespace ignition_sim {
namespace {

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

TEST_F(GatewayTest, RequestsDuringAScanBecomeOneOrEachGetTheirOwnOrAreDropped) {
  for (const auto& [requests, scans] : std::map<Requests, unsigned>{
           {Requests::coalesce, 2U}, {Requests::queue, 4U}, {Requests::drop, 1U}}) {  // cases I11
    options_.habits.requests = requests;
    start().set_scan_course(Kind::projects, Course::stuck);
    gateway_->request_scan(Kind::projects);
    while (!gateway_->scan_status(Kind::projects).active) std::this_thread::yield();
    for (int i = 0; i < 3; ++i) gateway_->request_scan(Kind::projects);
    const auto before = gateway_->scans().size();
    gateway_->set_scan_course(Kind::projects, Course::normal);
    while (gateway_->scan_status(Kind::projects).active) std::this_thread::yield();
    EXPECT_EQ(gateway_->scans().size() - before, scans);
  }
}

TEST_F(GatewayTest, AScanRequestIsAnsweredWithAnActiveScanAndTheTimestampOfBefore) {
  start();
  const auto before = gateway_->scan_status(Kind::config).last_timestamp;
  const auto answer = json::parse(post("/data/api/v1/scan/config").body);
  EXPECT_TRUE(answer.at("scanActive").as_bool());
  EXPECT_EQ(answer.at("lastScanTimestamp").as_int64(), before);
}

// cases L2, I10
TEST_F(GatewayTest, TheTimestampOfProjectScansMayStayWhereItIsAndTheScanBeInvisible) {
  for (const auto told : {Told::activity, Told::nothing}) {
    options_.habits.project_scans = told;
    start();
    const auto before = get_json("/data/api/v1/scan/projects").at("lastScanTimestamp").as_int64();
    write(std::string(kView) + "/view.json", told == Told::nothing ? "{\"n\":2}" : "{\"n\":1}");
    gateway_->set_scan_course(Kind::projects, Course::stuck);
    post("/data/api/v1/scan/projects");
    while (!gateway_->scan_status(Kind::projects).active) std::this_thread::yield();
    EXPECT_EQ(get_json("/data/api/v1/scan/projects").at("scanActive").as_bool(), told == Told::activity);
    gateway_->set_scan_course(Kind::projects, Course::normal);
    ASSERT_TRUE(gateway_->scan(Kind::projects));
    EXPECT_EQ(get_json("/data/api/v1/scan/projects").at("lastScanTimestamp").as_int64(), before);
    EXPECT_EQ(gateway_->digest("projects"), loaded_digest(view_of(read_tree(data_, "projects"))));
    const auto config = get_json("/data/api/v1/scan/config").at("lastScanTimestamp").as_int64();
    ASSERT_TRUE(gateway_->scan(Kind::config));
    EXPECT_GT(get_json("/data/api/v1/scan/config").at("lastScanTimestamp").as_int64(), config);
  }
}

// cases I29
TEST_F(GatewayTest, TheTimestampBeforeTheFirstScanMayBeMissingNullOrNoTime) {
  for (const auto& [unscanned, told] :
       std::map<Unscanned, json::value>{{Unscanned::null, nullptr}, {Unscanned::zero, 0}, {Unscanned::minus_one, -1}}) {
    options_.habits.unscanned = unscanned;
    start();
    EXPECT_EQ(get_json("/data/api/v1/scan/projects").at("lastScanTimestamp"), told);
  }
  gateway_->set_habits({.unscanned = Unscanned::missing});
  EXPECT_FALSE(get_json("/data/api/v1/scan/projects").as_object().contains("lastScanTimestamp"));
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  EXPECT_GT(get_json("/data/api/v1/scan/projects").at("lastScanTimestamp").as_int64(), 0);
}

// cases I12
TEST_F(GatewayTest, ProjectsAreScannedByThemselvesWithOrWithoutRespectForTheLock) {
  for (const bool respects : {true, false}) {
    options_.habits = {.scan_every = milliseconds(20), .automatic_respects_lock = respects};
    start();
    const auto automatic = [&] {
      const auto scans = gateway_->scans();
      return std::ranges::count(scans, std::string("automatic"), &ScanRecord::actor);
    };
    while (automatic() == 0) std::this_thread::sleep_for(milliseconds(1));
    ASSERT_TRUE(gateway_->take_lock(Kind::projects, "ann", seconds(60)));
    const auto before = automatic();
    std::this_thread::sleep_for(milliseconds(100));
    EXPECT_EQ(automatic() > before, !respects);
    EXPECT_TRUE(gateway_->lock(Kind::projects)) << "a scan that nobody asked for ends no lock";
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

// cases I26
TEST_F(GatewayTest, AScanStampsNoResourceOfConfig) {
  const std::string tags = "config/resources/core/ignition/tag-definition/default/unary-resource.json";
  const std::string external = "config/resources/external/ignition/cobranding";
  const std::string core = "config/resources/core/ignition/cobranding";
  for (const auto& folder : {external, core}) {
    write_resource(data_, folder, {{"config.json", "{}"}});
    write(folder + "/config.json", "{\"edited\": 1}");
  }
  write(tags, R"({"files":[]})");
  const auto before = read_tree(data_, "config/resources");
  start();
  ASSERT_TRUE(gateway_->scan(Kind::config));
  EXPECT_EQ(read_tree(data_, "config/resources"), before);
}

// cases I19, I20
TEST_F(GatewayTest, ByMtimeAChangeIsSeenOnlyWhereResourceJsonHasANewerOne) {
  options_.habits.detection = Detection::mtime;
  options_.stamping = false;
  const std::string view = std::string(kView) + "/view.json", descriptor = std::string(kView) + "/resource.json";
  start();
  const auto loads = [&](const char* bytes) {
    EXPECT_TRUE(gateway_->scan(Kind::projects));
    return gateway_->loaded().at(view) == meaning(view, bytes);
  };
  const auto first = std::filesystem::last_write_time(data_ / descriptor);
  write(view, "{\"n\":1}");
  EXPECT_TRUE(loads("{}")) << "the data alone is not looked at";
  std::filesystem::last_write_time(data_ / descriptor, first + seconds(1));
  EXPECT_TRUE(loads("{\"n\":1}"));
  write(view, "{}");
  std::filesystem::last_write_time(data_ / descriptor, first);
  EXPECT_TRUE(loads("{\"n\":1}")) << "an old mtime that comes back is not newer";
  std::filesystem::last_write_time(data_ / descriptor, first + seconds(2));
  EXPECT_TRUE(loads("{}"));
  std::filesystem::remove_all(data_ / kView);
  ASSERT_TRUE(gateway_->scan(Kind::projects));
  EXPECT_FALSE(gateway_->loaded().contains(view));
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

}  // namespace
}  // namespace ignition_sim
