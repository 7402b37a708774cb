// `stoker why -w` and `stoker history -w`: they print again when something has changed, and only then.
#include "host/commands/history.hpp"
#include "host/commands/why.hpp"
#include "tests/support/served_objects.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace stoker::host::testing {
namespace {

// What a command prints, until it was told to stop: each flush is one answer. `at_answer` answers whether to go on.
class Answers : public std::stringbuf {
 public:
  std::function<bool(int)> at_answer;

 private:
  int sync() override { return at_answer(++count_) ? 0 : -1; }
  int count_ = 0;
};

class FollowedAnswersTest : public ::testing::Test {
 protected:
  FollowedAnswersTest() {
    served.put(resource::gateway_syncs, sync_document("line-a"));
    served.patch(line_a, Part::status,
                 R"({"status":{"refResolutionStatus":"Resolved","observedGeneration":1,"conditions":[]}})");
    served.put(resource::sync_targets, target_document("press-1", "line-a", 7));
    report("applied", "a-1", "2025-01-02T03:04:05Z");
  }
  void report(const std::string& result, const std::string& id, const std::string& at) {
    const std::string revision = "4cd1a2b3c4d5e6f708192a3b4c5d6e7f80912345";
    served.patch(press_1, Part::status,
                 R"({"status":{"outcome":"unchanged","stage":"plan","observedToken":7,"revision":")" + revision +
                     R"(","verified":true,"settled":true,"running":{"revision":")" + revision +
                     R"(","ref":"main","verified":true,"settled":true},"startedAt":")" + at +
                     R"(","history":[{"id":")" + id + R"(","timestamp":")" + at + R"(","commit":")" + revision +
                     R"(","ref":"main","result":")" + result + R"(","filesChanged":1,"durationMs":20}]}})");
  }
  WhyOptions asking(const std::string& what) {
    WhyOptions options;
    options.socket = served.path();
    options.what = what;
    options.watch = true;
    return options;
  }
  static std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
  }

  ServedObjects served;
  Answers answers;
  std::ostream out{&answers};
  std::ostringstream err;
};

TEST_F(FollowedAnswersTest, WhyAnswersAgainWhenSomethingElseStandsInTheWay) {
  answers.at_answer = [&](int count) {
    if (count == 1) served.patch(press_1, Part::spec, R"({"metadata":{"annotations":{"stoker.io/paused":"true"}}})");
    return count < 2;
  };
  EXPECT_EQ(why(asking("press-1"), out, err), exit_ok) << err.str();
  EXPECT_TRUE(answers.str().starts_with("press-1 runs 4cd1a2b of main, verified")) << answers.str();
  const std::size_t second = answers.str().find("\n---- ");
  ASSERT_NE(second, std::string::npos) << answers.str();
  EXPECT_NE(answers.str().find("\npress-1 waits: it is paused\n", second), std::string::npos) << answers.str();
}

// Each look of the agent writes the object.
TEST_F(FollowedAnswersTest, WhyIsSilentWhileOnlyTimesChange) {
  answers.at_answer = [&](int count) {
    if (count == 1) {
      report("applied", "a-1", "2025-01-02T03:05:05Z");
      std::thread([this] {
        std::this_thread::sleep_for(std::chrono::milliseconds(1500));
        served.patch(line_a, Part::spec, R"({"spec":{"paused":true}})");
      }).detach();
    }
    return count < 2;
  };
  EXPECT_EQ(why(asking("st/press-1"), out, err), exit_ok) << err.str();
  EXPECT_EQ(count(answers.str(), "\n---- "), 1u) << answers.str();
  EXPECT_NE(answers.str().find("its Sync line-a is paused"), std::string::npos) << answers.str();
}

