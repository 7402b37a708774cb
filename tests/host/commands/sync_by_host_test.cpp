// `stoker sync` as a client: a part of the test plays the controller and the agent, over the store.
#include "host/commands/sync_by_host.hpp"

#include "host/commands/exit_code.hpp"
#include "tests/support/served_objects.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace stoker::host::testing {
namespace {

class SyncByHostTest : public ::testing::Test {
 protected:
  SyncByHostTest() {
    served.put(resource::gateway_syncs, sync_document("line-a"));
    served.put(resource::sync_targets, target_document("press-1", "line-a", 7));
    options.config = served.folder.write("stoker.yaml", "state: " + served.folder.path().string() + "\n");
    options.longest = std::chrono::seconds(20);
  }
  // Answers each new text of this annotation of the Sync with `answer`, on the loop of the store.
  void play(const std::string& annotation, std::function<void(const std::string& asked)> answer) {
    const std::string pointer = "/metadata/annotations/stoker.io~1" + annotation;
    auto told = [this, pointer, answer, last = std::string()](const ObjectEvent& event) mutable {
      const json::value now = json::parse(event.object.document);
      boost::system::error_code none;
      const json::value* text = now.find_pointer(pointer, none);
      if (!text || last == text->as_string()) return;
      last = std::string(text->as_string());
      answer(last);
    };
    std::promise<void> begun;
    asio::co_spawn(served.loop, begin(std::move(told)), [&](std::exception_ptr) { begun.set_value(); });
    begun.get_future().get();
  }
  asio::awaitable<void> begin(ObjectStore::Told told) {
    ObjectQuery query(resource::gateway_syncs);
    auto watch = co_await served.store.watch(std::move(query), 0, std::move(told));
    if (watch) played = std::move(*watch);
  }
  void status(const ObjectKey& key, const std::string& of) {
    (void)served.store.patch_now(key, Part::status, R"({"status":)" + of + "}").has_value();
  }
  void answer_look(const std::string& report, const std::string& resolution = "Resolved") {
    play("look-at", [this, report, resolution](const std::string& asked) {
      (void)served.store.patch_now(press_1, Part::spec, R"({"spec":{"token":8}})").has_value();
      status(line_a, R"({"observedLook":")" + asked + R"(","refResolutionStatus":")" + resolution +
                         R"(","conditions":[{"type":"RefResolved","status":"False","reason":"RefResolutionFailed",)"
                         R"("message":"Ref resolution failed (it is tried again): no route"}]})");
      if (!report.empty()) status(press_1, report);
    });
  }
  int run() {
    const auto code = sync_by_host(options, out, err);
    EXPECT_TRUE(code);
    return code.value_or(-1);
  }

