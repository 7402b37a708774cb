// When readiness opens: never over a tree that is neither one revision nor untouched. Today's program has no start gate
// that a gateway's container could wait for; /readyz is what such a gate would ask.
#include "journal.hpp"
#include "random_edits.hpp"
#include "real_project.hpp"
#include "stepped.hpp"

#include <sqlite3.h>

namespace plant {
namespace {

class ReadinessTest : public RealProject {
 protected:
  ReadinessTest() : RealProject(fast_folder()) {}

  int readiness() { return page("/readyz").status; }
  // A process that was killed with its journal open and its files a mix; the journal.
  void leave_a_mix() {
    start_gateways({ignition_sim::SignatureForm::v8_3});
    begin({.more = generous_prune});
    before_ = last_;
    RandomEdits edits(repository_, project, {shared_folder}, 1);
    for (int attempt = 0; attempt < 20; ++attempt) {
      edits.touch(40);
      JournalWatch watch(data_);
      revision_ = edits.commit();
      note_commit();
      const auto over = [&] { return remembered(presses_[0], revision_); };
      if (!watch.locked(over)) continue;
      kill_after_moves(watch, 2 + attempt, over);
      const Entries found = entries_of(data_);
      if (open_journal(data_) && found != before_ && found != last_) return;
      start();
      expect_everywhere(revision_);
      before_ = last_;
    }
    FAIL() << "no kill left a mix";
  }
  void kill_after_moves(JournalWatch& watch, int moves, const std::function<bool()>& over) {
    Stepped process(stoker_.pid());
    const auto late = std::chrono::steady_clock::now() + patience;
    for (bool stirred = true; watch.moved() < moves && !(stirred && over()) && process.step();) {
      if (std::chrono::steady_clock::now() > late) break;
      stirred = watch.stirs(std::chrono::milliseconds(0));
    }
    process.kill_now();
    stoker_.kill_now();
  }
  void restart_with_an_empty_log() {
    fs::remove(folder_ / "stoker.log");
    start_stoker();
  }

  std::string revision_;
  Entries before_;
};

// pitfalls P08
TEST_F(ReadinessTest, WaitsUntilAnOpenJournalIsFinished) {
  ASSERT_NO_FATAL_FAILURE(leave_a_mix());
  // the gateway says nothing: wake waits for its facts
  gateway_->set_faults({{"/StatusPing", "", "silent"}});
  restart_with_an_empty_log();
  for (int look = 0; look < 20; ++look) {
    EXPECT_EQ(readiness(), 503);
    EXPECT_TRUE(open_journal(data_)) << "somebody finished it meanwhile";
  }
  gateway_->set_faults({});
  ASSERT_TRUE(eventually("ready", [&] { return readiness() == 200; }));
  const Entries found = entries_of(data_);
  EXPECT_TRUE(found == last_ || found == before_) << "ready over a mix";
  expect_everywhere(revision_);
  expect_no_mix_was_loaded();
}

// pitfalls P08
TEST_F(ReadinessTest, DoesNotComeWhileAJournalCannotBeFinished) {
  ASSERT_NO_FATAL_FAILURE(leave_a_mix());
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((data_ / ".stoker/merge/state.db").c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "PRAGMA user_version = 999", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  const std::string mix = snapshot(data_ / "projects");
  restart_with_an_empty_log();
  ASSERT_TRUE(eventually("the failure", [&] { return log_count("outcome=failed") > 0; }));
  EXPECT_GT(log_count("run the newer version again"), 0U);
  for (int look = 0; look < 20; ++look) EXPECT_EQ(readiness(), 503);
  EXPECT_EQ(snapshot(data_ / "projects"), mix) << "the gateway is left as it is";
  stoker_.stop();

  ASSERT_EQ(sqlite3_open((data_ / ".stoker/merge/state.db").c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "PRAGMA user_version = 1", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  restart_with_an_empty_log();
  ASSERT_TRUE(eventually("ready", [&] { return readiness() == 200; }));
  const Entries found = entries_of(data_);
  EXPECT_TRUE(found == last_ || found == before_) << "ready over a mix";
  expect_no_mix_was_loaded();
}

}  // namespace
}  // namespace plant
