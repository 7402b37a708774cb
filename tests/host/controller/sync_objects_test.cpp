// Files and commands lead to the same objects; what somebody changes in an object is acted on.
#include "host/config/kinds.hpp"
#include "host/controller/controller.hpp"

#include "host/exchange/object_exchange.hpp"
#include "tests/host/controller/repositories.hpp"
#include "tests/host/controller/sync_files.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/module_host.hpp"

namespace stoker::host {
namespace {

namespace json = boost::json;

// An exchange that counts how often the controller looks at what is known of a target.
class CountedExchange final : public Exchange {
 public:
  explicit CountedExchange(Exchange& real) : real_(real) {}
  mutable std::map<std::string, int> looks;  // by target

  const TargetRecord* known(const std::string& target) const override {
    ++looks[target];
    return real_.known(target);
  }
  Async<void> put(Assignment assignment) override { return real_.put(std::move(assignment)); }
  Async<std::optional<Report>> last(std::string target) const override { return real_.last(std::move(target)); }
  TargetWishes wishes(const std::string& target) const override { return real_.wishes(target); }
  void when_changed(std::function<void(const std::string&)> told) override { real_.when_changed(std::move(told)); }
  Async<void> remove(std::string target) override { return real_.remove(std::move(target)); }
  Async<std::optional<Assignment>> newest(std::string target) const override { return real_.newest(std::move(target)); }
  Async<void> report(std::string target, Report report) override {
    return real_.report(std::move(target), std::move(report));
  }
  void start_from(Assignment on_volume, std::uint64_t tokens_after) override {
    real_.start_from(std::move(on_volume), tokens_after);
  }
  Async<void> tell_stand(std::string target, AgentStand stand) override {
    return real_.tell_stand(std::move(target), std::move(stand));
  }
  Bell changed(std::string target, std::function<void()> ring) override {
    return real_.changed(std::move(target), std::move(ring));
  }

 private:
  Exchange& real_;
};

class SyncObjectsTest : public ::testing::Test, protected testing::ModuleHost {
 protected:
  SyncObjectsTest() {
    store_.check = check_object;
    testing::Repositories::current = &repositories_;
    repositories_.revisions["a"] = {{"main", "a1"}, {"v1", "a0"}};
    link<testing::ListedSource>("source-listed");
    TargetConfig target;
    target.name = "press-1";
    target.sync = "line-a";
    targets_.put(target);
  }
  ~SyncObjectsTest() override { end(); }
  void end() {
    stop_all();
    if (controller_) await(controller_->end());
    controller_.reset();
    EXPECT_TRUE(await(sources_.end()));
  }
  void work(Controller::Opening opening = Controller::Opening::to_serve) {
    stop = {};
    exchange_ = std::make_unique<ObjectExchange>(store_, loop.get_executor(), clock, log.module("stoker"),
                                                 [](const Report&) -> asio::awaitable<void> { co_return; });
    ASSERT_TRUE(get(exchange_->open(opening == Controller::Opening::only_look)));
    counted_ = std::make_unique<CountedExchange>(*exchange_);
    controller_ = std::make_unique<Controller>(ControllerParts{loop.get_executor(), config, services(), workers,
                                                               factory, sources_, store_, *counted_, targets_});
    ASSERT_TRUE(get(controller_->open(opening)));
    if (opening != Controller::Opening::to_serve) return;
    start(exchange_->work(stop.get_token()));
    start(controller_->work({}, stop.get_token()));
    pass(std::chrono::seconds(1));
  }
  void file(const std::string& ref) { folder.write("syncs/a.yaml", testing::sync_file("line-a", "a", ref)); }
  void reload() {
    controller_->reload();
    settle();
    pass(std::chrono::seconds(1));
  }
  void patch(const std::string& text) {
    const auto done = store_.patch_now(sync_, Part::spec, text);
    ASSERT_TRUE(done) << done.error().message;
    settle();
    pass(std::chrono::seconds(1));
  }
  void annotate(const std::string& key, const std::string& text) {
    patch(R"({"metadata":{"annotations":{"stoker.io/)" + key + R"(":")" + text + R"("}}})");
  }
  std::string assigned() {
    auto newest = get(exchange_->newest("press-1"));
    return newest && *newest ? (*newest)->revision : "nothing";
  }
  std::uint64_t token() {
    auto newest = get(exchange_->newest("press-1"));
    return newest && *newest ? (*newest)->token : 0;
  }
  json::value sync(const char* pointer) {
    const Object* found = store_.find(sync_);
    if (!found) return "no object";
    boost::system::error_code none;
    const json::value whole = json::parse(found->document);
    const json::value* value = whole.find_pointer(pointer, none);
    return value ? *value : json::value("nothing");
  }

