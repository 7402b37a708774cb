// Stories of one target over several Runs, with real processes and a simulated gateway: what is in the files, what the
// gateway has loaded and what Stoker remembers of it.
#include "story.hpp"

#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace plant {
namespace {

using ignition_sim::Kind;
using ignition_sim::State;

// Below a parent that is not inheritable the gateway does not load it: valid JSON, a bad revision.
std::string bad_project() { return repository::project_json("bad", "Line1", false); }

using StoryTest = Story;
constexpr std::chrono::milliseconds no_pause{0};

TEST_F(StoryTest, FirstStartOfAGatewayThatIsDownCommissionsAndRewritesAFile) {
  write_projects(2, 2, "first");
  const std::string first = repository_.commit("First");
  ignition_sim::Options options;
  options.state = State::down;
  options.commissioning = true;
  start_gateway(options);
  write_config();
  write_sync({});
  start_stoker();
  ASSERT_TRUE(eventually("the files, before the gateway", [&] { return files_are(repository_.view()); }));
  ASSERT_TRUE(eventually("applied, not verified", [&] { return text_at(memory(), "/running/revision") == first; }));
  EXPECT_FALSE(runs_verified(first));

  gateway_->set_state(State::starting);
  ASSERT_TRUE(gateway_->wait_for(State::commissioning));
  write_text(data_ / main_project, repository::project_json("by the gateway", "", true));
  ASSERT_TRUE(eventually("the hold while it commissions", [&] { return log_count("hold commissioning") > 0; }));
  gateway_->set_state(State::running);
  EXPECT_TRUE(eventually("put back, loaded and verified", [&] { return settled(first); }));
}

TEST_F(StoryTest, DesignerOpenAtAdmitClosedOpenAgainAtLock) {
  start_gateway();
  write_config();
  write_sync({.designer = "wait"});
  begin();
  const ignition_sim::View before = repository_.view();

  gateway_->set_designers({{"1", "maria", "Line0"}});
  write_projects(2, 30, "second");
  const std::string second = repository_.commit("Second");
  ASSERT_TRUE(eventually("the hold at admit", [&] { return log_count("hold designer") == 1; }));
  EXPECT_FALSE(staging()) << "nothing is staged for a plan that is not admitted";

  gateway_->set_designers({});
  ASSERT_TRUE(eventually("staging", [&] { return staging(); }));
  gateway_->set_designers({{"2", "maria", "Line0"}});
  ASSERT_TRUE(eventually("the hold at lock", [&] { return log_count("hold designer") >= 2; }));
  EXPECT_NE(log().find("stage=lock"), std::string::npos);
  EXPECT_TRUE(files_are(before));
  EXPECT_TRUE(staging()) << "what is staged waits with the Run";
  EXPECT_FALSE(gateway_->lock(Kind::projects));

  gateway_->set_designers({});
  EXPECT_TRUE(eventually("the second revision", [&] { return settled(second); }));
}

// pitfalls P01
TEST_F(StoryTest, KilledInTheMiddleOfApplyRestartedWithGitAway) {
  start_gateway();
  write_config();
  write_sync({});
  begin(2, 60);
  std::vector<ignition_sim::View> whole{repository_.view()};
  bool caught = false;
  std::string revision;
  for (int attempt = 0; attempt < 20 && !caught; ++attempt) {
    write_projects(2, 60, "attempt " + std::to_string(attempt));
    revision = repository_.commit("Attempt");
    const ignition_sim::View old = whole.back();
    whole.push_back(repository_.view());
    // one file tells the first rename: reading the whole tree takes longer than apply
    const auto first = std::find_if(whole.back().begin(), whole.back().end(), [&](const auto& file) {
      return old.count(file.first) && old.at(file.first) != file.second;
    });
    ASSERT_NE(first, whole.back().end());
    const fs::path watched =
        fs::exists(data_ / first->first) ? data_ / first->first : data_ / "projects" / first->first;
    const auto inode = [&] {
      struct stat now {};
      return ::stat(watched.c_str(), &now) == 0 ? now.st_ino : 0;
    };
    const auto before = inode();
    const auto moved = [&] { return inode() != before; };
    ASSERT_TRUE(eventually("the first rename", moved, no_pause));
    stoker_.send(SIGSTOP);
    caught = !files_are(whole.back());
    if (caught) break;
    stoker_.send(SIGCONT);
    ASSERT_TRUE(eventually("the revision that was not caught", [&] { return settled(revision); }));
  }
  ASSERT_TRUE(caught) << "apply was never seen half done";
  stoker_.kill_now();
  const ignition_sim::View wanted = repository_.view();
  fs::rename(repository_.folder(), folder_ / "elsewhere");

  start_stoker();
  EXPECT_TRUE(eventually("one whole revision in the files, loaded", [&] {
    const bool there =
        std::any_of(whole.begin(), whole.end(), [&](const auto& view) { return files_are(view) && loaded(view); });
    return there && !memory().empty() && text_at(memory(), "/inFlight/run").empty();
  }));
  EXPECT_TRUE(files_are(wanted)) << "all slots were there: it is finished, not undone";
  EXPECT_TRUE(eventually("verified", [&] { return runs_verified(revision); }));
  for (const auto& scan : gateway_->scans()) {
    if (scan.kind != Kind::projects || scan.actor == "start") continue;
    const bool one_of_ours = std::any_of(
        whole.begin(), whole.end(), [&](const auto& view) { return ignition_sim::loaded_digest(view) == scan.digest; });
    EXPECT_TRUE(one_of_ours) << "the gateway loaded half a revision";
  }
}

// pitfalls P75
TEST_F(StoryTest, BadRevisionRestartSameRevisionStillAssignedAGoodOneThenRetryOfTheBad) {
  start_gateway();
  write_config();
  write_sync({});
  begin();
  const ignition_sim::View good = repository_.view();
  repository_.write(main_project, bad_project());
  const std::string bad = repository_.commit("Bad");
  ignition_sim::View tried = repository_.view();
  std::erase_if(tried, [](const auto& file) { return file.first.starts_with("projects/Line0/"); });
  ASSERT_TRUE(
      eventually("tried and taken back", [&] { return times_loaded(tried) == 1 && files_are(good) && loaded(good); }));
  ASSERT_TRUE(eventually("the revision is held", [&] { return log_count("reverted") > 0; }));

  stoker_.stop();
  const std::size_t held_before = log_count("hold revision");
  start_stoker();
  ASSERT_TRUE(eventually("held, after the restart", [&] { return log_count("hold revision") > held_before; }));
  EXPECT_EQ(times_loaded(tried), 1U);
  EXPECT_TRUE(files_are(good));

  repository_.write(main_project, repository::project_json("good again", "Global", false));
  const std::string better = repository_.commit("Good");
  ASSERT_TRUE(eventually("the good one", [&] { return settled(better); }));
  const ignition_sim::View newer = repository_.view();

  const std::size_t held_twice = log_count("hold revision");
  repository_.go_to(bad);
  ASSERT_TRUE(eventually("held, though another ran between", [&] { return log_count("hold revision") > held_twice; }));
  EXPECT_EQ(times_loaded(tried), 1U);
  write_sync({.retry = "I know better"});
  ASSERT_TRUE(eventually("tried once more", [&] { return times_loaded(tried) == 2; }));
  EXPECT_TRUE(eventually("and taken back", [&] { return files_are(newer) && loaded(newer); }));
}

TEST_F(StoryTest, NewerAssignmentInVerify) {
  start_gateway();
  write_config();
  write_sync({});
  begin();
  gateway_->set_scan_course(Kind::projects, ignition_sim::Course::stuck);
  write_projects(2, 2, "second");
  repository_.commit("Second");
  const ignition_sim::View second = repository_.view();
  ASSERT_TRUE(eventually("verify of the second",
                         [&] { return files_are(second) && gateway_->scan_status(Kind::projects).active; }));
  write_projects(2, 2, "third");
  const std::string third = repository_.commit("Third");
  ASSERT_TRUE(eventually("verify was left",
                         [&] { return log_count("not verified yet") > 0 || files_are(repository_.view()); }));
  gateway_->set_scan_course(Kind::projects, ignition_sim::Course::normal);
  EXPECT_TRUE(eventually("the third, verified", [&] { return settled(third); }));
  EXPECT_EQ(log_count("reverted"), 0U);
  EXPECT_EQ(log_count("hold revision"), 0U) << "a revision that nobody judged is not held";
}

TEST_F(StoryTest, NewerAssignmentInStage) {
  start_gateway();
  write_config("log: {level: debug}\n");
  write_sync({});
  begin();
  commit(2, 200, "second");
  const ignition_sim::View second = repository_.view();
  ASSERT_TRUE(eventually("staging of the second", [&] { return staging(); }));
  stoker_.send(SIGSTOP);  // the third is there before anything else happens
  const std::string third = commit(2, 2, "third");
  stoker_.send(SIGCONT);
  stoker_.send(SIGHUP);
  EXPECT_TRUE(eventually("the third, verified", [&] { return settled(third); }));
  EXPECT_LE(times_loaded(second), 1U) << "it may have been too late for the second, never twice";
  EXPECT_EQ(log_count("outcome=failed") + log_count("outcome=reverted") + log_count("hold revision"), 0U);
  ASSERT_TRUE(eventually("nothing staged is left", [&] { return !staging(); }));
}

TEST_F(StoryTest, NewerAssignmentInLock) {
  ignition_sim::Options options;
  options.scale = 1;  // the gateway tries for ten seconds to give the lock
  start_gateway(options);
  write_config("log: {level: debug}\n");
  write_sync({});
  begin();
  // somebody's scan does not end: the lock is waited for
  gateway_->set_scan_course(Kind::projects, ignition_sim::Course::stuck);
  gateway_->request_scan(Kind::projects);
  ASSERT_TRUE(eventually("the scan", [&] { return gateway_->scan_status(Kind::projects).active; }));
  commit(2, 2, "second");
  const ignition_sim::View second = repository_.view();
  ASSERT_TRUE(eventually("the second is staged and in flight",
                         [&] { return staging() && !text_at(memory(), "/inFlight/run").empty(); }));
  const std::string third = commit(2, 2, "third");
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually("the second is given up", [&] { return log_count("outcome=superseded") > 0; }));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(8)) << "the lock may take 10 s";
  gateway_->set_scan_course(Kind::projects, ignition_sim::Course::normal);
  EXPECT_TRUE(eventually("the third, verified", [&] { return settled(third); }));
  EXPECT_EQ(times_loaded(second), 0U);
  EXPECT_FALSE(gateway_->lock(Kind::projects));
  EXPECT_EQ(log_count("outcome=failed") + log_count("hold revision"), 0U);
}

