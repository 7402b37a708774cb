// What the simulated gateway tells of projects and resources.
#include "support/ignition_sim_fixture.hpp"

namespace ignition_sim {
namespace {

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
}

// cases I22
TEST_F(GatewayTest, AResourceThatIsNotThereGetsJettysPage) {
  start();
  const auto answer = get("/data/api/v1/resources/find/ignition/database-connection/none");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.type, "text/html;charset=iso-8859-1");
  EXPECT_NE(answer.body.find("Resource not found: ignition/database-connection/none"), std::string::npos);
}

// cases L5, I17
TEST_F(GatewayTest, ANamedResourceWithoutUuidIsListedAndNotLoadedAndTheLogSaysSoOnce) {
  start();
  const auto from = gateway_->scan_status(Kind::config).last_timestamp;
  const std::string folder = "config/resources/core/ignition/database-connection/main";
  write(folder + "/config.json", "{}");
  write(folder + "/resource.json",
        resource_json({{"config.json", "{}"}}, "ann", "2025-01-02T03:04:05Z", options_.signature));
  ASSERT_TRUE(gateway_->scan(Kind::config));
  EXPECT_EQ(get("/data/api/v1/resources/find/ignition/database-connection/main").status, 200);
  EXPECT_TRUE(below(gateway_->loaded(), folder).empty());
  const std::string logs = "/data/api/v1/logs?limit=-1&minLevel=WARN&startTime=" + std::to_string(from);
  while (get_json(logs).at("items").as_array().empty()) std::this_thread::yield();
  ASSERT_TRUE(gateway_->scan(Kind::config));
  std::this_thread::sleep_for(milliseconds(20));
  const auto lines = get_json(logs).at("items").as_array();
  ASSERT_EQ(lines.size(), 1U);
  const std::string said(lines[0].at("message").as_string());
  EXPECT_NE(said.find("ignition/database-connection/main"), std::string::npos);
  EXPECT_TRUE(said.ends_with("will not be loaded"));
}

TEST_F(GatewayTest, WhatAScanDidNotLoadIsInTheLogAWhileAfterItsEnd) {
  options_.log_delay = std::chrono::hours(1);
  start();
  const std::string folder = "config/resources/core/ignition/database-connection/main";
  write(folder + "/config.json", "{}");
  write(folder + "/resource.json",
        resource_json({{"config.json", "{}"}}, "ann", "2025-01-02T03:04:05Z", options_.signature));
  ASSERT_TRUE(gateway_->scan(Kind::config));
  EXPECT_EQ(get("/data/api/v1/logs?limit=-1").body.find("will not be loaded"), std::string::npos);
}

TEST_F(GatewayTest, ThemesAndEnginesOfStoreAndForwardNeedNoUuidAndATranslatorIsNotEvenLogged) {
  const std::string core = "config/resources/core/";
  const std::string themes = core + "com.inductiveautomation.perspective/themes/dark";
  const std::string translator = core + "ignition/database-translator/MINE";
  for (const auto& folder : {themes, core + "ignition/store-and-forward-engine/main", translator}) {
    write(folder + "/config.json", "{}");
    write(folder + "/resource.json",
          resource_json({{"config.json", "{}"}}, "ann", "2025-01-02T03:04:05Z", options_.signature));
  }
  start();
  EXPECT_FALSE(below(gateway_->loaded(), themes).empty());
  EXPECT_TRUE(below(gateway_->loaded(), translator).empty());
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(get("/data/api/v1/logs?limit=-1").body.find("will not be loaded"), std::string::npos);
}

// cases I22
TEST_F(GatewayTest, DataNamesConfigJsonAndNamesCarryModesAndWhatIsMissingIsFilledIn) {
  const std::string folder = "/ignition/database-connection/main";
  write_resource(data_, "config/resources/core" + folder,
                 {{"config.json", R"({"poolMaxActive":4})"}, {"note.txt", ""}});
  write_resource(data_, "config/resources/dev" + folder, {{"config.json", R"({"poolMaxActive":2})"}});
  options_.mode = "dev";
  start();
  const auto effective = get_json("/data/api/v1/resources/find" + folder);
  EXPECT_EQ(effective.at("config").at("poolMaxActive").as_int64(), 2);
  EXPECT_EQ(effective.at("config").at("validationQuery").as_string(), "SELECT 1");
  const auto core = get_json("/data/api/v1/resources/find" + folder + "?collection=core");
  EXPECT_EQ(core.at("config"), json::value({{"poolMaxActive", 4}}));
  EXPECT_EQ(core.at("data"), (json::array{"config.json", "note.txt"}));
  const auto names = get_json("/data/api/v1/resources/names/ignition/database-connection");
  EXPECT_EQ(names.at("items").at(0).at("modes"), (json::array{"core", "dev"}));
}