  const ObjectKey sync_{resource::gateway_syncs, "default", "line-a"};
  const ObjectKey target_{resource::sync_targets, "default", "press-1"};
  testing::Repositories repositories_;
  TargetDirectory targets_;
  testing::MemoryStore store_;
  std::unique_ptr<ObjectExchange> exchange_;
  std::unique_ptr<CountedExchange> counted_;
  SourcePool sources_{workers, factory, config};
  std::unique_ptr<Controller> controller_;
};

TEST_F(SyncObjectsTest, WhatStokerYamlSaysForAllSyncsCountsAndIsNotStored) {
  config.defaults.polling_interval = std::chrono::minutes(5);
  config.defaults.rules.profile.sync_period = std::chrono::seconds(60);
  file("main");
  work();
  const auto assigned = get(exchange_->newest("press-1"));
  ASSERT_TRUE(assigned && *assigned);
  EXPECT_EQ((*assigned)->profile.sync_period, std::chrono::seconds(60));
  const std::string& stored = store_.find(sync_)->document;
  EXPECT_EQ(stored.find("interval"), std::string::npos) << stored;
  EXPECT_EQ(stored.find("syncPeriod"), std::string::npos) << stored;
  EXPECT_NE(metrics.text().find("polling_interval=\"300s\""), std::string::npos);
}

TEST_F(SyncObjectsTest, AFileBecomesAnObjectAndItsTargetsAreAssigned) {
  file("main");
  work();
  EXPECT_EQ(sync("/spec/git/ref"), "main");
  EXPECT_EQ(assigned(), "a1");
  EXPECT_EQ(sync("/status/lastSyncCommit"), "a1");
}

TEST_F(SyncObjectsTest, AnObjectThatACommandMadeIsASyncAsWell) {
  const std::string document = R"({"apiVersion":"stoker.io/v1alpha1","kind":"GatewaySync",
    "metadata":{"name":"line-a","namespace":"default"},"spec":{"git":{"repo":"a","ref":"main"},
    "sync":{"profiles":{"default":{"mappings":[{"source":"a","destination":"b"}]}}}}})";
  work();
  EXPECT_EQ(assigned(), "nothing");
  const auto made = store_.insert_now(resource::gateway_syncs, document);
  ASSERT_TRUE(made) << made.error().message;
  pass(std::chrono::seconds(1));
  EXPECT_EQ(assigned(), "a1");
}

TEST_F(SyncObjectsTest, AFileThatIsGoneTakesItsObjectAlongAndAMistakeDoesNot) {
  file("main");
  work();
  folder.write("syncs/a.yaml", "kind: [");
  reload();
  EXPECT_EQ(sync("/spec/git/ref"), "main") << "a file with a mistake changes nothing";
  std::filesystem::remove(config.syncs / "a.yaml");
  reload();
  EXPECT_EQ(sync("/spec/git/ref"), "main") << "a folder without a file may be a volume that is not there";
  folder.write("syncs/b.yaml", "kind: [");
  reload();
  EXPECT_EQ(sync("/spec/git/ref"), "main") << "the mistake may be in what became of the file";
  folder.write("syncs/b.yaml", testing::sync_file("line-b", "a"));
  reload();
  EXPECT_EQ(sync("/spec"), "no object");
}

