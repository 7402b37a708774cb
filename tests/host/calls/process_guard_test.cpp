// What a plugin changes of the process is put back.
#include "host/calls/process_guard.hpp"
#include "host/calls/guarded_call.hpp"
#include "tests/support/host_loop.hpp"

#include <gtest/gtest.h>

#include <signal.h>

#include <semaphore>

namespace stoker::host {
namespace {

class ProcessGuardTest : public ::testing::Test {
 protected:
  ProcessGuardTest() { keep_signal_actions(); }
  ~ProcessGuardTest() override {
    put_back_process();
    forget_signal_actions();
  }
  static auto action_of(int signal) {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    return now.sa_handler;
  }
};

// cases Q22
TEST_F(ProcessGuardTest, PutsBackWhatHappensAtASignal) {
  const auto before = action_of(SIGTERM);
  ::signal(SIGTERM, SIG_IGN);
  ::signal(SIGPIPE, [](int) {});
  EXPECT_EQ(put_back_process(), "what happens at SIGTERM, SIGPIPE");
  EXPECT_EQ(action_of(SIGTERM), before);
  EXPECT_EQ(put_back_process(), "");
}

// cases Q22: the host changes its mind when it begins to handle signals, and has none of its own when it ends.
TEST_F(ProcessGuardTest, WhatTheHostItselfChangesStays) {
  ::signal(SIGTERM, SIG_IGN);
  keep_signal_actions();
  EXPECT_EQ(put_back_process(), "");
  forget_signal_actions();
  ::signal(SIGTERM, SIG_DFL);
  EXPECT_EQ(put_back_process(), "");
  EXPECT_EQ(action_of(SIGTERM), SIG_DFL);
}

class OverlapTest : public ProcessGuardTest, public testing::HostLoop {
 public:
  OverlapTest() : HostLoop(2) {}
  std::future<Result<void>> begin(std::function<Result<void>(const CallState&)> function) {
    auto core = std::make_shared<InstanceCore>();
    core->module = "acme";
    core->warn = [this](const std::string& changed) { warned_ += changed; };
    const CallLimits limits;
    return asio::co_spawn(loop, guarded_call<void>(workers, core, "verify", limits, std::move(function)),
                          asio::use_future);
  }
  std::string warned_;
};

// cases Q22: an innocent call begins after another has changed something, and ends after that is put back.
TEST_F(OverlapTest, ACallDoesNotKeepWhatAnotherOneChanged) {
  const auto before = action_of(SIGTERM);
  std::binary_semaphore changed{0}, innocent_begun{0}, guilty_ended{0};
  auto guilty = begin([&](const CallState&) -> Result<void> {
    ::signal(SIGTERM, SIG_IGN);
    changed.release();
    innocent_begun.acquire();
    return {};
  });
  loop.poll();
  changed.acquire();
  auto innocent = begin([&](const CallState&) -> Result<void> {
    innocent_begun.release();
    guilty_ended.acquire();
    return {};
  });
  loop.restart();
  while (guilty.wait_for(std::chrono::seconds(0)) != std::future_status::ready) loop.run_one();
  EXPECT_EQ(action_of(SIGTERM), before);
  guilty_ended.release();
  loop.run();
  EXPECT_TRUE(innocent.get());
  EXPECT_EQ(action_of(SIGTERM), before);
  EXPECT_EQ(warned_, "what happens at SIGTERM") << "it is said once";
}

}  // namespace
}  // namespace stoker::host
