// `patches` of a mapping and `normalize` of a profile: the patched bytes are what is compared, staged, owned and handed
// out. Through the built plugin.
#include "merge_fixture.hpp"

namespace stoker::merge::testing {
namespace {

std::string sha256(const std::string& bytes) { return hex_digest(bytes, EVP_sha256()); }

class PatchedFilesTest : public MergeTest {
 protected:
  PatchedFilesTest() {
    map("conf", "config");
    map("projects", "projects");
    patch(0, "db/*.json", {{"host", "{{.Vars.line}}.example"}, {"port", "5432"}});
    source.revisions["r1"] = {{"conf/db/a.json", "{ \"host\": \"x\",\r\n  \"port\" : 1, \"n\": 1.0 }\n"},
                              {"conf/db/b.json", SourceFile("{\"host\":\"\",\"port\":0}", 0755)},
                              {"conf/plain.json", "{\"host\": \"x\"}"},
                              {"projects/db/a.json", "{\"host\": \"x\"}"}};
    source.revisions["r2"] = source.revisions["r1"];
  }
  void patch(std::size_t mapping, const std::string& file, json::object set) {
    json::value& patches = mappings[mapping].as_object()["patches"];
    if (patches.is_null()) patches.emplace_array();
    json::object entry{{"set", std::move(set)}};
    if (!file.empty()) entry["file"] = file;
    patches.as_array().push_back(std::move(entry));
  }
  void patch_all(const std::string& files, json::object set) {
    normalize.push_back(json::object{{"files", files}, {"set", std::move(set)}});
  }
  static std::vector<std::string> texts(const Answer& answer, std::string_view code) {
    std::vector<std::string> all;
    for (const Note& note : answer.notes)
      if (note.code == code) all.push_back(note.path + ": " + note.text);
    return all;
  }
};

const std::string patched_a = "{ \"host\": \"a.example\",\r\n  \"port\" : 5432, \"n\": 1.0 }\n";

TEST_F(PatchedFilesTest, ValuesAreSetInTheFilesThatMatchAndOthersAreCopied) {
  const Answer done = sync("r1");
  ASSERT_TRUE(done.ok()) << done.error.message;
  EXPECT_EQ(live(), (std::map<std::string, std::string>{{"config/db/a.json", patched_a},
                                                        {"config/db/b.json", R"({"host":"a.example","port":5432})"},
                                                        {"config/plain.json", "{\"host\": \"x\"}"},
                                                        {"projects/db/a.json", "{\"host\": \"x\"}"}}));
  EXPECT_TRUE((fs::status(data / "config/db/b.json").permissions() & fs::perms::owner_exec) != fs::perms::none);
  EXPECT_EQ(done.notes.size(), 0u);
}

TEST_F(PatchedFilesTest, AChangeTellsTheDigestAndTheSizeOfWhatIsPatchedAndAVerifierReadsIt) {
  const Answer planned = plan("r1", "run");
  ASSERT_EQ(planned.ops(),
            (Ops{"+config/db/a.json", "+config/db/b.json", "+config/plain.json", "+projects/db/a.json"}));
  const Change& a = planned.changes[0];
  EXPECT_EQ(a.after, sha256(patched_a));
  EXPECT_EQ(a.bytes, patched_a.size());
  EXPECT_EQ(a.blob, git_blob(source.revisions["r1"].at("conf/db/a.json").bytes));
  EXPECT_EQ(planned.changes[2].after, "");
  EXPECT_EQ(strategy->content("run", RevisionView(source, "r1"), "config/db/a.json"), patched_a);
}

TEST_F(PatchedFilesTest, TheSameRevisionAndPatchesAreNothingToDo) {
  ASSERT_TRUE(sync("r1").ok());
  source.reads = 0;
  EXPECT_EQ(sync("r1").ops(), Ops{});
  EXPECT_EQ(source.reads, 0);
  look = "all";
  const Answer all = plan("r1");
  EXPECT_EQ(all.ops(), Ops{});
  EXPECT_EQ(all.notes.size(), 0u);
}

TEST_F(PatchedFilesTest, AChangedVarOfAValueWritesOnlyTheFilesThatGetIt) {
  ASSERT_TRUE(sync("r1").ok());
  vars["line"] = "b";
  vars["other"] = "x";
  EXPECT_EQ(sync("r1").ops(), (Ops{"~config/db/a.json", "~config/db/b.json"}));
  EXPECT_EQ(read("config/db/b.json"), R"({"host":"b.example","port":5432})");
}

TEST_F(PatchedFilesTest, AChangedPatchWritesOnlyTheFilesThatItChanges) {
  ASSERT_TRUE(sync("r1").ok());
  patch(0, "db/b.json", {{"port", "1"}});
  EXPECT_EQ(sync("r1").ops(), (Ops{"~config/db/b.json"}));
  EXPECT_EQ(read("config/db/b.json"), R"({"host":"a.example","port":1})");
  mappings[0].as_object().erase("patches");
  const Answer without = sync("r1");
  EXPECT_EQ(without.ops(), (Ops{"~config/db/a.json", "~config/db/b.json"}));
  EXPECT_EQ(without.noted("overwritten"), Paths{});
  EXPECT_EQ(read("config/db/a.json"), source.revisions["r1"].at("conf/db/a.json").bytes);
}

TEST_F(PatchedFilesTest, ANewCommitPatchesOnlyTheFilesThatGitChanged) {
  source.revisions["r2"]["conf/db/a.json"] = "{}";
  ASSERT_TRUE(sync("r1").ok());
  source.lists = source.reads = 0;
  const Answer done = sync("r2");
  EXPECT_EQ(done.ops(), (Ops{"~config/db/a.json"}));
  EXPECT_EQ(read("config/db/a.json"), R"({"host":"a.example","port":5432})");
  EXPECT_EQ(source.lists, 0);
  EXPECT_EQ(source.reads, 2) << "once for the plan, once for the staged file";
}

// features F09
TEST_F(PatchedFilesTest, NormalizeReachesFilesOfAllMappingsAfterTheTemplateAndBeforeThePatches) {
  mappings[0].as_object()["template"] = true;
  source.revisions["r1"]["conf/db/a.json"] = R"({"host": "{{.Vars.line}}", "name": "{{.GatewayName}}", "port": 0})";
  patch_all("**/a.json", {{".host", "normal"}, {".port", "1"}});
  patch_all("**/a.json", {{".port", "2"}});
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(read("config/db/a.json"), R"({"host": "a.example", "name": "press-1", "port": 5432})");
  EXPECT_EQ(read("projects/db/a.json"), R"({"host": "normal","port":2})");
  normalize.clear();
  EXPECT_EQ(sync("r1").ops(), (Ops{"~projects/db/a.json"}));
}

TEST_F(PatchedFilesTest, NothingIsWrittenWhenAPatchFails) {
  ASSERT_TRUE(sync("r1").ok());
  source.revisions["r2"]["conf/db/z.json"] = "{\n  no}";
  source.revisions["r2"]["conf/plain.json"] = "{\"new\": 1}";
  const std::string before = everything();
  const Answer failed = sync("r2");
  EXPECT_EQ(failed.status, STOKER_E_INVALID);
  EXPECT_EQ(failed.error.code, "merge.not-json");
  EXPECT_TRUE(failed.error.message.starts_with("mapping[0]: conf/db/z.json: file is not valid JSON (line 2, column 3"))
      << failed.error.message;
  EXPECT_EQ(everything(), before);
}

TEST_F(PatchedFilesTest, AWrongPatchNamesItsMapping) {
  patch(1, "**", {{"a..b", "1"}});
  Answer failed = plan("r1");
  EXPECT_EQ(failed.error.code, "merge.bad-patch");
  EXPECT_TRUE(failed.error.message.starts_with("mapping[1].patches[0]: ")) << failed.error.message;
  mappings[1].as_object().erase("patches");
  patch_all("**", {{"a", "{{.Vars.area}}"}});
  failed = plan("r1");
  EXPECT_EQ(failed.error.code, "merge.missing-value");
  EXPECT_TRUE(failed.error.message.starts_with("normalize[0]: value for 'a': text:1:3: .Vars.area: "))
      << failed.error.message;
  normalize = {{{"files", "**"}, {"set", {{"a", 1}}}}};
  EXPECT_EQ(plan("r1").error.message, "normalize[0]: the value of 'a' has to be a text; write it in quotes");
}

// pitfalls P09: a few bytes of rules that stand for very many.
TEST_F(PatchedFilesTest, TheValuesOfAllPatchesAreBounded) {
  vars["long"] = std::string(64000, 'x');
  json::object set;
  for (int i = 0; i < 64; ++i) set["k" + std::to_string(i)] = "{{.Vars.long}}";
  for (std::size_t i = 2; i < 11; ++i) {
    map("conf", "copy" + std::to_string(i));
    patch(i, "none", set);
  }
  EXPECT_EQ(plan("r1").error.message,
            "mapping[10]: the mappings up to this one have more than 33554432 bytes of patches");
  for (int i = 64; i < 70; ++i) set["k" + std::to_string(i)] = "{{.Vars.long}}";
  patch(1, "none", set);
  EXPECT_EQ(plan("r1").error.message, "mapping[1].patches: its values have more than 4194304 bytes");
}

TEST_F(PatchedFilesTest, AReplacedScalarIsNoted) {
  patch(0, "plain.json", {{"host.name", "y"}});
  const Answer done = sync("r1");
  EXPECT_EQ(read("config/plain.json"), R"({"host": {"name":"y"}})");
  EXPECT_EQ(texts(done, "patch-replaced"),
            (Paths{"config/plain.json: 'host' was a text and is now an object that holds 'host.name'"}));
}

TEST_F(PatchedFilesTest, APatchThatAppliesToNothingIsNotedOnlyAfterAFullListing) {
  patch(0, "web/*.json", {{"a", "1"}});
  patch_all("**/nothing.json", {{"a", "1"}});
  EXPECT_EQ(texts(sync("r1"), "patch-unused"), (Paths{": normalize[0]: no file matches '**/nothing.json'",
                                                      ": mapping[0].patches[1]: no file matches 'web/*.json'"}));
  source.revisions["r2"]["conf/plain.json"] = "{}";
  EXPECT_EQ(texts(sync("r2"), "patch-unused"), Paths{});
}

TEST_F(PatchedFilesTest, APatchOfASourceThatIsNotThereIsNotSaidTwice) {
  mappings[1].as_object()["source"] = "project";
  patch(1, "", {{"a", "1"}});
  const Answer planned = plan("r1");
  EXPECT_EQ(planned.noted("source-missing"), (Paths{"project"}));
  EXPECT_EQ(planned.noted("patch-unused"), Paths{});
}

TEST_F(PatchedFilesTest, AFileThatIsMappedAloneIsPatchedWithoutAPattern) {
  map("conf/plain.json", "etc/host.json");
  patch(2, "", {{"host", "y"}});
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(read("etc/host.json"), "{\"host\": \"y\"}");
  EXPECT_EQ(read("config/plain.json"), "{\"host\": \"x\"}");
}

TEST_F(PatchedFilesTest, AFileThatIsOverlaidGetsThePatchesOfTheLaterMapping) {
  map("over", "config");
  source.revisions["r1"]["over/db/a.json"] = "{\"host\": \"over\"}";
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(read("config/db/a.json"), "{\"host\": \"over\"}");
  patch(2, "**", {{"port", "7"}});
  EXPECT_EQ(sync("r1").ops(), (Ops{"~config/db/a.json"}));
  EXPECT_EQ(read("config/db/a.json"), R"({"host": "over","port":7})");
}

TEST_F(PatchedFilesTest, AnExcludedFileIsNotPatched) {
  source.revisions["r1"]["conf/db/z.json"] = "no JSON";
  excludes = {"**/z.json"};
  EXPECT_TRUE(sync("r1").ok());
}

// A tree that another operator patched at the same revision.
TEST_F(PatchedFilesTest, ALiveFileWithThePatchedBytesIsTakenOver) {
  write("config/db/a.json", patched_a);
  write("config/db/b.json", R"({"host":"a.example","port":5432})");
  fs::permissions(data / "config/db/b.json", fs::perms::owner_exec, fs::perm_options::add);
  write("config/plain.json", "{\"host\": \"x\"}");
  write("projects/db/a.json", "{\"host\": \"x\"}");
  const Answer done = sync("r1");
  EXPECT_EQ(done.ops(), Ops{});
  EXPECT_EQ(done.noted("adopted").size(), 4u);
}

TEST_F(PatchedFilesTest, APatchedResourceThatOnlyWasStampedIsNoChange) {
  patch(0, "resource.json", {{"attributes.what", "{{.Vars.line}}"}});
  source.revisions["r1"]["conf/resource.json"] = resource("x", "git");
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(read("config/resource.json"), resource("a", "git"));
  write("config/resource.json", resource("a", "gateway"));
  look = "all";
  EXPECT_EQ(sync("r1").ops(), Ops{});
}

TEST_F(PatchedFilesTest, DriftOfAPatchedFileIsSaidAndRepaired) {
  ASSERT_TRUE(sync("r1").ok());
  write("config/db/a.json", "{}");
  look = "all";
  EXPECT_EQ(plan("r1").noted("drift"), (Paths{"config/db/a.json"}));
  repair = true;
  EXPECT_EQ(sync("r1").ops(), (Ops{"~config/db/a.json"}));
  EXPECT_EQ(read("config/db/a.json"), patched_a);
}

TEST_F(PatchedFilesTest, ARevertPutsTheBytesOfTheOldPatchesBack) {
  ASSERT_TRUE(sync("r1").ok());
  vars["line"] = "b";
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(strategy->revert(run).ok());
  EXPECT_EQ(read("config/db/a.json"), patched_a);
}

TEST_F(PatchedFilesTest, AStagedFileIsUsedAgainOnlyForTheSameBytes) {
  const RevisionView view(source, "r1");
  ASSERT_TRUE(plan("r1", "run").ok());
  ASSERT_TRUE(strategy->stage("run", view).ok());
  vars["line"] = "b";
  ASSERT_TRUE(plan("r1", "run").ok());
  ASSERT_TRUE(strategy->stage("run", view).ok());
  ASSERT_TRUE(strategy->apply("run").ok());
  EXPECT_EQ(read("config/db/b.json"), R"({"host":"b.example","port":5432})");
}

// The source hands out other bytes under the same revision.
TEST_F(PatchedFilesTest, BytesThatThePlanDidNotSeeAreNotStaged) {
  ASSERT_TRUE(plan("r1", "run").ok());
  source.revisions["r1"]["conf/db/a.json"] = "{}";
  const Answer staged = strategy->stage("run", RevisionView(source, "r1"));
  EXPECT_EQ(staged.status, STOKER_E_CONFLICT);
  EXPECT_TRUE(live().empty());
}

TEST_F(PatchedFilesTest, AFileThatIsOnlyPatchedMayBeLargerThanATemplate) {
  const std::string large(17u << 20, ' ');
  source.revisions["r1"]["conf/db/a.json"] = "{\"port\":1," + large + "\"host\":2}";
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(read("config/db/a.json"), "{\"port\":5432," + large + "\"host\":\"a.example\"}");
  source.revisions["r2"]["conf/db/a.json"] = std::string(65u << 20, ' ');
  const Answer failed = plan("r2");
  EXPECT_EQ(failed.error.code, "merge.patch-limit");
  EXPECT_EQ(failed.error.message,
            "mapping[0]: conf/db/a.json: a file that is patched has at most 67108864 bytes; "
            "choose the files of the patch more narrowly");
}

}  // namespace
}  // namespace stoker::merge::testing
