// Excludes and the paths of mappings: which live paths a mapping may write or remove.
#include "plugins/strategy-merge/mapping.hpp"

#include <gtest/gtest.h>

namespace stoker::merge {
namespace {

Assignment assignment() {
  Assignment a;
  a.target = "press-1";
  a.vars = {{"line", "a"}};
  return a;
}

Mappings resolved(std::vector<std::string> excludes, std::vector<WrittenMapping> mappings, const Preset& preset) {
  Assignment a = assignment();
  a.excludes = std::move(excludes);
  a.mappings = std::move(mappings);
  return Mappings::resolve(a, preset, ".stoker").value();
}

TEST(ExcludeTest, IsHeldAgainstThePathOfTheDestination) {
  const Preset none = Preset::named("none");
  const Mappings mappings = resolved({"to/x"}, {{"from", "to", "", false}}, none);
  EXPECT_EQ(mappings.reach("to/x", &mappings.all()[0]), Reach::excluded);
  EXPECT_EQ(mappings.reach("from/x", &mappings.all()[0]), Reach::open);
}

TEST(ExcludeTest, AFolderIsExcludedWithEverythingBelowItForMappedFilesToo) {
  const Preset none = Preset::named("none");
  const Mappings mappings =
      resolved({"**/tag-*/System"}, {{"x.json", "a/tag-group/System/x.json", "file", false}}, none);
  EXPECT_EQ(mappings.reach("a/tag-group/System/x.json", &mappings.all()[0]), Reach::excluded);
  EXPECT_EQ(mappings.prune_reach("a/tag-group/System/deep/y.json"), Reach::excluded);
}

TEST(ExcludeTest, ATrailingSlashMeansTheFolderAndAllBelow) {
  const Preset none = Preset::named("none");
  const Mappings mappings = resolved({"**/cache/"}, {{"a", "a", "", false}}, none);
  EXPECT_EQ(mappings.prune_reach("a/cache/x"), Reach::excluded);
  EXPECT_EQ(mappings.prune_reach("a/cache"), Reach::open);  // a file
}

TEST(ExcludeTest, WhiteSpaceAndEmptyPatternsAndRepeatedOnesDoNotMatter) {
  const Preset none = Preset::named("none");
  const std::vector<WrittenMapping> mappings{{"a", "a", "", false}};
  const Mappings written = resolved({" x/* ", "", "  ", "x/*", "./y"}, mappings, none);
  EXPECT_EQ(written.prune_reach("x/1"), Reach::excluded);
  EXPECT_EQ(written.prune_reach("y"), Reach::excluded);
  EXPECT_EQ(written.prune_reach("z"), Reach::open);
  EXPECT_EQ(written.digest(), resolved({"x/*", "./y"}, mappings, none).digest());
}

TEST(ExcludeTest, AWrongPatternIsAnErrorThatNamesIt) {
  Assignment a = assignment();
  a.excludes = {"fine", "/from/the/root"};
  const Preset none = Preset::named("none");
  EXPECT_EQ(Mappings::resolve(a, none, ".stoker").error().message,
            "exclude pattern '/from/the/root': starts with '/'; patterns are relative to the data root");
}

class AlwaysExcludedTest : public ::testing::TestWithParam<const char*> {};
TEST_P(AlwaysExcludedTest, IsNeitherWrittenNorRemoved) {
  const Preset none = Preset::named("none");
  const Mappings mappings = resolved({}, {{"a", ".", "", false}}, none);
  EXPECT_EQ(mappings.reach(GetParam(), &mappings.all()[0]), Reach::excluded);
  EXPECT_EQ(mappings.prune_reach(GetParam()), Reach::excluded);
}
INSTANTIATE_TEST_SUITE_P(Compat, AlwaysExcludedTest,
                         ::testing::Values(".git", "a/.git", "a/.git/config", ".gitkeep", "a/b/.gitkeep", ".resources",
                                           "a/.resources/x/y", ".sync-staging/x", "a/.sync-staging/x"));

TEST(ExcludeTest, StokersOwnFolderAndProtectedPathsAreGuarded) {
  const Preset ignition = Preset::named("ignition");
  const Mappings mappings =
      resolved({}, {{"a", ".", "", false}, {"b", "config/resources/local/x", "", false}}, ignition);
  for (const char* path :
       {".stoker/x", "config/resources/local/x/y", "db/config.idb", "a/.uuid", "data/valueStore.idb"})
    EXPECT_EQ(mappings.reach(path, &mappings.all()[0]), Reach::guarded) << path;
  EXPECT_EQ(mappings.reach("config/resources/local/x/y", &mappings.all()[1]), Reach::open);
}

TEST(MappingTest, AFolderLandsWithItsContentAndAFileAtExactlyItsPath) {
  const Preset none = Preset::named("none");
  const Mappings mappings = resolved(
      {}, {{"./from/{{.Vars.line}}/", "to/{{.GatewayName}}", "dir", false}, {"f.json", "x/y.json", "file", true}},
      none);
  EXPECT_EQ(mappings.all()[0].lands("from/a/b/c"), "to/press-1/b/c");
  EXPECT_EQ(mappings.all()[0].lands("from/ab"), std::nullopt);
  EXPECT_EQ(mappings.all()[1].lands("f.json"), "x/y.json");
}

TEST(MappingTest, TheRootIsAllowedOnBothSides) {
  const Preset none = Preset::named("none");
  const Mappings mappings = resolved({}, {{".", ".", "dir", false}}, none);
  EXPECT_EQ(mappings.all()[0].lands("a/b"), "a/b");
}

TEST(MappingTest, APlaceholderMayNotLeadOutOfTheRoot) {
  Assignment a = assignment();
  const Preset none = Preset::named("none");
  for (const char* value : {"..", "../x", "/etc"}) {
    a.vars["line"] = value;
    a.mappings = {{"{{.Vars.line}}", "x", "", false}};
    EXPECT_EQ(Mappings::resolve(a, none, ".stoker").error().code, "merge.bad-path") << value;
    a.mappings = {{"x", "{{.Vars.line}}", "", false}};
    EXPECT_EQ(Mappings::resolve(a, none, ".stoker").error().code, "merge.bad-path") << value;
  }
}

}  // namespace
}  // namespace stoker::merge