// pitfalls P72
TEST_F(StoryTest, APauseInEveryStepWinsAndStaysUntilItIsTakenBack) {
  start_gateway();
  write_config("log: {level: debug}\n");
  Sync sync{.designer = "wait"};
  write_sync(sync);
  begin();
  const ignition_sim::View first = repository_.view();
  const auto paused = [&](bool yes) {
    sync.paused = yes;
    write_sync(sync);
  };
  // while a Designer holds it at admit
  gateway_->set_designers({{"1", "maria", "Line0"}});
  commit(2, 2, "second");
  ASSERT_TRUE(eventually("the hold at admit", [&] { return log_count("hold designer") > 0; }));
  paused(true);
  ASSERT_TRUE(eventually("read", [&] { return log_count("read again") > 0; }));
  gateway_->set_designers({});
  std::size_t looks = gateway_->calls().size();
  const std::string third = commit(2, 2, "third");
  ASSERT_TRUE(eventually("the third is resolved", [&] { return log_count(third) > 0; }));
  sync.retry = "a retry ends no pause";
  write_sync(sync);
  ASSERT_TRUE(eventually("looks of the lane", [&] { return gateway_->calls().size() > looks + 8; }));
  EXPECT_TRUE(files_are(first) && loaded(first));
  paused(false);
  ASSERT_TRUE(eventually("the third", [&] { return settled(third); }));

  // in verify: what is on disk is judged, nothing newer comes
  gateway_->set_scan_course(Kind::projects, ignition_sim::Course::stuck);
  const std::string fourth = commit(2, 2, "fourth");
  const ignition_sim::View in_verify = repository_.view();
  ASSERT_TRUE(
      eventually("verify", [&] { return files_are(in_verify) && gateway_->scan_status(Kind::projects).active; }));
  paused(true);
  const std::string fifth = commit(2, 2, "fifth");
  ASSERT_TRUE(eventually("the fifth is resolved", [&] { return log_count(fifth) > 0; }));
  gateway_->set_scan_course(Kind::projects, ignition_sim::Course::normal);
  EXPECT_TRUE(eventually("loaded", [&] { return loaded(in_verify); }));
  EXPECT_TRUE(files_are(in_verify));
  paused(false);
  EXPECT_TRUE(eventually("the fifth", [&] { return settled(fifth); }));
  EXPECT_EQ(log_count("outcome=failed") + log_count("outcome=reverted"), 0U);
}

