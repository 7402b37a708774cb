// `stoker sync` as a person meets it: the built program with its plugins, a repository and a plain folder; what it
// prints and its exit code.
#include "support/child.hpp"
#include "support/repository.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace {

namespace fs = std::filesystem;

class SyncCommandTest : public ::testing::Test {
 protected:
  SyncCommandTest() {
    fs::create_directories(data_);
    repository_.write("projects/P/a.txt", "one");
    repository_.commit("one");
    write_config();
    write_sync();
  }
  void write_config(const std::string& modules = "") {
    folder_.write("stoker.yaml", "state: " + (folder_.path() / "state").string() +
                                     "\nmodules: {source-git: {settings: {allowFile: true}}, strategy-merge: {}, "
                                     "verify-json: {}" +
                                     modules + "}\nsyncs: " + (folder_.path() / "syncs").string() +
                                     "\ntargets:\n  - {name: gw, sync: line, profile: p, data: " + data_.string() +
                                     "}\n");
  }
  void write_sync(const std::string& annotations = "") {
    folder_.write("syncs/line.yaml",
                  "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line, annotations: {" +
                      annotations + "}}\nspec:\n  git: {repo: 'file://" + repository_.folder().string() +
                      "', ref: main}\n  sync: {profiles: {p: {mappings: [{source: projects, destination: "
                      "projects}]}}}\n");
  }
  child::Finished sync(child::Arguments more = {}) {
    child::Arguments all{STOKER_PROGRAM, "sync", "--config", (folder_.path() / "stoker.yaml").string()};
    all.insert(all.end(), more.begin(), more.end());
    return child::finished(all);
  }
  void write(const std::string& path, const std::string& text) { std::ofstream(data_ / path) << text; }
  std::string read(const std::string& path) const {
    std::ostringstream text;
    text << std::ifstream(data_ / path).rdbuf();
    return text.str();
  }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

  stoker::host::test::TempFolder folder_;
  const fs::path data_ = folder_.path() / "gw";
  repository::Repository repository_{folder_.path() / "repo"};
};

// ---------------------------------------------------------------- dry runs

// cases T30
TEST_F(SyncCommandTest, ADryRunSaysThatARevisionWouldBeAppliedAndThatNothingIsToDo) {
  auto ended = sync({"--dry-run"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, ": would be applied\n  + projects/P/a.txt\n")) << ended.out;
  EXPECT_FALSE(fs::exists(data_ / "projects"));
  EXPECT_EQ(sync().code, 0);
  ended = sync({"--dry-run"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, ": nothing to do\n")) << ended.out;
}

