// Processes that die: apply is killed at random moments, and what the next one finds must become a whole revision
// again.
#include "merge_fixture.hpp"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

namespace stoker::merge::testing {
namespace {

using Tree = std::map<std::string, std::string>;

class RecoveryTest : public MergeTest {
 protected:
  RecoveryTest() {
    map("projects", "projects");
    prune = {{"maxFiles", 1000}, {"maxPercent", 100}};
    for (int i = 0; i < 8; ++i) {
      const std::string n = std::to_string(i);
      source.revisions["r1"].emplace("projects/keep" + n, "same");
      source.revisions["r2"].emplace("projects/keep" + n, "same");
      source.revisions["r1"].emplace("projects/d" + n + "/f", "one" + n);
      source.revisions["r2"].emplace("projects/d" + n + "/f", SourceFile("two" + n, 0755));
      source.revisions["r1"].emplace("projects/old" + n + "/x", "gone");
      source.revisions["r2"].emplace("projects/new/deep" + n + "/x", "new");
      source.revisions["r1"].emplace("projects/flip" + n, "file");
      source.revisions["r2"].emplace("projects/flip" + n + "/in", "folder");
      source.revisions["r1"].emplace("projects/plop" + n + "/in", "folder");
      source.revisions["r2"].emplace("projects/plop" + n, "file");
    }
  }
  // A process of its own plans and stages; then it does `body`, and dies so long after it began.
  template <class Body>
  void killed_in(std::chrono::microseconds delay, const std::string& to, const std::string& name, Body&& body) {
    strategy.reset();
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      start();
      const RevisionView view(source, to);
      const bool staged = strategy->plan(name, assignment(to), view).ok() && strategy->stage(name, view).ok();
      if (!staged || ::write(ready[1], "!", 1) != 1) _exit(1);
      body();
      _exit(0);
    }
    char byte = 0;
    close(ready[1]);
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    close(ready[0]);
    std::this_thread::sleep_for(delay);  // where it dies is what is drawn
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    start();
  }
  // Kills an apply from one revision to the other at random moments, and looks at the tree after each.
  void die_over_and_over(int rounds);
};

// pitfalls P05
void RecoveryTest::die_over_and_over(int rounds) {
  ASSERT_TRUE(sync("r1").ok());
  const Tree old_tree = live();
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(sync("r2").ok());
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
  const Tree new_tree = live();
  ASSERT_TRUE(sync("r1").ok());
  ASSERT_TRUE(strategy->forget(run).ok());
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::string at = "r1";
  int in_journal = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string to = at == "r1" ? "r2" : "r1";
    const std::string name = "kill-" + std::to_string(round);
    killed_in(whole * (random() % 100) / 100, to, name, [&] {
      (void)strategy->apply(name);
      if (round % 3 == 0) (void)strategy->revert(name);
    });
    const Answer recovered = strategy->recover();
    ASSERT_TRUE(recovered.ok()) << recovered.error.message;
    ASSERT_TRUE(recovered.noted("drift").empty()) << recovered.notes[0].path << recovered.notes[0].text;
    in_journal += recovered.state.find("nothing") == std::string::npos ? 1 : 0;
    const Tree now = live();
    ASSERT_TRUE(now == old_tree || now == new_tree) << "round " << round << " " << recovered.state;
    at = now == old_tree ? "r1" : "r2";
    ASSERT_NE(recovered.state.find("\"revision\":\"" + at + "\""), std::string::npos) << recovered.state;
    look = "all";
    const Answer planned = plan(at);
    ASSERT_TRUE(planned.changes.empty()) << planned.ops()[0];
    ASSERT_TRUE(planned.notes.empty()) << planned.notes[0].code << planned.notes[0].path;
    look = "changes";
    ASSERT_TRUE(strategy->forget(name).ok());
    ASSERT_TRUE(fs::is_empty(data / ".stoker/merge/runs"));
  }
  RecordProperty("died_with_an_open_journal", in_journal);
  EXPECT_GT(in_journal, 0);
}

TEST_F(RecoveryTest, TreeIsAlwaysSomeRevision) { die_over_and_over(40); }