TEST_F(FollowedAnswersTest, ManyChangesAreOneAnswerASecond) {
  const auto began = std::chrono::steady_clock::now();
  answers.at_answer = [&](int count) {
    for (int i = 0; i < 20; ++i)
      served.patch(
          press_1, Part::spec,
          R"({"metadata":{"annotations":{"stoker.io/paused":")" + std::string(i % 2 ? "false" : "true") + R"("}}})");
    served.patch(press_1, Part::spec,
                 count % 2 ? R"({"metadata":{"annotations":{"stoker.io/paused":"true"}}})"
                           : R"({"metadata":{"annotations":{"stoker.io/paused":"false"}}})");
    return count < 3;
  };
  EXPECT_EQ(why(asking("line-a"), out, err), exit_ok) << err.str();
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
}

TEST_F(FollowedAnswersTest, WhyAsJsonIsALineForEachAnswer) {
  answers.at_answer = [&](int count) {
    if (count == 1) served.patch(line_a, Part::spec, R"({"spec":{"paused":true}})");
    return count < 2;
  };
  WhyOptions options = asking("");
  options.json = true;
  EXPECT_EQ(why(options, out, err), exit_ok) << err.str();
  std::istringstream lines(answers.str());
  std::string first, second;
  ASSERT_TRUE(std::getline(lines, first) && std::getline(lines, second)) << answers.str();
  EXPECT_EQ(json::parse(first).at("kind"), "fleet");
  EXPECT_NE(second.find("paused"), std::string::npos) << second;
}

TEST_F(FollowedAnswersTest, WhyGoesOnWhenItsTargetIsRemoved) {
  answers.at_answer = [&](int count) {
    if (count == 1) served.on_loop([&] { return served.store.remove_now(press_1).has_value(); });
    return count < 2;
  };
  EXPECT_EQ(why(asking("press-1"), out, err), exit_ok) << err.str();
  EXPECT_NE(answers.str().find("nothing is assigned to it yet"), std::string::npos) << answers.str();
}

TEST_F(FollowedAnswersTest, WhatIsNotThereIsNotFollowed) {
  answers.at_answer = [](int) { return true; };
  EXPECT_EQ(why(asking("nobody"), out, err), exit_bad_usage);
  EXPECT_EQ(answers.str(), "");
}

TEST_F(FollowedAnswersTest, TheEndOfTheHostEndsIt) {
  std::thread host;
  answers.at_answer = [&](int) {
    host = std::thread([this] { served.stop(); });
    return true;
  };
  EXPECT_EQ(why(asking("press-1"), out, err), exit_held) << answers.str();
  host.join();
}

TEST_F(FollowedAnswersTest, HistoryPrintsEachRunOnce) {
  answers.at_answer = [&](int count) {
    if (count == 1) report("failed", "a-2", "2025-01-02T03:05:05Z");
    return count < 2;
  };
  HistoryOptions options;
  options.socket = served.path();
  options.what = "line-a";
  options.watch = true;
  EXPECT_EQ(history(options, out, err), exit_ok) << err.str();
  EXPECT_TRUE(answers.str().starts_with("TARGET    WHEN ")) << answers.str();
  EXPECT_EQ(count(answers.str(), "applied"), 1u) << answers.str();
  EXPECT_EQ(count(answers.str(), "failed"), 1u) << answers.str();
  EXPECT_EQ(count(answers.str(), "TARGET"), 1u) << answers.str();
}

TEST_F(FollowedAnswersTest, HistoryAsJsonIsALineForEachRun) {
  answers.at_answer = [&](int count) {
    if (count == 1) report("failed", "a-2", "2025-01-02T03:05:05Z");
    return count < 2;
  };
  HistoryOptions options;
  options.socket = served.path();
  options.what = "st/press-1";
  options.watch = options.json = true;
  EXPECT_EQ(history(options, out, err), exit_ok) << err.str();
  EXPECT_TRUE(answers.str().starts_with(R"({"target":"press-1","namespace":"default","id":"a-1",)")) << answers.str();
  EXPECT_EQ(count(answers.str(), "\n"), 2u) << answers.str();
}

}  // namespace
}  // namespace stoker::host::testing