TEST_F(StoryTest, AForeignScanStampsBetweenPlanAndApply) {
  start_gateway();
  write_config();
  write_sync({});
  begin();
  write_projects(2, 30, "second");
  const std::string second = repository_.commit("Second");
  ASSERT_TRUE(eventually("staging", [&] { return staging(); }));
  gateway_->request_scan(Kind::projects);
  EXPECT_TRUE(eventually("the second revision", [&] { return settled(second); }));
  EXPECT_EQ(log_count("failed"), 0U) << "a stamp is no conflict";
  EXPECT_EQ(log_count("overwritten"), 0U);
}

TEST_F(StoryTest, ADesignerSavesBetweenPlanAndApply) {
  start_gateway();
  write_config("log: {level: debug}\n");
  write_sync({});
  begin();
  write_projects(2, 30, "second");
  const std::string second = repository_.commit("Second");
  ASSERT_TRUE(eventually("staging", [&] { return staging(); }));
  const std::string folder = fs::path(view_file(0, 0)).parent_path().string();
  const auto saved = gateway_->save(
      {.user = "maria", .folder = folder, .files = {{"view.json", "{\"text\": \"maria's\"}\n"}}, .wait = true});
  EXPECT_NE(saved, ignition_sim::Saved::refused);
  EXPECT_TRUE(eventually("git's, under policy proceed", [&] { return settled(second); }));
  EXPECT_EQ(log_count("outcome=failed"), 0U);
  EXPECT_EQ(log_count("outcome=reverted"), 0U);
}