// cases T30
TEST_F(SyncCommandTest, ADryRunOfWhatWouldBeRefusedFailsAndSaysWhy) {
  ASSERT_EQ(sync().code, 0);
  repository_.write("projects/P/bad.json", "{");
  repository_.commit("bad");
  const auto ended = sync({"--dry-run"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_TRUE(has(ended.out, ": would be refused\n  refuse ")) << ended.out;
  EXPECT_TRUE(has(ended.out, "projects/P/bad.json")) << ended.out;
}

// cases T30
TEST_F(SyncCommandTest, ADryRunOfWhatWouldWaitHasTheExitCodeOfAHoldAndListsAllOnRequest) {
  for (int i = 100; i < 160; ++i) repository_.write("projects/P/f" + std::to_string(i), "x");
  repository_.commit("many");
  ASSERT_EQ(sync().code, 0);
  for (int i = 100; i < 160; ++i) repository_.remove("projects/P/f" + std::to_string(i));
  repository_.commit("none");
  auto ended = sync({"--dry-run"});
  EXPECT_EQ(ended.code, 5) << ended.err;
  EXPECT_TRUE(has(ended.out, ": would wait\n  hold mass-delete: 60 of 61 files")) << ended.out;
  EXPECT_FALSE(has(ended.out, "  - projects/P/f159\n")) << ended.out;
  EXPECT_TRUE(has(ended.out, "  and 10 more; --all lists them\n")) << ended.out;
  ended = sync({"--dry-run", "--all"});
  EXPECT_TRUE(has(ended.out, "  - projects/P/f159\n")) << ended.out;
  EXPECT_FALSE(has(ended.out, " more;")) << ended.out;
  ended = sync({"--dry-run", "--all", "-o", "json"});
  EXPECT_TRUE(has(ended.out, "projects/P/f159")) << ended.out;
}

TEST_F(SyncCommandTest, ADryRunMakesNoObjects) {
  const fs::path objects = folder_.path() / "state/plugins/platform-local/objects.db";
  EXPECT_EQ(sync({"--dry-run", "--target", "st/gw"}).code, 0);
  EXPECT_FALSE(fs::exists(objects));
  EXPECT_EQ(sync().code, 0);
  EXPECT_TRUE(fs::exists(objects));
  const auto ended = sync({"--dry-run"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, ": nothing to do\n")) << ended.out;
}

TEST_F(SyncCommandTest, ObjectsThatARunningHostHasAreSaidToBeIts) {
  child::Child host({STOKER_PROGRAM, "run", "--config", (folder_.path() / "stoker.yaml").string()},
                    folder_.path() / "log");
  const fs::path socket = folder_.path() / "state/stoker.sock";
  for (int i = 0; i < 600 && !fs::exists(socket); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ASSERT_TRUE(fs::exists(socket));
  fs::remove(socket);  // nobody finds it any more
  const auto ended = sync({"--dry-run"});
  EXPECT_EQ(ended.code, 5) << ended.err;
  EXPECT_TRUE(has(ended.err, "stoker run` or `stoker sync` of this state folder has them, and nobody answers at " +
                                 socket.string()))
      << ended.err;
}

TEST_F(SyncCommandTest, ObjectsThatThisUserCannotOpenAreDenied) {
  fs::create_directories(folder_.path() /
                         "state/plugins/platform-local/objects.db");  // a folder is in the place of the file
  const auto ended = sync();
  EXPECT_EQ(ended.code, 4) << ended.err;
  EXPECT_TRUE(has(ended.err, "objects.db")) << ended.err;
}

// ---------------------------------------------------------------- edits at the target

// cases T32
TEST_F(SyncCommandTest, EditsByHandAreSaidAndARepairPutsThemBack) {
  ASSERT_EQ(sync().code, 0);
  write("projects/P/a.txt", "hand");
  write("projects/P/mine.txt", "mine");
  auto ended = sync();
  EXPECT_TRUE(has(ended.out, "\n  drift projects/P/a.txt: changed by somebody else\n")) << ended.out;
  EXPECT_TRUE(has(ended.out, "\n  unowned projects/P/mine.txt: ")) << ended.out;
  EXPECT_TRUE(has(ended.err, "changed by somebody else")) << ended.err;
  EXPECT_EQ(read("projects/P/a.txt"), "hand");
  ended = sync({"--repair"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(read("projects/P/a.txt"), "one");
  EXPECT_EQ(read("projects/P/mine.txt"), "mine");
  write("projects/P/a.txt", "hand");
  EXPECT_EQ(sync().code, 0);
  EXPECT_EQ(read("projects/P/a.txt"), "hand") << "the flag is of one call";
  repository_.write("projects/P/a.txt", "two");
  repository_.commit("two");
  ended = sync();
  EXPECT_TRUE(has(ended.out, "\n  overwritten projects/P/a.txt: ")) << ended.out;
}

// cases T32
TEST_F(SyncCommandTest, TheAnnotationRepairActsOnceForEachText) {
  ASSERT_EQ(sync().code, 0);
  write("projects/P/a.txt", "hand");
  write_sync("stoker.io/repair: 'monday'");
  EXPECT_EQ(sync().code, 0);
  EXPECT_EQ(read("projects/P/a.txt"), "one");
  write("projects/P/a.txt", "hand");
  EXPECT_EQ(sync().code, 0);
  EXPECT_EQ(read("projects/P/a.txt"), "hand");
  write_sync("stoker.io/repair: 'tuesday'");
  EXPECT_EQ(sync().code, 0);
  EXPECT_EQ(read("projects/P/a.txt"), "one");
}

// cases Q3: else a `stoker run` that starts meanwhile could not say after a crash which call it was in.
TEST_F(SyncCommandTest, ItsCallsAreKeptBesideThoseOfRun) {
  EXPECT_EQ(sync().code, 0);
  EXPECT_TRUE(fs::exists(folder_.path() / "state/last-calls-sync"));
  EXPECT_FALSE(fs::exists(folder_.path() / "state/last-calls"));
}

// ---------------------------------------------------------------- notices

// cases T42
TEST_F(SyncCommandTest, NoticesAreSentBeforeItEndsAndWhatCannotBeSentWaitsAndIsSaid) {
  write_config(", notify-webhook: {settings: {url: 'http://127.0.0.1:1/x'}}");
  const auto ended = sync();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(ended.err, "notices were not delivered; they wait for the next start of stoker")) << ended.err;
  EXPECT_TRUE(has(ended.err, "waiting=1")) << ended.err;
  std::size_t kept = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path() / "state/notices/notify-webhook"))
    kept += entry.path().extension() == ".json" ? 1 : 0;
  EXPECT_EQ(kept, 1u);
}

}  // namespace
