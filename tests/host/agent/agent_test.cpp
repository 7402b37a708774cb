// Targets come, go and cannot be opened: what the agent does about each, beside the others.
#include "host/agent/agent.hpp"

#include "host/base/file.hpp"
#include "tests/host/run/fake_world.hpp"
#include "tests/support/local_exchange.hpp"
#include "tests/support/module_host.hpp"

namespace stoker::host::testing {
namespace {

using std::chrono::seconds;

// Each target has a world of its own: its strategy and its verifier are made in that one.
struct Worlds {
  std::map<std::string, World> of;
  std::vector<std::string> made, ended;  // strategies by target
  static inline Worlds* current = nullptr;

  static const stoker::Config& enter(const stoker::Config& config) {
    World::current = &current->of[config.text("/use/target/name")];
    return config;
  }
};

class TargetStrategy final : public FakeStrategy {
 public:
  TargetStrategy(const stoker::Config& config, Host& host)
      : FakeStrategy(Worlds::enter(config), host), name_(config.text("/use/target/name")) {
    Worlds::current->made.push_back(name_);
  }
  ~TargetStrategy() override { Worlds::current->ended.push_back(name_); }

 private:
  std::string name_;
};

class TargetVerifier final : public FakeVerifier {
 public:
  TargetVerifier(const stoker::Config& config, Host& host) : FakeVerifier(Worlds::enter(config), host) {}
};

class AgentTest : public ::testing::Test, protected ModuleHost {
 protected:
  using Names = std::vector<std::string>;
  struct Opened {
    std::string target;
    std::uint64_t token;
    bool late;
    bool operator==(const Opened&) const = default;
  };

  AgentTest() {
    Worlds::current = &worlds_;
    World::current = &worlds_.of[""];
    link<FakeSource>("source-fake");
    link<TargetStrategy>("strategy-fake");
    link<TargetVerifier>("verify-fake");
    put("press-1");
    put("press-2");
    begin_process();
  }
  ~AgentTest() override {
    end_process();
    EXPECT_TRUE(await(sources_.end()));
    EXPECT_EQ(worlds_.ended.size(), worlds_.made.size()) << "an instance was not ended";
  }
  void begin_process() {
    stop = {};
    agent_ = std::make_unique<Agent>(
        AgentParts{loop.get_executor(), config, services(), workers, factory, sources_, exchange_}, directory_,
        [this](const TargetConfig& target, std::uint64_t token, bool late) {
          opened_.push_back({target.name, token, late});
        });
  }
  void end_process() {
    stop_all();
    await(agent_->end());
    agent_.reset();
    directory_ = TargetDirectory(targets());  // nobody is told any more
  }
  std::vector<TargetConfig> targets() const {
    std::vector<TargetConfig> all;
    for (const TargetConfig* target : directory_.all()) all.push_back(*target);
    return all;
  }
  TargetConfig target(const std::string& name, const std::string& data) const {
    TargetConfig made;
    made.name = name;
    made.sync = "line-a";
    made.data = folder.path() / data;
    std::filesystem::create_directories(made.data);
    return made;
  }
  void put(const std::string& name) { directory_.put(target(name, name)); }
  void work() { start(agent_->work(stop.get_token())); }
  void open_and_work() {
    ASSERT_TRUE(get(agent_->open_all(Agent::Opening::recover)));
    work();
  }
  void assign(const std::string& to, const std::string& revision) {
    Assignment next = assignment_of(revision, "p");
    next.target = to;
    next.asked = next.token = ++token_;
    ASSERT_TRUE(get(exchange_.put(next)));
    settle();
  }
  // After so long the agent opens what is not open. It looks at what changed in the directory before that.
  void pass_ten_seconds() {
    settle();
    clock.advance(seconds(10));
    settle();
  }
  // An earlier process died among the renames of r2.
  void leave_open(const std::string& name) {
    const std::map<std::string, std::string> base{{"revision", "r2"}, {"run", "run-9"}};
    FakeStrategy::leave_open(worlds_.of[name], "run-9", revision("r2"), base, false);
  }
  const Content& live(const std::string& name) { return worlds_.of[name].live; }
  static Content revision(const std::string& name) { return World().revisions.at(name); }
  // Another process owns the target for as long as this lives.
  Result<TargetMemory> own(const std::string& name) const { return TargetMemory::open(folder.path() / name); }
  bool has_series(const std::string& text) const { return metrics.text().find(text) != std::string::npos; }
  bool open(const std::string& name) const { return agent_->lane(name) != nullptr; }

