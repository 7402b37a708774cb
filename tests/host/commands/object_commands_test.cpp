// get, events, apply, delete, pause, resume, retry against a socket that serves objects in memory: what they print, to
// the byte, and their exit codes.
#include "host/commands/apply.hpp"
#include "host/commands/get.hpp"
#include "host/commands/manifests.hpp"
#include "host/commands/object_text.hpp"
#include "host/commands/pause.hpp"
#include "tests/support/served_objects.hpp"

#include <gtest/gtest.h>

#include <pwd.h>
#include <unistd.h>

namespace stoker::host::testing {
namespace {

std::string me() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry ? entry->pw_name : "uid:" + std::to_string(::getuid());
}

class ObjectCommandsTest : public ::testing::Test {
 protected:
  ObjectCommandsTest() {
    using namespace std::chrono;
    const std::int64_t now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    served.on_loop([&] { served.store.now_ms = now - ago_ms; });
  }
  template <class Options>
  Options with(Options options) {
    options.socket = served.path();
    return options;
  }
  int get_it(std::vector<std::string> what, ObjectOutput output = ObjectOutput::text, std::string labels = {}) {
    GetOptions options = with(GetOptions());
    options.what = std::move(what);
    options.output = output;
    options.labels = std::move(labels);
    return get(options, fresh(), err);
  }
  int apply_it(const std::string& text) {
    ApplyOptions options = with(ApplyOptions());
    options.files = {"-"};
    std::istringstream in(text);
    return apply(options, in, fresh(), err);
  }
  int delete_it(std::vector<std::string> what, bool missing_is_fine = false) {
    DeleteOptions options = with(DeleteOptions());
    options.what = std::move(what);
    options.missing_is_fine = missing_is_fine;
    std::istringstream in;
    return remove(options, in, fresh(), err);
  }
  PauseOptions pausing(const std::string& profile = {}, const std::string& target = {},
                       const std::string& reason = {}) {
    PauseOptions options = with(PauseOptions());
    options.sync = "line-a";
    options.profile = profile;
    options.target = target;
    options.reason = reason;
    return options;
  }
  void fail_with(errc kind) {
    served.on_loop(
        [&] { served.store.fault = [kind](std::string_view, const ObjectKey&) { return Error(kind, "no"); }; });
  }
  std::ostringstream& fresh() {
    out.str("");
    err.str("");
    return out;
  }
  void put_sync() {
    served.put(resource::gateway_syncs, sync_document("line-a", R"(,"labels":{"line":"a"})"));
    served.patch(
        line_a, Part::status,
        R"({"status":{"lastSyncRef":"2.1.0","lastSyncCommit":"4cd1a2b3c4d5e6f7","profileCount":1,"conditions":[)"
        R"({"type":"Ready","status":"False","reason":"Reconciling","message":"Waiting for gateways to sync"},)"
        R"({"type":"AllGatewaysSynced","status":"False","reason":"SyncInProgress","message":"1/2 synced"}]}})");
  }
  void put_target() {
    served.put(resource::sync_targets, target_document("press-1", "line-a", 7));
    served.patch(
        press_1, Part::status,
        R"({"status":{"outcome":"held","stage":"admit","observedToken":7,"hold":{"name":"designer","reason":"x"},)"
        R"("running":{"revision":"1111111111112222","ref":"main"}}})");
  }
  void put_event(const std::string& name, const std::string& at, const std::string& message) {
    served.put(
        resource::events,
        R"({"apiVersion":"v1","kind":"Event","metadata":{"name":")" + name +
            R"(","namespace":"default"},"involvedObject":{"kind":"GatewaySync","name":"line-a"},"type":"Normal",)"
            R"("reason":"RefResolved","message":")" +
            message + R"(","lastTimestamp":")" + at + R"("})");
  }

  static constexpr std::int64_t ago_ms = (3 * 60 + 10) * 60'000 + 30'000;  // 3h10m
  ServedObjects served;
  std::ostringstream out, err;
};

// ---------------------------------------------------------------- get