TEST_F(StoryTest, AVarChangesWithoutACommit) {
  write_projects(2, 2, "first");
  const std::string first = repository_.commit("First");
  const std::string mappings =
      "          - {source: projects/Global, destination: projects/Global, type: dir}\n"
      "          - {source: projects/Line0, destination: \"projects/{{.Vars.line}}\", type: dir}\n";
  write_config();
  write_sync({.mappings = mappings, .more = "        vars: {line: north}\n"});
  start_stoker();
  ASSERT_TRUE(eventually("the first name",
                         [&] { return runs_verified(first) && fs::exists(data_ / "projects/north/project.json"); }));
  write_sync({.mappings = mappings, .more = "        vars: {line: south}\n"});
  EXPECT_TRUE(eventually("the second name, and the first is gone", [&] {
    return fs::exists(data_ / "projects/south/project.json") && !fs::exists(data_ / "projects/north/project.json");
  }));
}

TEST_F(StoryTest, AMappingOrExcludeChangesWithoutACommit) {
  write_projects(2, 2, "first");
  const std::string first = repository_.commit("First");
  write_config();
  const std::string one = "          - {source: projects/Line0, destination: projects/Line0, type: dir}\n";
  const std::string two = "          - {source: projects/Line1, destination: projects/Line1, type: dir}\n";
  write_sync({.mappings = one, .more = "        excludePatterns: [\"**/View1/**\"]\n"});
  start_stoker();
  ASSERT_TRUE(
      eventually("the first mapping", [&] { return runs_verified(first) && fs::exists(data_ / view_file(0, 0)); }));
  EXPECT_FALSE(fs::exists(data_ / view_file(0, 1)));

  write_sync({.mappings = one});
  ASSERT_TRUE(eventually("what was excluded", [&] { return fs::exists(data_ / view_file(0, 1)); }));
  EXPECT_FALSE(fs::exists(data_ / "projects/Line1"));
  write_sync({.mappings = one + two});
  ASSERT_TRUE(eventually("the second mapping", [&] { return fs::exists(data_ / view_file(1, 1)); }));
  write_sync({.mappings = two});
  EXPECT_TRUE(eventually("a mapping that left", [&] { return !fs::exists(data_ / main_project); }));
  EXPECT_TRUE(fs::exists(data_ / view_file(1, 1)));
}