  ObjectStore::Watch played;  // goes after the loop has ended
  ServedObjects served;
  SyncOptions options;
  std::ostringstream out, err;
};

TEST_F(SyncByHostTest, PrintsTheReportOfTheRunThatItAskedFor) {
  answer_look(R"({"format":1,"target":"press-1","observedToken":8,"token":8,"outcome":"applied","stage":"verify",)"
              R"("revision":"4cd1a2b3c4d5e6f7","verified":true,"counts":{"added":1}})");
  EXPECT_EQ(run(), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "press-1  applied 1 change at 4cd1a2b3c4d5, verified\n");
}

TEST_F(SyncByHostTest, WaitsForTheRunAndNotForAnEarlierOne) {
  answer_look(R"({"format":1,"observedToken":7,"outcome":"failed","stage":"plan"})");
  std::thread agent([this] {
    while (served.stored(press_1).at_pointer("/spec/token") != 8) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    served.patch(press_1, Part::status, R"({"status":{"observedToken":8,"outcome":"unchanged"}})");
  });
  EXPECT_EQ(run(), exit_ok) << err.str();
  agent.join();
  EXPECT_EQ(out.str(), "press-1  unchanged\n");
}

TEST_F(SyncByHostTest, AHoldOfTheRolloutIsSaid) {
  served.patch(press_1, Part::spec,
               R"({"spec":{"hold":{"name":"paused","reason":"target press-1 is paused by ann"}}})");
  answer_look(R"({"format":1,"observedToken":8,"outcome":"unchanged","stage":"held"})");
  EXPECT_EQ(run(), exit_held) << err.str();
  EXPECT_EQ(out.str(), "press-1  held, hold paused: target press-1 is paused by ann\n");
}

TEST_F(SyncByHostTest, HasTheExitCodesOfARunOfItsOwn) {
  answer_look(
      R"({"format":1,"observedToken":8,"outcome":"held","stage":"admit","hold":{"name":"designer","reason":"open"}})");
  EXPECT_EQ(run(), exit_held) << err.str();
  EXPECT_EQ(out.str(), "press-1  held, hold designer: open\n");
}

TEST_F(SyncByHostTest, AFailedRunFails) {
  answer_look(
      R"({"format":1,"observedToken":8,"outcome":"failed","stage":"plan","error":{"code":"x","kind":"invalid","message":"bad"}})");
  EXPECT_EQ(run(), exit_failed) << err.str();
}

// What an agent says of a target that it cannot open.
const std::string not_open =
    R"({"observedToken":7,"outcome":"applied","conditions":[{"type":"AgentReady",)"
    R"("status":"False","observedGeneration":%,"message":"process 7 has it [target.locked]"}]})";

TEST_F(SyncByHostTest, ATargetThatCannotBeOpenedFailsAtOnce) {
  std::string report = not_open;
  answer_look(report.replace(report.find('%'), 1, "2"));
  EXPECT_EQ(run(), exit_failed) << err.str();
  EXPECT_EQ(out.str(), "press-1  failed, recover: process 7 has it [target.locked]\n");
}

TEST_F(SyncByHostTest, ADryRunOfATargetThatCannotBeOpenedFailsAtOnce) {
  options.dry_run = true;
  play("plan-at", [this](const std::string& asked) {
    (void)served.store.patch_now(press_1, Part::spec, R"({"spec":{"plan":{"asked":")" + asked + R"("}}})").has_value();
    std::string report = not_open;
    status(press_1, report.replace(report.find('%'), 1, "2"));
  });
  EXPECT_EQ(run(), exit_failed) << err.str();
  EXPECT_EQ(out.str(), "press-1  failed, recover: process 7 has it [target.locked]\n");
}

TEST_F(SyncByHostTest, WhatAnAgentSaidOfAnEarlierAssignmentIsNoAnswer) {
  std::string report = not_open;
  options.longest = std::chrono::seconds(1);
  answer_look(report.replace(report.find('%'), 1, "1"));
  EXPECT_EQ(run(), exit_timeout) << out.str();
}

TEST_F(SyncByHostTest, ASyncThatCannotBeResolvedIsSaidForEachTarget) {
  answer_look("", "Error");
  EXPECT_EQ(run(), exit_held) << err.str();
  EXPECT_EQ(out.str(), "press-1  failed, resolve: Ref resolution failed (it is tried again): no route\n");
}

TEST_F(SyncByHostTest, ADryRunPrintsThePlan) {
  options.dry_run = true;
  play("plan-at", [this](const std::string& asked) {
    status(press_1,
           R"({"plan":{"asked":")" + asked +
               R"(","format":1,"target":"press-1","outcome":"planned","stage":"admit","revision":"4cd1a2b3c4d5e6f7",)"
               R"("counts":{"added":2},"changes":[{"path":"a.txt","op":"add"}],)"
               R"("decisions":[{"verdict":"hold","name":"designer","reason":"open"}]}})");
  });
  EXPECT_EQ(run(), exit_held) << err.str();
  EXPECT_EQ(out.str(),
            "press-1  planned 2 changes at 4cd1a2b3c4d5: would wait\n  hold designer: open\n  + a.txt\n"
            "  and 1 more; the host keeps only these\n");
}

TEST_F(SyncByHostTest, ARepairIsAskedForWithTheLook) {
  options.repair = true;
  answer_look(R"({"format":1,"observedToken":8,"outcome":"unchanged","stage":"plan"})");
  EXPECT_EQ(run(), exit_ok) << err.str();
  const json::value sync = served.stored(line_a);
  EXPECT_EQ(sync.at_pointer("/metadata/annotations/stoker.io~1repair"),
            sync.at_pointer("/metadata/annotations/stoker.io~1look-at"));
}

TEST_F(SyncByHostTest, AHostThatDoesNothingIsATimeout) {
  options.longest = std::chrono::seconds(1);
  EXPECT_EQ(run(), exit_timeout);
  EXPECT_NE(out.str().find("press-1  failed, resolve: gatewaysync line-a: the host has not answered within 1 s"),
            std::string::npos)
      << out.str();
}

TEST_F(SyncByHostTest, ADryRunNeverRepairs) {
  options.dry_run = options.repair = true;
  EXPECT_EQ(run(), exit_bad_usage);
  EXPECT_FALSE(served.stored(line_a).at("metadata").as_object().contains("annotations"));
  EXPECT_NE(err.str().find("--repair changes gateways and --dry-run does not"), std::string::npos) << err.str();
}

TEST_F(SyncByHostTest, AnUnknownTargetChangesNothing) {
  options.target = "nope";
  options.repair = true;
  EXPECT_EQ(run(), exit_bad_usage);
  EXPECT_EQ(err.str(), "stoker: there is no target nope\n");
  EXPECT_FALSE(served.stored(line_a).at("metadata").as_object().contains("annotations"));
}

