// A Run stopped at every one of its system calls: by a kill, by a full disk, by a bad one, by a signal and by a short
// write. Whatever the stop was, the next process must find a whole revision and get on from there.
#include "tests/crash/courses.hpp"
#include "tests/crash/durable_order.hpp"
#include "tests/support/seed.hpp"

#include <cstdlib>
#include <iostream>
#include <random>

namespace crash {
namespace {

using Kind = Stop::Kind;

// Counts of stops by phase, for the last line.
class Tally {
 public:
  void add(Phase phase) {
    ++by_phase_[phase];
    ++total_;
  }
  int total() const { return total_; }
  void say(const std::string& what) const {
    std::cout << what << ": " << total_ << " stops:";
    for (const auto& [phase, count] : by_phase_) std::cout << " " << name(phase) << " " << count;
    std::cout << std::endl;
    ::testing::Test::RecordProperty("stops", total_);
  }

 private:
  std::map<Phase, int> by_phase_;
  int total_ = 0;
};

class StopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("STOKER_NO_PTRACE")) GTEST_SKIP() << "STOKER_NO_PTRACE is set";
  }
  virtual Site& site() {
    static Site one;
    return one;
  }
  // All calls of a course that nobody stops.
  Calls calls_of(const Course& course, Left left = Left::itself) {
    course.prepare(site(), left);
    site().account() = Account();
    const Trace trace = run_traced([&] { course.body(site()); }, Stop());
    EXPECT_TRUE(site().account().ended);
    EXPECT_EQ(site().account().failed_in, Phase::none) << site().account().error;
    return trace.calls;
  }
  // What the process said that was stopped.
  Account stopped(const Course& course, const Stop& stop, Left left = Left::itself) {
    course.prepare(site(), left);
    site().account() = Account();
    const Trace trace = run_traced([&] { course.body(site()); }, stop);
    EXPECT_TRUE(trace.stopped) << "was not reached: the calls of a Run are not the same each time";
    const bool kills = stop.kind == Kind::kill_before || stop.kind == Kind::kill_after;
    EXPECT_TRUE(kills ? trace.killed() : site().account().ended || trace.killed()) << "status " << trace.status;
    return site().account();
  }
  void expect_next(const Expected& expected, const Account& said) {
    ASSERT_TRUE(site().in_process([&] { succeed(site(), expected); })) << "the next process died";
    const std::string_view complaint = site().account().complaint;
    EXPECT_TRUE(complaint.empty()) << complaint << "    it had failed in " << name(said.failed_in) << ": "
                                   << said.error;
  }
  // A defect that is hit by one stop is hit by many: the first few tell enough.
  static bool enough() {
    return ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count() > 10;
  }
};

class CrashTest : public StopTest, public ::testing::WithParamInterface<int> {
 protected:
  const Course& course() const { return courses[GetParam()]; }
};

// pitfalls P05
TEST_P(CrashTest, AKillAtAnyCallLeavesAWholeRevisionToGoOnFrom) {
  const Calls calls = calls_of(course());
  Tally tally;
  int judged = 0;
  std::optional<Tree> same;  // the disk, as long as no call has changed it since it was judged
  for (std::size_t i = 0; i < calls.size() && !enough(); ++i) {
    const Seen& seen = calls[i];
    if (i > 0 && (calls[i - 1].call.changes() || calls[i - 1].place.section != seen.place.section)) same.reset();
    if (!course().counts(calls, seen)) continue;
    SCOPED_TRACE(place_of(seen));
    Stop stop;
    stop.kind = Kind::kill_before;
    stop.at = seen.place;
    const Account said = stopped(course(), stop);
    tally.add(seen.phase);
    const Tree left = site().footprint();
    if (same) {
      EXPECT_TRUE(left == *same) << "a call that is known to change nothing did:" << difference(left, *same);
      continue;
    }
    same = left;
    expect_next(course().after_kill(calls, seen.place), said);
    ++judged;
    // what a call has changed is what the next one is killed before; a section's last has no next
    const bool last = i + 1 == calls.size() || calls[i + 1].place.section != seen.place.section;
    if (!last || !seen.call.changes()) continue;
    stop.kind = Kind::kill_after;
    expect_next(course().after_kill(calls, seen.place), stopped(course(), stop));
    tally.add(seen.phase);
    ++judged;
  }
  tally.say(std::string(course().name) + " killed, " + std::to_string(judged) + " different disks");
  EXPECT_GT(judged, 0);
}