TEST_F(SyncObjectsTest, WhatACommandWroteStaysUntilTheFileChanges) {
  file("main");
  work();
  patch(R"({"spec":{"git":{"ref":"v1"}}})");
  EXPECT_EQ(assigned(), "a0");
  reload();
  EXPECT_EQ(assigned(), "a0") << "the file says what it said before";
  folder.write("syncs/a.yaml", testing::sync_file("line-a", "a", "main") + "# changed\n");
  reload();
  EXPECT_EQ(assigned(), "a0") << "a comment is no change";
}

TEST_F(SyncObjectsTest, ARequestedRefCountsUntilItIsTakenBack) {
  file("main");
  work();
  annotate("requested-ref", "v1");
  EXPECT_EQ(assigned(), "a0");
  EXPECT_EQ(sync("/spec/git/ref"), "main");
  patch(R"({"metadata":{"annotations":{"stoker.io/requested-ref":null}}})");
  EXPECT_EQ(assigned(), "a1");
}

TEST_F(SyncObjectsTest, ALookThatWasAskedForIsAnsweredInTheStatus) {
  file("main");
  work();
  const std::size_t before = repositories_.count("a");
  const std::uint64_t token_before = token();
  annotate("look-at", "monday");
  EXPECT_EQ(repositories_.count("a"), before + 1);
  EXPECT_EQ(sync("/status/observedLook"), "monday");
  EXPECT_GT(token(), token_before) << "the target has a Run even where nothing differs";
  repositories_.away["a"] = Error(errc::unreachable, "git is away");
  annotate("look-at", "tuesday");
  EXPECT_EQ(sync("/status/observedLook"), "tuesday") << "also when it failed";
  EXPECT_EQ(sync("/status/refResolutionStatus"), "Error");
}

TEST_F(SyncObjectsTest, APlanThatWasAskedForShowsTheNewestRevisionAndDeploysNothing) {
  file("main");
  work();
  const std::uint64_t token_before = token();
  repositories_.revisions["a"]["main"] = "a2";
  annotate("plan-at", "monday");
  auto newest = get(exchange_->newest("press-1"));
  EXPECT_EQ((*newest)->plan.asked, "monday");
  EXPECT_EQ((*newest)->plan.revision, "a2") << "what would come next";
  EXPECT_EQ(assigned(), "a1") << "who only wants to know deploys nothing";
  EXPECT_EQ(token(), token_before);
  repositories_.away["a"] = Error(errc::unreachable, "git is away");
  annotate("plan-at", "tuesday");
  newest = get(exchange_->newest("press-1"));
  EXPECT_EQ((*newest)->plan.asked, "tuesday");
  EXPECT_NE((*newest)->plan.problem.find("git is away"), std::string::npos);
}

TEST_F(SyncObjectsTest, ATargetIsPausedAndResumedAlone) {
  file("main");
  work();
  ASSERT_TRUE(store_.patch_now(target_, Part::spec, R"({"metadata":{"annotations":{"stoker.io/paused":"true",
    "stoker.io/paused-by":"alice","stoker.io/paused-because":"the shift changes"}}})"));
  pass(std::chrono::seconds(1));
  auto newest = get(exchange_->newest("press-1"));
  ASSERT_TRUE((*newest)->hold);
  EXPECT_EQ((*newest)->hold->reason, "target press-1 is paused by alice: the shift changes");
  repositories_.revisions["a"]["main"] = "a2";
  annotate("look-at", "monday");
  EXPECT_EQ(assigned(), "a1");
  ASSERT_TRUE(store_.patch_now(target_, Part::spec, R"({"metadata":{"annotations":{"stoker.io/paused":null}}})"));
  pass(std::chrono::seconds(1));
  newest = get(exchange_->newest("press-1"));
  EXPECT_FALSE((*newest)->hold);
  EXPECT_EQ(assigned(), "a2");
}

TEST_F(SyncObjectsTest, WhoOnlyLooksWritesNoObjectAndSeesWhatTheFilesSay) {
  file("main");
  work();
  end();
  const std::uint64_t version = store_.version();
  file("v1");
  work(Controller::Opening::only_look);
  get(controller_->look_once("line-a", true, stop.get_token()));
  EXPECT_EQ(assigned(), "a0");
  EXPECT_EQ(store_.version(), version);
}

