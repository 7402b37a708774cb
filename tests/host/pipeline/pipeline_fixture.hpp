// One target on a fake world: real lanes, real memory on a temporary volume, fake plugins behind the real tables.
#pragma once

#include "tests/host/pipeline/fake_world.hpp"

#include <stoker/testing/fake_host.hpp>

#include <filesystem>

namespace stoker::host::testing {

class PipelineFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/stoker-pipeline-XXXXXX";
    data_ = ::mkdtemp(folder);
    World::current = &world_;
    source_ = made<SourceModule>(glue::source_table<FakeSource>());
    strategy_ = made<StrategyModule>(glue::strategy_table<FakeStrategy>());
    verifier_ = made<VerifierModule>(glue::verifier_table<FakeVerifier>());
    begin_process();
  }
  void TearDown() override {
    target_.reset();
    EXPECT_TRUE(await(source_->end()));
    EXPECT_TRUE(await(strategy_->end()));
    EXPECT_TRUE(await(verifier_->end()));
    std::filesystem::remove_all(data_);
  }

  // Awaits on the loop, as the host does.
  template <class T>
  T await(asio::awaitable<T> coroutine) {
    auto done = asio::co_spawn(loop_, std::move(coroutine), asio::use_future);
    loop_.restart();
    loop_.run();
    return done.get();
  }

  // A new process: the memory is read again, nobody has recovered yet.
  void begin_process() {
    target_.reset();
    auto memory = TargetMemory::open(data_);
    ASSERT_TRUE(memory) << memory.error().message;
    target_.reset(new Target{"press-1",
                             lanes_,
                             source_.get(),
                             *strategy_,
                             Verifiers({verifier_.get()}),
                             std::move(memory).value(),
                             [this] { return ++now_; },
                             true,
                             {}});
  }
  Report wake() { return await(host::wake(*target_, assignment("r1"), {})); }
  Report run(const Assignment& a, std::stop_token stop = {}) {
    world_.calls.clear();
    return await(host::run(*target_, a, std::move(stop)));
  }
  Report run(const std::string& revision) { return run(assignment(revision)); }

  static Assignment assignment(const std::string& revision) {
    Assignment a;
    a.sync = "line-a";
    a.target = "press-1";
    a.ref = "main";
    a.revision = revision;
    a.profile.name = "line";
    a.profile.mappings.push_back({"p", "p", "dir", false});
    return a;
  }
  // r1 runs and is verified.
  void settle() {
    wake();
    ASSERT_EQ(run("r1").outcome, Outcome::applied);
    ASSERT_TRUE(memory().sure());
    world_.calls.clear();
  }
  const Memory& memory() const { return target_->memory.now(); }

  World world_;
  asio::io_context loop_;
  Lanes lanes_{loop_.get_executor(), 4};
  stoker::testing::FakeHost face_;
  std::filesystem::path data_;
  std::int64_t now_ = 1'700'000'000'000;
  std::unique_ptr<SourceModule> source_;
  std::unique_ptr<StrategyModule> strategy_;
  std::unique_ptr<VerifierModule> verifier_;
  std::unique_ptr<Target> target_;

 private:
  template <class T, class Table>
  std::unique_ptr<T> made(const Table* table) {
    auto core = std::make_shared<InstanceCore>();
    core->module = "fake";
    core->reentrant = true;  // a plan's content is asked of the strategy within the verifier's call
    auto instance = await(make_instance<T>(lanes_, core, table, face_.raw(), "{}"));
    EXPECT_TRUE(instance);
    return std::move(instance).value();
  }
};

}  // namespace stoker::host::testing
