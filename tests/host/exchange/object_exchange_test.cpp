// Assignments and Reports as objects: what is durable, what others see, and what happens when the store is away.
#include "host/exchange/object_exchange.hpp"

#include "host/config/kinds.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/module_host.hpp"

namespace stoker::host {
namespace {

namespace json = boost::json;

class ObjectExchangeTest : public ::testing::Test, protected testing::ModuleHost {
 protected:
  ObjectExchangeTest() {
    store_.check = check_object;
    begin();
  }
  ~ObjectExchangeTest() override { stop_all(); }
  void begin(bool only_look = false) {
    exchange_ = std::make_unique<ObjectExchange>(store_, loop.get_executor(), clock, log.module("stoker"),
                                                 [this](const Report& report) { return take(report); });
    ASSERT_TRUE(get(exchange_->open(only_look)));
  }
  void follow() { start(exchange_->work(stop.get_token())); }
  static Assignment assignment(const std::string& revision, std::uint64_t token) {
    Assignment made;
    made.sync = "line-a";
    made.target = "press-1";
    made.revision = revision;
    made.token = token;
    return made;
  }
  static Report report(const std::string& id, const std::string& revision = "r1") {
    Report made(assignment(revision, 1));
    made.id = id;
    made.started_at_ms = 1735787045000;
    made.ended(Outcome::applied, Stage::verify, true);
    made.running = RunningNow{revision, "refs/heads/main", true, true, 1735787045000};
    return made;
  }
  Result<void> put(const std::string& revision, std::uint64_t token) {
    return get(exchange_->put(assignment(revision, token)));
  }
  Result<void> tell(Report made) { return get(exchange_->report("press-1", std::move(made))); }
  std::string newest() {
    auto found = get(exchange_->newest("press-1"));
    return found && *found ? (*found)->revision : "nothing";
  }
  // The agent has seen what is assigned; `why`: it cannot open the target.
  Result<void> stand(const std::string& why = {}) {
    AgentStand said;
    if (!why.empty()) said.why_not_open = Error(errc::conflict, why, "target.locked");
    return get(exchange_->tell_stand("press-1", std::move(said)));
  }
  // "True of 1": the status of a condition, and the generation that it is about.
  std::string condition(const std::string& type) {
    const json::value all = object("/status/conditions");
    for (const json::value& one : all.as_array())
      if (one.at("type") == json::value(type))
        return std::string(one.at("status").as_string()) + " of " +
               std::to_string(one.at("observedGeneration").as_int64());
    return "none";
  }
  json::value object(const char* pointer) {
    const Object* found = store_.find(key_);
    if (!found) return "no object";
    boost::system::error_code none;
    const json::value whole = json::parse(found->document);
    const json::value* value = whole.find_pointer(pointer, none);
    return value ? *value : json::value("nothing");
  }
  // Another process puts it.
  Result<Object> assign_elsewhere(const Assignment& made) {
    TargetRecord record = *exchange_->known("press-1");
    record.version = store_.find(key_)->version;
    return store_.update_now(resource::sync_targets, Part::spec, sync_target(made, record));
  }
  asio::awaitable<void> take(const Report& made) {
    taken_.push_back(made.id);
    co_return;
  }

