// Readiness while a stage of the Run fails, at a first boot and at a restart with an earlier revision: it comes, over
// the new revision, the last applied one or nothing of ours, and never over a mix. A gateway's start will ask the same.
#include "story.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <set>

namespace plant {
namespace {

constexpr std::size_t file_bytes_max = 4 << 20;
constexpr int for_ever = 1000000;

struct Failure {
  const char* name;
  const char* seen;  // what the log says of it
};

class GateTest : public Story, public testing::WithParamInterface<Failure> {
 protected:
  GateTest() { start_gateway(); }

  bool fails_at(std::string_view stage) const { return GetParam().name == stage; }
  int readiness() { return page("/readyz").status; }

  // The files may be as in this commit from here on.
  std::string commit_all(const std::string& text) {
    write_projects(2, 4, text);
    if (fails_at("Stage") && spoilt_) repository_.write("projects/Line0/big.txt", std::string(2 * file_bytes_max, 'b'));
    if (fails_at("Admit") && spoilt_) repository_.write("projects/Line0/data.json", "{ this is no JSON");
    const std::string revision = repository_.commit(text);
    whole_.insert(repository_.view());
    return revision;
  }
  // What comes next will fail.
  void spoil() {
    spoilt_ = true;
    if (fails_at("Verify")) gateway_->set_faults({{"/data/api/v1/scan/projects", "POST", "401"}});
    if (fails_at("Apply")) write_text(moves_, "3 1");
    if (fails_at("Undo")) write_text(moves_, "3 " + std::to_string(for_ever));
  }
  // Once it is committed.
  void take_away() {
    if (fails_at("Resolve")) fs::rename(repository_.folder(), folder_ / "elsewhere");
    if (fails_at("Open")) {
      fs::rename(objects(), folder_ / "objects");
      fs::create_directory(objects());
    }
  }
  void mend() {
    spoilt_ = false;
    gateway_->set_faults({});
    fs::remove(moves_);
    limit_files_of(stoker_.pid(), RLIM_INFINITY);
    if (fails_at("Resolve")) fs::rename(folder_ / "elsewhere", repository_.folder());
    if (fails_at("Open")) {
      fs::remove_all(objects());
      fs::rename(folder_ / "objects", objects());
    }
    if (fails_at("Admit")) repository_.remove("projects/Line0/data.json");
    if (fails_at("Admit")) revision_ = commit_all("mended");
    write_sync({.retry = "mended"});
  }
  void write_sync_to_fail() {
    Sync sync;
    if (fails_at("Plan"))
      sync.mappings += "          - {source: nothing, destination: elsewhere, type: dir, required: true}\n";
    write_sync(sync);
  }
  // Stoker; its moves of files fail when they are told to.
  void start() {
    fs::remove(folder_ / "stoker.log");
    const child::Variable moves("STOKER_TEST_MOVES", moves_), before_all("LD_PRELOAD", STOKER_FAILING_MOVES),
        not_first("ASAN_OPTIONS", "verify_asan_link_order=0");
    if (fails_at("Stage") && spoilt_) limit_files_of(::getpid(), file_bytes_max);  // who is started then has it too
    start_stoker();
    limit_files_of(::getpid(), RLIM_INFINITY);
  }
  static void limit_files_of(pid_t process, rlim_t bytes) {
    const rlimit limit{bytes, RLIM_INFINITY};
    prlimit(process, RLIMIT_FSIZE, &limit, nullptr);
  }
  fs::path objects() const { return repository_.folder() / ".git/objects"; }
  ignition_sim::View files() const { return ignition_sim::view_of(ignition_sim::read_tree(data_, "projects")); }

