// From hints to Assignments: which repositories are asked, and what each target is assigned.
#include "host/controller/controller.hpp"

#include "host/config/kinds.hpp"
#include "tests/host/controller/repositories.hpp"
#include "tests/host/controller/sync_files.hpp"
#include "tests/support/local_exchange.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/module_host.hpp"

namespace stoker::host {
namespace {

using testing::sync_file;

// Gives the hints that a test puts there, and remembers the Syncs that it was told.
class HintingTrigger final : public Trigger {
 public:
  struct Hinted {
    std::mutex mutex;
    std::condition_variable put;
    std::deque<Hint> hints;
    std::vector<std::string> told;
  };
  HintingTrigger(const stoker::Config&, Host&) : hinted_(*current) {}
  Result<void> watch(Call&, std::string_view syncs) override {
    const std::lock_guard lock(hinted_.mutex);
    hinted_.told.emplace_back(syncs);
    return {};
  }
  Result<void> next(Call& call, const Out<Hint>& out) override {
    std::unique_lock lock(hinted_.mutex);
    while (hinted_.hints.empty()) {
      if (auto check = call.check(); !check) return check;
      hinted_.put.wait_for(lock, std::chrono::milliseconds(5));
    }
    Hint hint = std::move(hinted_.hints.front());
    hinted_.hints.pop_front();
    return out.put(hint);
  }
  static inline Hinted* current = nullptr;

 private:
  Hinted& hinted_;
};

class ControllerTest : public ::testing::Test, protected testing::ModuleHost {
 protected:
  ControllerTest() {
    objects_.check = check_object;
    testing::Repositories::current = &repositories_;
    HintingTrigger::current = &hinted_;
    repositories_.revisions["a"] = {{"main", "a1"}, {"v1", "a0"}};
    repositories_.revisions["b"] = {{"main", "b1"}};
    link<testing::ListedSource>("source-listed");
    folder.write("syncs/a.yaml", sync_file("line-a", "a"));
    folder.write("syncs/b.yaml", sync_file("line-b", "b"));
    add("press-1", "line-a");
    add("press-2", "line-a");
    add("oven-1", "line-b");
  }
  ~ControllerTest() override {
    stop_all();
    if (controller_) await(controller_->end());
    EXPECT_TRUE(await(sources_.end()));
  }
  void add(const std::string& target, const std::string& sync) {
    TargetConfig made;
    made.name = target;
    made.sync = sync;
    targets_.put(made);
  }
  Result<void> open(Controller::Opening opening = Controller::Opening::to_serve) {
    controller_ = std::make_unique<Controller>(ControllerParts{loop.get_executor(), config, services(), workers,
                                                               factory, sources_, objects_, exchange_, targets_});
    return get(controller_->open(opening));
  }
  void work() {
    ASSERT_TRUE(open());
    start(controller_->work({}, stop.get_token()));
  }
  void hint(const std::string& sync, const std::string& reason = "person", const std::string& delivery = {}) {
    controller_->hint({sync, reason, delivery, "", reason != "poll"});
    settle();
  }
  void look_once(const std::string& sync, bool dry_run = false) {
    get(controller_->look_once(sync, dry_run, stop.get_token()));
  }
  void reload() {
    controller_->reload();
    settle();
  }
  Assignment assigned(const std::string& target) {
    auto newest = get(exchange_.newest(target));
    return newest && *newest ? **newest : Assignment();
  }
  std::string revision(const std::string& target) { return assigned(target).revision; }
  testing::Repositories::Refs last_asked_for(const std::string& repository) const {
    const auto& all = repositories_.listings;
    const auto last =
        std::find_if(all.rbegin(), all.rend(), [&](const auto& each) { return each.first == repository; });
    return last == all.rend() ? testing::Repositories::Refs() : last->second;
  }
  const Trouble* trouble_of_sync(const std::string& sync) const {
    TargetConfig target;
    target.sync = sync;
    return controller_->trouble(target);
  }
  std::size_t listings(const std::string& repository) { return repositories_.count(repository); }

