// The meaning of a resource.json.
#include "plugins/strategy-merge/meaning.hpp"

#include <gtest/gtest.h>

namespace stoker::merge {
namespace {

std::string meaning(std::string_view text) { return read_resource(text).value().meaning; }

TEST(MeaningTest, LeavesOutTheStampAndTheOrderOfKeys) {
  EXPECT_EQ(
      meaning(R"({"scope":"G","attributes":{"lastModification":{"actor":"a"},"lastModificationSignature":"1","x":1}})"),
      meaning(R"({"attributes":{"x":1,"lastModificationSignature":"2"}, "scope":"G"})"));
}

TEST(MeaningTest, SeesEverythingElse) {
  EXPECT_NE(meaning(R"({"attributes":{"x":1}})"), meaning(R"({"attributes":{"x":2}})"));
  EXPECT_NE(meaning(R"({"files":["a","b"]})"), meaning(R"({"files":["b","a"]})"));
  EXPECT_NE(meaning(R"({"lastModification":1})"), meaning(R"({"lastModification":2})"));
}

TEST(MeaningTest, NamesTheActorAndTheFiles) {
  const auto resource = read_resource(R"({"files":["view.json"],"attributes":{"lastModification":{"actor":"maria"}}})");
  ASSERT_TRUE(resource);
  EXPECT_EQ(resource->actor, "maria");
  EXPECT_EQ(resource->files, std::vector<std::string>{"view.json"});
}

TEST(MeaningTest, HasNoneForWhatIsNoDocument) {
  EXPECT_FALSE(read_resource("{"));
  EXPECT_FALSE(read_resource("[]"));
  EXPECT_FALSE(read_resource(std::string(100'000, '[')));
}

}  // namespace
}  // namespace stoker::merge
