// What a person sees while Runs last.
#include "host/commands/run_progress.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace stoker::host {
namespace {

ShownStep step(const std::string& target, const std::string& stage, std::int64_t run_ms, std::uint64_t changes = 0) {
  ShownStep one;
  one.target = target;
  one.stage = stage;
  one.run_ms = run_ms;
  one.changes = changes;
  return one;
}

class RunProgressTest : public ::testing::Test {
 protected:
  RunProgress progress(RunProgress::Form form, std::size_t columns = 80) { return RunProgress(form, columns, err); }
  std::string said() {
    std::string text = err.str();
    err.str("");
    return text;
  }
  std::ostringstream err;
};

TEST_F(RunProgressTest, ATerminalHasOneLineInItsPlace) {
  RunProgress shown = progress(RunProgress::Form::terminal);
  shown.show({}, "the look at line-a", 1200);
  EXPECT_EQ(said(), "\r\033[Kwaiting for the look at line-a, 1 s\r");
  shown.show({step("press-1", "plan", 700), step("press-2", "apply", 2400, 1)}, "press-1", 2500);
  EXPECT_EQ(said(), "\r\033[Kpress-1: plan, 0 s; press-2: apply, 1 change, 2 s\r");
  shown.show({step("press-1", "plan", 900), step("press-2", "apply", 2600, 1)}, "press-1", 2700);
  EXPECT_EQ(said(), "") << "nothing has changed for whoever reads it";
  shown.clear();
  EXPECT_EQ(said(), "\r\033[K");
  shown.clear();
  EXPECT_EQ(said(), "");
}

TEST_F(RunProgressTest, TheLineIsNarrowerThanTheTerminal) {
  RunProgress shown = progress(RunProgress::Form::terminal, 12);
  shown.show({step("press-1", "verify", 2000, 12)}, "", 0);
  EXPECT_EQ(said(), "\r\033[Kpress-1: ve\r");
}

TEST_F(RunProgressTest, ANameCannotControlTheTerminal) {
  RunProgress shown = progress(RunProgress::Form::terminal);
  shown.show({step("a\033[2J", "plan", 0)}, "", 0);
  EXPECT_EQ(said(), "\r\033[Ka\\u001b[2J: plan, 0 s\r");
}

TEST_F(RunProgressTest, ElsewhereThereIsALineForEachStepOfALongRun) {
  RunProgress shown = progress(RunProgress::Form::lines);
  shown.show({step("press-1", "plan", 9'999)}, "", 0);
  EXPECT_EQ(said(), "") << "a Run that takes no time is no news";
  shown.show({step("press-1", "plan", 10'500)}, "", 0);
  EXPECT_EQ(said(), "press-1: plan, 10 s\n");
  shown.show({step("press-1", "plan", 11'000)}, "", 0);
  EXPECT_EQ(said(), "");
  shown.show({step("press-1", "apply", 12'000, 3)}, "", 0);
  EXPECT_EQ(said(), "press-1: apply, 3 changes, 12 s\n");
  shown.clear();
  EXPECT_EQ(said(), "");
}

TEST_F(RunProgressTest, NothingIsSaidToPrograms) {
  RunProgress shown = progress(RunProgress::Form::none);
  shown.show({step("press-1", "apply", 12'000, 3)}, "press-1", 12'000);
  shown.clear();
  EXPECT_EQ(said(), "");
}

TEST_F(RunProgressTest, StepsAreReadAsTheyAreWritten) {
  const std::string document = to_json({step("press-1", "apply", 12'000, 3)});
  EXPECT_EQ(document,
            R"({"format":1,"runs":[{"target":"press-1","stage":"apply","runMs":12000,"stageMs":0,"changes":3}]})");
  const std::vector<ShownStep> steps = run_steps_in(document);
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_EQ(steps[0].stage, "apply");
  EXPECT_EQ(steps[0].changes, 3u);
  EXPECT_TRUE(run_steps_in("{").empty());
  EXPECT_TRUE(run_steps_in(R"({"runs":[7,{"stage":"plan"}]})").empty());
}

}  // namespace
}  // namespace stoker::host