TEST_F(ObjectCommandsTest, GetShowsSyncs) {
  put_sync();
  EXPECT_EQ(get_it({"gs"}), exit_ok);
  EXPECT_EQ(out.str(),
            "NAME     REF     GATEWAYS     SYNCED   READY   STATUS                         LASTSYNC   AGE\n"
            "line-a   2.1.0   1/2 synced   False    False   Waiting for gateways to sync   -          3h10m\n");
  EXPECT_EQ(get_it({"stokers"}, ObjectOutput::wide), exit_ok);
  EXPECT_EQ(out.str(),
            "NAME     REF     GATEWAYS     SYNCED   READY   STATUS                         LASTSYNC   AGE     COMMIT   "
            " PROFILES   HOLD\n"
            "line-a   2.1.0   1/2 synced   False    False   Waiting for gateways to sync   -          3h10m   4cd1a2b  "
            " 1          -\n");
}

TEST_F(ObjectCommandsTest, GetShowsTargets) {
  put_target();
  EXPECT_EQ(get_it({"st/press-1"}), exit_ok);
  EXPECT_EQ(out.str(),
            "NAME      SYNC     REVISION       OUTCOME   HOLD       STAGE   AGE\n"
            "press-1   line-a   111111111111   held      designer   admit   3h10m\n");
}

TEST_F(ObjectCommandsTest, GetSaysOfATargetThatCannotBeOpenedNothingOfBefore) {
  put_target();
  served.patch(press_1, Part::status,
               R"({"status":{"conditions":[{"type":"AgentReady","status":"False","message":"process 7 has it"}]}})");
  EXPECT_EQ(get_it({"st/press-1"}), exit_ok);
  EXPECT_EQ(out.str(),
            "NAME      SYNC     REVISION       OUTCOME    HOLD   STAGE   AGE\n"
            "press-1   line-a   111111111111   not-open   -      -       3h10m\n");
}

TEST_F(ObjectCommandsTest, GetOfAllNamespacesHasAColumnForThem) {
  put_target();
  GetOptions options = with(GetOptions());
  options.what = {"st"};
  options.all_name_spaces = true;
  EXPECT_EQ(get(options, out, err), exit_ok);
  EXPECT_TRUE(out.str().starts_with("NAMESPACE   NAME ")) << out.str();
  EXPECT_NE(out.str().find("\ndefault     press-1 "), std::string::npos) << out.str();
}

TEST_F(ObjectCommandsTest, ColoursAreForATerminalOnly) {
  put_target();
  GetOptions options = with(GetOptions());
  options.what = {"st"};
  options.colours = true;
  EXPECT_EQ(get(options, out, err), exit_ok);
  EXPECT_NE(out.str().find("\033[33mheld\033[0m"), std::string::npos);
}