TEST_F(SyncByHostTest, ATargetThatNeverHadAnObjectIsKnownToItsSync) {
  served.put(resource::gateway_syncs, sync_document("line-b"));
  served.patch(line_a, Part::status,
               R"({"status":{"discoveredGateways":[{"name":"press-2","syncStatus":"Pending"}]}})");
  options.target = "press-2";
  play("look-at", [this](const std::string& asked) {
    status(line_a, R"({"observedLook":")" + asked + R"("})");
    (void)served.store.insert_now(resource::sync_targets, target_document("press-2", "line-a", 1)).has_value();
    status({resource::sync_targets, "default", "press-2"},
           R"({"format":1,"target":"press-2","observedToken":1,"token":1,"outcome":"unchanged","stage":"plan"})");
  });
  EXPECT_EQ(run(), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "press-2  unchanged\n");
  const json::value other = served.stored({resource::gateway_syncs, "default", "line-b"});
  EXPECT_FALSE(other.at("metadata").as_object().contains("annotations"));
}

TEST_F(SyncByHostTest, ALaterWishOfAnotherEndsTheWaitForAPlan) {
  options.dry_run = true;
  served.patch(press_1, Part::spec, R"({"spec":{"plan":{"asked":"old"}}})");
  served.patch(press_1, Part::status, R"({"status":{"plan":{"asked":"old","format":1,"outcome":"failed"}}})");
  play("plan-at", [this](const std::string& asked) {
    if (asked == "later") return;
    (void)served.store.patch_now(line_a, Part::spec, R"({"metadata":{"annotations":{"stoker.io/plan-at":"later"}}})")
        .has_value();
    (void)served.store.patch_now(press_1, Part::spec, R"({"spec":{"plan":{"asked":"later"}}})").has_value();
    status(press_1, R"({"plan":{"asked":"later","format":1,"target":"press-1","outcome":"planned","stage":"plan"}})");
  });
  EXPECT_EQ(run(), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "press-1  planned 0 changes: nothing to do\n");
  EXPECT_NE(err.str().find("somebody else asked for a plan after this"), std::string::npos) << err.str();
}

TEST_F(SyncByHostTest, OneTargetThatIsLateLeavesTheReportsOfTheOthers) {
  served.put(resource::sync_targets, target_document("press-0", "line-a", 7));
  options.longest = std::chrono::seconds(2);
  answer_look(R"({"format":1,"target":"press-1","observedToken":8,"token":8,"outcome":"unchanged","stage":"plan"})");
  EXPECT_EQ(run(), exit_timeout);
  EXPECT_TRUE(out.str().starts_with("press-1  unchanged\npress-0  failed, observe: ")) << out.str() << err.str();
}

TEST_F(SyncByHostTest, ATargetThatIsRemovedLeavesTheReportsOfTheOthers) {
  served.put(resource::sync_targets, target_document("press-0", "line-a", 7));
  play("look-at", [this](const std::string& asked) {
    (void)served.store.patch_now(press_1, Part::spec, R"({"spec":{"token":8}})").has_value();
    status(press_1, R"({"format":1,"target":"press-1","observedToken":8,"outcome":"unchanged","stage":"plan"})");
    status(line_a, R"({"observedLook":")" + asked + R"("})");
    std::thread([this] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      asio::post(served.loop, [this] {
        (void)served.store.remove_now({resource::sync_targets, "default", "press-0"}).has_value();
      });
    }).detach();
  });
  EXPECT_EQ(run(), exit_failed);
  EXPECT_EQ(out.str(),
            "press-0  failed, observe: synctarget press-0 was removed [object.not-found]\npress-1  unchanged\n")
      << err.str();
}

TEST_F(SyncByHostTest, ASyncThatCannotBeUsedFailsAtOnce) {
  served.patch(line_a, Part::status,
               R"({"status":{"conditions":[{"type":"ProfilesValid","status":"False","observedGeneration":1,)"
               R"("message":"line-a: spec.source.plugin: there is no plugin x [config.modules]"}]}})");
  EXPECT_EQ(run(), exit_failed) << err.str();
  EXPECT_EQ(out.str(), "press-1  failed, resolve: line-a: spec.source.plugin: there is no plugin x [config.modules]\n");
}

TEST_F(SyncByHostTest, ASyncWithoutTargetsIsNotWaitedFor) {
  served.put(resource::gateway_syncs, sync_document("line-b"));
  served.patch({resource::gateway_syncs, "default", "line-b"}, Part::status, R"({"status":{"discoveredGateways":[]}})");
  answer_look(R"({"format":1,"target":"press-1","observedToken":8,"token":8,"outcome":"unchanged","stage":"plan"})");
  EXPECT_EQ(run(), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "press-1  unchanged\n");
}

