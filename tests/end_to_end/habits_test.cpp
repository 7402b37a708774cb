// One story on gateways that differ in what no public source settles: whichever way it is, a good revision is loaded
// and verified, a bad one is taken back, and nothing else is.
#include "story.hpp"

namespace plant {
namespace {

using ignition_sim::Detection;
using ignition_sim::Habits;
using ignition_sim::Kind;
using ignition_sim::Requests;
using ignition_sim::Told;
using ignition_sim::Unscanned;

struct Way {
  const char* name;
  Habits habits;
};

class HabitsTest : public Story, public testing::WithParamInterface<Way> {
 protected:
  void begin_so(double scale = 0.01) {
    ignition_sim::Options options;
    options.habits = GetParam().habits;
    options.scale = scale;
    start_gateway(options);
    whole_.insert(gateway_->digest("projects"));  // as it was before Stoker came
    write_config({},
                 "  source-git: {settings: {allowFile: true}}\n  trigger-poll: {settings: {interval: 1s}}\n"
                 "  strategy-merge: {}\n  verify-json: {}\n"
                 "  verify-ignition: {settings: {scanTimeout: 20s, scanSettle: 1s}}\n");
    write_sync({});
    begin();
    remember();
  }
  // What a gateway loads of the newest commit: a folder without project.json is no project, and neither is `but`.
  ignition_sim::View loadable(const std::string& but = {}) const {
    ignition_sim::View view = repository_.view();
    const auto is_project = [&](const std::string& path) {
      const std::string folder = path.substr(0, path.find('/', std::string("projects/").size()));
      return folder != but && view.contains(folder + "/project.json");
    };
    ignition_sim::View loaded;
    for (const auto& file : view)
      if (is_project(file.first)) loaded.insert(file);
    return loaded;
  }
  void remember(const std::string& but = {}) { whole_.insert(ignition_sim::loaded_digest(loadable(but))); }
  bool is_settled(const std::string& revision) {
    return runs_verified(revision) && files_are(repository_.view()) && loaded(loadable());
  }
  bool respects_locks() const {
    return GetParam().habits.scan_every.count() == 0 || GetParam().habits.automatic_respects_lock;
  }
  void expect_no_mix_was_loaded() {
    if (!respects_locks()) return;  // such a gateway may read half a change whatever one does
    for (const auto& scan : gateway_->scans()) {
      if (scan.kind != Kind::projects || scan.actor == "start") continue;
      EXPECT_TRUE(whole_.contains(scan.digest)) << "a scan of " << scan.actor << " loaded what is no commit";
    }
  }
  std::set<std::string> whole_;
};

TEST_P(HabitsTest, AGoodRevisionIsVerifiedAndABadOneTakenBack) {
  begin_so();
  const std::string second = commit(2, 3, "second");
  remember();
  ASSERT_TRUE(eventually("the second revision", [&] { return settled(second); }));
  const ignition_sim::View good = repository_.view();

  repository_.write(main_project, repository::project_json("bad", "Line1", false));
  repository_.commit("Bad");
  remember("projects/Line0");
  ASSERT_TRUE(eventually("taken back", [&] { return log_count("outcome=reverted") == 1; }));
  EXPECT_TRUE(eventually("as before", [&] { return files_are(good) && loaded(good); }));

  repository_.write(main_project, repository::project_json("good again", "", true));
  const std::string third = repository_.commit("Third");
  remember();
  EXPECT_TRUE(eventually("the third revision", [&] { return settled(third); }));
  expect_no_mix_was_loaded();
  EXPECT_EQ(log_count("outcome=reverted") + log_count("outcome=failed"), 1u) << "only the bad one was taken back";
}

// A commit that comes while the one before is still in verify: a scan is active, the Run before was not verified, and
// with it comes a folder that is no project. cases T28, T44
TEST_P(HabitsTest, ACommitThatComesDuringVerifyIsAppliedWholeAndJudgedByItself) {
  begin_so(0.3);
  for (int round = 0; round < 4; ++round) {
    const std::string text = "round " + std::to_string(round);
    commit(2, 3, text);
    remember();
    ASSERT_TRUE(eventually("its files", [&] { return files_are(repository_.view()); }));
    repository_.write("projects/docs" + std::to_string(round) + "/notes.md", text);
    const std::string newest = commit(2, 4, text + ", more");
    remember();
    stoker_.send(SIGHUP);
    ASSERT_TRUE(eventually("the newest", [&] { return is_settled(newest); }));
  }
  expect_no_mix_was_loaded();
  EXPECT_EQ(log_count("outcome=reverted") + log_count("outcome=failed"), 0u);
}

Habits habits(void (*set)(Habits&)) {
  Habits made;
  set(made);
  return made;
}

INSTANTIATE_TEST_SUITE_P(
    Gateway, HabitsTest,
    testing::Values(Way{"AsDocumented", {}},
                    Way{"QueuesRequests", habits([](Habits& h) { h.requests = Requests::queue; })},
                    Way{"DropsRequests", habits([](Habits& h) { h.requests = Requests::drop; })},
                    Way{"TellsNoTimestamp", habits([](Habits& h) { h.project_scans = Told::activity; })},
                    Way{"TellsNothing", habits([](Habits& h) { h.project_scans = Told::nothing; })},
                    Way{"SeesTimesOnly", habits([](Habits& h) { h.detection = Detection::mtime; })},
                    Way{"LocksDuringScans", habits([](Habits& h) {
                          h.lock_during_scan = true;
                          h.unscanned = Unscanned::null;
                        })},
                    Way{"ScansByItself", habits([](Habits& h) {
                          h.scan_every = std::chrono::milliseconds(200);
                          h.body_before_rights = true;
                        })},
                    Way{"ScansByItselfDespiteLocks", habits([](Habits& h) {
                          h.scan_every = std::chrono::milliseconds(200);
                          h.automatic_respects_lock = false;
                          h.requests = Requests::drop;
                        })}),
    [](const auto& way) { return std::string(way.param.name); });

}  // namespace
}  // namespace plant