TEST_F(ObjectCommandsTest, TextOfAnObjectCannotControlATerminal) {
  put_sync();
  served.patch(line_a, Part::status, R"({"status":{"lastSyncRef":"\u001b[2Jx\u009b31m","conditions":null}})");
  EXPECT_EQ(get_it({"gs"}), exit_ok);
  EXPECT_NE(out.str().find(R"(\u001b[2Jx\u009b31m)"), std::string::npos) << out.str();
  for (const ObjectOutput output : {ObjectOutput::json, ObjectOutput::yaml}) {
    EXPECT_EQ(get_it({"gs"}, output), exit_ok);
    EXPECT_EQ(out.str().find('\033'), std::string::npos);
    EXPECT_EQ(out.str().find("\xC2\x9B"), std::string::npos);
  }
}

TEST_F(ObjectCommandsTest, GetGivesAListOrOneObjectAsJsonAndYaml) {
  put_sync();
  EXPECT_EQ(get_it({"gs"}, ObjectOutput::json), exit_ok);
  const json::value list = json::parse(out.str());
  EXPECT_EQ(list.at_pointer("/kind"), "List");
  EXPECT_EQ(list.at_pointer("/items/0/metadata/name"), "line-a");
  EXPECT_EQ(get_it({"gs", "line-a"}, ObjectOutput::json), exit_ok);
  EXPECT_EQ(json::parse(out.str()), list.at_pointer("/items/0"));
  EXPECT_EQ(get_it({"gs", "line-a"}, ObjectOutput::yaml), exit_ok);
  EXPECT_TRUE(out.str().starts_with("apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\n")) << out.str();
  EXPECT_EQ(get_it({"gs"}, ObjectOutput::name), exit_ok);
  EXPECT_EQ(out.str(), "gatewaysync.stoker.io/line-a\n");
}

TEST_F(ObjectCommandsTest, GetSelectsByLabels) {
  put_sync();
  EXPECT_EQ(get_it({"gs"}, ObjectOutput::name, "line=b"), exit_ok);
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(get_it({"gs"}, ObjectOutput::text, "line=b"), exit_ok);
  EXPECT_EQ(err.str(), "no gatewaysyncs found in namespace default\n");
}

TEST_F(ObjectCommandsTest, WhatIsNotThereIsSaidAndTheRestIsShown) {
  put_sync();
  EXPECT_EQ(get_it({"gs", "line-a", "nope"}, ObjectOutput::name), exit_bad_usage);
  EXPECT_EQ(out.str(), "gatewaysync.stoker.io/line-a\n");
  EXPECT_EQ(err.str(), "stoker: there is no gatewaysync nope in namespace default\n");
  EXPECT_EQ(get_it({"teapots"}), exit_bad_usage);
  EXPECT_EQ(err.str(),
            "stoker: there is no kind teapots; there are gatewaysyncs, synctargets, syncapprovals, events\n");
}

TEST_F(ObjectCommandsTest, EachFailureHasItsExitCode) {
  const std::pair<errc, int> expected[] = {{errc::denied, exit_denied},    {errc::timeout, exit_timeout},
                                           {errc::unreachable, exit_held}, {errc::not_found, exit_bad_usage},
                                           {errc::internal, exit_failed},  {errc::conflict, exit_failed}};
  for (const auto& [kind, code] : expected) {
    fail_with(kind);
    EXPECT_EQ(get_it({"gs"}), code);
    EXPECT_EQ(err.str(), "stoker: no\n");
  }
  served.stop();
  EXPECT_EQ(get_it({"gs"}), exit_held);
  EXPECT_NE(err.str().find("the host does not run"), std::string::npos);
}

TEST_F(ObjectCommandsTest, TheSocketIsThatOfTheConfiguration) {
  put_sync();
  GetOptions options;
  options.what = {"gs"};
  options.output = ObjectOutput::name;
  options.config = served.folder.write("stoker.yaml", "state: " + served.folder.path().string() + "\nfuture: {}\n");
  EXPECT_EQ(get(options, fresh(), err), exit_ok) << err.str();
  options.config = served.folder.path() / "none.yaml";
  EXPECT_EQ(get(options, fresh(), err), exit_bad_usage);
  EXPECT_NE(err.str().find("--socket"), std::string::npos) << err.str();
}

// Ends when nobody reads any more: the stream fails at the third line.
TEST_F(ObjectCommandsTest, GetFollowsChangesWithALineForEach) {
  put_sync();
  struct Lines : std::stringbuf {
    int count = 0;
    std::function<void(int)> at_line;
    int sync() override {
      at_line(++count);
      return count < 3 ? 0 : -1;
    }
  } lines;
  lines.at_line = [&](int count) {
    if (count < 3)
      served.patch(line_a, Part::spec, count == 1 ? R"({"spec":{"paused":true}})" : R"({"spec":{"paused":false}})");
  };
  std::ostream following(&lines);
  GetOptions options = with(GetOptions());
  options.what = {"gs", "line-a"};
  options.watch = true;
  options.output = ObjectOutput::name;
  EXPECT_EQ(get(options, following, err), exit_ok) << err.str();
  EXPECT_EQ(lines.str(), "gatewaysync.stoker.io/line-a\ngatewaysync.stoker.io/line-a\ngatewaysync.stoker.io/line-a\n");
}

TEST_F(ObjectCommandsTest, FollowingMarksWhatIsRemoved) {
  put_sync();
  struct Lines : std::stringbuf {
    int count = 0;
    std::function<void(int)> at_line;
    int sync() override {
      at_line(++count);
      return count < 2 ? 0 : -1;
    }
  } lines;
  lines.at_line = [&](int count) {
    if (count == 1) served.on_loop([&] { return served.store.remove_now(line_a).has_value(); });
  };
  std::ostream following(&lines);
  GetOptions options = with(GetOptions());
  options.what = {"gs", "line-a"};
  options.watch = true;
  options.output = ObjectOutput::json;
  (void)get(options, following, err);
  EXPECT_TRUE(lines.str().starts_with(R"({"type":"ADDED","object":{)")) << lines.str();
  EXPECT_NE(lines.str().find("\n"
                             R"({"type":"DELETED","object":{)"),
            std::string::npos)
      << lines.str();
}

// ---------------------------------------------------------------- events

TEST_F(ObjectCommandsTest, EventsAreSortedByTime) {
  put_event("b", "2025-01-02T03:05:00Z", "second");
  put_event("a", "2025-01-02T03:04:00Z", "first");
  GetOptions options = with(GetOptions());
  EXPECT_EQ(events(options, fresh(), err), exit_ok);
  const std::string table = out.str();
  EXPECT_TRUE(table.starts_with("LAST SEEN   TYPE     REASON        OBJECT               MESSAGE\n")) << table;
  EXPECT_LT(table.find("gatewaysync/line-a   first\n"), table.find("gatewaysync/line-a   second\n")) << table;
  options.what = {"line-a"};
  EXPECT_EQ(events(options, fresh(), err), exit_ok);
  EXPECT_EQ(out.str(), table) << "a name of any kind";
  options.what = {"gs/line-b"};
  EXPECT_EQ(events(options, fresh(), err), exit_ok);
  EXPECT_EQ(err.str(), "no events found\n");
  options.what = {"gs/line-a", "gs/line-b"};
  EXPECT_EQ(events(options, fresh(), err), exit_bad_usage);
}

// ---------------------------------------------------------------- apply

const std::string yaml =
    "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line-a}\nspec:\n"
    "  git: {repo: 'https://git.example.com/a.git', ref: main}\n"
    "  sync: {profiles: {line: {mappings: [{source: projects, destination: projects}]}}}\n";

TEST_F(ObjectCommandsTest, ApplyCreatesConfiguresAndLeavesAlone) {
  EXPECT_EQ(apply_it(yaml), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "gatewaysync/line-a created\n");
  EXPECT_EQ(apply_it(yaml), exit_ok);
  EXPECT_EQ(out.str(), "gatewaysync/line-a unchanged\n");
  served.patch(line_a, Part::spec, R"({"spec":{"git":{"ref":"other"}},"metadata":{"labels":{"of":"others"}}})");
  EXPECT_EQ(apply_it(yaml), exit_ok);
  EXPECT_EQ(out.str(), "gatewaysync/line-a configured\n");
  const json::value stored = served.stored(line_a);
  EXPECT_EQ(stored.at_pointer("/spec/git/ref"), "main");
  EXPECT_EQ(stored.at_pointer("/metadata/labels/of"), "others");
}

TEST_F(ObjectCommandsTest, WhatGetShowsCanBeApplied) {
  ASSERT_EQ(apply_it(yaml), exit_ok);
  for (const ObjectOutput output : {ObjectOutput::yaml, ObjectOutput::json}) {
    ASSERT_EQ(get_it({"gs"}, output), exit_ok);
    const std::string shown = out.str();
    EXPECT_EQ(apply_it(shown), exit_ok) << err.str();
    EXPECT_TRUE(out.str().starts_with("gatewaysync/line-a ")) << out.str();
  }
}

TEST_F(ObjectCommandsTest, AMistakeNamesItsPlaceAndNothingOfItsFileIsApplied) {
  std::string other = yaml;
  other.replace(other.find("line-a"), 6, "line-b");
  EXPECT_EQ(apply_it(yaml + "---\n" + other + "  pausd: true\n"), exit_bad_usage);
  EXPECT_TRUE(err.str().starts_with("standard input:14:")) << err.str();
  EXPECT_NE(err.str().find("/spec/pausd"), std::string::npos) << err.str();
  EXPECT_EQ(out.str(), "");
  EXPECT_TRUE(served.stored(line_a).is_null());
  EXPECT_EQ(apply_it("kind: Teapot\nmetadata: {name: x}\n"), exit_bad_usage);
  EXPECT_TRUE(err.str().starts_with("standard input:1:7: /kind: expected one of GatewaySync")) << err.str();
  EXPECT_EQ(apply_it(""), exit_bad_usage);
}

TEST_F(ObjectCommandsTest, AnObjectStandsInTheFilesOnce) {
  EXPECT_EQ(apply_it(yaml + "---\n" + yaml), exit_bad_usage);
  EXPECT_NE(err.str().find("again, as in standard input:1:1"), std::string::npos) << err.str();
  EXPECT_TRUE(served.stored(line_a).is_null());
}

TEST_F(ObjectCommandsTest, ANamespaceIsAText) {
  EXPECT_EQ(apply_it("apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line-a, namespace: 7}\n"),
            exit_bad_usage);
  EXPECT_TRUE(err.str().starts_with("standard input:3:")) << err.str();
  EXPECT_NE(err.str().find("/metadata/namespace: expected a text"), std::string::npos) << err.str();
}

TEST_F(ObjectCommandsTest, AFolderHasABoundedNumberOfFiles) {
  for (const char* name : {"f/a.yaml", "f/b.yaml", "f/c.yaml"}) served.folder.write(name, yaml);
  ManifestOptions options;
  options.files = {(served.folder.path() / "f").string()};
  options.files_max = 2;
  std::istringstream in;
  const Manifests all = read_manifests(options, in);
  EXPECT_TRUE(all.objects.empty());
  EXPECT_NE(all.errors.text().find("expected at most 2 files"), std::string::npos) << all.errors.text();
}

TEST_F(ObjectCommandsTest, AFileThatNamesNothingDeletesNothing) {
  DeleteOptions options = with(DeleteOptions());
  options.files = {"-"};
  std::istringstream in("");
  EXPECT_EQ(remove(options, in, fresh(), err), exit_bad_usage);
  EXPECT_EQ(err.str(), "stoker: there is no object in these files\n");
}

TEST_F(ObjectCommandsTest, AFileWithAMistakeStopsNoOther) {
  ApplyOptions options = with(ApplyOptions());
  served.folder.write("f/a.yaml", yaml);
  served.folder.write("f/b.yaml", "kind: [");
  options.files = {(served.folder.path() / "f").string()};
  std::istringstream in;
  EXPECT_EQ(apply(options, in, fresh(), err), exit_bad_usage);
  EXPECT_EQ(out.str(), "gatewaysync/line-a created\n");
  EXPECT_NE(err.str().find("b.yaml:1:"), std::string::npos) << err.str();
}

TEST_F(ObjectCommandsTest, WhatTheHostRefusesNamesItsPlace) {
  served.on_loop([&] {
    served.store.check = [](std::string_view, std::string_view, std::string_view) -> Result<std::string> {
      Error why(errc::invalid, "refused", "object.invalid");
      why.detail = R"([{"pointer":"/spec/git/ref","expected":"a tag","got":"\"main\""}])";
      return why;
    };
  });
  EXPECT_EQ(apply_it(yaml), exit_bad_usage);
  EXPECT_EQ(err.str(), "standard input:5:53: /spec/git/ref: expected a tag, got \"main\"\n");
}

