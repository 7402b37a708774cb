// What commands print for programs: `-o json`, `yaml` and `name` of describe, pause, resume, retry, apply and delete,
// to the byte, against a socket that serves objects in memory.
#include "host/commands/apply.hpp"
#include "host/commands/describe.hpp"
#include "host/commands/pause.hpp"
#include "tests/support/served_objects.hpp"

#include <gtest/gtest.h>

#include <pwd.h>
#include <unistd.h>

#include <sstream>

namespace stoker::host::testing {
namespace {

std::string me() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry ? entry->pw_name : "uid:" + std::to_string(::getuid());
}

class ObjectOutputTest : public ::testing::Test {
 protected:
  ObjectOutputTest() {
    served.put(resource::gateway_syncs, sync_document("line-a"));
    served.put(resource::sync_targets, target_document("press-1", "line-a", 7));
  }
  template <class Options>
  Options with(ObjectOutput output) {
    Options options;
    options.socket = served.path();
    options.output = output;
    out.str("");
    err.str("");
    return options;
  }
  PauseOptions of_sync(ObjectOutput output) {
    PauseOptions options = with<PauseOptions>(output);
    options.sync = "gs/line-a";
    return options;
  }
  WishOptions of_target(ObjectOutput output) {
    WishOptions options = with<WishOptions>(output);
    options.sync = "st/press-1";
    return options;
  }
  int delete_it(std::vector<std::string> what, ObjectOutput output) {
    DeleteOptions options = with<DeleteOptions>(output);
    options.what = std::move(what);
    std::istringstream in;
    return remove(options, in, out, err);
  }
  int describe_it(std::vector<std::string> what, ObjectOutput output) {
    DescribeOptions options = with<DescribeOptions>(output);
    options.what = std::move(what);
    return describe(options, out, err);
  }
  void put_event(const std::string& name, const std::string& uid) {
    served.put(
        resource::events,
        R"({"apiVersion":"v1","kind":"Event","metadata":{"name":")" + name +
            R"(","namespace":"default"},"involvedObject":{"kind":"GatewaySync","name":"line-a","uid":")" + uid +
            R"("},"type":"Normal","reason":"RefResolved","message":"m","lastTimestamp":"2025-01-02T03:04:05Z"})");
  }

  ServedObjects served;
  std::ostringstream out, err;
};

TEST_F(ObjectOutputTest, PauseGivesTheSyncAsItIsStored) {
  EXPECT_EQ(pause(of_sync(ObjectOutput::json), out, err), exit_ok) << err.str();
  EXPECT_EQ(out.str(), json_lines(served.stored(line_a)));
  EXPECT_EQ(json::parse(out.str()).at_pointer("/spec/paused"), true);
  EXPECT_EQ(json::parse(out.str()).at_pointer("/metadata/annotations/stoker.io~1paused-by"), json::value(me()));
  EXPECT_EQ(pause(of_sync(ObjectOutput::yaml), out, err), exit_ok) << "of what is paused already";
  EXPECT_EQ(out.str(), yaml_lines(served.stored(line_a)));
  EXPECT_EQ(pause(of_sync(ObjectOutput::name), out, err), exit_ok);
  EXPECT_EQ(out.str(), "gatewaysync.stoker.io/line-a\n");
  EXPECT_EQ(err.str(), "");
}

TEST_F(ObjectOutputTest, ResumeGivesTheSyncAsItIsStored) {
  EXPECT_EQ(pause(of_sync(ObjectOutput::name), out, err), exit_ok) << err.str();
  EXPECT_EQ(resume(of_sync(ObjectOutput::json), out, err), exit_ok) << err.str();
  EXPECT_EQ(out.str(), json_lines(served.stored(line_a)));
  EXPECT_EQ(json::parse(out.str()).at_pointer("/spec/paused"), false);
}

TEST_F(ObjectOutputTest, RetryGivesTheTargetAsItIsStored) {
  EXPECT_EQ(retry(of_target(ObjectOutput::json), out, err), exit_ok) << err.str();
  EXPECT_EQ(out.str(), json_lines(served.stored(press_1)));
  EXPECT_TRUE(json::parse(out.str()).at_pointer("/metadata/annotations/stoker.io~1retry").is_string());
  EXPECT_EQ(retry(of_target(ObjectOutput::name), out, err), exit_ok);
  EXPECT_EQ(out.str(), "synctarget.stoker.io/press-1\n");
}

TEST_F(ObjectOutputTest, DeleteGivesWhatWasThere) {
  const std::string sync = json_lines(served.stored(line_a));
  EXPECT_EQ(delete_it({"gs/line-a"}, ObjectOutput::json), exit_ok) << err.str();
  EXPECT_EQ(out.str(), sync);
  EXPECT_EQ(delete_it({"st", "press-1", "nope"}, ObjectOutput::json), exit_bad_usage);
  const json::value list = json::parse(out.str());
  EXPECT_EQ(list.at("kind"), "List");
  ASSERT_EQ(list.at("items").as_array().size(), 1u);
  EXPECT_EQ(list.at_pointer("/items/0/metadata/name"), "press-1");
  EXPECT_EQ(err.str(), "stoker: there is no synctarget nope in namespace default\n");
  EXPECT_EQ(delete_it({"st/press-1"}, ObjectOutput::json), exit_bad_usage);
  EXPECT_EQ(out.str(), "");
}

TEST_F(ObjectOutputTest, DeleteAndApplyGiveNames) {
  EXPECT_EQ(delete_it({"st/press-1"}, ObjectOutput::name), exit_ok);
  EXPECT_EQ(out.str(), "synctarget.stoker.io/press-1\n");
  ApplyOptions options = with<ApplyOptions>(ObjectOutput::name);
  options.files = {"-"};
  std::istringstream in(
      "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line-b}\nspec:\n"
      "  git: {repo: 'https://git.example.com/a.git', ref: main}\n"
      "  sync: {profiles: {line: {mappings: [{source: projects, destination: projects}]}}}\n");
  EXPECT_EQ(apply(options, in, out, err), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "gatewaysync.stoker.io/line-b\n");
}

