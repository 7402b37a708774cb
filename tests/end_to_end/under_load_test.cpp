// Kills under load: random commits on the real project with hints that overlap, and a process that is killed again and
// again while its journal is open. Each kill is aimed: it waits for the first record of a journal, then up to five
// milliseconds more. What counts as a hit is asked of the journal that the dead process left. A shard is one seed.
#include "journal.hpp"
#include "random_edits.hpp"
#include "real_project.hpp"
#include "support/seed.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

namespace plant {
namespace {

using ignition_sim::SignatureForm;
using std::chrono::microseconds;
using std::chrono::milliseconds;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int commits = 12, hits_wanted = 1;  // the aim is slower here; this is for what the sanitizers find
#else
constexpr int commits = 50, hits_wanted = 13;  // four shards: 200 commits, more than 50 hits
#endif

class UnderLoadTest : public RealProject, public testing::WithParamInterface<unsigned> {
 protected:
  UnderLoadTest() : RealProject(fast_folder()), edits_(repository_, project, {shared_folder}, GetParam()) {}

  void begin_under_load() {
    if (GetParam() % 2 == 0) forms_.push_back(SignatureForm::v8_1);
    if (GetParam() % 4 != 2) forms_.push_back(SignatureForm::v8_3);
    start_gateways(forms_);
    sync_.more = generous_prune;
    begin(sync_);
    whole_.insert(last_);
  }

  std::string commit_under_load(bool aimed) {
    const Press& press = presses_[static_cast<std::size_t>(edits_.below(static_cast<int>(presses_.size())))];
    edits_.touch(40 + edits_.below(80));  // apply is to take a few milliseconds
    const std::string revision = edits_.commit();
    JournalWatch watch(press.data);
    overlapping_hints();
    // who watches is to be awake in time, also on a machine that is busy
    setpriority(PRIO_PROCESS, static_cast<id_t>(stoker_.pid()), 10);
    const int hits = hits_;
    const bool killed = aimed && kill_in_apply(watch, press, revision);
    note_commit();
    whole_.insert(last_);
    if (!killed) return revision;
    if (hits_ > hits && edits_.below(3) == 0) kill_in_recovery(press);
    start();
    return revision;
  }

  // Up to three at once, of different kinds, beside the poll's.
  void overlapping_hints() {
    for (int hints = edits_.below(4); hints > 0; --hints) {
      if (edits_.below(3) == 0)
        write_sync(sync_);  // the file of the Sync, as it is
      else
        hint();
      ++hints_;
    }
  }

  // Whether it came to a kill: the Run may have been faster than who watches it.
  bool kill_in_apply(JournalWatch& watch, const Press& press, const std::string& revision) {
    if (!watch.begun([&] { return remembered(press, revision); })) return false;
    std::this_thread::sleep_for(microseconds(edits_.below(5001)));
    kill_and_look();
    return true;
  }

  // What has just been hit is hit again while it is taken up.
  void kill_in_recovery(const Press& press) {
    JournalWatch watch(press.data);
    start();
    ASSERT_TRUE(watch.taken_up()) << "nobody took the journal up";
    std::this_thread::sleep_for(microseconds(edits_.below(5001)));
    const int before = hits_;
    kill_and_look();
    again_ += hits_ - before;
  }

  void kill_and_look() {
    stoker_.kill_now();
    ++kills_;
    const bool hit = std::any_of(presses_.begin(), presses_.end(),
                                 [](const Press& press) { return open_journal(press.data).has_value(); });
    if (!hit) return;
    ++hits_;
    for (const Press& press : presses_) left_.push_back(entries_of(press.data));
  }

  void say_counts(int rests) {
    const auto mixed = std::count_if(left_.begin(), left_.end(), [&](const Entries& e) { return !whole_.contains(e); });
    std::printf(
        "seed %u, %zu gateway(s): %d commits (%s), %d hints beside the poll's, %d kills, %d in an open journal "
        "(%d of them while it was taken up), %td times a gateway's files were a mix then, %d rests, %zu loads\n",
        GetParam(), presses_.size(), commits, edits_.counts().c_str(), hints_, kills_, hits_, again_, mixed, rests,
        loads());
    RecordProperty("commits", commits);
    RecordProperty("kills", kills_);
    RecordProperty("hits", hits_);
  }

