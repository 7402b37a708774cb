// Two processes on one cache of a repository: each has a target and a state folder of its own, because the objects in
// it belong to one process; the folder of the cache is the same by a link. The cache is damaged, its processes are
// killed in the middle of fetches, and the branch is pushed with force meanwhile; what is applied is always what a
// commit holds. Over file:// and over git://.
#include "story.hpp"
#include "support/git_servers/git_daemon.hpp"

#include <signal.h>

#include <fstream>
#include <random>
#include <thread>

namespace plant {
namespace {

class SharedCacheTest : public Story, public testing::WithParamInterface<const char*> {
 protected:
  // The second process: another target, other data, the same cache and the same repository.
  void configure() {
    write_config("log: {level: debug}\n");
    Sync sync;
    sync.more = "        prune: {maxFiles: 10000, maxPercent: 100}\n";
    write_sync(sync);
    if (std::string(GetParam()) == "git") through_a_daemon();
    std::string config = text_of(folder_ / "stoker.yaml");
    fs::create_directories(second_data_);
    config.replace(config.find(data_.string() + "\n"), data_.string().size(), second_data_.string());
    const fs::path second_state = folder_ / "second-state";
    const std::string state = "state: " + state_.string() + "\n";
    config.replace(config.find(state), state.size(), "state: " + second_state.string() + "\n");
    fs::create_directories(state_ / "plugins/source-git");
    fs::create_directories(second_state / "plugins");
    fs::create_directory_symlink(state_ / "plugins/source-git", second_state / "plugins/source-git");
    write_text(folder_ / "second.yaml", config);
  }
  void through_a_daemon() {
    daemon_.emplace(folder_);
    const fs::path file = folder_ / "syncs/line-a.yaml";
    std::string text = text_of(file);
    const std::string url = "file://" + repository_.folder().string();
    write_text(file, text.replace(text.find(url), url.size(), daemon_->url("repository")));
  }
  child::Child start_other(const char* config, const char* log) const {
    return child::Child({stoker_program(), "run", "--config", (folder_ / config).string()}, folder_ / log);
  }
  bool settled_in(const fs::path& data) const {
    return ignition_sim::view_of(ignition_sim::read_tree(data, "projects")) == repository_.view();
  }
  void expect_both() {
    ASSERT_TRUE(eventually("the revision in both", [&] { return settled_in(data_) && settled_in(second_data_); }));
  }
  // One file of the cache, flipped, cut or removed.
  void damage() {
    std::vector<fs::path> files;
    std::error_code gone;
    for (fs::recursive_directory_iterator at(state_ / "plugins/source-git", gone), end; !gone && at != end;
         at.increment(gone))
      if (at->is_regular_file(gone)) files.push_back(at->path());
    if (files.empty()) return;
    const fs::path file = files[random_() % files.size()];
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::add, gone);
    switch (random_() % 3) {
      case 0: fs::remove(file, gone); break;
      case 1: fs::resize_file(file, fs::file_size(file, gone) / 2, gone); break;
      case 2: std::fstream(file, std::ios::in | std::ios::out | std::ios::binary) << "damaged"; break;
    }
    ++damaged_;
  }
  void plant_locks() {
    std::error_code gone;
    for (const auto& home : fs::directory_iterator(state_ / "plugins/source-git", gone))
      for (const auto& inner : fs::directory_iterator(home.path(), gone))
        if (inner.is_directory(gone))
          for (const char* name : {"index.lock", "shallow.lock", "HEAD.lock", "packed-refs.lock"})
            std::ofstream(inner.path() / name) << "1";
  }

  const fs::path second_data_ = folder_ / "data-2";
  std::optional<git_servers::GitDaemon> daemon_;
  child::Child second_;
  std::mt19937 random_{5};
  int damaged_ = 0;
};

// pitfalls P35b, P39, P64, P65
TEST_P(SharedCacheTest, SurvivesDamageKillsAndForcedPushesOfTwoProcesses) {
  configure();
  write_projects(2, 6, "first");
  std::string last = repository_.commit("First");
  start_stoker();
  second_ = start_other("second.yaml", "second.log");
  ASSERT_NO_FATAL_FAILURE(expect_both());
  int kills = 0, forced = 0;
  for (int number = 0; number < 12; ++number) {
    write_projects(2, 6, "number " + std::to_string(number));
    const std::string revision = repository_.commit("Number " + std::to_string(number));
    if (number % 3 != 2) damage();
    if (number % 4 == 1) plant_locks();
    stoker_.send(SIGHUP);
    second_.send(SIGHUP);
    if (number % 3 == 0) {  // in the middle of its fetch, or of what follows
      std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 40));
      (number % 2 == 0 ? stoker_ : second_).kill_now();
      ++kills;
      if (number % 2 == 0)
        start_stoker();
      else
        second_ = start_other("second.yaml", "second.log");
    }
    if (number % 4 == 3) {
      repository_.go_to(last);
      ++forced;
    } else {
      last = revision;
    }
    ASSERT_NO_FATAL_FAILURE(expect_both()) << "after " << number;
  }
  std::printf("%s: 12 pushes, %d of them taken back by force, %d times a file of the cache damaged, %d kills\n",
              GetParam(), forced, damaged_, kills);
  std::size_t folders = 0;
  for (const auto& home : fs::directory_iterator(state_ / "plugins/source-git"))
    for (const auto& inner : fs::directory_iterator(home.path())) folders += inner.is_directory() ? 1 : 0;
  EXPECT_LE(folders, 2U) << "what dead processes left is removed";
  second_.stop();
}

INSTANTIATE_TEST_SUITE_P(Over, SharedCacheTest, testing::Values("file", "git"),
                         [](const auto& transport) { return std::string(transport.param); });

}  // namespace
}  // namespace plant
