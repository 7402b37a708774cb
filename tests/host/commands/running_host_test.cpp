// The program as a host and as its client: the built binary runs, and the commands ask it over its socket.
#include "support/child.hpp"
#include "support/repository.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace {

namespace fs = std::filesystem;

class RunningHostTest : public ::testing::Test {
 protected:
  RunningHostTest() {
    fs::create_directories(data_);
    repository_.write("projects/P/a.txt", "one");
    repository_.commit("one");
    folder_.write("stoker.yaml", "state: " + (folder_.path() / "state").string() +
                                     "\nmodules: {source-git: {settings: {allowFile: true}}, strategy-merge: {}, "
                                     "verify-json: {}}\nsyncs: " +
                                     (folder_.path() / "syncs").string() +
                                     "\ntargets:\n  - {name: gw, sync: line, profile: p, verify: none, data: " +
                                     data_.string() + "}\n");
    folder_.write("syncs/line.yaml", sync_file("line"));
    host_ = child::Child({STOKER_PROGRAM, "run", "-c", config()}, folder_.path() / "log");
    for (int i = 0; i < 600 && stoker({"get", "st", "gw"}).code != 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  std::string sync_file(const std::string& name) const {
    return "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: " + name +
           "}\nspec:\n  git: {repo: 'file://" + repository_.folder().string() +
           "', ref: main}\n  sync: {profiles: {p: {mappings: [{source: projects, destination: projects}]}}}\n";
  }
  std::string config() const { return (folder_.path() / "stoker.yaml").string(); }
  child::Finished stoker(child::Arguments arguments) const {
    arguments.insert(arguments.begin(), STOKER_PROGRAM);
    arguments.insert(arguments.end(), {"-c", config()});
    return child::finished(arguments);
  }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

  stoker::host::test::TempFolder folder_;
  const fs::path data_ = folder_.path() / "gw";
  repository::Repository repository_{folder_.path() / "repo"};
  child::Child host_;
};

TEST_F(RunningHostTest, ServesItsObjectsUntilItEnds) {
  auto ended = stoker({"get", "teapots"});
  EXPECT_EQ(ended.code, 2);
  ended = stoker({"get", "gs", "line", "-o", "name"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "gatewaysync.stoker.io/line\n");
  const std::string other = folder_.write("other.yaml", sync_file("other")).string();
  ended = stoker({"apply", "-f", other});
  EXPECT_EQ(ended.out, "gatewaysync/other created\n") << ended.err;
  EXPECT_EQ(stoker({"apply", "-f", other}).out, "gatewaysync/other unchanged\n");
  EXPECT_EQ(stoker({"delete", "gs", "other"}).out, "gatewaysync \"other\" deleted\n");
  ended = stoker({"get", "gs", "-o", "2"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_TRUE(has(ended.err, "2 not in {table,wide,json,yaml,name}")) << ended.err;
  host_.send(SIGTERM);
  EXPECT_EQ(host_.ended(std::chrono::seconds(30)), 0);
  EXPECT_FALSE(fs::exists(folder_.path() / "state" / "stoker.sock"));
  ended = stoker({"get", "gs"});
  EXPECT_EQ(ended.code, 5);
  EXPECT_TRUE(has(ended.err, "the host does not run")) << ended.err;
}

TEST_F(RunningHostTest, DoesWhatSyncAsksFor) {
  ASSERT_EQ(stoker({"sync"}).code, 0);
  repository_.write("projects/P/b.txt", "two");
  repository_.commit("two");
  auto ended = stoker({"sync", "--dry-run"});
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  ended = stoker({"sync"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(has(ended.out, "gw  applied 1 change at ")) << ended.out;
  EXPECT_TRUE(fs::exists(data_ / "projects/P/b.txt"));
  EXPECT_EQ(stoker({"sync", "--target", "nope"}).code, 2);
}

TEST_F(RunningHostTest, APausedTargetWaits) {
  ASSERT_EQ(stoker({"sync"}).code, 0);
  ASSERT_EQ(stoker({"pause", "line", "--target", "gw", "--reason", "audit"}).code, 0);
  repository_.write("projects/P/b.txt", "two");
  repository_.commit("two");
  auto ended = stoker({"sync"});
  EXPECT_EQ(ended.code, 5) << ended.out << ended.err;
  EXPECT_TRUE(has(ended.out, "hold paused")) << ended.out;
  EXPECT_FALSE(fs::exists(data_ / "projects/P/b.txt"));
  ASSERT_EQ(stoker({"resume", "line", "--target", "gw"}).code, 0);
  EXPECT_EQ(stoker({"sync"}).code, 0);
  EXPECT_TRUE(fs::exists(data_ / "projects/P/b.txt"));
}

TEST_F(RunningHostTest, ATargetThatItCannotOpenSaysSoAndFailsAtOnce) {
  ASSERT_EQ(stoker({"sync"}).code, 0);
  host_.send(SIGTERM);
  ASSERT_EQ(host_.ended(std::chrono::seconds(30)), 0);
  const fs::path memory = data_ / ".stoker" / "target.json";
  fs::rename(memory, folder_.path() / "target.json");
  fs::create_directory(memory);
  host_ = child::Child({STOKER_PROGRAM, "run", "-c", config()}, folder_.path() / "log");
  for (int i = 0; i < 600 && !has(stoker({"get", "st", "gw"}).out, "not-open"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  auto ended = stoker({"sync", "--timeout", "40s"});
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  EXPECT_TRUE(ended.out.starts_with("gw  failed, recover: target gw: ")) << ended.out;
  ended = stoker({"sync", "--dry-run", "--timeout", "40s"});
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  ended = stoker({"why", "gw"});
  EXPECT_TRUE(ended.out.starts_with("gw gets nothing new: it cannot be opened")) << ended.out;
  ended = stoker({"get", "gs", "line"});
  EXPECT_TRUE(has(ended.out, "0/1 synced")) << ended.out;
  fs::remove(memory);
  fs::rename(folder_.path() / "target.json", memory);
  ended = stoker({"sync"});
  EXPECT_EQ(ended.code, 0) << "it is tried at once: " << ended.out << ended.err;
  EXPECT_FALSE(has(stoker({"get", "st", "gw"}).out, "not-open"));
}

TEST_F(RunningHostTest, ATargetWhoseObjectSomebodyDeletesSaysAgainHowItStands) {
  ASSERT_EQ(stoker({"sync"}).code, 0);
  ASSERT_EQ(stoker({"delete", "st", "gw"}).code, 0);
  std::string said;
  for (int i = 0; i < 200 && !has(said, "nothing is waited for"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    said = stoker({"why", "gw"}).out;
  }
  EXPECT_TRUE(said.starts_with("gw runs ")) << said;
  said = stoker({"describe", "st", "gw"}).out;
  EXPECT_TRUE(has(said, "Ready                   True ")) << said;
}

TEST_F(RunningHostTest, ItsCommandLineCompletesItself) {
  const auto ended = child::finished({STOKER_PROGRAM, "__complete", "pause", "-c", config(), ""});
  EXPECT_EQ(ended.out, "line\n") << ended.err;
  EXPECT_TRUE(has(child::finished({STOKER_PROGRAM, "completion", "bash"}).out, "complete -F _stoker stoker\n"));
}

}  // namespace