  const ObjectKey key_{resource::sync_targets, "default", "press-1"};
  testing::MemoryStore store_;
  std::vector<std::string> taken_;
  std::unique_ptr<ObjectExchange> exchange_;
};

TEST_F(ObjectExchangeTest, AnAssignmentIsTheSpecOfItsTargetAndOutlivesTheProcess) {
  ASSERT_TRUE(put("r1", 1));
  EXPECT_EQ(object("/spec/revision"), "r1");
  EXPECT_EQ(object("/metadata/labels/stoker.io~1sync"), "line-a");
  begin();
  EXPECT_EQ(newest(), "r1");
}

TEST_F(ObjectExchangeTest, AnOlderTokenIsAConflictAndChangesNothing) {
  ASSERT_TRUE(put("r2", 2));
  const auto older = put("r1", 1);
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error(), errc::conflict);
  EXPECT_EQ(object("/spec/revision"), "r2");
}

TEST_F(ObjectExchangeTest, AReportIsTheStatusOfItsTargetWithWhatRunsAndTheLastRuns) {
  ASSERT_TRUE(put("r1", 1));
  ASSERT_TRUE(tell(report("run-1")));
  EXPECT_EQ(object("/status/outcome"), "applied");
  EXPECT_EQ(object("/status/observedToken"), 1);
  EXPECT_EQ(object("/status/running/revision"), "r1");
  EXPECT_EQ(object("/status/history/0/id"), "run-1");
  EXPECT_EQ(object("/spec/revision"), "r1") << "a Report leaves the Assignment alone";
  begin();
  ASSERT_TRUE(exchange_->known("press-1"));
  EXPECT_EQ(exchange_->known("press-1")->last->id, "run-1");
  EXPECT_EQ(exchange_->known("press-1")->history.size(), 1u);
}

TEST_F(ObjectExchangeTest, ARepeatedHoldKeepsItsBeginning) {
  ASSERT_TRUE(put("r1", 1));
  for (const int second : {1, 2}) {
    Report held(assignment("r1", 1));
    held.id = "held-" + std::to_string(second);
    held.started_at_ms = 1735787045000 + second * 1000;
    Hold designer;
    designer.name = "designer";
    held.held(Stage::admit, designer);
    ASSERT_TRUE(tell(std::move(held)));
  }
  EXPECT_EQ(object("/status/hold/since"), "2025-01-02T03:04:06Z");
  EXPECT_EQ(object("/status/history").as_array().size(), 1u) << "the same hold is no news";
}

TEST_F(ObjectExchangeTest, TheHistoryIsBounded) {
  ASSERT_TRUE(put("r1", 1));
  for (int i = 0; i < 15; ++i) ASSERT_TRUE(tell(report("run-" + std::to_string(i))));
  EXPECT_EQ(object("/status/history").as_array().size(), TargetRecord::history_max);
  EXPECT_EQ(object("/status/history/0/id"), "run-14");
}

TEST_F(ObjectExchangeTest, WhileTheStoreIsAwayAReportIsNotAcknowledgedAndIsTakenOnce) {
  ASSERT_TRUE(put("r1", 1));
  store_.fault = [](std::string_view verb, const ObjectKey&) {
    return verb == "update" ? std::optional(Error(errc::unreachable, "away")) : std::nullopt;
  };
  EXPECT_FALSE(tell(report("run-1")));
  EXPECT_FALSE(tell(report("run-1")));
  EXPECT_FALSE(put("r2", 2));
  store_.fault = {};
  EXPECT_TRUE(tell(report("run-1")));
  EXPECT_EQ(taken_, (std::vector<std::string>{"run-1"})) << "log and notices would say it three times";
  EXPECT_EQ(object("/status/id"), "run-1");
}

TEST_F(ObjectExchangeTest, AWriteThatMeetsAnotherOneIsDoneOnWhatIsThere) {
  ASSERT_TRUE(put("r1", 1));
  ASSERT_TRUE(store_.patch_now(key_, Part::spec, R"({"metadata":{"annotations":{"stoker.io/paused":"true"}}})"));
  ASSERT_TRUE(put("r2", 2));
  EXPECT_EQ(object("/metadata/annotations/stoker.io~1paused"), "true");
  EXPECT_EQ(object("/spec/revision"), "r2");
  EXPECT_TRUE(exchange_->wishes("press-1").paused);
}

TEST_F(ObjectExchangeTest, WhatOthersChangeArrivesByWatch) {
  ASSERT_TRUE(put("r1", 1));
  follow();
  int rung = 0;
  std::vector<std::string> told;
  const auto bell = exchange_->changed("press-1", [&] { ++rung; });
  exchange_->when_changed([&](const std::string& target) { told.push_back(target); });
  ASSERT_TRUE(store_.patch_now(key_, Part::spec, R"({"metadata":{"annotations":{"stoker.io/paused":"true"}}})"));
  settle();
  EXPECT_EQ(told, (std::vector<std::string>{"press-1"}));
  EXPECT_EQ(rung, 0) << "what is assigned is the same";
  Assignment of_another_controller = assignment("r9", 2);
  ASSERT_TRUE(assign_elsewhere(of_another_controller));
  settle();
  EXPECT_EQ(rung, 1);
  EXPECT_EQ(newest(), "r9");
  exchange_->when_changed({});
}

TEST_F(ObjectExchangeTest, AfterAnExpiredWatchEverythingIsReadAgain) {
  ASSERT_TRUE(put("r1", 1));
  follow();
  store_.expire();
  ASSERT_TRUE(assign_elsewhere(assignment("r9", 2)));
  settle();
  EXPECT_EQ(newest(), "r9");
}

TEST_F(ObjectExchangeTest, AnObjectThatSomebodyRemovesIsMadeAnewWithTheNextAssignment) {
  ASSERT_TRUE(put("r1", 1));
  follow();
  ASSERT_TRUE(store_.remove_now(key_));
  settle();
  EXPECT_EQ(newest(), "r1") << "the target keeps what it has";
  EXPECT_FALSE(exchange_->known("press-1")->assignment);
  EXPECT_FALSE(put("r2", 1)) << "its token was given out";
  ASSERT_TRUE(put("r2", 2));
  EXPECT_EQ(object("/spec/revision"), "r2");
}

TEST_F(ObjectExchangeTest, WhoOnlyLooksWritesNothing) {
  ASSERT_TRUE(put("r1", 1));
  const std::uint64_t version = store_.version();
  begin(true);
  ASSERT_TRUE(put("r2", 2));
  ASSERT_TRUE(stand());
  ASSERT_TRUE(tell(report("run-1", "r2")));
  EXPECT_EQ(newest(), "r2") << "in this process";
  EXPECT_EQ(store_.version(), version);
}

TEST_F(ObjectExchangeTest, APlanIsForWhoAskedAndIsNoReport) {
  Assignment asked = assignment("r1", 1);
  asked.plan.asked = "monday";
  ASSERT_TRUE(get(exchange_->put(asked)));
  EXPECT_TRUE((*get(exchange_->newest("press-1")))->plan_due);
  ASSERT_TRUE(tell(report("run-1")));
  Report plan = report("plan-1");
  plan.answers_plan = "monday";
  plan.ended(Outcome::planned, Stage::admit);
  ASSERT_TRUE(tell(std::move(plan)));
  EXPECT_EQ(object("/status/id"), "run-1");
  EXPECT_EQ(object("/status/plan/asked"), "monday");
  EXPECT_EQ(object("/status/plan/outcome"), "planned");
  EXPECT_EQ(taken_, (std::vector<std::string>{"run-1"})) << "nobody is told of a plan";
  EXPECT_FALSE((*get(exchange_->newest("press-1")))->plan_due);
}

// ---------------------------------------------------------------- conditions

// pitfalls P13
TEST_F(ObjectExchangeTest, ANewerAssignmentThatTheAgentHasSeenEndsReady) {
  ASSERT_TRUE(put("r1", 1));
  ASSERT_TRUE(tell(report("run-1")));
  EXPECT_EQ(condition("Ready"), "True of 1");
  ASSERT_TRUE(put("r2", 2));
  EXPECT_EQ(object("/metadata/generation"), 2);
  EXPECT_EQ(condition("Ready"), "True of 1") << "what is said is about the spec before, and says so";
  ASSERT_TRUE(stand());
  EXPECT_EQ(condition("Ready"), "False of 2");
}

TEST_F(ObjectExchangeTest, WhatIsSaidAlreadyIsNotWrittenAgain) {
  ASSERT_TRUE(put("r1", 1));
  ASSERT_TRUE(tell(report("run-1")));
  const std::uint64_t version = store_.version();
  ASSERT_TRUE(stand());
  begin();
  ASSERT_TRUE(stand());
  EXPECT_EQ(store_.version(), version) << "nor by the next process";
}

TEST_F(ObjectExchangeTest, ATargetThatCannotBeOpenedSaysSoAndKeepsItsReport) {
  ASSERT_TRUE(put("r1", 1));
  ASSERT_TRUE(tell(report("run-1")));
  ASSERT_TRUE(stand("process 7 has it"));
  EXPECT_EQ(condition("AgentReady"), "False of 1");
  EXPECT_EQ(condition("Ready"), "False of 1");
  EXPECT_EQ(object("/status/id"), "run-1");
  ASSERT_TRUE(stand());
  EXPECT_EQ(condition("Ready"), "True of 1");
}

TEST_F(ObjectExchangeTest, WhatCouldNotBeWrittenIsWrittenWhenItIsSaidAgain) {
  ASSERT_TRUE(put("r1", 1));
  store_.fault = [](std::string_view verb, const ObjectKey&) {
    return verb == "update" ? std::optional(Error(errc::unreachable, "away")) : std::nullopt;
  };
  EXPECT_FALSE(stand("process 7 has it"));
  store_.fault = {};
  EXPECT_TRUE(stand("process 7 has it"));
  EXPECT_EQ(condition("AgentReady"), "False of 1");
}

// pitfalls P18
TEST_F(ObjectExchangeTest, AReportThatIsNotStoredYetIsNotForgottenForWhatOthersWrite) {
  ASSERT_TRUE(put("r1", 1));
  ASSERT_TRUE(tell(report("run-1")));
  follow();
  store_.fault = [](std::string_view verb, const ObjectKey&) {
    return verb == "update" ? std::optional(Error(errc::unreachable, "away")) : std::nullopt;
  };
  EXPECT_FALSE(tell(report("run-2")));
  ASSERT_TRUE(store_.patch_now(key_, Part::spec, R"({"metadata":{"annotations":{"team":"a"}}})"));
  settle();
  store_.fault = {};
  EXPECT_EQ(exchange_->known("press-1")->last->id, "run-2");
  ASSERT_TRUE(stand("process 7 has it"));
  EXPECT_EQ(object("/status/id"), "run-2") << "who writes the status next writes all of it";
}

TEST_F(ObjectExchangeTest, ATargetThatMovesTakesItsStatusAlong) {
  ASSERT_TRUE(put("r1", 1));
  ASSERT_TRUE(tell(report("run-1")));
  Assignment moved = assignment("r1", 1);
  moved.name_space = "plant-b";
  ASSERT_TRUE(get(exchange_->put(moved)));
  ASSERT_TRUE(stand());
  const Object* there = store_.find(ObjectKey(resource::sync_targets, "plant-b", "press-1"));
  ASSERT_TRUE(there);
  EXPECT_EQ(json::parse(there->document).at_pointer("/status/id"), "run-1");
}

TEST_F(ObjectExchangeTest, ATargetThatMovesToAnotherNamespaceHasItsObjectThere) {
  ASSERT_TRUE(put("r1", 1));
  Assignment moved = assignment("r2", 2);
  moved.name_space = "plant-b";
  ASSERT_TRUE(get(exchange_->put(moved)));
  EXPECT_EQ(object("/spec"), "no object");
  EXPECT_TRUE(store_.find(ObjectKey(resource::sync_targets, "plant-b", "press-1")));
}

// ---------------------------------------------------------------- what lies on the volume

TEST_F(ObjectExchangeTest, WhileTheStoreIsAwayWhatTheVolumeSaysIsTheNewestAndNoReportIsAcknowledged) {
  ASSERT_TRUE(put("r1", 4));
  store_.fault = [](std::string_view, const ObjectKey&) { return Error(errc::unreachable, "away"); };
  exchange_ = std::make_unique<ObjectExchange>(store_, loop.get_executor(), clock, log.module("stoker"),
                                               [this](const Report& report) { return take(report); });
  EXPECT_FALSE(get(exchange_->open(false)));
  exchange_->start_from(assignment("r1", 4), 16);
  EXPECT_EQ(newest(), "r1");
  const auto told = tell(report("run-1"));
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error(), errc::unreachable);
  store_.fault = {};
  ASSERT_TRUE(get(exchange_->open(false)));
  EXPECT_TRUE(tell(report("run-1")));
  EXPECT_EQ(object("/status/id"), "run-1");
  EXPECT_EQ(taken_, (std::vector<std::string>{"run-1"}));
}