TEST_F(SyncObjectsTest, AFileThatTheStoreRefusesIsSaidOnceAndNobodyElseRuns) {
  file("main");
  folder.write("syncs/b.yaml", testing::sync_file("line-b", "a"));
  int inserts = 0;
  store_.fault = [&](std::string_view verb, const ObjectKey& key) {
    const bool is_second = verb == "insert" && key.resource == resource::gateway_syncs && ++inserts >= 2;
    return is_second ? std::optional(Error(errc::invalid, "no such name", "object.invalid")) : std::nullopt;
  };
  work();
  const std::uint64_t before = token();
  pass(std::chrono::seconds(20));
  EXPECT_EQ(logged("could not be applied"), 1u);
  EXPECT_EQ(token(), before);
  EXPECT_EQ(inserts, 2) << "what is wrong stays wrong until the file changes";
  EXPECT_NE(controller_->mistakes().find("b.yaml"), std::string::npos);
}

TEST_F(SyncObjectsTest, WhileTheStoreIsAwayAFileIsAppliedAgainWithoutRunsForTheOthers) {
  file("main");
  work();
  store_.fault = [](std::string_view verb, const ObjectKey&) {
    return verb == "insert" ? std::optional(Error(errc::unreachable, "away")) : std::nullopt;
  };
  folder.write("syncs/b.yaml", testing::sync_file("line-b", "a"));
  reload();
  const std::uint64_t before = token();
  pass(std::chrono::seconds(20));
  EXPECT_EQ(logged("could not be applied"), 1u);
  EXPECT_EQ(token(), before) << "a try to write is no look";
  store_.fault = {};
  pass(std::chrono::seconds(6));
  EXPECT_TRUE(store_.find(ObjectKey(resource::gateway_syncs, "default", "line-b")));
}

// pitfalls P19
TEST_F(SyncObjectsTest, TheSeriesOfASyncGoWithIt) {
  file("main");
  work();
  EXPECT_NE(metrics.text().find("stoker_controller_cr_ready{name=\"line-a\""), std::string::npos);
  std::filesystem::remove(config.syncs / "a.yaml");
  folder.write("syncs/b.yaml", testing::sync_file("line-b", "a"));
  reload();
  EXPECT_EQ(metrics.text().find("name=\"line-a\""), std::string::npos);
}

TEST_F(SyncObjectsTest, APassInWhichNothingChangesWritesNothing) {
  file("main");
  work();
  const std::uint64_t version = store_.version();
  controller_->hint({"line-a", "poll", "", "", false});
  pass(std::chrono::seconds(2));
  EXPECT_EQ(store_.version(), version);
}

// B11: what a change costs grows with the change, not with the fleet.
TEST_F(SyncObjectsTest, AChangeOfOneSyncJudgesNoOther) {
  file("main");
  folder.write("syncs/b.yaml", testing::sync_file("line-b", "a"));
  TargetConfig other;
  other.name = "oven-1";
  other.sync = "line-b";
  targets_.put(other);
  work();
  pass(std::chrono::seconds(2));
  counted_->looks.clear();
  patch(R"({"spec":{"paused":true}})");
  EXPECT_EQ(sync("/status/conditions/0/reason"), "Paused");
  EXPECT_GT(counted_->looks["press-1"], 0);
  EXPECT_EQ(counted_->looks["oven-1"], 0);
}

TEST_F(SyncObjectsTest, ANameInTwoNamespacesBelongsToNobodyAndThatIsSaid) {
  file("main");
  work();
  const std::string document = R"({"apiVersion":"stoker.io/v1alpha1","kind":"GatewaySync",
    "metadata":{"name":"line-a","namespace":"plant-b"},"spec":{"git":{"repo":"a","ref":"v1"},
    "sync":{"profiles":{"default":{"mappings":[{"source":"a","destination":"b"}]}}}}})";
  ASSERT_TRUE(store_.insert_now(resource::gateway_syncs, document));
  pass(std::chrono::seconds(1));
  EXPECT_EQ(assigned(), "a1") << "what was assigned stays";
  EXPECT_EQ(logged("is in the namespaces default and plant-b"), 1u);
}

}  // namespace
}  // namespace stoker::host
