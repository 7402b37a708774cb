// Mappings with `template: true`: what is rendered is what is compared, staged, owned and handed out. Through the built
// plugin.
#include "merge_fixture.hpp"

namespace stoker::merge::testing {
namespace {

std::string sha256(const std::string& bytes) { return hex_digest(bytes, EVP_sha256()); }

class RenderingTest : public MergeTest {
 protected:
  RenderingTest() {
    map("conf", "conf", {{"template", true}});
    map("projects", "projects");
    source.revisions["r1"] = {{"conf/tags.json", "{\"line\": \"{{.Vars.line}}\"}"},
                              {"conf/plain.json", "{}"},
                              {"conf/name.txt", SourceFile("{{.GatewayName}} {{.Labels.line}}", 0755)},
                              {"projects/raw", "{{.Vars.nothing}}"}};
    source.revisions["r2"] = source.revisions["r1"];
  }
};

TEST_F(RenderingTest, FilesOfATemplateMappingAreRenderedAndOthersAreCopied) {
  const Answer done = sync("r1");
  ASSERT_TRUE(done.ok()) << done.error.message;
  EXPECT_EQ(live(), (std::map<std::string, std::string>{{"conf/tags.json", "{\"line\": \"a\"}"},
                                                        {"conf/plain.json", "{}"},
                                                        {"conf/name.txt", "press-1 a"},
                                                        {"projects/raw", "{{.Vars.nothing}}"}}));
  EXPECT_TRUE((fs::status(data / "conf/name.txt").permissions() & fs::perms::owner_exec) != fs::perms::none);
}

TEST_F(RenderingTest, AChangeTellsTheDigestAndTheSizeOfWhatIsRendered) {
  const Answer planned = plan("r1");
  ASSERT_EQ(planned.ops(), (Ops{"+conf/name.txt", "+conf/plain.json", "+conf/tags.json", "+projects/raw"}));
  const Change& tags = planned.changes[2];
  EXPECT_EQ(tags.after, sha256("{\"line\": \"a\"}"));
  EXPECT_EQ(tags.bytes, 13u);
  EXPECT_EQ(tags.blob, git_blob("{\"line\": \"{{.Vars.line}}\"}"));
  EXPECT_EQ(planned.changes[3].after, "");
}

TEST_F(RenderingTest, AVerifierReadsWhatIsRendered) {
  ASSERT_TRUE(plan("r1", "run").ok());
  EXPECT_EQ(strategy->content("run", RevisionView(source, "r1"), "conf/tags.json"), "{\"line\": \"a\"}");
}

TEST_F(RenderingTest, TheSameRevisionAndValuesAreNothingToDo) {
  ASSERT_TRUE(sync("r1").ok());
  source.reads = 0;
  EXPECT_EQ(sync("r1").ops(), Ops{});
  EXPECT_EQ(source.reads, 0);
  look = "all";
  const Answer all = plan("r1");
  EXPECT_EQ(all.ops(), Ops{});
  EXPECT_EQ(all.notes.size(), 0u);
}

TEST_F(RenderingTest, AChangedVarWritesOnlyTheFilesThatAskForIt) {
  ASSERT_TRUE(sync("r1").ok());
  vars["line"] = "b";
  EXPECT_EQ(sync("r1").ops(), (Ops{"~conf/tags.json"}));
  EXPECT_EQ(read("conf/tags.json"), "{\"line\": \"b\"}");
}

TEST_F(RenderingTest, ANewCommitRendersFilesThatGitDidNotChange) {
  source.revisions["r1"]["conf/version"] = source.revisions["r2"]["conf/version"] = "{{.Commit}}";
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(read("conf/version"), "r1");
  EXPECT_EQ(sync("r2").ops(), (Ops{"~conf/version"}));
  EXPECT_EQ(read("conf/version"), "r2");
}

// A tree that another operator rendered at the same revision.
TEST_F(RenderingTest, ALiveFileWithTheRenderedBytesIsTakenOver) {
  write("conf/tags.json", "{\"line\": \"a\"}");
  write("conf/plain.json", "{}");
  write("conf/name.txt", "press-1 a");
  write("projects/raw", "{{.Vars.nothing}}");
  fs::permissions(data / "conf/name.txt", fs::perms::owner_exec, fs::perm_options::add);
  const Answer done = sync("r1");
  EXPECT_EQ(done.ops(), Ops{});
  EXPECT_EQ(done.noted("adopted").size(), 4u);
  vars["line"] = "b";
  const Answer next = sync("r1");
  EXPECT_EQ(next.ops(), (Ops{"~conf/tags.json"}));
  EXPECT_EQ(next.noted("overwritten"), Paths{});
}

TEST_F(RenderingTest, NothingIsWrittenWhenATemplateFails) {
  ASSERT_TRUE(sync("r1").ok());
  source.revisions["r2"]["conf/z.json"] = "a\n  {{.Vars.area}}";
  source.revisions["r2"]["conf/plain.json"] = "{\"new\": 1}";
  const std::string before = everything();
  const Answer failed = sync("r2");
  EXPECT_EQ(failed.status, STOKER_E_INVALID);
  EXPECT_EQ(failed.error.code, "merge.missing-value");
  EXPECT_TRUE(failed.error.message.starts_with("mapping[0]: conf/z.json:2:5: .Vars.area: ")) << failed.error.message;
  EXPECT_EQ(everything(), before);
}

TEST_F(RenderingTest, AFileWithANulByteFailsTheRunByName) {
  source.revisions["r1"]["conf/logo.png"] = SourceFile(std::string("PNG\0x", 5));
  const Answer failed = sync("r1");
  EXPECT_EQ(failed.error.code, "merge.bad-template");
  EXPECT_TRUE(failed.error.message.starts_with("mapping[0]: conf/logo.png:1:4: a NUL byte")) << failed.error.message;
  EXPECT_TRUE(live().empty());
}

TEST_F(RenderingTest, AnExcludedFileIsNotRendered) {
  source.revisions["r1"]["conf/logo.png"] = SourceFile(std::string("PNG\0x", 5));
  excludes = {"**/*.png"};
  EXPECT_TRUE(sync("r1").ok());
}

TEST_F(RenderingTest, ARenderedResourceThatOnlyWasStampedIsNoChange) {
  source.revisions["r1"]["conf/resource.json"] = resource("{{.Vars.line}}", "git");
  ASSERT_TRUE(sync("r1").ok());
  write("conf/resource.json", resource("a", "gateway"));
  look = "all";
  EXPECT_EQ(sync("r1").ops(), Ops{});
  vars["line"] = "b";
  EXPECT_EQ(sync("r1").ops(), (Ops{"~conf/resource.json", "~conf/tags.json"}));
  EXPECT_EQ(read("conf/resource.json"), resource("b", "git"));
}

TEST_F(RenderingTest, ARevertPutsTheBytesOfTheOldValuesBack) {
  ASSERT_TRUE(sync("r1").ok());
  vars["line"] = "b";
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(strategy->revert(run).ok());
  EXPECT_EQ(read("conf/tags.json"), "{\"line\": \"a\"}");
  vars["line"] = "a";
  look = "all";
  const Answer again = plan("r1");
  EXPECT_EQ(again.ops(), Ops{});
  EXPECT_EQ(again.notes.size(), 0u);
}

TEST_F(RenderingTest, WithoutTheFlagTheFileBecomesWhatGitHas) {
  ASSERT_TRUE(sync("r1").ok());
  mappings[0].as_object()["template"] = false;
  source.revisions["r1"].erase("conf/name.txt");
  EXPECT_EQ(sync("r1").ops(), (Ops{"-conf/name.txt", "~conf/tags.json"}));
  EXPECT_EQ(read("conf/tags.json"), "{\"line\": \"{{.Vars.line}}\"}");
}

TEST_F(RenderingTest, AStagedFileIsUsedAgainOnlyForTheSameBytes) {
  const RevisionView view(source, "r1");
  ASSERT_TRUE(plan("r1", "run").ok());
  ASSERT_TRUE(strategy->stage("run", view).ok());
  vars["line"] = "b";
  ASSERT_TRUE(plan("r1", "run").ok());
  ASSERT_TRUE(strategy->stage("run", view).ok());
  ASSERT_TRUE(strategy->apply("run").ok());
  EXPECT_EQ(read("conf/tags.json"), "{\"line\": \"b\"}");
}

// The source hands out other bytes under the same revision.
TEST_F(RenderingTest, BytesThatThePlanDidNotSeeAreNotStaged) {
  ASSERT_TRUE(plan("r1", "run").ok());
  source.revisions["r1"]["conf/tags.json"] = "{{.Vars.line}}{{.Vars.line}}";
  const Answer staged = strategy->stage("run", RevisionView(source, "r1"));
  EXPECT_EQ(staged.status, STOKER_E_CONFLICT);
  EXPECT_TRUE(live().empty());
}

TEST_F(RenderingTest, ASourceMayDependOnAVar) {
  mappings[1].as_object()["source"] = "projects-{{.Vars.line}}";
  source.revisions["r1"]["projects-a/x"] = "a";
  source.revisions["r1"]["projects-b/x"] = "b";
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(read("projects/x"), "a");
  vars["line"] = "b";
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(read("projects/x"), "b");
}

}  // namespace
}  // namespace stoker::merge::testing
