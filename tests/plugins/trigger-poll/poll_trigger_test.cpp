// trigger-poll as the host has it: the built library, through its C table, with a fake host whose clock moves by
// sleeping.
#include <stoker/testing/fake_host.hpp>

#include <dlfcn.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using stoker::testing::FakeCall;
using stoker::testing::FakeHost;
using Hints = stoker::testing::Collected<stoker::Hint>;

class PollTriggerTest : public ::testing::Test {
 protected:
  PollTriggerTest() {
    void* library = dlopen(STOKER_PLUGIN_DIR "/trigger-poll.so", RTLD_NOW | RTLD_LOCAL);
    if (!library) throw std::runtime_error(dlerror());
    const auto* plugin = static_cast<const stoker_plugin*>(dlsym(library, "stoker_plugin_entry"));
    table = static_cast<const stoker_trigger_v1*>(plugin->query(stoker::str(STOKER_TRIGGER_ID)));
  }
  ~PollTriggerTest() override {
    if (trigger) table->destroy(trigger);
  }
  stoker_status create(std::string_view settings) {
    const std::string config = R"({"settings": )" + std::string(settings) + R"(, "use": {}, "state": "/nowhere"})";
    return table->create(host.raw(), failed.raw(), stoker::str(config), &trigger);
  }
  stoker_status watch(std::string_view syncs) { return table->watch(trigger, failed.raw(), stoker::str(syncs)); }
  std::chrono::milliseconds passed() const { return std::chrono::milliseconds(host.clock.now_ms()) - started; }
  // One `next` with so long a deadline, counted on the fake clock.
  stoker_status next(std::chrono::milliseconds limit) {
    hints.items.clear();
    return table->next(trigger, host.call(limit)->raw(), hints.sink());
  }

  FakeHost host;
  FakeCall failed;
  Hints hints;
  const std::chrono::milliseconds started{host.clock.now_ms()};
  const stoker_trigger_v1* table = nullptr;
  stoker_trigger* trigger = nullptr;
};

TEST_F(PollTriggerTest, HintsASyncOneIntervalAfterItIsWatched) {
  ASSERT_EQ(create(R"({"interval": "30s", "jitter": 0})"), STOKER_OK);
  ASSERT_EQ(watch(R"([{"name": "line-a", "repository": "file:///r", "ref": "main", "polling": {}}])"), STOKER_OK);
  ASSERT_EQ(next(60s), STOKER_OK);
  EXPECT_EQ(hints.items, (std::vector<stoker::Hint>{{"line-a", "poll", "", "", false}}));
  EXPECT_EQ(passed(), 30s);
}

TEST_F(PollTriggerTest, ASyncsOwnIntervalReplacesTheSetting) {
  ASSERT_EQ(create(R"({"interval": "30s", "jitter": 0})"), STOKER_OK);
  watch(R"([{"name": "a", "repository": "file:///r", "polling": {"enabled": true, "interval": "7s"}}])");
  ASSERT_EQ(next(60s), STOKER_OK);
  EXPECT_EQ(passed(), 7s);
}

TEST_F(PollTriggerTest, OneLookServesAllSyncsOfARepository) {
  ASSERT_EQ(create(R"({"interval": "30s", "jitter": 0})"), STOKER_OK);
  watch(
      R"([{"name": "a", "repository": "file:///r"}, {"name": "b", "repository": "file:///r", "polling": {"interval": "10s"}}])");
  ASSERT_EQ(next(60s), STOKER_OK);
  EXPECT_EQ(hints.items.size(), 2u);
  ASSERT_EQ(next(60s), STOKER_OK);
  EXPECT_EQ(passed(), 20s);
}

TEST_F(PollTriggerTest, PollingSwitchedOffIsNeverDue) {
  ASSERT_EQ(create(R"({"interval": "30s", "jitter": 0})"), STOKER_OK);
  watch(R"([{"name": "a", "repository": "file:///r", "polling": {"enabled": false, "interval": "1s"}}])");
  EXPECT_EQ(next(600s), STOKER_E_TIMEOUT);
  EXPECT_TRUE(hints.items.empty());
}

TEST_F(PollTriggerTest, ADeadlineBeforeTheNextPollEndsInTimeoutAndThePollIsNotLost) {
  ASSERT_EQ(create(R"({"interval": "60s", "jitter": 0})"), STOKER_OK);
  watch(R"([{"name": "a", "repository": "file:///r"}])");
  EXPECT_EQ(next(20s), STOKER_E_TIMEOUT);
  ASSERT_EQ(next(60s), STOKER_OK);
  EXPECT_EQ(passed(), 60s);
}

TEST_F(PollTriggerTest, ACancelEndsTheWait) {
  ASSERT_EQ(create(R"({"interval": "60s", "jitter": 0})"), STOKER_OK);
  FakeCall call;
  call.cancel();
  EXPECT_EQ(table->next(trigger, call.raw(), hints.sink()), STOKER_E_CANCELLED);
}

TEST_F(PollTriggerTest, WaitingTakesFewWakeUps) {
  ASSERT_EQ(create(R"({"interval": "60s", "jitter": 0})"), STOKER_OK);
  watch(R"([{"name": "a", "repository": "file:///r"}])");
  ASSERT_EQ(next(120s), STOKER_OK);
  EXPECT_LE(host.clock.sleeps().size(), 12u);
}

TEST_F(PollTriggerTest, AnIntervalThatCannotBeReadIsSaidAndTheSettingStands) {
  ASSERT_EQ(create(R"({"interval": "30s", "jitter": 0})"), STOKER_OK);
  watch(R"([{"name": "line-a", "repository": "file:///r", "polling": {"interval": "soon"}}])");
  EXPECT_TRUE(host.log.says("line-a"));
  ASSERT_EQ(next(60s), STOKER_OK);
  EXPECT_EQ(passed(), 30s);
}

TEST_F(PollTriggerTest, AListThatIsNoJsonIsRefusedAndTheOldOneStays) {
  ASSERT_EQ(create(R"({"interval": "30s", "jitter": 0})"), STOKER_OK);
  watch(R"([{"name": "a", "repository": "file:///r"}])");
  EXPECT_EQ(watch("[{"), STOKER_E_INVALID);
  ASSERT_TRUE(failed.error().has_value());
  ASSERT_EQ(next(60s), STOKER_OK);
  EXPECT_EQ(hints.items.size(), 1u);
}

TEST_F(PollTriggerTest, AReceiverThatRefusesEndsTheCallWithItsReason) {
  ASSERT_EQ(create(R"({"interval": "30s", "jitter": 0})"), STOKER_OK);
  watch(R"([{"name": "a", "repository": "file:///r"}])");
  hints.refuse_after(0, stoker::errc::exhausted);
  EXPECT_EQ(next(60s), STOKER_E_EXHAUSTED);
}

}  // namespace