// What the patch is made from is another version then.
TEST_F(ObjectCommandsTest, AWriteInBetweenIsAppliedOver) {
  ASSERT_EQ(apply_it(yaml), exit_ok);
  served.on_loop([&] {
    served.store.fault = [this, left = 1](std::string_view verb, const ObjectKey&) mutable -> std::optional<Error> {
      if (verb == "patch" && left-- > 0)
        (void)served.store.patch_now(line_a, Part::spec, R"({"spec":{"git":{"ref":"other"}}})");
      return std::nullopt;
    };
  });
  std::string labelled = yaml;
  labelled.replace(labelled.find("{name: line-a}"), 14, "{name: line-a, labels: {line: a}}");
  EXPECT_EQ(apply_it(labelled), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "gatewaysync/line-a configured\n");
  EXPECT_EQ(served.stored(line_a).at_pointer("/spec/git/ref"), "main");
}

// ---------------------------------------------------------------- delete

TEST_F(ObjectCommandsTest, DeleteSaysWhatIsGone) {
  put_sync();
  EXPECT_EQ(delete_it({"gs", "line-a", "nope"}), exit_bad_usage);
  EXPECT_EQ(out.str(), "gatewaysync \"line-a\" deleted\n");
  EXPECT_EQ(err.str(), "stoker: there is no gatewaysync nope in namespace default\n");
  EXPECT_EQ(delete_it({"gs/line-a"}, true), exit_ok);
  EXPECT_EQ(delete_it({"gs"}), exit_bad_usage);
}

