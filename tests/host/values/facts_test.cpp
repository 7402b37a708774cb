// The facts that a verifier hands over: what is accepted, and what is refused by the name of its field.
#include "host/values/facts.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

TEST(FactsTest, NamesAreReadBack) {
  for (const GatewayState state : {GatewayState::unknown, GatewayState::down, GatewayState::starting,
                                   GatewayState::commissioning, GatewayState::running, GatewayState::faulted})
    EXPECT_EQ(gateway_state_of(name(state)), state);
  for (const Role role : {Role::independent, Role::master, Role::backup}) EXPECT_EQ(role_of(name(role)), role);
  EXPECT_FALSE(gateway_state_of("asleep"));
  EXPECT_FALSE(role_of(""));
}

TEST(FactsTest, ReadsWhatAVerifierSays) {
  const auto facts =
      facts_from_json(R"({"state":"running","role":"backup","version":"8.3.1","started":"then","designers":2,)"
                      R"("hold":{"name":"n","reason":"r","againAt":5,"until":6,"endedBy":"e"}})");
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(*facts,
            (Facts{GatewayState::running, Role::backup, "8.3.1", "then", Hold{"n", "r", "e", 5, 6}, std::nullopt, 2}));
}

TEST(FactsTest, AGatewayThatSaysNoRoleIsIndependent) {
  EXPECT_EQ(facts_from_json(R"({"state":"down"})")->role, Role::independent);
}

TEST(FactsTest, RefusesWhatItDoesNotKnowByTheNameOfTheField) {
  const std::pair<const char*, const char*> all[] = {{"nothing", "not a JSON object"},
                                                     {"{}", "/state is missing"},
                                                     {R"({"state":""})", "/state is missing"},
                                                     {R"({"state":"asleep"})", "/state is \"asleep\""},
                                                     {R"({"state":7})", "/state is not a string"},
                                                     {R"({"state":"down","role":"boss"})", "/role is \"boss\""},
                                                     {R"({"state":"down","hold":"no"})", "/hold is not an object"}};
  for (const auto& [text, said] : all) {
    const auto facts = facts_from_json(text);
    ASSERT_FALSE(facts) << text;
    EXPECT_EQ(facts.error().code, "host.plugin-misbehaving");
    EXPECT_NE(facts.error().message.find(said), std::string::npos) << facts.error().message;
  }
}

}  // namespace
}  // namespace stoker::host