TEST_F(ObjectExchangeTest, AfterTheStoreIsLostTokensGoOnAboveThoseOnTheVolume) {
  exchange_->start_from(assignment("r1", 40), 10);
  EXPECT_EQ(newest(), "r1");
  const auto low = put("r2", 49);
  ASSERT_FALSE(low);
  EXPECT_EQ(low.error(), errc::conflict) << "a Report of token 50, which nobody wrote down, would count as newer";
  ASSERT_TRUE(put("r2", 51));
  EXPECT_EQ(newest(), "r2");
}

TEST_F(ObjectExchangeTest, AnOlderCopyOfTheStoreAssignsNothing) {
  ASSERT_TRUE(put("r1", 30));
  begin();
  exchange_->start_from(assignment("r2", 50), 16);
  EXPECT_EQ(newest(), "r2");
  begin();
  exchange_->start_from(assignment("r0", 20), 16);
  EXPECT_EQ(newest(), "r1") << "the object is newer";
}

TEST_F(ObjectExchangeTest, ATargetThatIsRemovedBeginsAnew) {
  exchange_->start_from(assignment("r1", 50), 0);
  ASSERT_TRUE(put("r2", 51));
  ASSERT_TRUE(get(exchange_->remove("press-1")));
  EXPECT_EQ(newest(), "nothing");
}