TEST_F(RecoveryTest, RenderedTreeIsAlwaysSomeRevision) {
  mappings[0].as_object()["template"] = true;
  for (auto& [name, tree] : source.revisions)
    for (auto& [path, file] : tree) file.bytes += " of {{.Commit}} for {{.Vars.line}}";
  die_over_and_over(25);
}

TEST_F(RecoveryTest, PatchedTreeIsAlwaysSomeRevision) {
  mappings[0].as_object()["patches"] = {{{"file", "**"}, {"set", {{"commit", "{{.Commit}}"}, {"by.line", "x"}}}}};
  normalize = {{{"files", "projects/**"}, {"set", {{".by.line", "{{.Vars.line}}"}}}}};
  for (auto& [name, tree] : source.revisions)
    for (auto& [path, file] : tree) file.bytes = "{\"text\": \"" + file.bytes + "\"}\n";
  die_over_and_over(25);
  EXPECT_NE(read("projects/keep0").find("\"commit\":\"r"), std::string::npos) << read("projects/keep0");
}

// pitfalls P06: random revisions with flips, renames and modes, known to the source or not, applied or taken back
TEST_F(RecoveryTest, EveryRandomRevisionConvergesInOneRun) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  Tree before;
  for (int round = 0; round < 150; ++round) {
    SourceTree tree{{"other", "o"}};
    for (int files = static_cast<int>(random() % 12); files > 0; --files) {
      std::string path = "projects";
      for (int depth = static_cast<int>(random() % 3); depth >= 0; --depth)
        path += std::string("/") + "abc"[random() % 3];
      const bool clash = std::any_of(tree.begin(), tree.end(), [&](const auto& one) {
        return one.first.starts_with(path + "/") || path.starts_with(one.first + "/");
      });
      if (!clash) tree.insert_or_assign(path, SourceFile(std::to_string(random() % 3), random() % 2 ? 0644 : 0755));
    }
    const std::string name = "s" + std::to_string(round);
    source.revisions[name] = tree;
    if (random() % 4 == 0) source.forgotten.push_back("s" + std::to_string(round - 1));
    Tree wanted;
    for (const auto& [path, file] : tree)
      if (path != "other") wanted[path] = file.bytes;
    const Answer done = sync(name);
    ASSERT_TRUE(done.ok()) << done.error.message;
    Tree now = live();
    if (wanted.empty()) now.erase("projects");
    ASSERT_EQ(now, wanted);
    if (!done.changes.empty() && random() % 4 == 0) {
      ASSERT_TRUE(strategy->revert(run).ok());
      now = live();
      if (before.empty()) now.erase("projects");
      ASSERT_EQ(now, before);
      ASSERT_TRUE(sync(name).ok());
    }
    look = "all";
    ASSERT_EQ(plan(name).ops(), Ops{});
    look = "changes";
    before = wanted;
  }
}

TEST_F(RecoveryTest, DoesNothingWhereNothingIsOpen) {
  const Answer first = strategy->recover();
  EXPECT_EQ(first.state, R"({"format":1,"base":null,"did":"nothing","run":""})");
  EXPECT_TRUE(fs::is_empty(data));
  ASSERT_TRUE(sync("r1").ok());
  EXPECT_EQ(strategy->recover().state,
            R"({"format":1,"base":{"revision":"r1","inputs":"i1","vars":"v","run":"run-1"},"did":"nothing","run":""})");
}

TEST_F(RecoveryTest, RefusesTheStateOfANewerVersion) {
  ASSERT_TRUE(sync("r1").ok());
  strategy.reset();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((data / ".stoker/merge/state.db").c_str(), &db), SQLITE_OK);
  sqlite3_exec(db, "PRAGMA user_version=2", nullptr, nullptr, nullptr);
  sqlite3_close(db);
  start();
  const Answer refused = strategy->recover();
  EXPECT_EQ(refused.status, STOKER_E_INCOMPATIBLE);
  EXPECT_NE(refused.error.message.find("newer version"), std::string::npos);
}

}  // namespace
}  // namespace stoker::merge::testing
