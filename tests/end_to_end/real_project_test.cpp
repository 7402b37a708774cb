// A real project at real gateways (simulated): it arrives whole, follows thirty random commits through ten kills of
// Stoker, and nothing but Stoker's own files is ever touched. What is believed is asked of the files and of what the
// gateways loaded.
#include "real_project.hpp"
#include "random_edits.hpp"
#include "support/seed.hpp"

#include <signal.h>

#include <set>
#include <thread>

namespace plant {
namespace {

using ignition_sim::SignatureForm;

constexpr int commits = 30, kills = 10;

class RealProjectTest : public RealProject {
 protected:
  void pause(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }
};

// pitfalls P01, P04, P05, P06, P07, P42
TEST_F(RealProjectTest, ThirtyCommitsAndTenKillsLeaveEveryFileAsCommitted) {
  start_gateways({SignatureForm::v8_1, SignatureForm::v8_3, SignatureForm::v8_3});
  for (const Press& press : presses_) press.gateway->self_writes();
  begin({.more = generous_prune});

  const unsigned seed = seed::given_or(20);
  std::printf("seed %u; another one: STOKER_TEST_SEED=n\n", seed);
  RandomEdits edits(repository_, project, {shared_folder}, seed);
  std::set<int> killed;
  while (killed.size() < kills) killed.insert(edits.below(commits));
  std::string revision;
  int quiet = 0;
  for (int number = 0; number < commits && !HasFailure(); ++number) {
    revision = edits.commit();
    note_commit();
    // overlapping hints, the poll's among them
    for (int hints = edits.below(4); hints > 0; --hints) {
      hint();
      pause(edits.below(60));
    }
    if (killed.contains(number)) {
      pause(edits.below(3) == 0 ? 0 : edits.below(700));
      stoker_.kill_now();
      start();
    }
    if (edits.below(4) == 0) {
      expect_everywhere(revision);
      ++quiet;
    } else {
      pause(edits.below(400));
    }
  }
  expect_everywhere(revision);
  std::printf("%s; looked at whole trees %d times in between\n", edits.counts().c_str(), quiet);

  expect_nothing_else_was_touched();
}

// pitfalls P42
TEST_F(RealProjectTest, LooksAtAnUnchangedCommitWriteNothing) {
  start_gateways({SignatureForm::v8_1, SignatureForm::v8_3});
  begin({});
  EXPECT_NE(text_of(presses_[1].data / (std::string(views) + "1_TEMPLATES/60px/top/Input_Date/resource.json"))
                .find("\"external\""),
            std::string::npos)
      << "the gateway is to have stamped what it loaded";

  const std::vector<std::string> at_rest = snapshots();
  for (int look = 0; look < 20; ++look) look_again();
  EXPECT_TRUE(snapshots() == at_rest);

  // a new process looks at every owned file, stamped ones too
  stoker_.stop();
  std::vector<std::string> trees;
  for (const Press& press : presses_) trees.push_back(snapshot(press.data, ".stoker"));
  for (int look = 0; look < 2; ++look)
    for (const Press& press : presses_) {
      const json::object report = sync_once(0, {"--target", press.name});
      EXPECT_EQ(text_at(report, "/outcome"), "unchanged");
      EXPECT_EQ(json::serialize(report).find("\"drift\""), std::string::npos) << "a stamp is no drift";
    }
  for (std::size_t i = 0; i < presses_.size(); ++i) EXPECT_TRUE(snapshot(presses_[i].data, ".stoker") == trees[i]);
}

// pitfalls P02, P40
TEST_F(RealProjectTest, ACommitThatDeletesMostFilesIsHeldUntilPruneIsRaised) {
  start_gateways({SignatureForm::v8_1});
  const std::string first = begin({});
  const std::string before = snapshot(data_ / "projects");
  const std::string mine = nobodys(presses_[0]);

  repository_.remove(views);
  const std::string emptied = commit("Only the queries are left");
  const auto held = [&] { return log_count("target=press-1 outcome=held") > 0; };
  ASSERT_TRUE(eventually("the hold", held));
  EXPECT_GT(log_count("mass-delete"), 0u);
  EXPECT_EQ(snapshot(data_ / "projects"), before);
  EXPECT_TRUE(remembered(presses_[0], first));

  stoker_.send(SIGHUP);  // looking again frees nothing
  const auto runs_held = [&] { return metric("stoker_runs_total{outcome=\"held\",target=\"press-1\"}"); };
  ASSERT_TRUE(eventually("held again", [&] { return runs_held() == "2"; }));
  const std::string all = log();
  std::istringstream lines(all);
  std::size_t said = 0;
  for (std::string line; std::getline(lines, line);)
    said += line.find(" info ") != line.npos && line.find("outcome=held") != line.npos;
  EXPECT_EQ(said, 1u) << "what does not change is said once, and then at debug";
  EXPECT_TRUE(snapshot(data_ / "projects") == before);

  Sync sync;
  sync.more = generous_prune;
  write_sync(sync);
  expect_everywhere(emptied);
  EXPECT_EQ(nobodys(presses_[0]), mine);
  expect_no_mix_was_loaded();
}

}  // namespace
}  // namespace plant
