// What counts as the same loaded tree, and how a data directory is judged.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/ignition_sim/access.hpp"
#include "support/ignition_sim/tree.hpp"
#include "support/ignition_sim/view.hpp"

namespace {

using namespace ignition_sim;

constexpr auto kStamped =
    R"({"scope":"G","files":[],"attributes":{"lastModification":{"actor":"a"},"lastModificationSignature":"1"}})";

TEST(ViewTest, AStampChangesNoMeaning) {
  const auto other = R"({"files":[], "scope":"G", "attributes":{"lastModificationSignature":"2"}})";
  EXPECT_EQ(meaning("projects/a/x/resource.json", kStamped), meaning("projects/a/x/resource.json", other));
}

TEST(ViewTest, AnythingElseInResourceJsonChangesItsMeaning) {
  const auto other = R"({"scope":"A","files":[],"attributes":{}})";
  EXPECT_NE(meaning("projects/a/x/resource.json", kStamped), meaning("projects/a/x/resource.json", other));
}

TEST(ViewTest, OtherFilesMeanTheirBytes) {
  EXPECT_EQ(meaning("projects/a/view.json", ""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(ViewTest, TheDigestIsThatOfPathsAndMeanings) {
  EXPECT_EQ(loaded_digest({}), meaning("empty", ""));
  EXPECT_NE(loaded_digest({{"a", "1"}, {"b", "2"}}), loaded_digest({{"a", "2"}, {"b", "1"}}));
}

TEST(ViewTest, BelowTakesWholeComponents) {
  const View view{{"projects/Line/project.json", "1"}, {"projects/Line2/project.json", "2"}};
  EXPECT_EQ(below(view, "projects/Line"), (View{{"projects/Line/project.json", "1"}}));
}

class TreeTest : public testing::Test {
 protected:
  TreeTest() {
    char name[] = "/tmp/ignition-sim-XXXXXX";
    data_ = mkdtemp(name);
  }
  ~TreeTest() override { std::filesystem::remove_all(data_); }
  void write(const std::string& path, std::string_view bytes) { write_file(data_ / path, bytes, data_ / "new"); }
  Projects projects() { return projects_of(read_tree(data_, "projects"), log_); }

  std::filesystem::path data_;
  std::vector<LogLine> log_;
};

TEST_F(TreeTest, LinksAndTheContentCacheAreNotRead) {
  write("projects/a/project.json", "{}");
  write("projects/.resources/0123", "x");
  std::filesystem::create_symlink("project.json", data_ / "projects/a/link.json");
  EXPECT_EQ(list_files(data_, "projects"), std::vector<std::string>{"projects/a/project.json"});
}

TEST_F(TreeTest, AFolderWithoutAValidProjectJsonIsNoProject) {
  write("projects/broken/project.json", "{");
  write("projects/other/view.json", "{}");
  EXPECT_TRUE(projects().empty());
  EXPECT_EQ(log_.size(), 1U);
}

TEST_F(TreeTest, AParentThatIsMissingIsInvalid) {
  write("projects/child/project.json", R"({"title":"c","parent":"Global"})");
  EXPECT_TRUE(projects()["child"].invalid_parent);
}

TEST_F(TreeTest, AParentThatIsNotInheritableIsInvalid) {
  write("projects/child/project.json", R"({"title":"c","parent":"Global"})");
  write("projects/Global/project.json", R"({"title":"g","inheritable":false})");
  EXPECT_TRUE(projects()["child"].invalid_parent);
  EXPECT_FALSE(projects()["Global"].invalid_parent);
}

TEST_F(TreeTest, AnInheritableParentIsValid) {
  write("projects/child/project.json", R"({"title":"c","parent":"Global"})");
  write("projects/Global/project.json", R"({"title":"g","inheritable":true})");
  EXPECT_FALSE(projects()["child"].invalid_parent);
}

TEST_F(TreeTest, ProjectsThatInheritFromEachOtherAreInvalid) {
  write("projects/a/project.json", R"({"parent":"b","inheritable":true})");
  write("projects/b/project.json", R"({"parent":"a","inheritable":true})");
  EXPECT_TRUE(projects()["a"].invalid_parent);
}

TEST_F(TreeTest, TheModeWinsOverCoreAndCoreOverExternal) {
  for (const auto* collection : {"external", "core", "dev"})
    write_resource(data_, std::string("config/resources/") + collection + "/ignition/cobranding",
                   {{"config.json", "{}"}});
  const Tree tree = read_tree(data_, "config/resources");
  EXPECT_EQ(Collections(tree, "dev", log_).find("ignition/cobranding", "")->collection, "dev");
  EXPECT_EQ(Collections(tree, "", log_).find("ignition/cobranding", "")->collection, "core");
}

TEST_F(TreeTest, CollectionsFollowTheParentsThatTheyName) {
  write("config/resources/external/config-mode.json", R"({"title":"external","parent":"core"})");
  write("config/resources/core/config-mode.json", R"({"title":"core","parent":"system"})");
  write("config/resources/dev/config-mode.json", R"({"title":"dev","parent":"external"})");
  const Collections collections(read_tree(data_, "config/resources"), "dev", log_);
  EXPECT_EQ(collections.order(), (std::vector<std::string>{"system", "core", "external", "dev", "local"}));
}

TEST_F(TreeTest, AnEmptyDataDirectoryKeepsTheGatewayFromStarting) { EXPECT_TRUE(start_fault(data_, std::nullopt)); }

TEST_F(TreeTest, ASingletonOnlyInAModeKeepsTheGatewayFromStarting) {
  write_resource(data_, "config/resources/dev/ignition/cobranding", {{"config.json", "{}"}});
  EXPECT_EQ(start_fault(data_, std::nullopt), "singleton ignition/cobranding exists only in mode dev");
  write_resource(data_, "config/resources/core/ignition/cobranding", {{"config.json", "{}"}});
  EXPECT_EQ(start_fault(data_, std::nullopt), std::nullopt);
}

TEST_F(TreeTest, AFileOfAnotherOwnerKeepsTheGatewayFromStartingWhenAsked) {
  write("projects/a/project.json", "{}");
  EXPECT_EQ(start_fault(data_, getuid()), std::nullopt);
  EXPECT_TRUE(start_fault(data_, getuid() + 1));
}

}  // namespace