TEST_F(StoryTest, DryRunAlsoWithNothingToDoAlsoOfAHeldRevision) {
  write_projects(2, 2, "first");
  repository_.commit("First");
  start_gateway();
  write_config();
  write_sync({});
  // nothing is there yet: all of it would come, none of it comes
  json::object report = sync_once(0, {"--dry-run"});
  EXPECT_EQ(text_at(report, "/outcome"), "planned");
  EXPECT_FALSE(fs::exists(data_ / "projects/Line0"));
  EXPECT_FALSE(fs::exists(data_ / ".stoker/target.json"));

  EXPECT_EQ(text_at(sync_once(0), "/outcome"), "applied");
  std::string before = snapshot(data_, ".stoker/lock");
  report = sync_once(0, {"--dry-run"});
  EXPECT_EQ(text_at(report, "/outcome"), "planned");
  EXPECT_EQ(report.at("changes").as_array().size(), 0U);
  EXPECT_EQ(snapshot(data_, ".stoker/lock"), before);

  repository_.write(main_project, bad_project());
  repository_.commit("Bad");
  EXPECT_EQ(text_at(sync_once(1), "/outcome"), "reverted");
  EXPECT_EQ(text_at(sync_once(5), "/hold/name"), "revision");
  before = snapshot(data_, ".stoker/lock");
  const std::size_t scans = gateway_->scans().size();
  report = sync_once(5, {"--dry-run"});  // cases T30
  EXPECT_EQ(text_at(report, "/outcome"), "planned");
  EXPECT_EQ(text_at(report, "/decisions/0/name"), "revision");
  EXPECT_EQ(text_at(report, "/changes/0/path"), main_project);
  EXPECT_EQ(snapshot(data_, ".stoker/lock"), before);
  EXPECT_EQ(gateway_->scans().size(), scans);
}

// A mount namespace of this test's own with a small file system as the data directory.
void mount_small(const fs::path& folder) {
  const uid_t uid = getuid();
  const gid_t gid = getgid();
  if (unshare(CLONE_NEWNS) != 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
      GTEST_SKIP() << "no small file system without a mount namespace of one's own: " << std::strerror(errno);
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << uid << ' ' << uid << " 1";
    std::ofstream("/proc/self/gid_map") << gid << ' ' << gid << " 1";
  }
  ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(mount("none", folder.c_str(), "tmpfs", 0, "size=8m"), 0) << std::strerror(errno);
}

TEST_F(StoryTest, DiskFullThenNot) {
  ASSERT_NO_FATAL_FAILURE(mount_small(data_));
  if (IsSkipped()) return;
  write_projects(2, 2, "first");
  repository_.commit("First");
  write_config();
  write_sync({});
  EXPECT_EQ(text_at(sync_once(0), "/outcome"), "applied");
  const std::string before = snapshot(data_ / "projects");

  repository_.write("projects/Line0/picture", std::string(3 << 20, 'x'));
  repository_.commit("A picture");
  write_text(data_ / "somebody-elses.log", std::string(5 << 20, 'l'));
  const json::object report = sync_once(1);
  EXPECT_EQ(text_at(report, "/outcome"), "failed");
  EXPECT_EQ(text_at(report, "/error/code"), "merge.no-space");
  EXPECT_EQ(report.at("error").at("retryable"), json::value(true));
  EXPECT_EQ(snapshot(data_ / "projects"), before) << "nothing live was touched";

  fs::remove(data_ / "somebody-elses.log");
  EXPECT_EQ(text_at(sync_once(0), "/outcome"), "applied");
  EXPECT_TRUE(files_are(repository_.view()));
  stoker_.stop();
  umount2(data_.c_str(), MNT_DETACH);
}

