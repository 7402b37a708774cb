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

// The source of a mapping that is written so.
Result<std::string> source_of(const std::string& written, Assignment values = assignment()) {
  values.mappings = {{written, "x", "", false}};
  const Preset none = Preset::named("none");
  auto resolved = Mappings::resolve(values, none, ".stoker");
  if (!resolved) return std::move(resolved).error();
  return resolved->all().front().source;
}

TEST(PlaceholderTest, AllPlainFieldsAreFilledIn) {
  EXPECT_EQ(source_of("{{.GatewayName}}|{{ .PodName }}|{{.PodOrdinal}}|{{.Namespace}}|{{.CRName}}|{{.Ref}}|{{.Commit}}|"
                      "{{.Labels.zone}}|{{  .Vars.line}}|}}")
                .value(),
            "press-1|pod-0|3|prod|line-a|refs/heads/main|0123|z1|a|}}");
}

TEST(PlaceholderTest, APathMayChooseAsATemplateDoes) {
  EXPECT_EQ(source_of("config/{{if eq .PodOrdinal 0}}first{{else}}{{printf \"pod-%02d\" .PodOrdinal}}{{end}}").value(),
            "config/pod-03");
}

TEST(PlaceholderTest, WhatAPlaceholderBringsIsCheckedAsAPath) {
  Assignment a = assignment();
  a.vars["line"] = "../secret";
  EXPECT_EQ(source_of("config/{{.Vars.line}}", a).error().code, "merge.bad-path");
}

TEST(PlaceholderTest, AMissingKeyIsInvalidByNameAndPlace) {
  const auto failed = source_of("x/{{.Vars.area}}");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, "merge.missing-value");
  EXPECT_TRUE(failed.error().message.starts_with("/profile/mappings/0/source:1:5: .Vars.area: "))
      << failed.error().message;
}

class BadPlaceholderTest : public ::testing::TestWithParam<const char*> {};
TEST_P(BadPlaceholderTest, IsInvalidByName) { EXPECT_EQ(source_of(GetParam()).error().code, "merge.bad-template"); }
INSTANTIATE_TEST_SUITE_P(Some, BadPlaceholderTest,
                         ::testing::Values("{{.Nope}}", "{{ if .Vars.line }}", "{{.Vars", "{{}}",
                                           "{{ .GatewayName | upper }}", "{{.Vars}}"));

TEST(MappingTest, ValuesCountAsRulesOnlyWhereFilesAreRendered) {
  const Preset none = Preset::named("none");
  const auto digest = [&](bool rendered, const std::string& zone) {
    Assignment a = assignment();
    a.labels["zone"] = zone;
    a.mappings = {{"x", "y", "", false, rendered}};
    return Mappings::resolve(a, none, ".stoker")->digest();
  };
  EXPECT_EQ(digest(false, "z1"), digest(false, "z2"));
  EXPECT_NE(digest(true, "z1"), digest(true, "z2"));
  EXPECT_NE(digest(true, "z1"), digest(false, "z1"));
}

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
