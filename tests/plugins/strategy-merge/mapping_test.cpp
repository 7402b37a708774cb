// Placeholders and paths of mappings.
#include "plugins/strategy-merge/mapping.hpp"
#include "plugins/strategy-merge/paths.hpp"

#include <gtest/gtest.h>

namespace stoker::merge {
namespace {

Assignment assignment() {
  Assignment a;
  a.sync = "line-a";
  a.name_space = "prod";
  a.target = "press-1";
  a.pod = "pod-0";
  a.ordinal = 3;
  a.ref = "refs/heads/main";
  a.revision = "0123";
  a.labels = {{"zone", "z1"}};
  a.vars = {{"line", "a"}};
  return a;
}

TEST(PlaceholderTest, AllPlainFieldsAreFilledIn) {
  EXPECT_EQ(filled_in("{{.GatewayName}}|{{ .PodName }}|{{.PodOrdinal}}|{{.Namespace}}|{{.CRName}}|{{.Ref}}|{{.Commit}}|"
                      "{{.Labels.zone}}|{{  .Vars.line}}|}}",
                      assignment())
                .value(),
            "press-1|pod-0|3|prod|line-a|refs/heads/main|0123|z1|a|}}");
}

TEST(PlaceholderTest, AMissingKeyIsInvalidByName) {
  EXPECT_EQ(filled_in("x/{{.Vars.area}}", assignment()).error().message, "there is no value for '{{.Vars.area}}'");
}

class BadPlaceholderTest : public ::testing::TestWithParam<const char*> {};
TEST_P(BadPlaceholderTest, IsInvalidByName) {
  EXPECT_EQ(filled_in(GetParam(), assignment()).error().code, "merge.bad-placeholder");
}
INSTANTIATE_TEST_SUITE_P(Some, BadPlaceholderTest,
                         ::testing::Values("{{.Nope}}", "{{ if .Vars.line }}", "{{.Vars", "{{}}",
                                           "{{ .GatewayName | upper }}"));

TEST(PathTest, SpellingsOfOnePathAreOne) {
  for (const char* spelling : {"projects", "projects/", "./projects", "projects//", ".//projects/./"})
    EXPECT_EQ(normalised(spelling, "path").value(), "projects") << spelling;
  EXPECT_EQ(normalised(".", "path").value(), "");
}

TEST(PathTest, LeavingTheRootIsInvalid) {
  for (const char* path : {"..", "a/../b", "/etc", "", "a/.."}) EXPECT_FALSE(normalised(path, "path")) << path;
}

TEST(MappingTest, StokersOwnFolderIsNoDestination) {
  Assignment a = assignment();
  a.mappings = {{"x", ".stoker/merge", "", false}};
  const Preset none = Preset::named("none");
  EXPECT_EQ(Mappings::resolve(a, none, ".stoker").error().code, "merge.bad-path");
}

}  // namespace
}  // namespace stoker::merge
