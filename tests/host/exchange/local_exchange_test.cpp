// The exchange that other tests use.
#include "tests/support/local_exchange.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

namespace stoker::host {
namespace {

class LocalExchangeTest : public ::testing::Test {
 protected:
  template <class T>
  T await(asio::awaitable<T> coroutine) {
    auto done = asio::co_spawn(loop_, std::move(coroutine), asio::use_future);
    loop_.restart();
    loop_.run();
    return done.get();
  }
  static Assignment assignment(const std::string& revision, std::uint64_t token) {
    Assignment made;
    made.target = "press-1";
    made.revision = revision;
    made.token = token;
    return made;
  }
  std::string newest() {
    auto found = await(exchange_.newest("press-1"));
    return found && *found ? (*found)->revision : "nothing";
  }
  asio::awaitable<void> take(const Report& report) {
    taken_.push_back(report.id);
    co_return;
  }

  asio::io_context loop_;
  std::vector<std::string> taken_;
  testing::LocalExchange exchange_{[this](const Report& report) { return take(report); }};
};

TEST_F(LocalExchangeTest, TheNewestAssignmentWins) {
  EXPECT_EQ(newest(), "nothing");
  EXPECT_TRUE(await(exchange_.put(assignment("r1", 1))));
  EXPECT_TRUE(await(exchange_.put(assignment("r2", 2))));
  EXPECT_EQ(newest(), "r2");
}

TEST_F(LocalExchangeTest, AnOlderTokenIsAConflictAndChangesNothing) {
  ASSERT_TRUE(await(exchange_.put(assignment("r2", 2))));
  const auto put = await(exchange_.put(assignment("r1", 1)));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().kind, errc::conflict);
  EXPECT_EQ(newest(), "r2");
}

TEST_F(LocalExchangeTest, APutRingsForItsTargetAlone) {
  int own = 0, other = 0;
  const auto bell = exchange_.changed("press-1", [&] { ++own; });
  const auto others = exchange_.changed("press-2", [&] { ++other; });
  ASSERT_TRUE(await(exchange_.put(assignment("r1", 1))));
  EXPECT_EQ(own, 1);
  EXPECT_EQ(other, 0);
}

TEST_F(LocalExchangeTest, ABellThatIsGoneIsNotRung) {
  int rung = 0;
  exchange_.changed("press-1", [&] { ++rung; }).reset();
  ASSERT_TRUE(await(exchange_.put(assignment("r1", 1))));
  EXPECT_EQ(rung, 0);
}

TEST_F(LocalExchangeTest, AReportIsTakenBeforeItIsAcknowledgedAndIsTheLast) {
  Report report;
  report.id = "run-1";
  ASSERT_TRUE(await(exchange_.report("press-1", report)));
  EXPECT_EQ(taken_, std::vector<std::string>{"run-1"});
  const auto last = await(exchange_.last("press-1"));
  ASSERT_TRUE(last && *last);
  EXPECT_EQ((*last)->id, "run-1");
}

TEST_F(LocalExchangeTest, ARemovedTargetIsForgotten) {
  ASSERT_TRUE(await(exchange_.put(assignment("r1", 1))));
  ASSERT_TRUE(await(exchange_.remove("press-1")));
  EXPECT_EQ(newest(), "nothing");
}

}  // namespace
}  // namespace stoker::host
