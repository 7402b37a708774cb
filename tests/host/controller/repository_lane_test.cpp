// One repository's lane: what one listing answers, and when the next one comes after a failure.
#include "host/controller/repository_lane.hpp"

#include "tests/host/controller/repositories.hpp"
#include "tests/support/local_exchange.hpp"
#include "tests/support/module_host.hpp"

namespace stoker::host {
namespace {

using std::chrono::seconds;

// Takes no Assignment while it is away.
class AwayExchange final : public Exchange {
 public:
  Async<void> put(Assignment assignment) override {
    if (away) co_return Error(errc::unreachable, "the exchange is away");
    if (std::exchange(is_overtaken, false)) {  // somebody put another one in between
      Assignment other = assignment;
      ++other.token;
      other.repair = "theirs";
      (void)co_await kept.put(std::move(other));
    }
    co_return co_await kept.put(std::move(assignment));
  }
  Async<std::optional<Report>> last(std::string target) const override { return kept.last(std::move(target)); }
  Async<void> remove(std::string target) override { return kept.remove(std::move(target)); }
  Async<std::optional<Assignment>> newest(std::string target) const override { return kept.newest(std::move(target)); }
  Async<void> report(std::string target, Report report) override {
    return kept.report(std::move(target), std::move(report));
  }
  Async<void> tell_stand(std::string target, AgentStand stand) override {
    return kept.tell_stand(std::move(target), std::move(stand));
  }
  TargetWishes wishes(const std::string& target) const override { return kept.wishes(target); }
  const TargetRecord* known(const std::string& target) const override { return kept.known(target); }
  void when_changed(std::function<void(const std::string&)> told) override { kept.when_changed(std::move(told)); }
  Bell changed(std::string target, std::function<void()> ring) override {
    return kept.changed(std::move(target), std::move(ring));
  }

  bool away = false, is_overtaken = false;
  testing::LocalExchange kept{[](const Report&) -> asio::awaitable<void> { co_return; }};
};

class RepositoryLaneTest : public ::testing::Test, protected testing::ModuleHost {
 protected:
  RepositoryLaneTest() {
    testing::Repositories::current = &repositories_;
    repositories_.revisions["a"] = {{"main", "r1"}, {"v1", "r0"}};
    link<testing::ListedSource>("source-listed");
    add("line-a", "main", "press-1");
    add("line-b", "v1", "press-2");
    for (const char* sync : {"line-a", "line-b"}) fleet_.hints.add(sync);
    git_.repo = "a";
    lane_ = std::make_unique<RepositoryLane>(git_, fleet_, sources_, loop.get_executor(), clock, log.module("stoker"),
                                             Metric());
  }
  ~RepositoryLaneTest() override {
    stop_all();
    EXPECT_TRUE(await(sources_.end()));
  }
  void add(const std::string& sync, const std::string& ref, const std::string& target) {
    SyncSpec& spec = fleet_.syncs[sync];
    spec.name = sync;
    spec.source.repo = "a";
    spec.ref = ref;
    spec.profiles["default"].profile.name = "default";
    TargetConfig config_of;
    config_of.name = target;
    config_of.sync = sync;
    targets_.put(config_of);
  }
  void work() { start(lane_->work(stop.get_token())); }
  // Somebody or something asks for a look.
  void hint(const std::string& sync, const std::string& reason) {
    ASSERT_EQ(fleet_.hints.hint(sync, reason == "person"), Hints::Counted::yes);
    lane_->ask(sync);
    settle();
  }
  void is_away() { repositories_.away["a"] = Error(errc::unreachable, "git is away"); }
  // The repository does not answer, and was asked once.
  void fail() {
    is_away();
    lane_->ask("line-a");
    work();
    ASSERT_EQ(listings(), 1u);
  }
  std::size_t listings() { return repositories_.listings.size(); }
  // Is there one more listing after this time, and none before?
  bool asked_after(seconds wait) {
    const std::size_t before = listings();
    clock.advance(wait - seconds(1));
    settle();
    const bool early = listings() != before;
    clock.advance(seconds(1));
    settle();
    return !early && listings() == before + 1;
  }
  std::optional<Assignment> assigned(const std::string& target) {
    auto newest = get(exchange_.newest(target));
    return newest ? std::move(newest).value() : std::nullopt;
  }
  std::string revision(const std::string& target) {
    const auto newest = assigned(target);
    return newest ? newest->revision : "nothing";
  }