  Worlds worlds_;
  TargetDirectory directory_;
  std::vector<Report> reports_;
  testing::LocalExchange exchange_{[this](const Report& report) { return take(report); }};
  SourcePool sources_{workers, factory, config};
  std::unique_ptr<Agent> agent_;
  std::vector<Opened> opened_;
  std::uint64_t token_ = 0;

 private:
  asio::awaitable<void> take(const Report& report) {
    reports_.push_back(report);
    co_return;
  }
};

TEST_F(AgentTest, OpensEachTargetAndIsReadyWhenAllAreAwake) {
  ASSERT_TRUE(get(agent_->open_all(Agent::Opening::recover)));
  EXPECT_EQ(opened_, (std::vector<Opened>{{"press-1", 0, false}, {"press-2", 0, false}}));
  EXPECT_FALSE(agent_->ready());
  work();
  EXPECT_TRUE(agent_->ready());
}

TEST_F(AgentTest, RunsWhatItsTargetIsAssignedAndReportsIt) {
  open_and_work();
  assign("press-1", "r1");
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(reports_[0].target, "press-1");
  EXPECT_EQ(reports_[0].outcome, Outcome::applied) << summary(reports_[0]);
  EXPECT_EQ(live("press-1"), revision("r1"));
  EXPECT_EQ(live("press-2"), Content());
}

// pitfalls P18
TEST_F(AgentTest, ATargetThatWasForgottenReportsAgain) {
  open_and_work();
  assign("press-1", "r1");
  const auto assigned = get(exchange_.newest("press-1"));
  ASSERT_TRUE(assigned && *assigned);
  ASSERT_TRUE(get(exchange_.put(**assigned)));
  settle();
  EXPECT_EQ(reports_.size(), 1u);
  ASSERT_TRUE(get(exchange_.remove("press-1")));
  ASSERT_TRUE(get(exchange_.put(**assigned)));
  settle();
  ASSERT_EQ(reports_.size(), 2u);
  EXPECT_EQ(reports_[1].outcome, Outcome::unchanged) << summary(reports_[1]);
  EXPECT_EQ(state_of(*exchange_.known("press-1")), TargetState::synced);
}

TEST_F(AgentTest, SaysTheTokenOfTheAssignmentThatAnEarlierProcessKept) {
  open_and_work();
  token_ = 41;
  assign("press-1", "r1");
  end_process();
  opened_.clear();
  begin_process();
  ASSERT_TRUE(get(agent_->open_all(Agent::Opening::recover)));
  EXPECT_EQ(opened_, (std::vector<Opened>{{"press-1", 42, false}, {"press-2", 0, false}}));
}

// ---------------------------------------------------------------- one that cannot be opened

TEST_F(AgentTest, ATargetThatCannotBeOpenedFailsAloneAndSaysWhy) {
  const auto owner = own("press-1");
  const auto all = get(agent_->open_all(Agent::Opening::recover));
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error(), errc::conflict) << all.error().message;
  ASSERT_TRUE(agent_->why_not_open("press-1"));
  EXPECT_EQ(agent_->why_not_open("press-1")->message, all.error().message);
  EXPECT_FALSE(agent_->why_not_open("press-2"));
  EXPECT_EQ(logged("a target cannot be opened"), 1u);
  work();
  assign("press-2", "r1");
  EXPECT_EQ(live("press-2"), revision("r1"));
  EXPECT_FALSE(agent_->ready());
}

TEST_F(AgentTest, ATargetThatCouldNotBeOpenedIsTriedEveryTenSecondsAndThenRun) {
  auto owner = own("press-1");
  EXPECT_FALSE(get(agent_->open_all(Agent::Opening::recover)));
  work();
  assign("press-1", "r1");
  pass_ten_seconds();
  EXPECT_FALSE(open("press-1"));
  owner = Error(errc::internal, "the other process has ended");
  clock.advance(seconds(9));
  settle();
  EXPECT_FALSE(open("press-1"));
  clock.advance(seconds(1));
  settle();
  EXPECT_FALSE(agent_->why_not_open("press-1"));
  EXPECT_EQ(opened_.back(), (Opened{"press-1", 0, true}));
  EXPECT_EQ(live("press-1"), revision("r1"));
  EXPECT_TRUE(agent_->ready());
}

// pitfalls P13
TEST_F(AgentTest, ATargetThatCannotBeOpenedSaysSoUntilItIsOpen) {
  auto owner = own("press-1");
  EXPECT_FALSE(get(agent_->open_all(Agent::Opening::recover)));
  work();
  ASSERT_TRUE(exchange_.known("press-1"));
  const Condition* trouble = agent_trouble(*exchange_.known("press-1"));
  ASSERT_TRUE(trouble);
  EXPECT_TRUE(trouble->message.starts_with(agent_->why_not_open("press-1")->message)) << trouble->message;
  owner = Error(errc::internal, "the other process has ended");
  assign("press-1", "r1");
  pass_ten_seconds();
  EXPECT_FALSE(agent_trouble(*exchange_.known("press-1")));
  EXPECT_EQ(state_of(*exchange_.known("press-1")), TargetState::synced);
}

TEST_F(AgentTest, ANewerAssignmentTriesAtOnceToOpenItsTarget) {
  auto owner = own("press-1");
  EXPECT_FALSE(get(agent_->open_all(Agent::Opening::recover)));
  work();
  owner = Error(errc::internal, "the other process has ended");
  assign("press-1", "r1");
  EXPECT_TRUE(open("press-1"));
  EXPECT_EQ(live("press-1"), revision("r1"));
}

TEST_F(AgentTest, TheSameReasonIsNotLoggedAtEachTry) {
  const auto owner = own("press-1");
  EXPECT_FALSE(get(agent_->open_all(Agent::Opening::recover)));
  work();
  for (int i = 0; i < 3; ++i) pass_ten_seconds();
  EXPECT_EQ(logged("the target still cannot be opened"), 1u);
}

TEST_F(AgentTest, WhatWasMadeForATargetThatCannotBeOpenedIsEnded) {
  TargetConfig locked = target("press-1", "press-1");
  locked.gateway.emplace().api_key = SecretRef{"gateway", "key"};
  directory_.put(locked);
  const auto all = get(agent_->open_all(Agent::Opening::recover));
  ASSERT_FALSE(all);
  EXPECT_NE(all.error().message.find("press-1"), std::string::npos) << all.error().message;
  EXPECT_EQ(worlds_.made, (Names{"press-1", "press-2"}));
  EXPECT_EQ(worlds_.ended, Names{"press-1"});
  EXPECT_TRUE(own("press-1"));  // nor is its lock kept
}

// ---------------------------------------------------------------- what a dead process left

// cases T29
TEST_F(AgentTest, AJournalIsFinishedAlsoWhenASecretOfTheTargetIsMissing) {
  TargetConfig locked = target("press-1", "press-1");
  locked.gateway.emplace().api_key = SecretRef{"gateway", "key"};
  directory_.put(locked);
  leave_open("press-1");
  EXPECT_FALSE(get(agent_->open_all(Agent::Opening::only_look)));
  EXPECT_EQ(live("press-1").at("p/a"), "half") << "a look finishes nothing";
  EXPECT_FALSE(get(agent_->open_all(Agent::Opening::recover)));
  EXPECT_EQ(live("press-1"), revision("r2"));
  EXPECT_TRUE(own("press-1")) << "its lock is free again";
}

// cases T29
TEST_F(AgentTest, AJournalOfATargetThatLeftTheConfigurationIsFinishedAndForgotten) {
  ASSERT_TRUE(get(agent_->open_all(Agent::Opening::recover)));
  end_process();
  leave_open("press-1");
  directory_ = TargetDirectory({target("press-2", "press-2")});
  begin_process();
  ASSERT_TRUE(get(agent_->open_all(Agent::Opening::recover)));
  EXPECT_EQ(live("press-1").at("p/a"), "half");
  EXPECT_TRUE(get(agent_->finish_others(true)).empty());
  EXPECT_EQ(live("press-1"), revision("r2"));
  const std::size_t made = worlds_.made.size();
  EXPECT_TRUE(get(agent_->finish_others(true)).empty());
  EXPECT_EQ(worlds_.made.size(), made) << "nobody looks at it any more";
}

// cases T29
TEST_F(AgentTest, ATargetThatAnotherProcessHasIsNotForgotten) {
  ASSERT_TRUE(get(agent_->open_all(Agent::Opening::recover)));
  end_process();
  directory_ = TargetDirectory({target("press-2", "press-2")});
  begin_process();
  {
    const auto owner = own("press-1");
    EXPECT_TRUE(get(agent_->finish_others(true)).empty());
  }
  leave_open("press-1");
  EXPECT_TRUE(get(agent_->finish_others(true)).empty());
  EXPECT_EQ(live("press-1"), revision("r2")) << "the other process died";
}

// cases T29
TEST_F(AgentTest, AListOfTargetsThatCannotBeReadStaysAsItIs) {
  const std::string newer = R"({"format": 2})";
  const std::filesystem::path list = folder.write("state/targets.json", newer);
  ASSERT_TRUE(get(agent_->open_all(Agent::Opening::recover))) << "the targets are served";
  EXPECT_EQ(logged("the list of known targets cannot be written"), 1u);
  EXPECT_EQ(read_file(list, 1000).value(), newer);
}

// cases T29
TEST_F(AgentTest, AJournalThatCannotBeFinishedIsSaidAgainAtEachStart) {
  ASSERT_TRUE(get(agent_->open_all(Agent::Opening::recover)));
  end_process();
  leave_open("press-1");
  directory_ = TargetDirectory({target("press-2", "press-2")});
  for (int start = 0; start < 2; ++start) {
    worlds_.of["press-1"].fail("recover", Error(errc::internal, "the disk is ill"));
    begin_process();
    ASSERT_TRUE(get(agent_->open_all(Agent::Opening::recover)));
    const auto unfinished = get(agent_->finish_others(true));
    ASSERT_EQ(unfinished.size(), 1u);
    EXPECT_NE(unfinished[0].second.message.find((folder.path() / "press-1").string()), std::string::npos);
    end_process();
  }
  begin_process();
}

// cases T29
TEST_F(AgentTest, AFolderThatIsNotThereIsNoFailureAndIsLookedAtAgainWhenItIsBack) {
  ASSERT_TRUE(get(agent_->open_all(Agent::Opening::recover)));
  end_process();
  std::filesystem::remove_all(folder.path() / "press-1");
  directory_ = TargetDirectory({target("press-2", "press-2")});
  begin_process();
  EXPECT_TRUE(get(agent_->finish_others(true)).empty());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "press-1")) << "nothing is made where nothing is";
  std::filesystem::create_directories(folder.path() / "press-1/.stoker");
  leave_open("press-1");
  EXPECT_TRUE(get(agent_->finish_others(true)).empty());
  EXPECT_EQ(live("press-1"), revision("r2"));
}