TEST_F(StoryTest, TwoProcessesOnOneTarget) {
  start_gateway();
  write_config();
  write_sync({});
  begin();
  const std::string before = snapshot(data_, ".stoker");
  // With the same state folder a command asks the process that runs; this one knows nothing of it.
  std::string config = text_of(folder_ / "stoker.yaml");
  const std::size_t state = config.find("state: ");
  ASSERT_NE(state, std::string::npos);
  config.replace(state, config.find('\n', state) - state, "state: " + (folder_ / "other-state").string());
  write_text(folder_ / "other.yaml", config);
  const child::Finished second = stoker({"sync", "-c", (folder_ / "other.yaml").string()});
  EXPECT_NE(second.code, 0);
  EXPECT_NE(second.err.find("pid"), std::string::npos) << second.err;
  EXPECT_NE(second.err.find(std::to_string(stoker_.pid())), std::string::npos) << "it says who: " << second.err;
  EXPECT_EQ(snapshot(data_, ".stoker"), before);
  EXPECT_TRUE(stoker_.alive());
}

// SQLite's user version is the format of the records.
void set_format(const fs::path& state, int format) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(state.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, ("PRAGMA user_version=" + std::to_string(format)).c_str(), nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(db);
}

// A newer program was here: an older one says what to do and touches nothing.
TEST_F(StoryTest, UpgradeThenDowngrade) {
  write_projects(2, 2, "first");
  repository_.commit("First");
  start_gateway();
  write_config();
  write_sync({});
  EXPECT_EQ(text_at(sync_once(0), "/outcome"), "applied");
  commit(2, 2, "second");
  const fs::path memory = data_ / ".stoker/target.json";
  const std::string old_memory = text_of(memory);
  std::string newer = old_memory;
  write_text(memory, newer.replace(newer.find("\"format\":1"), 10, "\"format\":9"));
  std::string before = snapshot(data_, ".stoker/lock");
  const child::Finished ended = stoker({"sync", "-c", (folder_ / "stoker.yaml").string()});
  EXPECT_NE(ended.code, 0);
  EXPECT_NE((ended.out + ended.err).find("newer"), std::string::npos) << ended.out << ended.err;
  EXPECT_TRUE(snapshot(data_, ".stoker/lock") == before);
  write_text(memory, old_memory);

  const fs::path state = data_ / ".stoker/merge/state.db";
  set_format(state, 9);
  before = snapshot(data_ / "projects");
  const json::object report = sync_once(1);
  EXPECT_EQ(text_at(report, "/error/code"), "merge.newer-format");
  EXPECT_NE(text_at(report, "/error/message").find("run the newer version again"), std::string::npos);
  EXPECT_EQ(snapshot(data_ / "projects"), before);
  EXPECT_FALSE(gateway_->lock(Kind::projects));
  set_format(state, 1);
  EXPECT_EQ(text_at(sync_once(0), "/outcome"), "applied");
  EXPECT_TRUE(files_are(repository_.view()));
}

// A pair fails over: the role is another input, so the mappings are listed again; what the master brings is not
// written.
TEST_F(StoryTest, Failover) {
  start_gateway();
  gateway_->set_redundancy({"Master", "Active", false, false});
  write_config();
  write_sync({});
  begin();
  const ignition_sim::View first = repository_.view();
  gateway_->set_redundancy({"Master", "Active", false, true});
  const std::string second = commit(2, 2, "second");
  ASSERT_TRUE(eventually("the hold while it fails over", [&] { return log_count("hold redundancy") > 0; }));
  EXPECT_TRUE(files_are(first));

  gateway_->set_redundancy({"Backup", "Warm", false, false});
  ASSERT_TRUE(eventually("the backup is done with the second", [&] { return runs_verified(second); }));
  EXPECT_TRUE(files_are(first)) << "what the master replicates is not written";
  gateway_->set_redundancy({"Master", "Active", false, false});
  EXPECT_TRUE(eventually("the second, as master", [&] { return settled(second); }));
}