  testing::Repositories repositories_;
  TargetDirectory targets_;
  AwayExchange exchange_;
  Fleet fleet_{exchange_, targets_, clock, metrics};
  SourcePool sources_{workers, factory, config};
  SourceSpec git_;
  std::unique_ptr<RepositoryLane> lane_;
};

TEST_F(RepositoryLaneTest, OneListingAnswersAllWhoAsk) {
  lane_->ask("line-a");
  lane_->ask("line-b");
  work();
  ASSERT_EQ(listings(), 1u);
  EXPECT_EQ(repositories_.listings[0].second, (testing::Repositories::Refs{"main", "v1"}));
  EXPECT_EQ(revision("press-1"), "r1");
  EXPECT_EQ(revision("press-2"), "r0");
}

TEST_F(RepositoryLaneTest, OnlyWhoAsksIsResolved) {
  lane_->ask("line-b");
  work();
  ASSERT_EQ(listings(), 1u);
  EXPECT_EQ(repositories_.listings[0].second, testing::Repositories::Refs{"v1"});
  EXPECT_EQ(revision("press-1"), "nothing");
}

TEST_F(RepositoryLaneTest, WhatIsOvertakenIsDecidedAnewAtOnce) {
  exchange_.is_overtaken = true;
  lane_->ask("line-a");
  work();
  EXPECT_EQ(revision("press-1"), "r1");
  EXPECT_EQ(assigned("press-1")->repair, "") << "what the Sync says";
  EXPECT_EQ(logged("could not be assigned"), 0u);
}

TEST_F(RepositoryLaneTest, ALookAnswersAllHintsBeforeIt) {
  lane_->ask("line-a");
  fleet_.hints.hint("line-a", false);
  fleet_.hints.hint("line-a", false);
  work();
  EXPECT_EQ(listings(), 1u);
  lane_->ask("line-a");
  settle();
  EXPECT_EQ(listings(), 1u);
}

TEST_F(RepositoryLaneTest, ATimersLookRunsNothingAgainAndAPersonsLookDoes) {
  lane_->ask("line-a");
  work();
  const std::uint64_t asked = assigned("press-1")->asked;
  hint("line-a", "poll");
  EXPECT_EQ(assigned("press-1")->asked, asked);
  hint("line-a", "person");
  EXPECT_GT(assigned("press-1")->asked, asked);
}

// cases T04
TEST_F(RepositoryLaneTest, ARefThatIsGoneKeepsWhatRunsAndIsToldOnce) {
  std::vector<Trouble> told;
  get(fleet_.troubles.tell([&](std::string, Trouble trouble) -> asio::awaitable<void> {
    told.push_back(std::move(trouble));
    co_return;
  }));
  lane_->ask("line-a");
  work();
  repositories_.revisions["a"].erase("main");
  const std::int64_t gone_at = clock.wall_ms();
  for (int i = 0; i < 3; ++i) {
    hint("line-a", "poll");
    clock.advance(seconds(60));
  }
  EXPECT_EQ(revision("press-1"), "r1");
  EXPECT_EQ(logged("the ref of a Sync cannot be used"), 1u);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].why.message.find("\"main\""), std::string::npos) << told[0].why.message;
  EXPECT_EQ(told[0].since_ms, gone_at);
  EXPECT_FALSE(lane_->failing());

  repositories_.revisions["a"]["main"] = "r2";
  hint("line-a", "poll");
  EXPECT_EQ(revision("press-1"), "r2");
  EXPECT_EQ(logged("can be resolved again"), 1u);
  EXPECT_FALSE(fleet_.troubles.of("line-a"));
}

// cases T15
TEST_F(RepositoryLaneTest, ARefThatIsNoRefStopsNoOtherSyncOfTheRepository) {
  fleet_.syncs["line-a"].ref = "main ";
  repositories_.bad_refs.emplace("main ", Error(errc::invalid, "\"main \" is not a ref", "git.ref-invalid"));
  lane_->ask("line-a");
  lane_->ask("line-b");
  work();
  EXPECT_EQ(revision("press-2"), "r0");
  ASSERT_TRUE(fleet_.troubles.of("line-a"));
  EXPECT_EQ(fleet_.troubles.of("line-a")->why.code, "git.ref-invalid");
  EXPECT_FALSE(fleet_.troubles.of("line-b"));
  EXPECT_FALSE(asked_after(seconds(5))) << "what needs a person is not asked again";
}

// cases T15
TEST_F(RepositoryLaneTest, ARefThatCannotBeReadNowIsAskedAgainAlone) {
  repositories_.bad_refs.emplace("v1", Error(errc::unreachable, "the shallow part is away"));
  lane_->ask("line-a");
  lane_->ask("line-b");
  work();
  EXPECT_EQ(revision("press-1"), "r1");
  repositories_.bad_refs.clear();
  ASSERT_TRUE(asked_after(seconds(5)));
  EXPECT_EQ(repositories_.listings[1].second, testing::Repositories::Refs{"v1"});
  EXPECT_EQ(revision("press-2"), "r0");
}