class ErrorTest : public StopTest, public ::testing::WithParamInterface<std::tuple<int, int>> {
 protected:
  const Course& course() const { return courses[std::get<0>(GetParam())]; }
  int error() const { return std::get<1>(GetParam()); }
};

// pitfalls P04
TEST_P(ErrorTest, AnErrorAtAnyCallIsAnAnswerAndLeavesAWholeRevision) {
  const Calls calls = calls_of(course(), Left::copied);
  Tally tally;
  for (const Seen& seen : calls) {
    if (enough() || !course().counts(calls, seen) || !seen.call.may_fail_with(error())) continue;
    SCOPED_TRACE(place_of(seen));
    Stop stop;
    stop.kind = Kind::fail;
    stop.error = error();
    stop.at = seen.place;
    const Account said = stopped(course(), stop, Left::copied);
    expect_next(course().after_error(said), said);
    tally.add(seen.phase);
  }
  tally.say(std::string(course().name) + " " + strerrorname_np(error()));
  EXPECT_GT(tally.total(), 0);
}

// An apply that answers an error, and a process that is killed before it can take anything back.
class FailedApplyTest : public StopTest, public ::testing::WithParamInterface<std::tuple<Kind, int>> {};

// pitfalls P05
TEST_P(FailedApplyTest, IsNeverFinishedByRecover) {
  const auto [kind, error] = GetParam();
  const Calls calls = calls_of(courses[0]);
  Place last_rename{0, 0};
  for (const Seen& seen : calls)
    if (seen.phase == Phase::apply && seen.call.name() == "renameat2") last_rename = seen.place;
  int failed = 0;
  Tally tally;
  for (const Seen& seen : calls) {
    if (enough() || seen.phase != Phase::apply || !seen.call.may_fail_with(error)) continue;
    if (kind == Kind::fail_on && !seen.call.changes()) continue;
    SCOPED_TRACE(place_of(seen));
    Stop stop;
    stop.kind = kind;
    stop.error = error;
    stop.at = seen.place;
    stop.kill_at = {seen.place.section + 2, 0};  // the first call of its revert, or of what follows a success
    const Account said = stopped(courses[0], stop);
    Expected expected;
    expected.may_be_old = said.failed_in == Phase::apply;
    expected.may_be_new = said.failed_in == Phase::none;
    // A disk that takes not a word more cannot be told either that the apply has failed; and the last sync of the
    // records may have done its work and answered an error.
    if (kind == Kind::fail_on && (error == EIO || seen.place > last_rename)) expected.may_be_new = true;
    expect_next(expected, said);
    tally.add(seen.phase);
    failed += said.failed_in == Phase::apply ? 1 : 0;
  }
  tally.say("apply failed " + std::to_string(failed) + " times, then killed");
  EXPECT_GT(failed, 0);
}

// Signals and short writes are no errors: every call is hit by one, and all come through.
class SignalTest : public StopTest, public ::testing::WithParamInterface<int> {
 protected:
  const Course& course() const { return courses[GetParam()]; }
  // Answers how many calls it took.
  std::size_t comes_through(Stop stop) {
    course().prepare(site(), Left::itself);
    site().account() = Account();
    const Trace trace = run_traced([&] { course().body(site()); }, stop);
    const Account said = site().account();
    EXPECT_TRUE(trace.stopped && said.ended) << "status " << trace.status;
    EXPECT_EQ(said.failed_in, Phase::none) << name(said.failed_in) << ": " << said.error;
    expect_next(course().after_error(said), said);
    return trace.calls.size();
  }
};