TEST_F(SyncByHostTest, AnOldReportIsNoAnswer) {
  options.longest = std::chrono::seconds(2);
  served.patch(press_1, Part::status,
               R"({"status":{"format":1,"target":"press-1","observedToken":7,"outcome":"applied","stage":"verify"}})");
  play("look-at", [this](const std::string& asked) {
    status(line_a, R"({"observedLook":")" + asked +
                       R"(","discoveredGateways":[{"name":"press-1","syncStatus":"Error","message":"no room"}]})");
  });
  EXPECT_EQ(run(), exit_failed) << err.str();
  EXPECT_EQ(out.str(), "press-1  failed, resolve: no room\n");
}

TEST_F(SyncByHostTest, APausedSyncWaits) {
  served.on_loop([this] { return served.store.remove_now(press_1).has_value(); });
  served.patch(line_a, Part::spec, R"({"spec":{"paused":true}})");
  play("look-at", [this](const std::string& asked) {
    status(line_a, R"({"observedLook":")" + asked +
                       R"(","discoveredGateways":[{"name":"press-1","profile":"line","syncStatus":"Pending"}]})");
  });
  EXPECT_EQ(run(), exit_held) << err.str();
  EXPECT_EQ(out.str(), "press-1  held, hold paused: Sync line-a is paused\n");
}

constexpr const char* hostile_report =
    R"({"format":1,"target":"press-1","observedToken":8,"outcome":"planned","stage":"plan",)"
    R"("counts":{"added":1},"changes":[{"path":"a\u001b[2J\u009bb","op":"add"}],)"
    R"("notes":[{"code":"drift","path":"x\u001b","text":"y\u009b"}],)"
    R"("decisions":[{"verdict":"hold","name":"n\u001b","reason":"r\u009b"}]})";

TEST_F(SyncByHostTest, AReportCannotControlATerminal) {
  answer_look(hostile_report);
  EXPECT_EQ(run(), exit_held);
  EXPECT_EQ(out.str().find('\x1b'), std::string::npos) << out.str();
  EXPECT_EQ(out.str().find("\xC2\x9B"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("a\\u001b[2J\\u009bb"), std::string::npos) << out.str();
}

TEST_F(SyncByHostTest, AReportAsJsonCannotControlATerminal) {
  options.json = true;
  answer_look(hostile_report);
  EXPECT_EQ(run(), exit_held);
  EXPECT_EQ(out.str().find("\xC2\x9B"), std::string::npos) << out.str();
  EXPECT_EQ(json::parse(out.str()).at("changes").at(0).at("path"),
            "a\x1b[2J\xC2\x9B"
            "b");
}

// The agent reports when the person has seen what the Run does.
TEST_F(SyncByHostTest, WhatTheRunsDoIsShownWhileTheyLast) {
  options.progress = RunProgress::Form::terminal;
  served.on_loop([&] {
    served.documents[run_steps_path] =
        R"({"format":1,"runs":[{"target":"press-1","stage":"verify","runMs":7200,"stageMs":10,"changes":12},)"
        R"({"target":"press-9","stage":"plan","runMs":1,"stageMs":1,"changes":0}]})";
    return true;
  });
  options.target = "press-1";
  answer_look(R"({"format":1,"observedToken":7,"outcome":"failed","stage":"plan"})");
  std::thread agent([this] {
    while (served.stored(press_1).at_pointer("/spec/token") != 8) std::this_thread::yield();
    std::this_thread::sleep_for(3 * RunProgress::apart);
    served.patch(press_1, Part::status, R"({"status":{"observedToken":8,"outcome":"unchanged"}})");
  });
  EXPECT_EQ(run(), exit_ok) << err.str();
  agent.join();
  EXPECT_EQ(err.str(), "\r\033[Kpress-1: verify, 12 changes, 7 s\r\r\033[K");
  EXPECT_EQ(out.str(), "press-1  unchanged\n");
}

TEST_F(SyncByHostTest, AHostThatTellsNoStepsIsWaitedForAllTheSame) {
  options.progress = RunProgress::Form::terminal;
  options.longest = std::chrono::seconds(2);
  EXPECT_EQ(run(), exit_timeout);
  EXPECT_TRUE(err.str().starts_with("\r\033[Kwaiting for the look at line-a, 0 s\r")) << err.str();
  EXPECT_TRUE(err.str().ends_with("\r\033[K")) << err.str();
}

TEST_F(SyncByHostTest, WithoutAHostThisProcessDoesIt) {
  served.stop();
  EXPECT_FALSE(sync_by_host(options, out, err));
  options.socket = served.path();
  EXPECT_EQ(sync_by_host(options, out, err), exit_held) << "a socket that was named has to answer";
}

}  // namespace
}  // namespace stoker::host::testing