TEST_F(RepositoryLaneTest, WhatMayPassIsToldWhenItHasLastedFiveMinutes) {
  std::size_t told = 0;
  get(fleet_.troubles.tell([&](std::string, Trouble) -> asio::awaitable<void> {
    ++told;
    co_return;
  }));
  fail();
  for (const int wait : {5, 30, 60, 120}) ASSERT_TRUE(asked_after(seconds(wait)));
  EXPECT_EQ(told, 0u);
  ASSERT_TRUE(asked_after(seconds(240)));
  EXPECT_EQ(told, 1u);
  ASSERT_TRUE(asked_after(seconds(300)));
  EXPECT_EQ(told, 1u);
  EXPECT_EQ(logged("could not be read"), 1u);
}

// cases Q9
TEST_F(RepositoryLaneTest, ASourceSaysHowLongItWantsToBeLeftAlone) {
  repositories_.away["a"] = Error(errc::exhausted, "rate limit").after(seconds(100));
  lane_->ask("line-a");
  work();
  EXPECT_TRUE(asked_after(seconds(100)));
}

TEST_F(RepositoryLaneTest, WaitsLongerAfterEachFailureUpToFiveMinutes) {
  fail();
  for (const int wait : {5, 30, 60, 120, 240, 300, 300}) EXPECT_TRUE(asked_after(seconds(wait))) << wait;
}

TEST_F(RepositoryLaneTest, SaysWhyItFailsUntilItIsAnswered) {
  fail();
  ASSERT_TRUE(lane_->failing());
  EXPECT_NE(lane_->failing()->message.find("git is away"), std::string::npos);
  repositories_.away.clear();
  ASSERT_TRUE(asked_after(seconds(5)));
  EXPECT_FALSE(lane_->failing());
  EXPECT_EQ(revision("press-1"), "r1");
}

TEST_F(RepositoryLaneTest, AnAnswerBeginsTheBackOffAnew) {
  fail();
  ASSERT_TRUE(asked_after(seconds(5)));
  repositories_.away.clear();
  ASSERT_TRUE(asked_after(seconds(30)));
  is_away();
  hint("line-a", "poll");
  EXPECT_TRUE(asked_after(seconds(5)));
}

// cases Q11
TEST_F(RepositoryLaneTest, APersonsHintDoesNotWaitForTheBackOff) {
  fail();
  ASSERT_TRUE(asked_after(seconds(5)));
  hint("line-a", "person");
  EXPECT_EQ(listings(), 3u);
}

TEST_F(RepositoryLaneTest, ATimersHintWaitsForTheBackOff) {
  fail();
  ASSERT_TRUE(asked_after(seconds(5)));
  hint("line-a", "poll");
  EXPECT_EQ(listings(), 2u);
  EXPECT_TRUE(asked_after(seconds(30)));
}

TEST_F(RepositoryLaneTest, WhatCannotBeAssignedIsTriedAgain) {
  exchange_.away = true;
  lane_->ask("line-a");
  work();
  EXPECT_EQ(logged("could not be assigned"), 1u);
  exchange_.away = false;
  ASSERT_TRUE(asked_after(seconds(5)));
  EXPECT_EQ(revision("press-1"), "r1");
  EXPECT_FALSE(fleet_.hints.due("line-a"));
}

TEST_F(RepositoryLaneTest, AnAnswerToARefThatChangedMeanwhileIsNotAssigned) {
  std::promise<void> listing, go_on;
  repositories_.while_listing = [&] {
    listing.set_value();
    go_on.get_future().wait();
  };
  lane_->ask("line-a");
  asio::co_spawn(loop, lane_->look(stop.get_token()), [](std::exception_ptr, bool) {});
  const auto begun = listing.get_future();
  ASSERT_TRUE(until([&] { return begun.wait_for(seconds(0)) == std::future_status::ready; }));
  fleet_.syncs["line-a"].ref = "v1";
  go_on.set_value();
  settle();
  EXPECT_EQ(revision("press-1"), "nothing");
}

TEST_F(RepositoryLaneTest, AStopDuringAListingIsNoFailure) {
  repositories_.away["a"] = Error(errc::cancelled, "the host stops");
  lane_->ask("line-a");
  EXPECT_FALSE(get(lane_->look(stop.get_token())));
  EXPECT_FALSE(lane_->failing());
  EXPECT_TRUE(fleet_.hints.due("line-a"));
}

TEST_F(RepositoryLaneTest, ASourceThatCannotBeMadeIsAFailureOfTheRepository) {
  git_.auth.token = SecretRef{"git", "token"};
  for (auto& [name, spec] : fleet_.syncs) spec.source = git_;
  lane_ = std::make_unique<RepositoryLane>(git_, fleet_, sources_, loop.get_executor(), clock, log.module("stoker"),
                                           Metric());
  lane_->ask("line-a");
  EXPECT_FALSE(get(lane_->look(stop.get_token())));
  ASSERT_TRUE(lane_->failing());
  EXPECT_NE(lane_->failing()->message.find("token"), std::string::npos) << lane_->failing()->message;
}

}  // namespace
}  // namespace stoker::host