TEST_F(GatewayTest, ASingletonThatIsNotThereHasDefaultsWhenTheyAreAskedFor) {
  start();
  std::filesystem::remove_all(data_ / "config/resources/core/ignition/security-properties");
  write_security_properties(data_, {}, "external");
  const std::string cobranding = "/data/api/v1/resources/singleton/ignition/cobranding";
  EXPECT_EQ(get(cobranding).status, 404);
  EXPECT_EQ(get_json(cobranding + "?defaultIfUndefined=true").at("collections").as_array().size(), 0U);
  const auto known = get_json("/data/api/v1/resources/singleton/ignition/security-properties?defaultIfUndefined=true");
  EXPECT_EQ(known.at("config").at("writePermissions").at("type").as_string(), "AnyOf");
}

// cases I28
TEST_F(GatewayTest, AConnectionMayBeIllRightAfterAScanAndWellAWhileLater) {
  const std::string resource = "ignition/database-connection/main";
  write_resource(data_, "config/resources/core/" + resource, {{"config.json", "{}"}});
  start().set_ill_after_scan(resource, "connecting", {.looks = 2, .time = milliseconds(20)});
  const auto healthy = [&] {
    const auto found = get_json("/data/api/v1/resources/find/" + resource);
    return found.at("healthchecks").at("status").at("result").at("healthy").as_bool();
  };
  EXPECT_TRUE(healthy());
  ASSERT_TRUE(gateway_->scan(Kind::config));
  EXPECT_FALSE(healthy());
  EXPECT_FALSE(healthy());
  while (!healthy()) std::this_thread::sleep_for(milliseconds(1));
}

// cases I23
TEST_F(GatewayTest, EachCopyOfAResourceMayHaveAHealthOfItsOwn) {
  const std::string resource = "ignition/database-connection/main";
  for (const auto* collection : {"core", "dev"})
    write_resource(data_, std::string("config/resources/") + collection + '/' + resource, {{"config.json", "{}"}});
  options_.mode = "dev";
  start().set_health(resource + "?collection=dev", false, "no route");
  const auto healthy = [&](const std::string& query) {
    const auto found = get_json("/data/api/v1/resources/find/" + resource + query);
    return found.at("healthchecks").at("status").at("result").at("healthy").as_bool();
  };
  EXPECT_FALSE(healthy(""));
  EXPECT_TRUE(healthy("?collection=core"));
}

// --- Lists ---

TEST_F(GatewayTest, AParameterThatItDoesNotKnowFiltersEverythingAway) {
  start();
  const auto all = get_json("/data/api/v1/projects/list").at("metadata");
  EXPECT_EQ(all.at("matching").as_int64(), 1);
  Gateway other(options_);
  other.start();
  const auto none = http_client::get(other.url() + "/data/api/v1/projects/list?name=Line", key());
  EXPECT_EQ(none.status, 200);
  EXPECT_EQ(json::parse(none.body).at("items").as_array().size(), 0U);
  EXPECT_EQ(json::parse(none.body).at("metadata").at("total").as_int64(), 1);
  EXPECT_EQ(json::parse(none.body).at("metadata").at("matching").as_int64(), 0);
}

TEST_F(GatewayTest, AFilterIsAParameterOfItsOwnAndAListCanBeSorted) {
  write("projects/Press/project.json", R"({"title":"Press"})");
  start();
  const auto first = [&](const std::string& query) {
    const auto items = get_json("/data/api/v1/projects/list?" + query).at("items").as_array();
    return items.empty() ? std::string() : std::string(items[0].at("name").as_string());
  };
  EXPECT_EQ(first("sortBy=asc(name)"), "Line");
  EXPECT_EQ(first("sortBy=desc(name)"), "Press");
  EXPECT_EQ(first("name%5Beq%5D=Press"), "Press");
  EXPECT_EQ(first("name%5Bsw%5D=Pr"), "Press");
  EXPECT_EQ(first("search=Press"), "Press");
  EXPECT_EQ(first("name%5Beq%5D=Nobody"), "");
}

}  // namespace
}  // namespace ignition_sim
