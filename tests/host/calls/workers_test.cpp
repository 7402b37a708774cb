// The pool's threads: a call that found none is not the plugin's fault, and one that comes back late takes no place.
#include "tests/support/host_loop.hpp"

#include <gtest/gtest.h>

#include <semaphore>
#include <thread>

namespace stoker::host {
namespace {

using std::chrono::milliseconds;

// Calls that hold a thread until they are let go.
struct Blocked {
  std::binary_semaphore begun{0}, let_go{0}, gone{0};
};

class WorkersTest : public ::testing::Test, public testing::HostLoop {
 public:
  explicit WorkersTest(std::size_t threads = 1) : HostLoop(threads) {}
  Async<void> block(std::shared_ptr<Blocked> blocked, milliseconds deadline) {
    auto body = [blocked](const CallState&) -> Result<void> {
      blocked->begun.release();
      blocked->let_go.acquire();
      blocked->gone.release();
      return {};
    };
    const CallLimits limits(deadline);
    co_return co_await workers.call<void>("block", limits, std::move(body));
  }
  Async<void> quick(std::shared_ptr<std::atomic<int>> ran, milliseconds deadline) {
    auto body = [ran](const CallState&) -> Result<void> {
      ++*ran;
      return {};
    };
    const CallLimits limits(deadline);
    co_return co_await workers.call<void>("quick", limits, std::move(body));
  }
  // A call that has a thread now and keeps it until `blocked` lets it go.
  std::future<Result<void>> keep_a_thread(std::shared_ptr<Blocked> blocked) {
    auto kept = asio::co_spawn(loop, block(blocked, std::chrono::minutes(1)), asio::use_future);
    loop.restart();
    loop.poll();
    blocked->begun.acquire();
    return kept;
  }
  // Another call beside it; whatever it says, the thread is let go then.
  Async<void> quick_beside(std::shared_ptr<Blocked> blocked, milliseconds deadline) {
    auto answer = co_await quick(ran_, deadline);
    blocked->let_go.release();
    co_return answer;
  }
  std::shared_ptr<std::atomic<int>> ran_ = std::make_shared<std::atomic<int>>(0);
};

TEST_F(WorkersTest, ACallThatFoundNoThreadIsNotWrittenOffAndNeverRun) {
  auto blocked = std::make_shared<Blocked>();
  auto long_one = keep_a_thread(blocked);
  const Result<void> waited = await(quick_beside(blocked, milliseconds(1)));
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error(), errc::exhausted);
  EXPECT_EQ(waited.error().code, "host.busy");
  EXPECT_TRUE(waited.error().retryable);
  EXPECT_EQ(workers.written_off(), 0u);
  EXPECT_TRUE(long_one.get());
  EXPECT_TRUE(await(quick(ran_, std::chrono::minutes(1)))) << "the one thread has done what was queued";
  EXPECT_EQ(ran_->load(), 1) << "the call that was given up never ran";
}

// The timer has expired, and before the loop comes to that the thread has put its answer into the loop's queue.
TEST_F(WorkersTest, ACallThatHasJustReturnedIsNotWrittenOff) {
  auto late = std::make_shared<Blocked>();
  asio::steady_timer before(loop, milliseconds(900));
  auto called = asio::co_spawn(loop, block(late, milliseconds(1)), asio::use_future);
  before.async_wait([late](const boost::system::error_code&) {
    late->let_go.release();
    late->gone.acquire();
    std::this_thread::sleep_for(milliseconds(100));  // for the answer to be in the queue
  });
  loop.poll();
  late->begun.acquire();
  std::this_thread::sleep_for(Workers::grace + milliseconds(200));  // both timers expire; the earlier one is told first
  loop.run();
  const Result<void> answer = called.get();
  EXPECT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(workers.written_off(), 0u);
}

// A Run that is being applied must not stop halfway.
TEST_F(WorkersTest, ACallThatIsNeverCancelledDoesNotSeeThatItWasWrittenOff) {
  auto late = std::make_shared<Blocked>();
  auto saw = std::make_shared<std::atomic<int>>(-1);
  auto given_up = [](Workers& on, std::shared_ptr<Blocked> blocked,
                     std::shared_ptr<std::atomic<int>> into) -> Async<void> {
    auto body = [blocked, into](const CallState& state) -> Result<void> {
      blocked->let_go.acquire();
      into->store(state.raw()->cancelled(state.raw()));
      blocked->gone.release();
      return {};
    };
    const CallLimits limits(milliseconds(1));
    co_return co_await on.call<void>("apply", limits, std::move(body));
  };
  EXPECT_EQ(fault_of(await(given_up(workers, late, saw)).error()), CallFault::did_not_return);
  late->let_go.release();
  late->gone.acquire();
  EXPECT_EQ(saw->load(), 0);
}

class TwoWorkersTest : public WorkersTest {
 public:
  TwoWorkersTest() : WorkersTest(2) {}
};

TEST_F(TwoWorkersTest, CallsThatComeBackLateCostNoWorker) {
  for (int round = 0; round < 2; ++round) {
    auto late = std::make_shared<Blocked>();
    const Result<void> given_up = await(block(late, milliseconds(1)));
    ASSERT_FALSE(given_up);
    EXPECT_EQ(given_up.error().code, "host.written-off");
    late->let_go.release();
    late->gone.acquire();
  }
  auto blocked = std::make_shared<Blocked>();
  auto long_one = keep_a_thread(blocked);
  EXPECT_TRUE(await(quick_beside(blocked, std::chrono::seconds(20)))) << "the other worker is free";
  EXPECT_TRUE(long_one.get());
  EXPECT_EQ(workers.written_off(), 2u) << "it stays said until a restart";
}

}  // namespace
}  // namespace stoker::host