  // What is ready is whole; files that change meanwhile are looked at again.
  bool look() {
    const ignition_sim::View before = files();
    if (readiness() != 200) return false;
    if (before != files()) return false;
    EXPECT_TRUE(whole_.contains(before)) << "ready over a mix";
    return true;
  }
  bool eventually_with_looks(const std::string& what, const std::function<bool()>& seen) {
    return eventually(what, [&] {
      look();
      return seen() || HasFailure();
    });
  }
  bool has_failed() const { return log_count(GetParam().seen) > 0; }
  // Ready, also for a process that finds everything as a killed one left it; and whole afterwards.
  void expect_ready_although_it_fails() {
    ASSERT_TRUE(eventually_with_looks("the failure", [&] { return has_failed(); }));
    ASSERT_TRUE(eventually("ready", [&] { return look() || HasFailure(); }));
    stoker_.kill_now();
    start();
    ASSERT_TRUE(eventually("ready again", [&] { return look() || HasFailure(); }));
    ASSERT_TRUE(eventually_with_looks("the failure again", [&] { return has_failed(); }));
    for (int looks = 0; looks < 20 && !HasFailure(); ++looks) look();
  }
  void expect_whole_when_mended() {
    mend();
    EXPECT_TRUE(eventually_with_looks("the revision", [&] { return settled(revision_); }));
    EXPECT_TRUE(eventually("ready", [&] { return look() || HasFailure(); }));
  }

  const fs::path moves_ = folder_ / "moves";
  std::set<ignition_sim::View> whole_{{}};  // nothing of ours is whole too
  std::string revision_;
  bool spoilt_ = false;
};

// pitfalls P08
TEST_P(GateTest, OpensOnlyOnACompleteRevisionAtTheFirstBoot) {
  write_config();
  write_sync_to_fail();
  spoil();
  revision_ = commit_all("first");
  take_away();
  start();
  ASSERT_NO_FATAL_FAILURE(expect_ready_although_it_fails());
  expect_whole_when_mended();
}

// pitfalls P08
TEST_P(GateTest, OpensOnlyOnACompleteRevisionAtARestartWithAnEarlierOne) {
  write_config();
  write_sync({});
  revision_ = commit_all("first");
  start();
  ASSERT_TRUE(eventually_with_looks("the first revision", [&] { return settled(revision_); }));
  whole_.erase(ignition_sim::View());
  stoker_.stop();
  write_sync_to_fail();
  spoil();
  revision_ = commit_all("second");
  take_away();
  start();
  ASSERT_NO_FATAL_FAILURE(expect_ready_although_it_fails());
  expect_whole_when_mended();
}

INSTANTIATE_TEST_SUITE_P(Failing, GateTest,
                         testing::Values(Failure{"Resolve", "the refs of a repository could not be read"},
                                         Failure{"Open", "stage=open"}, Failure{"Plan", "stage=plan"},
                                         Failure{"Admit", "stage=admit"}, Failure{"Stage", "stage=stage"},
                                         Failure{"Apply", "stage=apply"}, Failure{"Verify", "hold token"}),
                         [](const auto& failure) { return std::string(failure.param.name); });

class ShutGateTest : public GateTest {
 protected:
  void expect_shut() {
    EXPECT_FALSE(whole_.contains(files())) << "no mix was left";
    for (int looks = 0; looks < 20 && !HasFailure(); ++looks) EXPECT_EQ(readiness(), 503);
  }
};

// pitfalls P08
TEST_P(ShutGateTest, StaysShutOverAMixUntilItIsUndone) {
  write_config();
  write_sync({});
  revision_ = commit_all("first");
  start();
  ASSERT_TRUE(eventually_with_looks("the first revision", [&] { return settled(revision_); }));
  spoil();
  revision_ = commit_all("second");
  ASSERT_TRUE(eventually_with_looks("the failure", [&] { return has_failed(); }));
  expect_shut();
  EXPECT_EQ(log_count("outcome=reverted"), 0U);

  stoker_.kill_now();
  write_text(moves_, "0 " + std::to_string(for_ever));
  start();
  ASSERT_TRUE(eventually_with_looks("it cannot be finished", [&] { return log_count("stage=recover") > 0; }));
  expect_shut();
  expect_whole_when_mended();
}

INSTANTIATE_TEST_SUITE_P(Failing, ShutGateTest, testing::Values(Failure{"Undo", "stage=revert"}),
                         [](const auto& failure) { return std::string(failure.param.name); });

}  // namespace
}  // namespace plant