  RandomEdits edits_;
  std::vector<SignatureForm> forms_;
  Sync sync_;
  std::set<Entries> whole_;    // every tree that files may be at rest
  std::vector<Entries> left_;  // what hits left
  int kills_ = 0, hits_ = 0, again_ = 0, hints_ = 0;
};

// pitfalls P01, P05
TEST_P(UnderLoadTest, KillsInTheJournalLeaveNoMixInFilesOrGateways) {
  begin_under_load();
  std::string revision;
  int rests = 1;
  for (int number = 0; number < commits && !HasFailure(); ++number) {
    revision = commit_under_load(edits_.below(2) == 0 || commits - number <= hits_wanted - hits_);
    if (edits_.below(4) == 0) {
      expect_everywhere(revision);
      ++rests;
    } else {
      std::this_thread::sleep_for(milliseconds(edits_.below(300)));
    }
  }
  expect_everywhere(revision);
  say_counts(rests);
  EXPECT_GE(hits_, hits_wanted) << "too few kills fell into an open journal: this run shows nothing";
  expect_nothing_else_was_touched();
}

// Hints from four threads at once, and the process ended and killed in the middle of Runs: one revision in the end, and
// none but whole ones before.
class HintsTest : public RealProject {
 protected:
  HintsTest() : RealProject(fast_folder()) {}

  void hint_from_a_thread(int hints) {
    const auto late = std::chrono::steady_clock::now() + hints * patience;
    for (int done = 0; done < hints && std::chrono::steady_clock::now() < late;) {
      {
        const std::lock_guard<std::mutex> here(mutex_);
        if (log_count("stoker: running targets=") == starts()) {
          stoker_.send(SIGHUP);
          ++done;
          ++hints_;
        }
      }
      std::this_thread::sleep_for(milliseconds(120));
    }
  }
  // In the middle of a Run, as its journal says; now and then as an operator does it.
  void restart_in_a_run(const std::string& revision, bool kill) {
    JournalWatch watch(data_);
    hint_now();
    if (watch.begun([&] { return remembered(presses_[0], revision); })) ++in_a_run_;
    const std::lock_guard<std::mutex> here(mutex_);
    if (kill)
      stoker_.kill_now();
    else
      stoker_.stop();
    start();
  }
  void hint_now() {
    const std::lock_guard<std::mutex> here(mutex_);
    hint();
  }

  std::mutex mutex_;  // the process and what is known of it
  int hints_ = 0, in_a_run_ = 0;
};

// pitfalls P01
TEST_F(HintsTest, FiftyFromFourThreadsAndRestartsInTheMiddleOfRunsLeaveOneRevision) {
  start_gateways({SignatureForm::v8_3});
  begin({.more = generous_prune});
  RandomEdits edits(repository_, project, {shared_folder}, seed::given_or(7));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([this] { hint_from_a_thread(13); });
  std::string revision;
  for (int number = 0; number < 6; ++number) {
    edits.touch(20);
    revision = edits.commit();
    note_commit();
    if (number % 2 == 0) restart_in_a_run(revision, number % 4 == 0);
  }
  for (std::thread& thread : threads) thread.join();
  expect_everywhere(revision);
  std::printf("%d hints from 4 threads, 3 restarts, %d of them in a Run, %zu loads\n", hints_, in_a_run_, loads());
  EXPECT_EQ(hints_, 52);
  expect_no_mix_was_loaded();
  EXPECT_EQ(log_count("outcome=failed"), 0U) << "two Runs of one target at once get into each other's way";
}

INSTANTIATE_TEST_SUITE_P(Seeds, UnderLoadTest, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace plant