TEST_P(SignalTest, AndAShortWriteAtEveryCallChangeNothing) {
  const Calls calls = calls_of(course());
  Stop stop;
  stop.kind = Kind::fail_each;
  stop.error = EINTR;
  const std::size_t interrupted = comes_through(stop) - calls.size();
  stop.kind = Kind::shorten_each;
  const std::size_t shortened = comes_through(stop) - calls.size();
  std::cout << course().name << ": " << interrupted << " calls interrupted, " << shortened << " writes more"
            << std::endl;
  EXPECT_GT(interrupted, 20u);
  EXPECT_GT(shortened, 5u);
  // SQLite takes an interrupted sync for a failed one: then it may be an error, and the revision is whole
  for (const Seen& seen : calls) {
    if (enough() || !course().counts(calls, seen) || seen.call.name() != "fdatasync") continue;
    SCOPED_TRACE(place_of(seen));
    stop.kind = Kind::fail;
    stop.at = seen.place;
    const Account said = stopped(course(), stop);
    expect_next(course().after_error(said), said);
  }
}

// The order in which a course writes and syncs.
class DurableOrderTest : public StopTest, public ::testing::WithParamInterface<int> {
 protected:
  std::vector<Deed> deeds() {
    const Course& course = courses[GetParam()];
    course.prepare(site(), Left::itself);
    site().account() = Account();
    // what a dead process has written last it may not have synced
    std::vector<Deed> all;
    const std::string log = (site().data() / ".stoker/merge/state.db-wal").string();
    struct stat left {};
    if (recovers(course) && stat(log.c_str(), &left) == 0)
      all.push_back({Deed::What::write, left.st_ino, log, Phase::open, false});
    DurableTrace trace;
    run_traced([&] { course.body(site()); }, Stop(), trace.watch());
    EXPECT_EQ(site().account().failed_in, Phase::none) << site().account().error;
    const std::vector<Deed> done = trace.deeds();
    all.insert(all.end(), done.begin(), done.end());
    return all;
  }
};

// pitfalls P04
TEST_P(DurableOrderTest, EveryRenameComesAfterItsSyncAndEveryAnswerAfterAll) {
  const std::vector<Deed> all = deeds();
  for (const std::string& complaint : disorder(all)) ADD_FAILURE() << complaint;
  const auto count = [&](Deed::What what) {
    return std::count_if(all.begin(), all.end(), [&](const Deed& deed) { return deed.what == what; });
  };
  std::cout << courses[GetParam()].name << ": " << count(Deed::What::write) << " writes, " << count(Deed::What::rename)
            << " renames, " << count(Deed::What::sync) << " syncs" << std::endl;
  EXPECT_GT(count(Deed::What::sync), 0);
}

// pitfalls P04
TEST_P(DurableOrderTest, EveryLostSyncIsNoticed) {
  const std::vector<Deed> all = deeds();
  const std::vector<std::size_t> needed = needed_syncs(all);
  int ours = 0;
  for (const std::size_t lost : needed) {
    // SQLite syncs more than is needed here: its log's head, its log before it is written back, its own folder
    if (all[lost].path.find("/.stoker/merge") != std::string::npos && all[lost].path.find("/runs") == std::string::npos)
      continue;
    ++ours;
    std::vector<Deed> others(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(lost));
    bool made_up_for = true;  // a sync of the same that comes before anything else is done to it is lost as well
    for (std::size_t i = lost + 1; i < all.size(); ++i) {
      const bool same = all[i].inode == all[lost].inode;
      made_up_for = made_up_for && (!same || all[i].what == Deed::What::sync);
      if (!same || !made_up_for) others.push_back(all[i]);
    }
    EXPECT_FALSE(disorder(others).empty()) << name(all[lost].phase) << ": sync of " << all[lost].path;
  }
  std::cout << courses[GetParam()].name << ": " << ours << " syncs taken out, one at a time" << std::endl;
  EXPECT_GT(ours, 0);
}

// A kernel, or a file system, that can neither exchange two names nor resolve beneath a folder.
class OldKernelTest : public StopTest, public ::testing::WithParamInterface<int> {};

