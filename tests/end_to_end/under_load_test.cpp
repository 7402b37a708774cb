// Kills under load: random commits on the real project with hints that overlap, and a process that is killed again and
// again while its journal is open. Each kill is aimed at a number of moved files, drawn at random: from the lock on the
// process stops at each of its system calls until it was looked at, so that neither its speed nor the machine's decides
// what is hit. A shard is one seed.
#include "journal.hpp"
#include "random_edits.hpp"
#include "real_project.hpp"
#include "stepped.hpp"
#include "support/seed.hpp"

#include <signal.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <thread>

namespace plant {
namespace {

using ignition_sim::SignatureForm;
using std::chrono::milliseconds;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int commits = 12, hits_wanted = 3;
#else
constexpr int commits = 50, hits_wanted = 13;  // four shards: 200 commits, more than 50 hits
#endif

class UnderLoadTest : public RealProject, public testing::WithParamInterface<unsigned> {
 protected:
  // Where a kill fell: so many files were moved of those that the journal is to move.
  struct Place {
    int moved = 0, moves = 0;
  };
  using Over = std::function<bool()>;  // what was aimed at is past

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
    // drawn here, whatever comes of it: a seed's edits do not depend on what is hit
    const int part = edits_.below(1000), again = edits_.below(3), part_again = edits_.below(1000);
    edits_.touch(10 + edits_.below(40));
    const std::string revision = edits_.commit();
    JournalWatch watch(press.data);
    overlapping_hints();
    const Over over = [&] { return remembered(press, revision); };
    const std::optional<Place> hit = aimed ? kill_in_apply(watch, press, over, part) : std::nullopt;
    note_commit();
    whole_.insert(last_);
    if (hit && again == 0) kill_in_recovery(press, over, *hit, part_again);
    if (!stoker_.alive()) start();
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

  std::optional<Place> kill_in_apply(JournalWatch& watch, const Press& press, const Over& over, int part) {
    ++aimed_;
    if (!watch.locked(over)) return std::nullopt;
    const std::optional<Place> hit = kill_in_journal(watch, press, over, std::nullopt, part);
    if (hit) ++quarters_.at(static_cast<std::size_t>(std::min(3, hit->moved * 4 / std::max(1, hit->moves))));
    return hit;
  }

  // What has just been hit is hit again while it is taken up.
  void kill_in_recovery(const Press& press, const Over& over, const Place& before, int part) {
    JournalWatch watch(press.data);
    start();
    ASSERT_TRUE(watch.taken_up()) << "nobody took the journal up";
    ++aimed_;
    if (kill_in_journal(watch, press, over, before, part)) ++again_;
  }

  // Lets the process on until that part (of a thousand) is done of what its journal still has to move, and kills it.
  // Nothing: by then the journal had come to its end. `before`: of a journal that was left, where it stood.
  std::optional<Place> kill_in_journal(JournalWatch& watch, const Press& press, const Over& over,
                                       const std::optional<Place>& before, int part) {
    constexpr int at_once = 50;  // parts that are a kill before the first move
    const int moved = before ? before->moved : 0;
    const auto wanted = [&](int moves) {
      return moved + (moves - moved) * std::max(0, part - at_once) / (1000 - at_once);
    };
    Stepped process(stoker_.pid());
    const auto late = std::chrono::steady_clock::now() + patience;
    std::optional<Place> place = before;
    bool open = false, stirred = true, lives = true;
    while (!open && !(stirred && over()) && (lives = process.step()) && std::chrono::steady_clock::now() < late) {
      stirred = watch.stirs(milliseconds(0));
      const int done = moved + watch.moved();
      if (place ? done >= wanted(place->moves) : done > moved || (part < at_once && watch.writes())) {
        const std::optional<Journal> journal = open_journal(press.data);
        if (!journal && (place || done > moved)) break;
        if (journal) place = Place{done, journal->moves};
        open = journal && done >= wanted(journal->moves);
      }
    }
    EXPECT_TRUE(lives) << "the process ended by itself";
    process.kill_now();
    stoker_.kill_now();
    if (!open) return std::nullopt;
    ++hits_;
    for (const Press& each : presses_) left_.push_back(entries_of(each.data));
    return place;
  }

  void say_counts(int rests) {
    const auto mixed = std::count_if(left_.begin(), left_.end(), [&](const Entries& e) { return !whole_.contains(e); });
    std::printf(
        "seed %u, %zu gateway(s): %d commits (%s), %d hints beside the poll's, %d kills aimed, %d in an open journal "
        "(by quarters of its moves %d %d %d %d, while it was taken up %d), %td times a gateway's files were a mix "
        "then, %d rests, %zu loads\n",
        GetParam(), presses_.size(), commits, edits_.counts().c_str(), hints_, aimed_, hits_, quarters_[0],
        quarters_[1], quarters_[2], quarters_[3], again_, mixed, rests, loads());
    RecordProperty("commits", commits);
    RecordProperty("aimed", aimed_);
    RecordProperty("hits", hits_);
  }

  RandomEdits edits_;
  std::vector<SignatureForm> forms_;
  Sync sync_;
  std::set<Entries> whole_;    // every tree that files may be at rest
  std::vector<Entries> left_;  // what hits left
  int aimed_ = 0, hits_ = 0, again_ = 0, hints_ = 0;
  std::array<int, 4> quarters_{};
};

// pitfalls P01, P05
TEST_P(UnderLoadTest, KillsInTheJournalLeaveNoMixInFilesOrGateways) {
  begin_under_load();
  std::string revision;
  int rests = 1;
  for (int number = 0; number < commits && !HasFailure(); ++number) {
    revision = commit_under_load(edits_.below(5) < 2 || commits - number <= hits_wanted - hits_);
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
