// The clock service: sleeping ends when time, deadline or cancel say so.
#include "test_call.hpp"

#include "host/offered/clock.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <future>
#include <thread>

namespace stoker::host {
namespace {

using namespace std::chrono_literals;

TEST(ClockTest, SystemClockTellsUnixTime) {
  const SystemClock clock;
  EXPECT_NEAR(static_cast<double>(clock.wall_ms()), static_cast<double>(std::time(nullptr)) * 1000, 2000);
}

TEST(ClockTest, SystemClockNeverGoesBack) {
  const SystemClock clock;
  const auto before = clock.monotonic_ms();
  clock.wait(before + 5, 1s);
  EXPECT_GE(clock.monotonic_ms(), before + 4);
}

TEST(ClockTest, ManualSleepEndsWhenAdvanced) {
  ManualClock clock;
  const ClockService service(clock);
  TestCall call;
  auto slept = std::async(std::launch::async, [&] { return service.sleep(&service, &call, 60'000); });
  EXPECT_EQ(slept.wait_for(20ms), std::future_status::timeout);
  while (slept.wait_for(1ms) != std::future_status::ready) clock.advance(1min);
  EXPECT_EQ(slept.get(), STOKER_OK);
}

TEST(ClockTest, SleepEndsAtTheDeadline) {
  const ManualClock clock;
  const ClockService service(clock);
  TestCall call(30ms);
  EXPECT_EQ(service.sleep(&service, &call, 60'000), STOKER_E_TIMEOUT);
}

TEST(ClockTest, SleepEndsWithinASecondOfTheCancel) {
  const SystemClock clock;
  const ClockService service(clock);
  TestCall call;
  auto slept = std::async(std::launch::async, [&] { return service.sleep(&service, &call, 60'000); });
  call.stop = true;
  ASSERT_EQ(slept.wait_for(1s), std::future_status::ready);
  EXPECT_EQ(slept.get(), STOKER_E_CANCELLED);
}

TEST(ClockTest, SleepOfNothingReturnsAtOnce) {
  const ManualClock clock;
  const ClockService service(clock);
  TestCall call;
  EXPECT_EQ(service.sleep(&service, &call, -5), STOKER_OK);
}

}  // namespace
}  // namespace stoker::host
