// `stoker sync` as a client: a part of the test plays the controller and the agent, over the store.
#include "host/commands/sync_by_host.hpp"

#include "host/commands/exit_code.hpp"
#include "tests/support/served_objects.hpp"

#include <gtest/gtest.h>

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
  EXPECT_NE(err.str().find("has not answered within 1 s"), std::string::npos) << err.str();
}

TEST_F(SyncByHostTest, AnUnknownTargetIsBadUsage) {
  answer_look(R"({"format":1,"observedToken":8,"outcome":"unchanged","stage":"plan"})");
  options.target = "nope";
  EXPECT_EQ(run(), exit_bad_usage);
  EXPECT_EQ(err.str(), "stoker: no target was run: there is no target nope\n");
}

TEST_F(SyncByHostTest, WithoutAHostThisProcessDoesIt) {
  served.stop();
  EXPECT_FALSE(sync_by_host(options, out, err));
  options.socket = served.path();
  EXPECT_EQ(sync_by_host(options, out, err), exit_held) << "a socket that was named has to answer";
}

}  // namespace
}  // namespace stoker::host::testing
