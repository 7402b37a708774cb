// `stoker why`, `describe`, `history` and `diff` as a person meets them: the built program asks another one that runs.
#include "support/child.hpp"
#include "support/repository.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace {

namespace fs = std::filesystem;

class AnswerCommandsTest : public ::testing::Test {
 protected:
  AnswerCommandsTest() {
    fs::create_directories(data_);
    repository_.write("projects/P/a.txt", "one");
    repository_.commit("one");
    folder_.write("stoker.yaml", "state: " + (folder_.path() / "state").string() +
                                     "\nmodules: {source-git: {settings: {allowFile: true}}, strategy-merge: {}, "
                                     "trigger-poll: {settings: {interval: 1s}}}\nsyncs: " +
                                     (folder_.path() / "syncs").string() +
                                     "\ntargets:\n  - {name: gw, sync: line, profile: p, verify: none, data: " +
                                     data_.string() + "}\n");
    folder_.write("syncs/line.yaml",
                  "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line}\nspec:\n  git: {repo: "
                  "'file://" +
                      repository_.folder().string() +
                      "', ref: main}\n  sync: {profiles: {p: {mappings: [{source: projects, destination: "
                      "projects}]}}}\n");
    host_ = child::Child({STOKER_PROGRAM, "run", "--config", config()}, folder_.path() / "log");
  }
  std::string config() const { return (folder_.path() / "stoker.yaml").string(); }
  child::Finished stoker(child::Arguments arguments) const {
    arguments.insert(arguments.begin(), STOKER_PROGRAM);
    arguments.insert(arguments.end(), {"--config", config()});
    return child::finished(arguments);
  }
  // Until the history of the target says so.
  bool says(const std::string& part) const {
    for (int i = 0; i < 300; ++i) {
      if (has(stoker({"history", "gw"}).out, part)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

  stoker::host::test::TempFolder folder_;
  const fs::path data_ = folder_.path() / "gw";
  repository::Repository repository_{folder_.path() / "repo"};
  child::Child host_;
};

TEST_F(AnswerCommandsTest, SayWhatARunDidAndThatNothingIsWaitedFor) {
  ASSERT_TRUE(says("applied 1 change"));
  repository_.write("projects/P/b.txt", "two");
  const std::string second = repository_.commit("two");
  ASSERT_TRUE(says(second.substr(0, 7)));

  const auto why = stoker({"why", "st/gw", "-o", "json"});
  EXPECT_EQ(why.code, 0) << why.err;
  EXPECT_TRUE(has(why.out, "\"kind\": \"target\"")) << why.out;
  EXPECT_EQ(stoker({"why"}).code, 0);
  EXPECT_TRUE(has(stoker({"why", "line"}).out, "1 target: 1 as wanted"));

  const auto diff = stoker({"diff", "gw"});
  EXPECT_EQ(diff.code, 0) << diff.err;
  EXPECT_TRUE(has(diff.out, "1 added, 0 modified, 0 deleted")) << diff.out;
  EXPECT_TRUE(has(diff.out, "  + projects/P/b.txt\n")) << diff.out;

  const auto target = stoker({"describe", "st/gw"});
  EXPECT_TRUE(has(target.out, "Kind:           SyncTarget (stoker.io/v1alpha1)\n")) << target.out << target.err;
  const auto sync = stoker({"describe", "gs", "line"});
  EXPECT_TRUE(has(sync.out, "Mappings:     projects -> projects\n")) << sync.out << sync.err;
}

TEST_F(AnswerCommandsTest, TheChangesOfAnEarlierRunAreReadFromTheTargetsOwnFile) {
  ASSERT_TRUE(says("applied 1 change"));
  repository_.write("projects/P/b.txt", "two");
  ASSERT_TRUE(says(repository_.commit("two").substr(0, 7)));
  std::vector<std::string> runs;
  for (const auto& entry : fs::directory_iterator(data_ / ".stoker/diffs")) runs.push_back(entry.path().stem());
  ASSERT_EQ(runs.size(), 2u);
  std::sort(runs.begin(), runs.end());
  const auto first = stoker({"diff", "gw", "--run", runs[0], "-o", "json"});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_TRUE(has(first.out, "projects/P/a.txt")) << first.out;
  EXPECT_FALSE(has(first.out, "projects/P/b.txt")) << first.out;
}

TEST_F(AnswerCommandsTest, OfWhatIsNotThereTheExitCodeIsTwo) {
  ASSERT_TRUE(says("applied 1 change"));
  for (const char* command : {"why", "history", "diff"}) {
    const auto ended = stoker({command, "nobody"});
    EXPECT_EQ(ended.code, 2) << command;
    EXPECT_TRUE(has(ended.err, "there is no target and no Sync nobody")) << ended.err;
  }
  EXPECT_EQ(stoker({"describe", "gs", "nobody"}).code, 2);
  EXPECT_EQ(stoker({"diff", "line"}).code, 2) << "a Sync";
  EXPECT_EQ(stoker({"why", "events/x"}).code, 2);
  const auto unknown = stoker({"diff", "gw", "--run", "x-1"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_TRUE(has(unknown.err, "no changes are kept of a Run x-1")) << unknown.err;
}

TEST_F(AnswerCommandsTest, WithoutAHostTheExitCodeIsFive) {
  ASSERT_TRUE(says("applied 1 change"));
  host_.stop();
  for (const char* command : {"why", "history", "diff"}) EXPECT_EQ(stoker({command, "gw"}).code, 5) << command;
}

}  // namespace
