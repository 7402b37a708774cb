// What a plan says: adoption, ownership, limits, mappings, drift. Through the built plugin.
#include "merge_fixture.hpp"

namespace stoker::merge::testing {
namespace {

class PlanTest : public MergeTest {
 protected:
  PlanTest() { map("projects", "projects"); }
};

TEST_F(PlanTest, ListsChangesInTheOrderInWhichTheyAreDone) {
  source.revisions["r1"] = {{"projects/b", "1"}, {"projects/a", "1"}, {"projects/c", "1"}};
  source.revisions["r2"] = {{"projects/b", "2"}, {"projects/c", SourceFile("1", 0755)}, {"projects/0", "n"}};
  EXPECT_EQ(sync("r1").ops(), (Ops{"+projects/a", "+projects/b", "+projects/c"}));
  EXPECT_EQ(plan("r2").ops(), (Ops{"-projects/a", "+projects/0", "~projects/b", "xprojects/c"}));
}

// pitfalls P03, in every spelling of the destination
class AdoptionTest : public MergeTest, public ::testing::WithParamInterface<const char*> {};
TEST_P(AdoptionTest, AdoptionDeletesNothing) {
  map("projects", GetParam());
  source.revisions["r1"] = {{"projects/a", "a"}, {"projects/b", "b"}};
  write("projects/a", "a");
  write("projects/old", "old");
  const Answer answer = sync("r1");
  EXPECT_EQ(answer.ops(), (Ops{"+projects/b"}));
  EXPECT_EQ(answer.noted("unowned"), (Paths{"projects/old"}));
  EXPECT_EQ(read("projects/old"), "old");
}
INSTANTIATE_TEST_SUITE_P(Spellings, AdoptionTest,
                         ::testing::Values("projects", "projects/", "./projects", "./projects/", "projects//",
                                           "projects/."));

// pitfalls P03, P42: a tree that the reference synced at the same revision
TEST_F(PlanTest, OfATreeThatIsAsWantedIsEmptyAndTakesItOver) {
  source.revisions["r1"] = {{"projects/a", "a"}, {"projects/b", "b"}};
  source.revisions["r2"] = {{"projects/a", "a"}};
  write("projects/a", "a");
  write("projects/b", "b");
  EXPECT_EQ(sync("r1").ops(), Ops{});
  EXPECT_EQ(sync("r2").ops(), (Ops{"-projects/b"}));
}

// Another Sync claims the target.
TEST_F(PlanTest, OfAnotherSyncTakesOverWhatItWantsAndLetsGoOfTheRest) {
  source.revisions["r1"] = {{"projects/both", "1"}, {"projects/theirs", "1"}};
  source.revisions["r2"] = {{"projects/both", "2"}, {"projects/new", "2"}};
  source.revisions["r3"] = {{"projects/new", "2"}};
  ASSERT_TRUE(sync("r1").ok());
  claimed_by = "line-b";
  const Answer claimed = sync("r2");
  EXPECT_EQ(claimed.ops(), (Ops{"~projects/both", "+projects/new"}));
  EXPECT_EQ(claimed.noted("unowned"), (Paths{"projects/theirs"}));
  EXPECT_EQ(claimed.noted("overwritten"), Paths{});
  EXPECT_EQ(sync("r3").ops(), (Ops{"-projects/both"}));
  EXPECT_EQ(read("projects/theirs"), "1");
}

TEST_F(PlanTest, OfAnotherSyncWithNothingToChangeStillLetsGo) {
  source.revisions["r1"] = {{"projects/both", "1"}, {"projects/theirs", "1"}};
  source.revisions["r2"] = {{"projects/both", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  claimed_by = "line-b";
  EXPECT_EQ(sync("r2").ops(), Ops{});
  start();
  EXPECT_EQ(sync("r2").ops(), Ops{});
  EXPECT_EQ(read("projects/theirs"), "1");
}

// A bad first revision of the new Sync: what comes back is the old one's, with all that it owned.
TEST_F(PlanTest, RevertingTheFirstRunOfAnotherSyncGivesTheInventoryBack) {
  source.revisions["r1"] = {{"projects/both", "1"}, {"projects/theirs", "1"}};
  source.revisions["r2"] = {{"projects/both", "2"}};
  source.revisions["r3"] = {{"projects/both", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  claimed_by = "line-b";
  ASSERT_TRUE(sync("r2").ok());
  ASSERT_TRUE(strategy->revert(run).ok());
  claimed_by = "line-a";
  EXPECT_EQ(sync("r3").ops(), (Ops{"-projects/theirs"}));
}

TEST_F(PlanTest, RemovesTheStagingFolderThatTheReferenceLeft) {
  source.revisions["r1"] = {{"projects/a", "a"}};
  write(".sync-staging/projects/a", "half");
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(live(), (std::map<std::string, std::string>{{"projects/a", "a"}}));
}

// pitfalls P02
TEST_F(PlanTest, DeletesOnlyWhatStokerWrote) {
  source.revisions["r1"] = {{"projects/a", "a"}, {"projects/mine", "m"}, {"projects/touched", "t"}};
  source.revisions["r2"] = {{"projects/a", "a"}};
  ASSERT_TRUE(sync("r1").ok());
  write("projects/gateway-made", "g");
  write("projects/touched", "by a person");
  const Answer answer = sync("r2");
  EXPECT_EQ(answer.ops(), (Ops{"-projects/mine"}));
  EXPECT_EQ(answer.noted("unowned"), (Paths{"projects/touched"}));
  EXPECT_EQ(read("projects/touched"), "by a person");
  EXPECT_EQ(read("projects/gateway-made"), "g");
}

// pitfalls P02, P40
TEST_F(PlanTest, HoldsAMassDeletion) {
  source.revisions["r1"]["projects/.gitkeep"] = "";
  for (int i = 0; i < 50; ++i) source.revisions["r1"]["projects/f" + std::to_string(i)] = "x";
  source.revisions["r2"] = {{"projects/.gitkeep", ""}};
  ASSERT_TRUE(sync("r1").ok());
  const Answer held = plan("r2");
  ASSERT_EQ(held.decisions.size(), 1u);
  EXPECT_EQ(held.decisions[0].verdict, Decision::Verdict::hold);
  EXPECT_EQ(held.decisions[0].name, "mass-delete");
  EXPECT_NE(held.decisions[0].reason.find("50 of 50 files"), std::string::npos) << held.decisions[0].reason;
  prune = {{"maxFiles", 50}, {"maxPercent", 100}};
  EXPECT_EQ(plan("r2").decisions[0].verdict, Decision::Verdict::allow);
}

// The host takes a reason of 8 KiB.
TEST_F(PlanTest, CutsLongPathsInTheReasonOfAHold) {
  std::string deep = "projects";
  while (deep.size() < 4000) deep += "/folder";
  source.revisions["r1"] = {{deep + "/a", "1"}, {deep + "/b", "1"}, {deep + "/c", "1"}};
  source.revisions["r2"] = {};
  prune = {{"maxFiles", 0}, {"maxPercent", 0}};
  ASSERT_TRUE(sync("r1").ok());
  const Answer held = plan("r2");
  ASSERT_EQ(held.decisions.size(), 1u);
  EXPECT_LT(held.decisions[0].reason.size(), 2000u);
}

TEST_F(PlanTest, AllowsAFewRemovalsWhateverTheirShare) {
  source.revisions["r1"] = {{"projects/a", "a"}, {"projects/b", "b"}, {"projects/c", "c"}};
  source.revisions["r2"] = {{"projects/a", "a"}};
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(plan("r2").decisions[0].verdict, Decision::Verdict::allow);
}

// pitfalls P10
TEST_F(PlanTest, SkipsAnAbsentOptionalSource) {
  map("extras", "extras");
  source.revisions["r1"] = {{"projects/a", "a"}};
  const Answer answer = sync("r1");
  EXPECT_EQ(answer.noted("source-missing"), (Paths{"extras"}));
  EXPECT_EQ(read("projects/a"), "a");
}

// cases T37
TEST_F(PlanTest, SaysAMissingSourceAtEachLookAndNotOnlyAtTheFirst) {
  map("Extras", "extras");
  source.revisions["r1"] = {{"projects/a", "a"}, {"extras/b", "b"}};
  source.revisions["r2"] = {{"projects/a", "2"}, {"extras/b", "b"}};
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(sync("r2").noted("source-missing"), (Paths{"Extras"}));
  EXPECT_EQ(plan("r2").noted("source-missing"), (Paths{"Extras"}));
}

// cases T37
TEST_F(PlanTest, ASourceThatIsMisspeltLaterRemovesNothingWithoutAPersonsWord) {
  source.revisions["r1"] = {{"projects/a", "a"}, {"projects/b", "b"}};
  ASSERT_TRUE(sync("r1").ok());
  mappings.clear();
  map("Projects", "projects");
  const Answer held = plan("r1");
  ASSERT_EQ(held.decisions.size(), 1u);
  EXPECT_EQ(held.decisions[0].verdict, Decision::Verdict::hold);
  EXPECT_EQ(held.decisions[0].name, "source-missing");
  EXPECT_EQ(
      held.decisions[0].reason,
      "mapping[0]: there is nothing at source 'Projects' in this revision, and 2 files that were delivered would be "
      "removed (projects/a, projects/b); correct the source, or remove the mapping when its files are to go");
}

// cases T37
TEST_F(PlanTest, AFolderThatGitDoesNotHaveAnyMoreGoesWhenItsMappingIsRemoved) {
  map("extras", "extras");
  source.revisions["r1"] = {{"projects/a", "a"}, {"extras/b", "b"}};
  source.revisions["r2"] = {{"projects/a", "a"}};
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(plan("r2").decisions[0].name, "source-missing");
  mappings.clear();
  map("projects", "projects");
  EXPECT_EQ(sync("r2").ops(), (Ops{"-extras/b"}));
}

// cases T37
TEST_F(PlanTest, AMissingSourceHoldsNoRemovalOfAnotherMapping) {
  map("overlay", "projects");
  source.revisions["r1"] = {{"projects/a", "a"}, {"projects/b", "b"}};
  source.revisions["r2"] = {{"projects/a", "a"}};
  ASSERT_TRUE(sync("r1").ok());
  const Answer answer = sync("r2");
  EXPECT_EQ(answer.ops(), (Ops{"-projects/b"}));
  EXPECT_EQ(answer.decisions[0].verdict, Decision::Verdict::allow);
}

TEST_F(PlanTest, RefusesAnAbsentRequiredSource) {
  map("extras", "extras", {{"required", true}});
  source.revisions["r1"] = {{"projects/a", "a"}};
  const Answer answer = plan("r1");
  EXPECT_EQ(answer.status, STOKER_E_INVALID);
  EXPECT_EQ(answer.error.message, "mapping[1]: required source does not exist: extras");
}

TEST_F(PlanTest, FindsThatARequiredSourceWentAwayLater) {
  mappings.clear();
  map("projects", "projects", {{"required", true}});
  source.revisions["r1"] = {{"projects/a", "a"}, {"x", "x"}};
  source.revisions["r2"] = {{"x", "x"}};
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(plan("r2").error.message, "mapping[0]: required source does not exist: projects");
}

// pitfalls P10
TEST_F(PlanTest, ReportsShadowedFiles) {
  map("overlay", "projects");
  source.revisions["r1"] = {{"projects/a", "below"}, {"projects/b", "b"}, {"overlay/a", "above"}};
  source.revisions["r2"] = {{"projects/a", "below"}, {"projects/b", "b"}};
  EXPECT_EQ(sync("r1").noted("shadowed"), (Paths{"projects/a"}));
  EXPECT_EQ(read("projects/a"), "above");
  ASSERT_TRUE(sync("r2").ok());
  EXPECT_EQ(read("projects/a"), "below");
}

TEST_F(PlanTest, RefusesAWrongType) {
  mappings.clear();
  map("projects", "projects", {{"type", "file"}});
  source.revisions["r1"] = {{"projects/a", "a"}};
  EXPECT_EQ(plan("r1").error.message, "mapping[0]: type mismatch: spec says \"file\" but projects is a directory");
}

TEST_F(PlanTest, RefusesAWrongTypeThatComesWithALaterRevision) {
  mappings.clear();
  map("projects", "projects", {{"type", "file"}});
  source.revisions["r1"] = {{"x", "x"}};
  source.revisions["r2"] = {{"x", "x"}, {"projects/a", "a"}};
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(plan("r2").error.code, "merge.type-mismatch");
}

TEST_F(PlanTest, MapsOneFileToExactlyItsDestination) {
  mappings.clear();
  map("site/ignition.conf", "conf/{{ .Vars.line }}-{{.GatewayName}}.conf");
  source.revisions["r1"] = {{"site/ignition.conf", "c"}, {"site/other", "o"}};
  EXPECT_EQ(sync("r1").ops(), (Ops{"+conf/a-press-1.conf"}));
}

// pitfalls P30
TEST_F(PlanTest, RefusesALinkAsSource) {
  mappings.clear();
  map("secret", "projects/secret");
  source.revisions["r1"] = {{"secret", SourceFile("/etc/shadow", 0777, File::Type::link)}};
  const Answer answer = plan("r1");
  EXPECT_EQ(answer.status, STOKER_E_INVALID);
  EXPECT_EQ(answer.error.code, "merge.link");
}

// pitfalls P07
TEST_F(PlanTest, ReportsLinksInTheSourceAndCopiesNone) {
  source.revisions["r1"] = {{"projects/a", "a"}, {"projects/l", SourceFile("../../etc", 0777, File::Type::link)}};
  const Answer answer = sync("r1");
  EXPECT_EQ(answer.noted("link"), (Paths{"projects/l"}));
  EXPECT_EQ(live(), (std::map<std::string, std::string>{{"projects/a", "a"}}));
}

TEST_F(PlanTest, KeepsOutOfProtectedPathsUnlessAMappingNamesThem) {
  mappings.clear();
  map("config", "config");
  source.revisions["r1"] = {{"config/resources/core/x", "1"}, {"config/resources/local/y", "1"}, {"config/.uuid", "u"}};
  EXPECT_EQ(plan("r1").ops(), (Ops{"+config/resources/core/x"}));
  map("config/resources/local", "config/resources/local");
  ASSERT_EQ(sync("r1").ops(), (Ops{"+config/resources/core/x", "+config/resources/local/y"}));
  source.revisions["r2"] = {{"config/resources/core/x", "1"}};
  const Answer pruned = sync("r2");
  EXPECT_EQ(pruned.ops(), Ops{});
  EXPECT_EQ(read("config/resources/local/y"), "1");
}

TEST_F(PlanTest, NeitherWritesNorPrunesWhatIsExcluded) {
  source.revisions["r1"] = {{"projects/a/x", "1"}, {"projects/b", "1"}};
  source.revisions["r2"] = {{"projects/b", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  excludes = {" **/a/ "};
  inputs = "i2";
  EXPECT_EQ(sync("r2").noted("unowned"), (Paths{"projects/a/x"}));
  EXPECT_EQ(read("projects/a/x"), "1");
}

TEST_F(PlanTest, RemovesTheOwnedFilesOfAMappingThatIsGone) {
  map("more", "more");
  source.revisions["r1"] = {{"projects/a", "1"}, {"more/x", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  mappings.erase(mappings.begin() + 1);
  inputs = "i2";
  EXPECT_EQ(sync("r1").ops(), (Ops{"-more/x"}));
}

TEST_F(PlanTest, LooksAtDeltasOnlyWhileNothingElseChanged) {
  source.revisions["r1"] = {{"projects/a", "1"}, {"projects/b", "1"}};
  source.revisions["r2"] = {{"projects/a", "2"}, {"projects/b", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  source.lists = 0;
  EXPECT_EQ(plan("r2").ops(), (Ops{"~projects/a"}));
  EXPECT_EQ(source.lists, 0);
  source.forgotten = {"r1"};
  EXPECT_EQ(plan("r2").ops(), (Ops{"~projects/a"}));
  EXPECT_EQ(source.lists, 1);
}

TEST_F(PlanTest, SaysDriftAndMendsItOnlyWhenAsked) {
  source.revisions["r1"] = {{"projects/a", "1"}, {"projects/b", "1"}, {"projects/c", SourceFile("1", 0755)}};
  ASSERT_TRUE(sync("r1").ok());
  write("projects/a", "edited");
  fs::remove(data / "projects/b");
  fs::permissions(data / "projects/c", fs::perms(0644));
  EXPECT_EQ(plan("r1").noted("drift"), Paths{});
  look = "all";
  const Answer said = plan("r1");
  EXPECT_EQ(said.noted("drift"), (Paths{"projects/a", "projects/b", "projects/c"}));
  EXPECT_EQ(said.ops(), Ops{});
  repair = true;
  EXPECT_EQ(sync("r1").ops(), (Ops{"~projects/a", "+projects/b", "xprojects/c"}));
  EXPECT_EQ(read("projects/a"), "1");
  EXPECT_EQ(read("projects/b"), "1");
  EXPECT_EQ(fs::status(data / "projects/c").permissions() & fs::perms::owner_exec, fs::perms::owner_exec);
}

// cases T32
TEST_F(PlanTest, EachLookAtEverythingSaysWhatIsNotOurs) {
  source.revisions["r1"] = {{"projects/a", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  write("projects/mine", "m");
  EXPECT_EQ(plan("r1").noted("unowned"), Paths{});
  look = "all";
  EXPECT_EQ(plan("r1").noted("unowned"), (Paths{"projects/mine"}));
  write("projects/more", "m");
  EXPECT_EQ(plan("r1").noted("unowned"), (Paths{"projects/mine", "projects/more"}));
}

TEST_F(PlanTest, GitWinsOverAChangeOnBothSidesAndNamesTheActor) {
  source.revisions["r1"] = {{"projects/v/view.json", "1"},
                            {"projects/v/resource.json", SourceFile(resource("m", "git"))}};
  source.revisions["r2"] = source.revisions["r1"];
  source.revisions["r2"].at("projects/v/view.json") = "2";
  ASSERT_TRUE(sync("r1").ok());
  write("projects/v/view.json", "designer's");
  write("projects/v/resource.json", resource("other", "maria"));
  const Answer answer = plan("r2");
  ASSERT_EQ(answer.noted("overwritten"), (Paths{"projects/v/view.json"}));
  EXPECT_NE(answer.notes[0].text.find("maria"), std::string::npos);
}

// pitfalls P42
TEST_F(PlanTest, AStampedResourceIsNoChangeNoDriftAndPrunable) {
  source.revisions["r1"] = {{"projects/v/view.json", "1"},
                            {"projects/v/resource.json", SourceFile(resource("m", "git"))}};
  source.revisions["r2"] = {{"projects/other", "1"}};
  ASSERT_TRUE(sync("r1").ok());
  write("projects/v/resource.json", resource("m", "external"));
  look = "all";
  const std::string before = everything();
  for (int i = 0; i < 100; ++i) {
    const Answer again = sync("r1");
    ASSERT_EQ(again.ops(), Ops{});
    ASSERT_EQ(again.noted("drift"), Paths{});
  }
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(sync("r2").ops(), (Ops{"-projects/v/resource.json", "-projects/v/view.json", "+projects/other"}));
  EXPECT_FALSE(fs::exists(data / "projects/v"));
}

TEST_F(PlanTest, WritesAResourceTogetherWithItsContent) {
  source.revisions["r1"] = {{"projects/v/view.json", "1"},
                            {"projects/v/resource.json", SourceFile(resource("m", "git"))}};
  source.revisions["r2"] = {{"projects/v/view.json", "2"},
                            {"projects/v/resource.json", SourceFile(resource("m", "later"))}};
  ASSERT_TRUE(sync("r1").ok());
  write("projects/v/resource.json", resource("m", "external"));
  EXPECT_EQ(sync("r2").ops(), (Ops{"~projects/v/resource.json", "~projects/v/view.json"}));
  EXPECT_EQ(read("projects/v/resource.json"), resource("m", "later"));
}

TEST_F(PlanTest, ABackupKeepsWhatItsMasterReplicates) {
  mappings.clear();
  map("all", ".");
  source.revisions["r1"] = {{"all/projects/a", "1"}, {"all/config/resources/external/x", "1"}};
  source.revisions["r2"] = {{"all/projects/b", "1"}, {"all/config/resources/external/x", "2"}};
  ASSERT_TRUE(sync("r1").ok());
  role = "backup";
  inputs = "i2";
  const Answer backup = sync("r2");
  EXPECT_EQ(backup.ops(), (Ops{"~config/resources/external/x"}));
  EXPECT_EQ(backup.noted("replicated"), (Paths{"projects/b", "projects/a"}));
  role = "master";
  inputs = "i1";
  EXPECT_EQ(sync("r2").ops(), (Ops{"-projects/a", "+projects/b"}));
}

TEST_F(PlanTest, ComparesBytesWhereTheSourceHasNoGitIds) {
  source.blob = stoker::testing::other_blob;
  source.revisions["r1"] = {{"projects/a", "a"}, {"projects/b", "b"}};
  write("projects/a", "a");
  write("projects/b", "x");
  EXPECT_EQ(sync("r1").ops(), (Ops{"~projects/b"}));
}

TEST_F(PlanTest, ReadsNothingToCompareWhatTheSourceNamesByItsSha256) {
  source.blob = stoker::testing::sha256_blob;
  source.revisions["r1"] = {{"projects/a", "a"}, {"projects/b", "b"}};
  write("projects/a", "a");
  write("projects/b", "x");
  EXPECT_EQ(plan("r1").ops(), (Ops{"~projects/b"}));
  EXPECT_EQ(source.reads, 0);
}

TEST_F(PlanTest, WritesNothing) {
  source.revisions["r1"] = {{"projects/a", "a"}};
  write("projects/b", "b");
  const std::string before = everything();
  ASSERT_TRUE(plan("r1").ok());
  EXPECT_EQ(everything(), before);
}

TEST_F(PlanTest, SaysTheContentOfWhatItWouldWrite) {
  source.revisions["r1"] = {{"projects/a", "a"}};
  ASSERT_TRUE(plan("r1", "run").ok());
  const RevisionView view(source, "r1");
  EXPECT_EQ(strategy->content("run", view, "projects/a"), "a");
  EXPECT_EQ(strategy->content("run", view, "projects/b"), std::nullopt);
}

TEST_F(PlanTest, KeepsNamesThatDifferOnlyInCaseOrNormalForm) {
  source.revisions["r1"] = {
      {"projects/A", "1"}, {"projects/a", "2"}, {"projects/\xc3\xa9", "3"}, {"projects/e\xcc\x81", "4"}};
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(live().size(), 4u);
}

// A later mapping overlays the files of an earlier one, but no file can lie where another mapping needs a folder.
TEST_F(PlanTest, RefusesAFileWhereAnotherMappingNeedsAFolder) {
  map("one", "projects/a");
  source.revisions["r1"] = {{"projects/a/b", "1"}, {"projects/c", "1"}, {"one", "1"}};
  const Answer answer = sync("r1");
  EXPECT_EQ(answer.error.code, "merge.type-mismatch");
  EXPECT_NE(answer.error.message.find("mapping[1]"), std::string::npos) << answer.error.message;
  EXPECT_NE(answer.error.message.find("projects/a"), std::string::npos) << answer.error.message;
  EXPECT_FALSE(fs::exists(data / ".stoker"));
}

// A name of 255 bytes and a path of 4095 are the most that the kernel takes.
TEST_F(PlanTest, RefusesPathsThatNoFileSystemTakes) {
  const std::string name(255, 'n');
  std::string deep = "projects";
  while (deep.size() < 3800) deep += "/" + name;
  deep += "/" + std::string(4095 - deep.size() - 1, 'm');
  source.revisions["fits"] = {{"projects/" + std::string(255, 'o'), "1"}, {deep, "1"}};
  source.revisions["name"] = {{"projects/a", "1"}, {"projects/new/" + name + "n/f", "1"}};
  source.revisions["last"] = {{"projects/a", "1"}, {"projects/new/" + name + "n", "1"}};
  source.revisions["path"] = {{"projects/a", "1"}, {deep + "m", "1"}};
  const Answer fits = sync("fits");
  EXPECT_TRUE(fits.ok()) << fits.error.message;
  for (const char* revision : {"name", "last", "path"}) {
    const Answer answer = plan(revision);
    EXPECT_EQ(answer.status, STOKER_E_INVALID) << revision;
    EXPECT_EQ(answer.error.code, "merge.bad-path") << revision;
  }
}

// The ABI's text is UTF-8; names that others gave to files need not be.
TEST_F(PlanTest, SaysNamesThatAreNoUtf8Escaped) {
  source.revisions["r1"] = {{"projects/a", "1"}};
  source.revisions["r2"] = {{"projects", "file"}};
  write("projects/\xff\xc3\xa4", "theirs");
  EXPECT_EQ(sync("r1").noted("unowned"), (Paths{"projects/\\xff\xc3\xa4"}));
  const Answer refused = plan("r2");
  EXPECT_EQ(refused.error.code, "merge.folder-in-the-way");
  EXPECT_NE(refused.error.message.find("'projects/\\xff\xc3\xa4'"), std::string::npos) << refused.error.message;
}

}  // namespace
}  // namespace stoker::merge::testing
