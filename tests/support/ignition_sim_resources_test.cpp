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

}  // namespace
}  // namespace ignition_sim