// ---------------------------------------------------------------- what others write into a spec

TEST_F(ObjectExchangeTest, WhatSomebodyElseWritesIntoASpecIsNotTakenAndIsWrittenOver) {
  ASSERT_TRUE(put("r1", 1));
  follow();
  int rung = 0;
  const auto bell = exchange_->changed("press-1", [&] { ++rung; });
  for (const char* patch :
       {R"({"spec":{"revision":"r9"}})", R"({"spec":{"target":{"name":"press-9"}}})", R"({"spec":{"dryRun":true}})"}) {
    ASSERT_TRUE(store_.patch_now(key_, Part::spec, patch));
    settle();
    EXPECT_EQ(newest(), "r1");
    clock.advance(std::chrono::minutes(11));
    settle();
    EXPECT_EQ(object("/spec/revision"), "r1");
    EXPECT_EQ(object("/spec/target/name"), "press-1");
    EXPECT_EQ(object("/spec/dryRun"), false);
  }
  EXPECT_EQ(rung, 0) << "a Run of what somebody wrote";
}

TEST_F(ObjectExchangeTest, WhatSomebodyElseWritesIsSaidOnceAndAFightIsSlow) {
  ASSERT_TRUE(put("r1", 1));
  follow();
  std::size_t corrected = 0;
  for (int second = 0; second < 600; second += 5) {
    if (object("/spec/revision") == "r1") {
      ++corrected;
      ASSERT_TRUE(store_.patch_now(key_, Part::spec, R"({"spec":{"revision":"r9"}})"));
    }
    settle();
    clock.advance(std::chrono::seconds(5));
    settle();
  }
  EXPECT_GE(corrected, 5u);
  EXPECT_LE(corrected, 12u);
  EXPECT_EQ(logged("somebody changed what a target is assigned"), 1u);
  EXPECT_EQ(newest(), "r1");
}

TEST_F(ObjectExchangeTest, WhatSomebodyElseWroteWhileTheStoreWasAwayIsWrittenOverWhenItIsBack) {
  ASSERT_TRUE(put("r1", 1));
  follow();
  store_.fault = [](std::string_view verb, const ObjectKey&) {
    return verb == "update" ? std::optional(Error(errc::unreachable, "away")) : std::nullopt;
  };
  ASSERT_TRUE(store_.patch_now(key_, Part::spec, R"({"spec":{"revision":"r9"}})"));
  settle();
  EXPECT_EQ(object("/spec/revision"), "r9");
  store_.fault = {};
  clock.advance(std::chrono::seconds(3));
  settle();
  EXPECT_EQ(object("/spec/revision"), "r1");
}

}  // namespace
}  // namespace stoker::host