// cases C08, C09
TEST_F(AgentTest, ATargetThatCannotBeOpenedIsNamedInTheMessage) {
  TargetConfig gone = target("press-1", "press-1");
  gone.data = folder.path() / "nowhere";
  directory_.put(gone);
  const auto all = get(agent_->open_all(Agent::Opening::recover));
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().message.find("target press-1: data folder " + gone.data.string() + " is not there; "), 0u)
      << all.error().message;
}

// cases T18, Q16
TEST_F(AgentTest, ATargetWithoutTheGatewayThatAVerifierAsksIsRefusedWithBothRemedies) {
  link<TargetVerifier>("verify-gateway", R"({"type": "object", "required": ["gateway"]})");
  const auto all = get(agent_->open_all(Agent::Opening::recover));
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, "target.no-gateway");
  EXPECT_EQ(all.error().message.find("target press-1: verify-gateway needs a gateway"), 0u) << all.error().message;
  EXPECT_NE(all.error().message.find("`gateway: {url: …}`"), std::string::npos);
  EXPECT_NE(all.error().message.find("`verify: none`"), std::string::npos);
}

// cases T18
TEST_F(AgentTest, ATargetThatNobodyHasToConfirmNeedsNoGateway) {
  link<TargetVerifier>("verify-gateway", R"({"type": "object", "required": ["gateway"]})");
  for (const char* name : {"press-1", "press-2"}) {
    TargetConfig plain = target(name, name);
    plain.verify = false;
    directory_.put(plain);
  }
  EXPECT_TRUE(get(agent_->open_all(Agent::Opening::recover)));
}

