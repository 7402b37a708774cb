// The document that a plugin gets with its calls (docs/documents.md), to the byte: plugins that were built elsewhere
// read it, so a refactoring must not change it.
#include "host/values/briefing.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

Briefing told() {
  Assignment a;
  a.sync = "line-a";
  a.name_space = "plant";
  a.target = "press-1";
  a.pod = "press-1-0";
  a.labels = {{"line", "a"}, {"area", "north"}};
  a.ordinal = 3;
  a.ref = "refs/heads/main";
  a.revision = "0123456789012345678901234567890123456789";
  a.source.repo = "https://git.example.com/config.git";
  a.source.auth.token = SecretRef{"git", "token"};
  a.source.lfs = a.source.submodules = true;
  a.token = 7;
  a.dry_run = true;
  a.retry = "by anna";
  a.hold = Hold{"paused", "Sync line-a is paused", "spec.paused: false", 5, 6};
  a.profile.name = "line";
  a.profile.mappings = {{"projects", "projects", MappingType::dir, true},
                        {"a/x.json", "x.json", MappingType::file, false},
                        {"c", "d", MappingType::inferred, false}};
  a.profile.excludes = {"**/.uuid", "tmp/"};
  a.profile.vars = {{"line", "a"}, {"rate", "5"}};
  a.profile.designer = DesignerPolicy::wait;
  a.profile.sync_period = std::chrono::seconds(45);
  a.profile.prune = {30, 15};
  a.auto_rollback = false;
  a.verify_deadline = std::chrono::milliseconds(1500);
  Briefing briefing(a);
  briefing.facts = {
      GatewayState::running, Role::backup, "8.3.1", "then", Hold{"redundancy", "a sync is pending", "it ends", 7, 8},
      std::nullopt,          std::nullopt};
  briefing.scan_all = briefing.repair = briefing.lock_only = true;
  briefing.baseline = R"({"projects":["x"]})";
  return briefing;
}

TEST(BriefingTest, TheDocumentIsTheSameToTheByte) {
  EXPECT_EQ(
      document_of(told()),
      R"({"format":1,"sync":"line-a","namespace":"plant","target":{"name":"press-1","pod":"press-1-0",)"
      R"("labels":{"area":"north","line":"a"},"ordinal":3},"ref":"refs/heads/main","revision":"0123456789012345678901234567890123456789",)"
      R"("contents":"lfs submodules","token":7,"dryRun":true,"retry":"by anna","hold":{"name":"paused",)"
      R"("reason":"Sync line-a is paused","againAt":5,"until":6,"endedBy":"spec.paused: false"},)"
      R"("look":"all","repair":true,"inputs":"b94513e35bbd1d31407d207da8065f2a5e469911492f17379adb55ebbc56ca85",)"
      R"("vars":"93cad018d387480e12e2bbb5e08e1a3ef646ed9f4ad454791741726b428da883","profile":{"name":"line",)"
      R"("mappings":[{"source":"projects","destination":"projects","type":"dir","required":true},{"source":"a/x.json",)"
      R"("destination":"x.json","type":"file","required":false},{"source":"c","destination":"d",)"
      R"("required":false}],"excludes":["**/.uuid","tmp/"],"vars":{"line":"a","rate":"5"},)"
      R"("designer":"wait","syncPeriod":"45s","prune":{"maxFiles":30,"maxPercent":15}},)"
      R"("autoRollback":{"enabled":false},"deadlines":{"verify":"1500ms"},"facts":{"state":"running",)"
      R"("role":"backup","version":"8.3.1","started":"then","hold":{"name":"redundancy",)"
      R"("reason":"a sync is pending","againAt":7,"until":8,"endedBy":"it ends"}},"looks":false,)"
      R"("baseline":{"projects":["x"]}})");
}

TEST(BriefingTest, TheDocumentOfTheLeastIsTheSameToTheByte) {
  EXPECT_EQ(
      document_of(Briefing()),
      R"({"format":1,"sync":"","namespace":"default","target":{"name":"","pod":"","labels":{},)"
      R"("ordinal":0},"ref":"","revision":"","contents":"","token":0,"dryRun":false,"retry":"",)"
      R"("look":"changes","repair":false,"inputs":"85a011ba840e914fd1b5595351288ad7e4d9a90f2cca94a59c9cdaf930070acb",)"
      R"("vars":"a6685f3b62d57bfc4935263140bae87fcd48088975c238c1c8455fa2c716659d","profile":{"name":"",)"
      R"("mappings":[],"excludes":[],"vars":{},"designer":"proceed","syncPeriod":"30s",)"
      R"("prune":{"maxFiles":20,"maxPercent":10}},"autoRollback":{"enabled":true},"deadlines":{"verify":"120s"},)"
      R"("facts":{"state":"","role":"independent","version":"","started":""},"looks":true})");
}

}  // namespace
}  // namespace stoker::host
