// The power is cut at any moment of a Run, on a real file system that was mounted to keep as little as it may. What its
// disk holds then is mounted, as a machine would that starts again, and the next process must find a whole revision.
#include "tests/crash/courses.hpp"
#include "tests/crash/one_run.hpp"
#include "tests/crash/power.hpp"
#include "tests/support/seed.hpp"

#include <unistd.h>

#include <iostream>
#include <set>

namespace crash {

// In the names of tests, instead of addresses.
static void PrintTo(const FileSystem* holds, std::ostream* out) { *out << holds->type; }
static void PrintTo(World world, std::ostream* out) { *out << name(world); }

namespace {

// Nothing is written before it has to be; names and sizes may be on the disk without bytes, and a rename is no reason
// to write what is renamed. In ext4 and xfs a sync of anything brings all names to the disk, in btrfs those alone that
// it was asked for.
constexpr FileSystem ext4{
    "ext4", "mkfs.ext4", "-F", "e2fsprogs", 24 << 20, "", "commit=600,noauto_da_alloc,data=writeback"};
constexpr FileSystem btrfs{"btrfs", "mkfs.btrfs", "-f", "btrfs-progs", 128 << 20, "", "commit=600"};
constexpr FileSystem xfs{"xfs", "mkfs.xfs", "-f", "xfsprogs", 300 << 20, "nouuid", "nouuid"};

// Where pages are drawn, a file has its blocks, with whatever was in them, from the write on.
std::string unkind(const FileSystem& holds, World world) {
  return holds.unkind + std::string(world == World::random ? ",nodelalloc,dioread_lock" : "");
}

using Case = std::tuple<const FileSystem*, int, World>;

std::string name_of(const ::testing::TestParamInfo<Case>& one) {
  const auto& [holds, course, world] = one.param;
  return std::string(holds->type) + courses[course].name + std::string(name(world));
}

class PowerLossTest : public ::testing::Test, public ::testing::WithParamInterface<Case> {
 protected:
  void SetUp() override try {
    if (std::getenv("STOKER_NO_PTRACE")) GTEST_SKIP() << "STOKER_NO_PTRACE is set";
    mount_for_oneself();
    std::string name = (fs::temp_directory_path() / "stoker-power-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::system_error(errno, std::generic_category(), name);
    folder_ = name;
    disk_.emplace(holds());
    disk_->mount_at(folder_, unkind(holds(), world()));
    site_.emplace(0, 0, folder_);
  } catch (const NoDisk& none) {
    GTEST_SKIP() << none.what();
  }
  void TearDown() override {
    site_.reset();
    if (folder_.empty()) return;
    unmount(folder_);
    fs::remove(folder_);
  }

  const FileSystem& holds() const { return *std::get<0>(GetParam()); }
  const Course& course() const { return courses[std::get<1>(GetParam())]; }
  World world() const { return std::get<2>(GetParam()); }

  // What a process makes of the disk, from what is mounted now.
  Calls record(PowerRecord& power, void (*body)(Site&)) {
    site_->account() = Account();
    Stop stop;
    stop.slow_disk = true;
    const Trace trace = run_traced([&] { body(*site_); }, stop, power.watch());
    EXPECT_TRUE(site_->account().ended);
    EXPECT_EQ(site_->account().failed_in, Phase::none) << site_->account().error;
    return trace.calls;
  }
  // The machine starts again: the next process finds this disk where the other one was.
  void expect_next(const Disk::Content& content, const Expected& expected) {
    ++mounts_;
    auto& known = judged_[{expected.may_be_old, expected.may_be_new}];
    const bool clean = site_->in_process([&] {
      mount_for_oneself();
      Disk left(holds(), content);
      left.mount_at(folder_, holds().options);
      site_->account().found = site_->digest();
      if (!known.contains(site_->account().found)) succeed(*site_, expected);
    });
    ASSERT_TRUE(clean) << "the next process died";
    const std::string_view complaint = site_->account().complaint;
    EXPECT_TRUE(complaint.empty()) << complaint;
    known.insert(site_->account().found);
  }
  // A defect that is hit by one cut is hit by many: the first few tell enough.
  static bool enough() {
    return ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count() > 10;
  }

  void say(int moments) {
    int judged = 0;
    for (const auto& [expected, known] : judged_) judged += static_cast<int>(known.size());
    std::cout << name_of({GetParam(), 0}) << ", seed " << seed_ << ": " << moments << " cuts, " << mounts_
              << " different disks mounted, " << judged << " different trees judged" << std::endl;
    RecordProperty("cuts", moments);
    RecordProperty("mounts", mounts_);
    RecordProperty("judged", judged);
    EXPECT_GT(judged, 0);
  }

  const unsigned seed_ = seed::given_or(1);
  int mounts_ = 0;
  std::optional<Disk> disk_;
  fs::path folder_;
  std::optional<Site> site_;
  // What was found on a disk and judged already, by what it was judged for.
  std::map<std::pair<bool, bool>, std::set<std::size_t>> judged_;
};

// pitfalls P04
TEST_P(PowerLossTest, AtAnyMomentLeavesAWholeRevisionToGoOnFrom) {
  course().prepare(*site_, Left::itself);
  PowerRecord power(*disk_, folder_, site_->data(), world(), seed_);
  const Calls calls = record(power, course().body);
  for (const Cut& cut : power.cuts()) {
    const Expected expected = course().after_kill(calls, cut.after.place);
    // of a first Run all counts: none of its folders is on the disk yet
    if (enough() || !(course().counts(calls, cut.after) || expected.fresh)) continue;
    SCOPED_TRACE(place_of(cut.after));
    expect_next(cut.disk, expected);
  }
  say(power.moments());
}

// The next process finds what another one left in the middle of its changes, and the power is cut while it recovers.
class RecoveryPowerLossTest : public PowerLossTest {
 protected:
  // The phase that changes the tree last.
  static Phase changing(const Calls& calls) {
    const bool back = std::any_of(calls.begin(), calls.end(), [](const Seen& s) { return s.phase == Phase::revert; });
    return back ? Phase::revert : Phase::apply;
  }
  void recover(const Disk& disk, const Calls& calls, const Seen& left_at) {
    PowerRecord power(disk, folder_, site_->data(), world(), seed_);
    record(power, [](Site& site) { OneRun(site, "r2").recover(); });
    moments_ += power.moments();
    for (const Cut& cut : power.cuts()) {
      if (enough()) return;
      SCOPED_TRACE(place_of(left_at) + ", then " + place_of(cut.after));
      expect_next(cut.disk, course().after_kill(calls, left_at.place));
    }
  }
  int moments_ = 0;
};

// pitfalls P04
TEST_P(RecoveryPowerLossTest, AfterAPowerLossLeavesAWholeRevisionToo) {
  course().prepare(*site_, Left::itself);
  PowerRecord power(*disk_, folder_, site_->data(), World::busy, seed_);
  const Calls calls = record(power, course().body);
  std::vector<Cut> amid;
  for (const Cut& cut : power.cuts())
    if (cut.after.phase == changing(calls) && cut.after.call.name() == "renameat2") amid.push_back(cut);
  for (const std::size_t place : {amid.size() / 2, amid.size() - 1}) {
    const Cut& cut = amid.at(place);
    Disk left(holds(), cut.disk);
    left.mount_at(folder_, unkind(holds(), world()));
    recover(left, calls, cut.after);
    unmount(folder_);
  }
  say(moments_);
}

// What a killed process wrote last nobody has synced.
// pitfalls P04
TEST_P(RecoveryPowerLossTest, AfterAKillBeforeASyncLeavesAWholeRevisionToo) {
  course().prepare(*site_, Left::itself);
  const Calls calls = run_traced([&] { course().body(*site_); }, Stop()).calls;
  for (const Seen& seen : calls) {
    if (seen.phase != changing(calls) || seen.call.name() != "fdatasync") continue;
    course().prepare(*site_, Left::itself);
    Stop stop;
    stop.kind = Stop::Kind::kill_before;
    stop.at = seen.place;
    ASSERT_TRUE(run_traced([&] { course().body(*site_); }, stop).killed()) << place_of(seen);
    recover(*disk_, calls, seen);
  }
  say(moments_);
}

INSTANTIATE_TEST_SUITE_P(On, PowerLossTest,
                         ::testing::Combine(::testing::Values(&ext4), ::testing::Range(0, courses_count),
                                            ::testing::Values(World::quiet, World::busy, World::random)),
                         [](const auto& one) { return name_of(one); });
INSTANTIATE_TEST_SUITE_P(OnOthers, PowerLossTest,
                         ::testing::Combine(::testing::Values(&btrfs, &xfs), ::testing::Range(0, courses_count),
                                            ::testing::Values(World::quiet)),
                         [](const auto& one) { return name_of(one); });
INSTANTIATE_TEST_SUITE_P(On, RecoveryPowerLossTest,
                         ::testing::Combine(::testing::Values(&ext4), ::testing::Values(0, 1),
                                            ::testing::Values(World::quiet, World::busy)),
                         [](const auto& one) { return name_of(one); });

}  // namespace
}  // namespace crash