// ---------------------------------------------------------------- targets come and go

TEST_F(AgentTest, ATargetThatComesIsOpenedAndRun) {
  open_and_work();
  assign("press-3", "r2");
  put("press-3");
  pass_ten_seconds();
  EXPECT_EQ(opened_.back().target, "press-3");
  EXPECT_EQ(live("press-3"), revision("r2"));
}

TEST_F(AgentTest, ATargetThatGoesIsEndedAndItsVolumeIsFree) {
  open_and_work();
  directory_.remove("press-1");
  settle();
  EXPECT_FALSE(open("press-1"));
  EXPECT_EQ(worlds_.ended, Names{"press-1"});
  EXPECT_TRUE(own("press-1"));
  assign("press-2", "r1");
  EXPECT_EQ(live("press-2"), revision("r1"));
  EXPECT_TRUE(agent_->ready());
}

TEST_F(AgentTest, ATargetThatGoesLeavesNoSeries) {
  worlds_.of["press-1"].designers = worlds_.of["press-2"].designers = 2;
  open_and_work();
  assign("press-1", "r1");
  assign("press-2", "r1");
  const std::string name = "stoker_agent_designer_sessions_active";
  EXPECT_TRUE(has_series(name + "{target=\"press-1\"} 2"));
  directory_.remove("press-1");
  settle();
  EXPECT_FALSE(has_series("target=\"press-1\""));
  EXPECT_TRUE(has_series(name + "{target=\"press-2\"} 2"));
}