  testing::Repositories repositories_;
  HintingTrigger::Hinted hinted_;
  TargetDirectory targets_;
  testing::MemoryStore objects_;
  testing::LocalExchange exchange_{[](const Report&) -> asio::awaitable<void> { co_return; }};
  SourcePool sources_{workers, factory, config};
  std::unique_ptr<Controller> controller_;
};

TEST_F(ControllerTest, AssignsToEachTargetWhatItsSyncResolvedTo) {
  work();
  EXPECT_EQ(revision("press-1"), "a1");
  EXPECT_EQ(revision("press-2"), "a1");
  EXPECT_EQ(revision("oven-1"), "b1");
  EXPECT_EQ(assigned("oven-1").sync, "line-b");
  EXPECT_EQ(assigned("oven-1").source.repo, "b");
}

class BrokenTrigger final : public Trigger {
 public:
  BrokenTrigger(const stoker::Config&, Host&) { throw std::invalid_argument("the port is in use"); }
  Result<void> watch(Call&, std::string_view) override { return {}; }
  Result<void> next(Call&, const Out<Hint>&) override { return {}; }
};

// cases Q10
TEST_F(ControllerTest, ATriggerThatIsNotRequiredAndCannotBeMadeIsLeftOutAndThatIsSaid) {
  link<BrokenTrigger>("trigger-broken");
  EXPECT_FALSE(open());
  await(controller_->end());
  config.modules.back().required = false;
  work();
  EXPECT_EQ(logged("a trigger is left out"), 1u);
  EXPECT_EQ(logged("the port is in use"), 1u);
  EXPECT_EQ(revision("press-1"), "a1");
}

TEST_F(ControllerTest, ATargetOfAnotherSyncIsNotTouched) {
  ASSERT_TRUE(open(Controller::Opening::once));
  look_once("line-a");
  EXPECT_EQ(revision("press-1"), "a1");
  EXPECT_EQ(revision("oven-1"), "");
}

TEST_F(ControllerTest, AHintAsksTheRepositoryOfItsSyncAlone) {
  work();
  hint("line-b");
  EXPECT_EQ(listings("a"), 1u);
  EXPECT_EQ(listings("b"), 2u);
}

TEST_F(ControllerTest, AHintWithoutASyncAsksEachRepositoryOnce) {
  folder.write("syncs/c.yaml", sync_file("line-c", "a", "v1"));
  work();
  hint("");
  EXPECT_EQ(listings("a"), 2u);
  EXPECT_EQ(listings("b"), 2u);
  EXPECT_EQ(last_asked_for("a"), (testing::Repositories::Refs{"main", "v1"}));
}

TEST_F(ControllerTest, AHintForAnUnknownSyncIsIgnored) {
  work();
  hint("line-x");
  EXPECT_EQ(repositories_.listings.size(), 2u);
}

TEST_F(ControllerTest, ADeliveryThatIsRepeatedCountsOnce) {
  work();
  hint("line-a", "push", "delivery-1");
  hint("line-a", "push", "delivery-1");
  EXPECT_EQ(listings("a"), 2u);
}

TEST_F(ControllerTest, WhatIsAssignedHasTheTokenOfTheNewestLook) {
  work();
  const std::uint64_t first = assigned("press-1").token;
  controller_->hint({"line-a", "poll", "", "", false});
  controller_->hint({"line-a", "person", "", "", true});
  settle();
  EXPECT_EQ(listings("a"), 2u);
  EXPECT_EQ(assigned("press-1").token, first + 2);
  EXPECT_EQ(assigned("press-1").asked, first + 2);
  EXPECT_LT(assigned("oven-1").token, first + 2);
}

TEST_F(ControllerTest, NoTokenIsBelowOneOfAnEarlierProcess) {
  ASSERT_TRUE(open());
  controller_->start_from("line-a", 41);
  start(controller_->work({}, stop.get_token()));
  EXPECT_EQ(assigned("press-1").token, 42u);
}

TEST_F(ControllerTest, ARepositoryThatDoesNotAnswerStopsNoOther) {
  repositories_.away["a"] = Error(errc::unreachable, "git is away");
  work();
  EXPECT_EQ(revision("press-1"), "");
  EXPECT_EQ(revision("oven-1"), "b1");
  ASSERT_TRUE(trouble_of_sync("line-a"));
  EXPECT_NE(trouble_of_sync("line-a")->why.message.find("git is away"), std::string::npos);
  EXPECT_FALSE(trouble_of_sync("line-b"));
}

TEST_F(ControllerTest, SyncsOfOneRepositoryAreResolvedInOneListing) {
  folder.write("syncs/b.yaml", sync_file("line-b", "a", "v1"));
  work();
  ASSERT_EQ(repositories_.listings.size(), 1u);
  EXPECT_EQ(repositories_.listings[0].second, (testing::Repositories::Refs{"main", "v1"}));
  EXPECT_EQ(revision("oven-1"), "a0");
}

TEST_F(ControllerTest, ADryRunIsAssignedAsOne) {
  ASSERT_TRUE(open(Controller::Opening::once));
  look_once("line-a", true);
  EXPECT_TRUE(assigned("press-1").dry_run);
}

TEST_F(ControllerTest, ALookForACommandAsksARepositoryThatFailedNoSecondTime) {
  repositories_.away["a"] = Error(errc::unreachable, "git is away");
  ASSERT_TRUE(open(Controller::Opening::once));
  look_once("line-a");
  look_once("line-a");
  EXPECT_EQ(listings("a"), 1u);
  EXPECT_TRUE(trouble_of_sync("line-a"));
}

TEST_F(ControllerTest, ASyncThatIsBadIsLeftOutAndTheOthersAreServed) {
  folder.write("syncs/a.yaml", "kind: [");
  work();
  EXPECT_EQ(controller_->syncs_count(), 1u);
  EXPECT_EQ(revision("oven-1"), "b1");
}

// cases C11, T29
TEST_F(ControllerTest, OpensWithoutASyncThatCanBeUsedAndServesItWhenItIsRepaired) {
  folder.write("syncs/a.yaml", "kind: [");
  folder.write("syncs/b.yaml", "kind: [");
  work();
  ASSERT_TRUE(trouble_of_sync("line-a"));
  EXPECT_NE(trouble_of_sync("line-a")->why.message.find("a.yaml"), std::string::npos);
  EXPECT_EQ(logged("a Sync cannot be used"), 2u);
  reload();
  EXPECT_EQ(logged("a Sync cannot be used"), 2u) << "the same mistake is said once";

  folder.write("syncs/a.yaml", sync_file("line-a", "a"));
  reload();
  EXPECT_EQ(revision("press-1"), "a1");
  EXPECT_FALSE(trouble_of_sync("line-a"));
  EXPECT_TRUE(trouble_of_sync("line-b"));
}

// cases T15
TEST_F(ControllerTest, AProfileThatTheSyncDoesNotHaveIsATroubleOfThatTargetAlone) {
  TargetConfig typo;
  typo.name = "press-3";
  typo.sync = "line-a";
  typo.profile = "prd";
  targets_.put(typo);
  work();
  EXPECT_EQ(revision("press-1"), "a1");
  ASSERT_TRUE(controller_->trouble(typo));
  EXPECT_EQ(controller_->trouble(typo)->why.code, "config.profile");
  EXPECT_FALSE(trouble_of_sync("line-a"));
  EXPECT_EQ(logged("a target cannot be used"), 1u);
}

TEST_F(ControllerTest, AReloadServesASyncThatCame) {
  work();
  add("oven-2", "line-c");
  repositories_.revisions["c"] = {{"main", "c1"}};
  folder.write("syncs/c.yaml", sync_file("line-c", "c"));
  reload();
  EXPECT_EQ(controller_->syncs_count(), 3u);
  EXPECT_EQ(revision("oven-2"), "c1");
}

TEST_F(ControllerTest, AfterAReloadTheRepositoryOfASyncThatIsGoneIsAskedNoMore) {
  work();
  std::filesystem::remove(config.syncs / "b.yaml");
  reload();
  hint("line-b");
  hint("");
  EXPECT_EQ(listings("b"), 1u);
  EXPECT_EQ(listings("a"), 3u);
}

TEST_F(ControllerTest, AReloadTakesAChangedRefAndAChangedRepository) {
  work();
  folder.write("syncs/a.yaml", sync_file("line-a", "a", "v1"));
  folder.write("syncs/b.yaml", sync_file("line-b", "a", "main"));
  reload();
  EXPECT_EQ(revision("press-1"), "a0");
  EXPECT_EQ(revision("oven-1"), "a1");
}

TEST_F(ControllerTest, AChangedFileIsReadWithoutBeingAsked) {
  work();
  folder.write("syncs/a.yaml", sync_file("line-a", "a", "v1"));
  settle();
  clock.advance(std::chrono::milliseconds(200));
  settle();
  EXPECT_EQ(revision("press-1"), "a0");
}

TEST_F(ControllerTest, ATriggerIsToldTheSyncsAndItsHintIsALook) {
  link<HintingTrigger>("trigger-hints");
  work();
  const auto told = [this] {
    const std::lock_guard lock(hinted_.mutex);
    return hinted_.told.size() == 1 && hinted_.told[0].find("line-a") != std::string::npos;
  };
  ASSERT_TRUE(until(told));
  {
    const std::lock_guard lock(hinted_.mutex);
    hinted_.hints.emplace_back().sync = "line-b";
  }
  EXPECT_TRUE(until([this] { return listings("b") == 2; }));
  EXPECT_EQ(listings("a"), 1u);
}

// cases Q12
TEST_F(ControllerTest, AHintForASyncThatDoesNotExistIsSaidOnceForEachName) {
  work();
  hint("nowhere");
  hint("nowhere");
  hint("elsewhere");
  EXPECT_EQ(logged("a hint names a Sync that does not exist"), 2u);
  EXPECT_EQ(logged("sync=elsewhere"), 1u);
  for (std::size_t i = 0; i < Controller::unknown_max + 10; ++i)
    controller_->hint({"x" + std::to_string(i), "", "", "", true});
  EXPECT_EQ(logged("a hint names a Sync that does not exist"), Controller::unknown_max);
}

// cases Q7
TEST_F(ControllerTest, ATriggerIsToldTheIntervalOfASyncOnlyWhereTheSyncSaysOne) {
  std::string text = sync_file("line-b", "b");
  text.replace(text.find("spec: {"), 7, "spec: {polling: {interval: 90s}, ");
  folder.write("syncs/b.yaml", text);
  link<HintingTrigger>("trigger-hints");
  work();
  const auto told = [this] {
    const std::lock_guard lock(hinted_.mutex);
    return !hinted_.told.empty();
  };
  ASSERT_TRUE(until(told));
  const std::lock_guard lock(hinted_.mutex);
  EXPECT_EQ(hinted_.told[0],
            R"([{"name":"line-a","repository":"a","ref":"main","polling":{"enabled":true}},)"
            R"({"name":"line-b","repository":"b","ref":"main","polling":{"enabled":true,"interval":"90000ms"}}])");
}

}  // namespace
}  // namespace stoker::host