// The lock outlives who took it: it is our own key's, so the next process goes on under it and does not wait for its
// end.
TEST_F(StoryTest, KilledWithTheLockHeld) {
  start_gateway();
  write_config();
  write_sync({});
  begin();
  int held = 0;
  std::string revision;
  for (int attempt = 0; attempt < 20 && held < 3; ++attempt) {
    revision = commit(2, 40, "attempt " + std::to_string(attempt));
    const auto verified = [&] { return runs_verified(revision); };
    const auto locked = [&] { return gateway_->lock(Kind::projects).has_value() || verified(); };
    ASSERT_TRUE(eventually("staging", [&] { return staging() || verified(); }));
    ASSERT_TRUE(eventually("the lock", locked, no_pause));
    stoker_.kill_now();
    const bool left = gateway_->lock(Kind::projects).has_value();
    held += left ? 1 : 0;
    const auto begun = std::chrono::steady_clock::now();
    start_stoker();
    ASSERT_TRUE(eventually("the revision, verified", [&] { return settled(revision); }));
    const auto spent = std::chrono::steady_clock::now() - begun;
    EXPECT_TRUE(!left || spent < std::chrono::seconds(30)) << "a lock holds 60 s";
    EXPECT_FALSE(gateway_->lock(Kind::projects)) << "it was given back";
  }
  std::printf("killed %d times with the lock held\n", held);
  EXPECT_GE(held, 1);
}

TEST_F(StoryTest, APersonsEditOfAnOwnedFileIsDriftAndIsNotLost) {
  write_projects(2, 2, "first");
  repository_.commit("First");
  start_gateway();
  write_config();
  write_sync({});
  EXPECT_EQ(text_at(sync_once(0), "/outcome"), "applied");
  const std::string edited = repository::project_json("by a person", "Global", false);
  write_text(data_ / main_project, edited);
  json::object report = sync_once(0);
  EXPECT_EQ(text_at(report, "/outcome"), "unchanged");
  EXPECT_EQ(text_at(report, "/notes/0/code"), "drift");
  EXPECT_EQ(text_at(report, "/notes/0/path"), main_project);
  EXPECT_EQ(text_of(data_ / main_project), edited);

  repository_.write(view_file(1, 0), "{\"text\": \"second\"}\n");
  repository_.commit("Another file");
  EXPECT_EQ(text_at(sync_once(0), "/outcome"), "applied");
  EXPECT_EQ(text_of(data_ / main_project), edited) << "a commit elsewhere does not take the edit along";
}

TEST_F(StoryTest, SigtermInTheMiddleOfARunEndsCleanlyAndTheNextStartConverges) {
  start_gateway();
  write_config();
  write_sync({});
  begin();
  gateway_->set_scan_course(Kind::projects, ignition_sim::Course::stuck);
  write_projects(2, 2, "second");
  const std::string second = repository_.commit("Second");
  ASSERT_TRUE(eventually(
      "verify", [&] { return files_are(repository_.view()) && gateway_->scan_status(Kind::projects).active; }));
  stoker_.send(SIGTERM);
  const std::optional<int> code = stoker_.ended(std::chrono::seconds(15));
  ASSERT_TRUE(code) << "still there after 15 s";
  EXPECT_EQ(*code, 0);
  gateway_->set_scan_course(Kind::projects, ignition_sim::Course::normal);
  start_stoker();
  EXPECT_TRUE(eventually("the second, verified", [&] { return settled(second); }));
}

TEST_F(StoryTest, AVerifiersGatewayGoesDownWithTheLockHeld) {
  start_gateway();
  write_config();
  write_sync({});
  begin();
  gateway_->set_scan_course(Kind::projects, ignition_sim::Course::stuck);
  write_projects(2, 2, "second");
  const std::string second = repository_.commit("Second");
  ASSERT_TRUE(eventually(
      "verify", [&] { return files_are(repository_.view()) && gateway_->scan_status(Kind::projects).active; }));
  gateway_->set_state(State::down);
  ASSERT_TRUE(eventually("a gateway that is down is no verdict", [&] { return log_count("not verified yet") > 0; }));
  gateway_->set_scan_course(Kind::projects, ignition_sim::Course::normal);
  gateway_->set_state(State::starting);
  EXPECT_TRUE(eventually("verified when it runs again", [&] { return settled(second); }));
  EXPECT_EQ(log_count("outcome=reverted"), 0U);
}

}  // namespace
}  // namespace plant
