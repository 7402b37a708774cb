// How one trigger is listened to: its pace, its failures, and what is said of them.
#include "host/controller/trigger_listener.hpp"

#include "tests/support/module_host.hpp"

namespace stoker::host {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Answers at once, with nothing or with the error that a test wants.
class HastyTrigger final : public Trigger {
 public:
  struct Asked {
    std::mutex mutex;
    std::size_t calls = 0;
    std::optional<Error> refuses;
  };
  HastyTrigger(const stoker::Config&, Host&) : asked_(*current) {}
  Result<void> watch(Call&, std::string_view) override { return {}; }
  Result<void> next(Call&, const Out<Hint>&) override {
    const std::lock_guard lock(asked_.mutex);
    ++asked_.calls;
    if (asked_.refuses) return *asked_.refuses;
    return {};
  }
  static inline Asked* current = nullptr;

 private:
  Asked& asked_;
};

class TriggerListenerTest : public ::testing::Test, protected testing::ModuleHost {
 protected:
  TriggerListenerTest() {
    HastyTrigger::current = &asked_;
    link<HastyTrigger>("trigger-hasty");
    EXPECT_TRUE(get(listener_.open(factory, config.modules.front())));
  }
  ~TriggerListenerTest() override {
    stop_all();
    EXPECT_TRUE(await(listener_.end()));
  }
  void listen() {
    start(listener_.work([] { return std::string("[]"); }, [](const Hint&) {}, stop.get_token()));
  }
  std::size_t calls() {
    const std::lock_guard lock(asked_.mutex);
    return asked_.calls;
  }
  void refuse(std::optional<Error> why) {
    const std::lock_guard lock(asked_.mutex);
    asked_.refuses = std::move(why);
  }
  // Exactly so many calls were made when all that can go on now has gone on.
  bool calls_rest_at(std::size_t count) {
    const bool reached = until([&] { return calls() >= count; });
    settle();
    return reached && calls() == count;
  }

  HastyTrigger::Asked asked_;
  TriggerListener listener_{loop.get_executor(), clock, log.module("stoker")};
};

// cases Q12
TEST_F(TriggerListenerTest, OneThatNeverWaitsIsAskedAtABoundedPaceAndThatIsSaidOnce) {
  listen();
  EXPECT_TRUE(calls_rest_at(20)) << calls();
  clock.advance(milliseconds(100));
  EXPECT_TRUE(calls_rest_at(21)) << calls();
  clock.advance(seconds(1));
  EXPECT_TRUE(calls_rest_at(31)) << calls();
  EXPECT_EQ(logged("a trigger answers too often"), 1u);
}

TEST_F(TriggerListenerTest, AfterAQuietTimeABurstIsTakenAtOnce) {
  listen();
  EXPECT_TRUE(calls_rest_at(20));
  clock.advance(std::chrono::minutes(5));
  EXPECT_TRUE(calls_rest_at(41)) << calls();
}

// cases Q9
TEST_F(TriggerListenerTest, OneThatFailsSaysHowLongToWaitButADayAtMost) {
  refuse(Error(errc::unreachable, "come back in an hour").after(std::chrono::hours(1)));
  listen();
  EXPECT_TRUE(calls_rest_at(1)) << calls();
  clock.advance(std::chrono::minutes(59));
  EXPECT_TRUE(calls_rest_at(1)) << calls();
  refuse(Error(errc::unreachable, "come back in a year").after(std::chrono::hours(24 * 365)));
  clock.advance(std::chrono::minutes(1));
  EXPECT_TRUE(calls_rest_at(2)) << calls();
  clock.advance(std::chrono::hours(24));
  EXPECT_TRUE(calls_rest_at(3)) << calls();
}

TEST_F(TriggerListenerTest, AFailureIsSaidOnceAndItsEndOnce) {
  refuse(Error(errc::unreachable, "the broker is away"));
  listen();
  for (std::size_t i = 1; i < 4; ++i) {
    ASSERT_TRUE(calls_rest_at(i)) << calls();
    clock.advance(seconds(1 << (i - 1)));
  }
  ASSERT_TRUE(calls_rest_at(4)) << calls();
  EXPECT_EQ(logged("the broker is away"), 1u);
  refuse(std::nullopt);
  clock.advance(seconds(8));
  EXPECT_TRUE(until([this] { return logged("a trigger answers again") == 1; }));
}

}  // namespace
}  // namespace stoker::host