TEST_F(ObjectOutputTest, DescribeOfASyncHasItsObjectTargetsEventsAndReasons) {
  const std::string uid(served.stored(line_a).at_pointer("/metadata/uid").as_string());
  put_event("now", uid);
  put_event("before", "uid-of-an-earlier-one");
  EXPECT_EQ(describe_it({"gs", "line-a"}, ObjectOutput::json), exit_ok) << err.str();
  const json::value all = json::parse(out.str());
  EXPECT_EQ(all.at("format"), 1);
  EXPECT_EQ(all.at("object"), served.stored(line_a));
  ASSERT_EQ(all.at("targets").as_array().size(), 1u);
  EXPECT_EQ(all.at_pointer("/targets/0"), served.stored(press_1));
  ASSERT_EQ(all.at("events").as_array().size(), 1u) << "those of an earlier object of this name are not about it";
  EXPECT_EQ(all.at_pointer("/events/0/metadata/name"), "now");
  EXPECT_EQ(all.at_pointer("/why/reason/code"), "not-seen");
  EXPECT_EQ(describe_it({"gs", "line-a"}, ObjectOutput::yaml), exit_ok);
  EXPECT_TRUE(out.str().starts_with("format: 1\nobject:\n  apiVersion: stoker.io/v1alpha1\n")) << out.str();
}

TEST_F(ObjectOutputTest, DescribeOfATargetHasTheReasonsOfItsSyncToo) {
  served.patch(line_a, Part::spec, R"({"spec":{"paused":true}})");
  EXPECT_EQ(describe_it({"st/press-1"}, ObjectOutput::json), exit_ok) << err.str();
  const json::value all = json::parse(out.str());
  EXPECT_EQ(all.at("object"), served.stored(press_1));
  EXPECT_FALSE(all.as_object().contains("targets"));
  EXPECT_NE(json::serialize(all.at("why")).find("its Sync line-a is paused"), std::string::npos) << out.str();
}

TEST_F(ObjectOutputTest, DescribeOfSeveralIsAList) {
  EXPECT_EQ(describe_it({"gs"}, ObjectOutput::json), exit_ok);
  EXPECT_EQ(json::parse(out.str()).at_pointer("/items/0/object/metadata/name"), "line-a");
  EXPECT_EQ(describe_it({"gs/line-a", "st/nope"}, ObjectOutput::json), exit_bad_usage);
  EXPECT_EQ(json::parse(out.str()).at("items").as_array().size(), 1u);
  EXPECT_EQ(describe_it({"gs", "nope"}, ObjectOutput::json), exit_bad_usage);
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(err.str(), "stoker: there is no gatewaysync nope in namespace default\n");
}

TEST_F(ObjectOutputTest, EachFailureHasItsExitCodeAndNothingOnStandardOutput) {
  const std::pair<errc, int> expected[] = {{errc::denied, exit_denied},
                                           {errc::timeout, exit_timeout},
                                           {errc::unreachable, exit_held},
                                           {errc::internal, exit_failed}};
  for (const auto& [kind, code] : expected) {
    served.on_loop([&, kind = kind] {
      served.store.fault = [kind](std::string_view, const ObjectKey&) { return Error(kind, "no"); };
    });
    EXPECT_EQ(pause(of_sync(ObjectOutput::json), out, err), code);
    EXPECT_EQ(resume(of_sync(ObjectOutput::json), out, err), code);
    EXPECT_EQ(retry(of_target(ObjectOutput::json), out, err), code);
    EXPECT_EQ(describe_it({"gs", "line-a"}, ObjectOutput::json), code);
    EXPECT_EQ(delete_it({"gs/line-a"}, ObjectOutput::json), code);
    EXPECT_EQ(out.str(), "");
    EXPECT_EQ(err.str(), "stoker: no\n");
  }
}

// ---------------------------------------------------------------- names

TEST_F(ObjectOutputTest, AKindBeforeANameMeansWhatItSays) {
  PauseOptions options = with<PauseOptions>(ObjectOutput::text);
  options.sync = "gs/line-a";
  options.target = "st/press-1";
  EXPECT_EQ(pause(options, out, err), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "synctarget/press-1 paused by " + me() + "\n");
  out.str("");
  options.sync = "st/press-1";
  options.target.clear();
  EXPECT_EQ(resume(options, out, err), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "synctarget/press-1 resumed\n");
}

TEST_F(ObjectOutputTest, ATargetAloneHasNoTargetAndNoProfile) {
  PauseOptions options = with<PauseOptions>(ObjectOutput::text);
  options.sync = "st/press-1";
  options.target = "press-1";
  EXPECT_EQ(pause(options, out, err), exit_bad_usage);
  EXPECT_EQ(err.str(), "stoker: st/press-1 is one target already; --target is for a Sync\n");
  options.target.clear();
  options.profile = "line";
  EXPECT_EQ(pause(options, out, err), exit_bad_usage);
  options = with<PauseOptions>(ObjectOutput::text);
  options.sync = "line-a";
  options.target = "gs/line-a";
  EXPECT_EQ(pause(options, out, err), exit_bad_usage);
  EXPECT_EQ(err.str(), "stoker: gs/line-a is a Sync; name a target, as press-1 or st/press-1\n");
  options.sync = "ev/x";
  options.target.clear();
  EXPECT_EQ(pause(options, out, err), exit_bad_usage);
}

}  // namespace
}  // namespace stoker::host::testing
