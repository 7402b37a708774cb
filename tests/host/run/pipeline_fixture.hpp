// One target on a fake world: real workers, real memory on a temporary volume, fake plugins behind the real tables.
#pragma once

#include "tests/host/run/fake_world.hpp"
#include "tests/support/host_loop.hpp"
#include "tests/support/step_clock.hpp"

#include <filesystem>

namespace stoker::host::testing {

class PipelineFixture : public ::testing::Test, protected HostLoop {
 protected:
  PipelineFixture() : HostLoop(4) {}
  void SetUp() override {
    char folder[] = "/tmp/stoker-pipeline-XXXXXX";
    data_ = ::mkdtemp(folder);
    World::current = &world_;
    source_ = made<SourceInstance>(glue::source_table<FakeSource>());
    strategy_ = made<StrategyInstance>(glue::strategy_table<FakeStrategy>());
    verifier_ = made<VerifierInstance>(glue::verifier_table<FakeVerifier>());
    begin_process();
  }
  void TearDown() override {
    target_.reset();
    EXPECT_TRUE(await(source_->end()));
    EXPECT_TRUE(await(strategy_->end()));
    EXPECT_TRUE(await(verifier_->end()));
    std::filesystem::remove_all(data_);
  }

  // A new process: the memory is read again, nobody has recovered yet.
  void begin_process() {
    target_.reset();
    auto memory = TargetMemory::open(data_);
    ASSERT_TRUE(memory) << memory.error().message;
    target_ = target(std::move(memory).value(), *source_, *strategy_, {verifier_.get()}, clock_);
  }
  // A new process whose target has no verifier.
  void begin_process_without_verifiers() {
    target_.reset();
    auto memory = TargetMemory::open(data_);
    ASSERT_TRUE(memory) << memory.error().message;
    target_ = target(std::move(memory).value(), *source_, *strategy_, {}, clock_);
  }
  Report wake() { return await(host::wake(*target_, assignment("r1"), {})); }
  Report run(const Assignment& a, std::stop_token stop = {}) {
    world_.calls.clear();
    return await(host::run(*target_, a, false, std::move(stop)));
  }
  Report run(const std::string& revision) { return run(assignment(revision)); }

  static Assignment assignment(const std::string& revision) { return assignment_of(revision, "p"); }
  // r1 runs and is verified.
  void settle() {
    wake();
    ASSERT_EQ(run("r1").outcome, Outcome::applied);
    ASSERT_TRUE(memory().sure());
    world_.calls.clear();
  }
  static Async<std::shared_ptr<SourceInstance>> no_source() {
    co_return Error(errc::not_found, "the secret of the source is not there");
  }
  const Memory& memory() const { return target_->memory.now(); }

  World world_;
  std::filesystem::path data_;
  StepClock clock_;
  std::unique_ptr<SourceInstance> source_;
  std::unique_ptr<StrategyInstance> strategy_;
  std::unique_ptr<VerifierInstance> verifier_;
  std::unique_ptr<Target> target_;

 private:
  template <class T, class Table>
  std::unique_ptr<T> made(const Table* table) {
    constexpr bool reentrant = true;  // a plan's content is asked of the strategy within the verifier's call
    auto instance = make<T>("fake", table, "{}", reentrant);
    EXPECT_TRUE(instance);
    return std::move(instance).value();
  }
};

}  // namespace stoker::host::testing