TEST_F(ObjectCommandsTest, DeleteOfWhatAFileNames) {
  put_sync();
  DeleteOptions options = with(DeleteOptions());
  options.files = {"-"};
  std::istringstream in(yaml);
  EXPECT_EQ(remove(options, in, fresh(), err), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "gatewaysync \"line-a\" deleted\n");
}

// ---------------------------------------------------------------- pause, resume, retry

TEST_F(ObjectCommandsTest, ASyncIsPausedWithWhoAndWhy) {
  put_sync();
  EXPECT_EQ(pause(pausing("", "", "audit"), fresh(), err), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "gatewaysync/line-a paused by " + me() + ": audit\n");
  EXPECT_EQ(served.stored(line_a).at_pointer("/spec/paused"), true);
  EXPECT_EQ(pause(pausing(), fresh(), err), exit_ok);
  EXPECT_EQ(out.str(), "gatewaysync/line-a is paused already by " + me() + ": audit\n");
  EXPECT_EQ(resume(pausing(), fresh(), err), exit_ok);
  EXPECT_EQ(out.str(), "gatewaysync/line-a resumed\n");
  EXPECT_EQ(resume(pausing(), fresh(), err), exit_ok);
  EXPECT_EQ(out.str(), "gatewaysync/line-a is not paused\n");
  EXPECT_EQ(json::serialize(served.stored(line_a)).find("paused-b"), std::string::npos);
}