// pitfalls P05
TEST_P(OldKernelTest, AKillAtAnyChangeLeavesAWholeRevisionToo) {
  const Course& course = courses[GetParam()];
  Stop stop;
  stop.old_kernel = true;
  course.prepare(site(), Left::itself);
  const Calls calls = run_traced([&] { course.body(site()); }, stop).calls;
  EXPECT_EQ(site().account().failed_in, Phase::none) << site().account().error;
  stop.kind = Kind::kill_before;
  Tally tally;
  for (const Seen& seen : calls) {
    const bool moves = seen.phase == Phase::apply || seen.phase == Phase::revert;
    if (enough() || !moves || !course.counts(calls, seen) || !seen.call.changes()) continue;
    SCOPED_TRACE(place_of(seen));
    stop.at = seen.place;
    expect_next(course.after_kill(calls, seen.place), stopped(course, stop));
    tally.add(seen.phase);
  }
  tally.say(std::string(course.name) + " killed on an old kernel");
  EXPECT_GT(tally.total(), 0);
}

// Over three hundred files, stopped at places that are drawn.
class ManyFilesTest : public StopTest {
 protected:
  ManyFilesTest() : seed_(seed::given_or(1)) {}
  Site& site() override {
    static Site one(400, seed_);
    return one;
  }
  unsigned seed_;
};

// pitfalls P05
TEST_F(ManyFilesTest, AStopSomewhereLeavesAWholeRevisionToGoOnFrom) {
  std::cout << "seed " << seed_ << std::endl;
  SCOPED_TRACE("seed " + std::to_string(seed_));
  ASSERT_GT(site().files(), 300u);
  std::mt19937 random(seed_);
  Tally tally;
  for (const Course& course : {courses[0], courses[1]}) {
    const Calls calls = calls_of(course);
    for (int left = 12; left > 0 && !enough();) {
      const Seen& seen = calls[random() % calls.size()];
      const int error = left % 2 ? ENOSPC : EIO;
      if (!course.counts(calls, seen) || (left <= 6 && !seen.call.may_fail_with(error))) continue;
      SCOPED_TRACE(place_of(seen));
      Stop stop;
      stop.kind = left > 6 ? Kind::kill_before : Kind::fail;
      stop.error = error;
      stop.at = seen.place;
      const Account said = stopped(course, stop);
      expect_next(left > 6 ? course.after_kill(calls, seen.place) : course.after_error(said), said);
      tally.add(seen.phase);
      --left;
    }
  }
  tally.say(std::to_string(site().files()) + " files, drawn");
  RecordProperty("files", static_cast<int>(site().files()));
}

INSTANTIATE_TEST_SUITE_P(Of, OldKernelTest, ::testing::Values(0, 1),
                         [](const auto& one) { return std::string(courses[one.param].name); });
INSTANTIATE_TEST_SUITE_P(Of, CrashTest, ::testing::Range(0, courses_count),
                         [](const auto& one) { return std::string(courses[one.param].name); });
INSTANTIATE_TEST_SUITE_P(Of, ErrorTest,
                         ::testing::Combine(::testing::Range(0, courses_count), ::testing::Values(ENOSPC, EIO)),
                         [](const auto& one) {
                           return std::string(courses[std::get<0>(one.param)].name) +
                                  strerrorname_np(std::get<1>(one.param));
                         });

INSTANTIATE_TEST_SUITE_P(Of, DurableOrderTest, ::testing::Range(0, courses_count),
                         [](const auto& one) { return std::string(courses[one.param].name); });
INSTANTIATE_TEST_SUITE_P(Of, SignalTest, ::testing::Range(0, courses_count),
                         [](const auto& one) { return std::string(courses[one.param].name); });
INSTANTIATE_TEST_SUITE_P(Of, FailedApplyTest,
                         ::testing::Combine(::testing::Values(Kind::fail, Kind::fail_on),
                                            ::testing::Values(ENOSPC, EIO)),
                         [](const auto& one) {
                           return std::string(std::get<0>(one.param) == Kind::fail ? "Once" : "FromThenOn") +
                                  strerrorname_np(std::get<1>(one.param));
                         });

}  // namespace
}  // namespace crash