TEST_F(AgentTest, ATargetThatGoesBeforeItCouldBeOpenedIsTriedNoMore) {
  auto owner = own("press-1");
  EXPECT_FALSE(get(agent_->open_all(Agent::Opening::recover)));
  work();
  directory_.remove("press-1");
  settle();
  owner = Error(errc::internal, "the other process has ended");
  pass_ten_seconds();
  EXPECT_EQ(opened_, (std::vector<Opened>{{"press-2", 0, false}}));
  EXPECT_FALSE(agent_->why_not_open("press-1"));
}

TEST_F(AgentTest, ATargetThatChangedIsOpenedAnewAsItIsNow) {
  open_and_work();
  directory_.put(target("press-1", "elsewhere"));
  pass_ten_seconds();
  ASSERT_TRUE(open("press-1"));
  EXPECT_FALSE(own("elsewhere"));
  EXPECT_TRUE(own("press-1"));
  EXPECT_EQ(worlds_.made, (Names{"press-1", "press-2", "press-1"}));
}

TEST_F(AgentTest, ATargetThatGoesAndComesBackAtOnceIsServed) {
  open_and_work();
  directory_.remove("press-1");
  put("press-1");
  pass_ten_seconds();
  assign("press-1", "r1");
  EXPECT_EQ(live("press-1"), revision("r1"));
}

TEST_F(AgentTest, AtItsEndEachInstanceIsEndedAndEachVolumeIsFree) {
  open_and_work();
  assign("press-1", "r1");
  end_process();
  EXPECT_EQ(worlds_.ended, (Names{"press-1", "press-2"}));
  EXPECT_TRUE(own("press-1"));
  begin_process();
}

}  // namespace
}  // namespace stoker::host::testing
