// The one way to wait: what ends a wait, and that no ring is lost.
#include "host/calls/wakeup.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace stoker::host {
namespace {

class WakeupTest : public ::testing::Test {
 protected:
  // Begins a wait; `ended_` says what it answered when it is over.
  void wait(std::optional<std::int64_t> until_ms) {
    ended_.reset();
    asio::co_spawn(loop_, once(until_ms), asio::detached);
    settle();
  }
  asio::awaitable<void> once(std::optional<std::int64_t> until_ms) {
    ended_ = co_await wakeup_.until(until_ms, stop_.get_token());
  }
  // Runs what is ready and nothing that waits.
  void settle() {
    loop_.restart();
    loop_.poll();
  }

  asio::io_context loop_;
  ManualClock clock_;
  Wakeup wakeup_{loop_.get_executor(), clock_};
  std::stop_source stop_;
  std::optional<bool> ended_;
};

TEST_F(WakeupTest, ARingEndsTheWait) {
  wait(std::nullopt);
  ASSERT_FALSE(ended_);
  wakeup_.ring();
  settle();
  EXPECT_EQ(ended_, true);
}

TEST_F(WakeupTest, ARingBeforeTheWaitIsNotLost) {
  wakeup_.ring();
  wait(std::nullopt);
  EXPECT_EQ(ended_, true);
  wait(std::nullopt);
  EXPECT_FALSE(ended_);
}

TEST_F(WakeupTest, TheClockEndsTheWaitAndRealTimeDoesNot) {
  wait(60'000);
  clock_.advance(std::chrono::seconds(59));
  settle();
  ASSERT_FALSE(ended_);
  clock_.advance(std::chrono::seconds(1));
  settle();
  EXPECT_EQ(ended_, true);
}

TEST_F(WakeupTest, AStopEndsTheWaitAndSaysSo) {
  wait(60'000);
  stop_.request_stop();
  settle();
  EXPECT_EQ(ended_, false);
}

TEST_F(WakeupTest, AStopBeforeTheWaitEndsItAtOnce) {
  stop_.request_stop();
  wait(std::nullopt);
  EXPECT_EQ(ended_, false);
}

}  // namespace
}  // namespace stoker::host
