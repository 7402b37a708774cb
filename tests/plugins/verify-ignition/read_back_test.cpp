// What verify-ignition makes of the resources and projects that the gateway tells it of.
#include "ignition_fixture.hpp"

namespace verify_ignition {
namespace {

constexpr auto kPlant = "config/resources/core/ignition/database-connection/plant";
constexpr auto kPlantName = "ignition/database-connection/plant";

class ReadBackTest : public IgnitionTest {
 protected:
  static std::string descriptor(const std::string& uuid) {
    return ignition_sim::resource_json({{"config.json", "{}"}}, "admin", "2025-01-02T03:04:05Z",
                                       ignition_sim::SignatureForm::v8_3, uuid);
  }
  void write_without_uuid(const std::string& folder) {
    write(folder + "/config.json", "{}");
    write(folder + "/resource.json", descriptor(""));
  }
  const FakePlan plant_{{change(std::string(kPlant) + "/config.json", Change::Op::add),
                         change(std::string(kPlant) + "/resource.json", Change::Op::add)}};
};

// cases L5, I17
TEST_F(ReadBackTest, ADeliveredResourceThatIsListedAndNotLoadedIsUnhealthy) {
  start();
  ASSERT_EQ(lock(plant_), STOKER_OK) << error_.message;
  write_without_uuid(kPlant);
  ASSERT_EQ(verify(plant_), STOKER_OK) << error_.message;
  EXPECT_TRUE(unhealthy(std::string("resource:") + kPlantName));
}

// cases L5, I17
TEST_F(ReadBackTest, WhatSomebodyElseDeliveredAndWasNotLoadedIsNotJudged) {
  start();
  ASSERT_EQ(lock(both_), STOKER_OK) << error_.message;
  write_without_uuid(kPlant);
  ASSERT_EQ(verify(both_), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
}

// cases L5
TEST_F(ReadBackTest, ALineOfTheLogAboutALongerNameIsNotAboutOurs) {
  start();
  ASSERT_EQ(lock(both_), STOKER_OK) << error_.message;
  write_without_uuid("config/resources/core/ignition/database-connection/main2");
  write_without_uuid("config/resources/core/ignition/database-connection/remain");
  ASSERT_EQ(verify(both_), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
}

TEST_F(ReadBackTest, WhereMoreResourcesAreKnownThanAreReadNoneCountsAsGone) {
  std::vector<Change> changes;
  for (int i = 0; i < 230; ++i) {
    const std::string folder = "config/resources/core/ignition/database-connection/db" + std::to_string(1000 + i);
    ignition_sim::write_resource(data_, folder, {{"config.json", "{}"}});
    changes.push_back(change(folder + "/config.json"));
  }
  start();
  const FakePlan all(changes);
  ASSERT_EQ(lock(view_), STOKER_OK) << error_.message;
  ASSERT_EQ(verify(all), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
  EXPECT_EQ(notes(), std::vector<std::string>{"unread"});
  baseline_ = text_.last();
  ticket_.clear();
  const FakePlan first({change("config/resources/core/ignition/database-connection/a/config.json")});
  ignition_sim::write_resource(data_, "config/resources/core/ignition/database-connection/a", {{"config.json", "{}"}});
  ASSERT_EQ(verify(first), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
}

// cases L5, I17
TEST_F(ReadBackTest, ANamedResourceWithoutUuidIsNotAdmittedUnlessItsTypeHasNone) {
  start();
  const auto plan_of = [](const std::string& folder, const std::string& text) {
    return std::make_unique<FakePlan>(std::vector{change(folder + "/config.json", Change::Op::add),
                                                  change(folder + "/resource.json", Change::Op::add)},
                                      Contents{{folder + "/config.json", "{}"}, {folder + "/resource.json", text}});
  };
  ASSERT_EQ(admit(*plan_of(kPlant, descriptor(""))), STOKER_OK) << error_.message;
  EXPECT_FALSE(allowed());
  EXPECT_NE(decision().reason.find("uuid"), std::string::npos) << decision().reason;
  EXPECT_NE(decision().reason.find("plant"), std::string::npos) << decision().reason;
  ASSERT_EQ(admit(*plan_of(kPlant, descriptor("00000000-0000-4000-8000-000000000001"))), STOKER_OK);
  EXPECT_TRUE(allowed());
  const std::string themes = "config/resources/core/com.inductiveautomation.perspective/themes/dark";
  ASSERT_EQ(admit(*plan_of(themes, descriptor(""))), STOKER_OK);
  EXPECT_TRUE(allowed());
}

// cases I22
TEST_F(ReadBackTest, AResourceThatIsGoneIsNoticedByJettysPageOf404) {
  start();
  ASSERT_EQ(lock(both_), STOKER_OK) << error_.message;
  fault("/data/api/v1/resources/find/ignition/database-connection/main", "", "404");
  ASSERT_EQ(verify(both_), STOKER_OK) << error_.message;
  EXPECT_TRUE(unhealthy("resource:ignition/database-connection/main"));
}

// cases I23
TEST_F(ReadBackTest, TheCopyThatWasDeliveredIsJudgedAndNotTheOneThatHidesIt) {
  ignition_sim::write_resource(data_, "config/resources/dev/ignition/database-connection/main",
                               {{"config.json", "{}"}});
  options_.mode = "dev";
  start();
  ASSERT_EQ(lock(both_), STOKER_OK) << error_.message;
  gateway_->set_health("ignition/database-connection/main?collection=dev", false, "no route");
  ASSERT_EQ(verify(both_), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
}

// cases I23
TEST_F(ReadBackTest, ADeliveredCopyThatFallsIllIsUnhealthyAlsoWhereAnotherHidesIt) {
  ignition_sim::write_resource(data_, "config/resources/dev/ignition/database-connection/main",
                               {{"config.json", "{}"}});
  options_.mode = "dev";
  start();
  ASSERT_EQ(lock(both_), STOKER_OK) << error_.message;
  gateway_->set_health("ignition/database-connection/main?collection=core", false, "no route");
  ASSERT_EQ(verify(both_), STOKER_OK) << error_.message;
  EXPECT_TRUE(unhealthy("resource:ignition/database-connection/main"));
}

// cases I28
TEST_F(ReadBackTest, ANewConnectionThatIsIllRightAfterTheScanIsLookedAtAgain) {
  start().set_ill_after_scan(kPlantName, "connecting", {.looks = 2});
  ASSERT_EQ(lock(plant_), STOKER_OK) << error_.message;
  ignition_sim::write_resource(data_, kPlant, {{"config.json", "{}"}});
  ASSERT_EQ(verify(plant_), STOKER_OK) << error_.message;
  EXPECT_TRUE(healthy());
}

// cases I28
TEST_F(ReadBackTest, ANewConnectionThatStaysIllIsUnhealthyAfterABoundedTime) {
  start().set_health(kPlantName, false, "no route");
  ASSERT_EQ(lock(plant_), STOKER_OK) << error_.message;
  ignition_sim::write_resource(data_, kPlant, {{"config.json", "{}"}});
  const auto began = host_.clock.now_ms();
  ASSERT_EQ(verify(plant_), STOKER_OK) << error_.message;
  EXPECT_TRUE(unhealthy(std::string("resource:") + kPlantName));
  EXPECT_LT(host_.clock.now_ms() - began, 60'000);
}

// cases T28
TEST_F(ReadBackTest, AFolderWithoutProjectJsonIsNoProject) {
  start();
  ASSERT_EQ(verify(view_), STOKER_OK) << error_.message;
  ASSERT_TRUE(healthy());
  baseline_ = text_.last();  // of the Run before, which nobody waited for
  const FakePlan docs({change("projects/docs/notes.md", Change::Op::add)});
  write("projects/docs/notes.md", "x");
  for (const bool locked : {false, true}) {
    if (locked) {
      ASSERT_EQ(lock(docs), STOKER_OK) << error_.message;
    }
    ASSERT_EQ(verify(docs), STOKER_OK) << error_.message;
    EXPECT_TRUE(healthy());
  }
}

}  // namespace
}  // namespace verify_ignition