TEST_F(ObjectCommandsTest, AProfileOrATargetIsPausedAlone) {
  put_sync();
  put_target();
  EXPECT_EQ(pause(pausing("line"), fresh(), err), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "gatewaysync/line-a profile line paused\n");
  EXPECT_EQ(pause(pausing("nope"), fresh(), err), exit_bad_usage);
  EXPECT_EQ(err.str(), "stoker: gatewaysync/line-a has no profile nope; there are line\n");
  EXPECT_EQ(pause(pausing("line", "", "why"), fresh(), err), exit_bad_usage);
  EXPECT_EQ(pause(pausing("", "press-1"), fresh(), err), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "synctarget/press-1 paused by " + me() + "\n");
  EXPECT_EQ(served.stored(press_1).at_pointer("/metadata/annotations/stoker.io~1paused"), "true");
  EXPECT_EQ(resume(pausing("", "press-1"), fresh(), err), exit_ok);
  EXPECT_EQ(json::serialize(served.stored(press_1)).find("paused"), std::string::npos);
}

TEST_F(ObjectCommandsTest, ATargetOfAnotherSyncIsNotPaused) {
  put_sync();
  served.put(resource::sync_targets, target_document("press-2", "line-b", 1));
  EXPECT_EQ(pause(pausing("", "press-2"), fresh(), err), exit_bad_usage);
  EXPECT_EQ(err.str(), "stoker: target press-2 is of gatewaysync line-b, not of line-a\n");
}

TEST_F(ObjectCommandsTest, RetryWritesAnotherTextEachTime) {
  put_sync();
  put_target();
  WishOptions options = with(WishOptions());
  options.sync = "line-a";
  EXPECT_EQ(retry(options, fresh(), err), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "gatewaysync/line-a is tried again\n");
  const std::string at(served.stored(line_a).at_pointer("/metadata/annotations/stoker.io~1retry").as_string());
  EXPECT_EQ(at.size(), std::string_view("2025-01-02T03:04:05.678Z").size()) << at;
  options.target = "press-1";
  EXPECT_EQ(retry(options, fresh(), err), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "synctarget/press-1 is tried again\n");
}

}  // namespace
}  // namespace stoker::host::testing
