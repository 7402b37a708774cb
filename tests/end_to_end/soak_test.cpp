// A soak: `stoker run` with many Syncs and targets of files, commits and written objects at random moments, and a
// process that is killed every few seconds. After each period everything is synced, no tree is a mix, no acknowledged
// write is lost, and what the process and its state folder take stays flat. STOKER_TEST_SOAK: minutes of the long one.
#include "plant.hpp"

#include "tests/support/seed.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

namespace plant {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int files_of_a_commit = 8;

struct Size {
  int repositories, syncs_of_repository, targets_of_sync;
  int syncs() const { return repositories * syncs_of_repository; }
};

// A repository, and the last commit in it.
struct Origin {
  std::unique_ptr<repository::Repository> repository;
  int commits = 0;
  std::string newest;
};

// What is to stay flat, of a process that has worked for a while.
struct Figures {
  std::uint64_t anon_kib = 0, file_kib = 0, descriptors = 0, threads = 0, database_kib = 0, state_kib = 0, events = 0;
};

class SoakTest : public testing::Test {
 protected:
  SoakTest() {
    std::string made = (fs::temp_directory_path() / "stoker-soak-XXXXXX").string();
    folder_ = ::mkdtemp(made.data());
    fs::create_directories(folder_ / "syncs");
  }
  ~SoakTest() override {
    stoker_.stop();
    if (HasFailure()) {
      const std::string text = text_of(log_file());
      std::fprintf(stderr, "the end of the log:\n%s\n",
                   text.substr(text.size() - std::min<std::size_t>(text.size(), 6000)).c_str());
    }
    std::error_code left;
    fs::remove_all(folder_, left);
  }

  // ---- the plant

  void begin(Size size) {
    size_ = size;
    std::string config = "state: " + (folder_ / "state").string() +
                         "\nmodules:\n  source-git: {settings: {allowFile: true}}\n  trigger-poll: {}\n"
                         "  strategy-merge: {settings: {preset: none}}\nsyncs: " +
                         (folder_ / "syncs").string() + "\ntargets:\n";
    for (int i = 0; i < size.repositories; ++i) {
      Origin& origin = origins_.emplace_back();
      origin.repository = std::make_unique<repository::Repository>(folder_ / ("repository-" + std::to_string(i)));
      commit(origin);
    }
    for (int sync = 0; sync < size.syncs(); ++sync) {
      write_sync(sync);
      for (int i = 0; i < size.targets_of_sync; ++i) {
        fs::create_directories(data_of(sync, i));
        config += "  - {name: " + target_of(sync, i) + ", sync: " + name_of(sync) +
                  ", profile: p, verify: none, data: " + data_of(sync, i).string() + "}\n";
      }
    }
    write_text(folder_ / "stoker.yaml", config);
    start_stoker();
  }
  void write_sync(int sync) {
    write_text(folder_ / "syncs" / (name_of(sync) + ".yaml"),
               "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: " + name_of(sync) +
                   "}\nspec:\n  git: {repo: \"file://" + origin_of(sync).repository->folder().string() +
                   "\", ref: main}\n  polling: {interval: 2s}\n  sync:\n    profiles:\n      p:\n        mappings: " +
                   "[{source: projects, destination: projects, type: dir}]\n");
  }
  void start_stoker() {
    ++starts_;
    stoker_ = child::Child({stoker_program(), "run", "--config", (folder_ / "stoker.yaml").string()}, log_file());
    started_ = steady_clock::now();
  }
  static std::string name_of(int sync) { return "line-" + std::to_string(sync); }
  static std::string target_of(int sync, int i) { return name_of(sync) + "-" + std::to_string(i); }
  fs::path data_of(int sync, int i) const { return folder_ / ("data-" + target_of(sync, i)); }
  fs::path log_file() const { return folder_ / ("log-" + std::to_string(starts_)); }
  Origin& origin_of(int sync) { return origins_[static_cast<std::size_t>(sync % size_.repositories)]; }
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }

  // Every file of a commit begins with its number, so that a mix is seen.
  void commit(Origin& origin) {
    const std::string number = std::to_string(++origin.commits);
    for (int i = 0; i < files_of_a_commit; ++i)
      origin.repository->write("projects/P/f" + std::to_string(i), number + " text\n");
    origin.newest = origin.repository->commit(number);
  }

  // ---- objects

  child::Finished ask(child::Arguments arguments) const {
    arguments.insert(arguments.begin(), stoker_program());
    arguments.insert(arguments.end(), {"--socket", (folder_ / "state/stoker.sock").string()});
    return child::finished(arguments);
  }
  json::array items(const std::string& kind) const {
    const child::Finished listed = ask({"get", kind, "-o", "json"});
    if (listed.code != 0) return {};
    return json::parse(listed.out).at("items").as_array();
  }
  // A write that was answered counts; of one that was not nobody knows.
  void pause_or_resume(int sync) {
    const bool pause = !paused_[sync].value_or(false);
    paused_[sync].reset();
    const child::Finished done = ask({pause ? "pause" : "resume", name_of(sync)});
    if (done.code != 0) return;
    paused_[sync] = pause;
    ++writes_;
  }
  void retry(int sync) {
    if (ask({"retry", name_of(sync)}).code == 0) ++writes_;
  }
  void expect_no_write_is_lost() {
    const json::array syncs = items("gs");
    ASSERT_EQ(syncs.size(), static_cast<std::size_t>(size_.syncs()));
    for (int sync = 0; sync < size_.syncs(); ++sync) {
      if (!paused_[sync]) continue;
      const bool is_paused = is_true(object_of(syncs, name_of(sync)), "/spec/paused");
      EXPECT_EQ(is_paused, *paused_[sync]) << name_of(sync) << " was paused or resumed, and was told so";
    }
  }
  static const json::value& object_of(const json::array& objects, const std::string& name) {
    return *std::find_if(objects.begin(), objects.end(),
                         [&](const json::value& each) { return text_at(each, "/metadata/name") == name; });
  }
  static bool is_true(const json::value& object, std::string_view pointer) {
    boost::system::error_code none;
    const json::value* found = object.find_pointer(pointer, none);
    return found && *found == json::value(true);
  }
  static bool says_all_synced(const json::value& sync, const std::string& revision) {
    if (text_at(sync, "/status/lastSyncCommit") != revision) return false;
    for (const json::value& each : sync.at_pointer("/status/conditions").as_array())
      if (text_at(each, "/type") == "AllGatewaysSynced") return text_at(each, "/status") == "True";
    return false;
  }

  // ---- a period

  void kill_and_start() {
    stoker_.kill_now();
    ++kills_;
    start_stoker();
  }
  // Commits and writes at random moments; with kills every `kill_after` to four times that, unless it is zero.
  void work(milliseconds time, milliseconds kill_after) {
    const auto end = steady_clock::now() + time;
    const auto next_kill = [&] {
      return steady_clock::now() + kill_after + milliseconds(below(static_cast<int>(3 * kill_after.count()) + 1));
    };
    auto kill_at = next_kill();
    while (steady_clock::now() < end) {
      const int sync = below(size_.syncs());
      switch (below(6)) {
        case 0:
        case 1: commit(origin_of(sync)); break;
        case 2: retry(sync); break;
        case 3: pause_or_resume(sync); break;
        default: break;
      }
      std::this_thread::sleep_for(milliseconds(100 + below(1200)));
      EXPECT_TRUE(stoker_.alive()) << "the process ended by itself";
      if (kill_after.count() == 0 || steady_clock::now() < kill_at) continue;
      kill_and_start();
      kill_at = next_kill();
    }
  }
  [[nodiscard]] bool eventually(const std::string& what, const std::function<bool()>& seen) {
    const auto end = steady_clock::now() + seconds(90);
    while (!seen()) {
      if (steady_clock::now() > end) {
        ADD_FAILURE() << "not seen: " << what;
        return false;
      }
      std::this_thread::sleep_for(milliseconds(200));
    }
    return true;
  }
  void come_to_rest() {
    ASSERT_TRUE(eventually("an answer at the socket", [&] { return !items("gs").empty(); }));
    expect_no_write_is_lost();
    for (int sync = 0; sync < size_.syncs(); ++sync)
      if (paused_[sync] != std::optional(false)) {
        EXPECT_EQ(ask({"resume", name_of(sync)}).code, 0) << name_of(sync);
        paused_[sync] = false;
      }
    for (Origin& origin : origins_) commit(origin);
    const bool rests = eventually("all Syncs are synced", [&] {
      const json::array syncs = items("gs");
      return !syncs.empty() && std::all_of(syncs.begin(), syncs.end(), [&](const json::value& each) {
        const int sync = std::stoi(text_at(each, "/metadata/name").substr(5));
        return says_all_synced(each, origin_of(sync).newest);
      });
    });
    if (rests) expect_whole_trees();
  }
  void expect_whole_trees() {
    for (int sync = 0; sync < size_.syncs(); ++sync)
      for (int i = 0; i < size_.targets_of_sync; ++i) {
        const fs::path data = data_of(sync, i);
        const json::value memory = json::parse(text_of(data / ".stoker/target.json"));
        EXPECT_EQ(text_at(memory, "/inFlight/run"), "") << target_of(sync, i);
        for (int f = 0; f < files_of_a_commit; ++f)
          EXPECT_EQ(text_of(data / "projects/P" / ("f" + std::to_string(f))),
                    std::to_string(origin_of(sync).commits) + " text\n")
              << target_of(sync, i);
      }
  }

  // ---- what stays flat

  std::uint64_t status_of_process(const std::string& name) const {
    std::ifstream in("/proc/" + std::to_string(stoker_.pid()) + "/status");
    std::uint64_t value = 0;
    for (std::string word; in >> word;)
      if (word == name + ":") {
        in >> value;
        break;
      }
    return value;
  }
  static std::uint64_t kib_below(const fs::path& folder) {
    std::uint64_t bytes = 0;
    std::error_code gone;
    for (const auto& entry : fs::recursive_directory_iterator(folder, gone))
      if (entry.is_regular_file(gone)) bytes += entry.file_size(gone);
    return bytes / 1024;
  }
  Figures figures() const {
    Figures now;
    now.anon_kib = status_of_process("RssAnon");
    now.file_kib = status_of_process("RssFile");
    now.threads = status_of_process("Threads");
    const fs::path open = "/proc/" + std::to_string(stoker_.pid()) + "/fd";
    now.descriptors = static_cast<std::uint64_t>(std::distance(fs::directory_iterator(open), fs::directory_iterator()));
    now.database_kib = kib_below(folder_ / "state/plugins/platform-local");
    now.state_kib = kib_below(folder_ / "state");
    now.events = items("events").size();
    return now;
  }
  void show(const std::string& when, const Figures& now) const {
    const auto age = std::chrono::duration_cast<seconds>(steady_clock::now() - started_).count();
    std::printf(
        "%-12s %4d kills, process of %3lld s: %6.1f MiB anonymous, %5.1f of files, %3llu descriptors, %2llu "
        "threads; database %6.1f MiB, state %6.1f MiB, %llu Events; %d commits, %d writes\n",
        when.c_str(), kills_, static_cast<long long>(age), static_cast<double>(now.anon_kib) / 1024,
        static_cast<double>(now.file_kib) / 1024, static_cast<unsigned long long>(now.descriptors),
        static_cast<unsigned long long>(now.threads), static_cast<double>(now.database_kib) / 1024,
        static_cast<double>(now.state_kib) / 1024, static_cast<unsigned long long>(now.events), commits(), writes_);
    std::fflush(stdout);
  }
  int commits() const {
    int all = 0;
    for (const Origin& origin : origins_) all += origin.commits;
    return all;
  }
  // `first`: at the same age of another process. The pool has a thread for each target and four more at most, and how
  // many were needed at once differs from minute to minute.
  void expect_flat(const Figures& first, const Figures& last) const {
    const auto threads_max = static_cast<std::uint64_t>(size_.syncs() * size_.targets_of_sync + 4 + 8);
    EXPECT_LE(last.anon_kib, first.anon_kib + 6 * 1024);
    EXPECT_LE(last.file_kib, first.file_kib + 4 * 1024);
    EXPECT_LE(last.descriptors, first.descriptors + 8);
    EXPECT_LE(last.threads, threads_max);
    EXPECT_LE(last.events, 1000U);
    EXPECT_LE(last.database_kib, 110U * 1024) << "its log of changes has 64 MiB at most, its WAL file 8";
  }

  // Each period has kills, then a time without: what the process takes is compared at its end.
  void soak(int periods, milliseconds with_kills, milliseconds kill_after, milliseconds without) {
    std::optional<Figures> first;
    Figures last;
    come_to_rest();
    show("start", figures());
    for (int period = 1; period <= periods && !HasFailure(); ++period) {
      work(with_kills, kill_after);
      come_to_rest();
      show("killed", figures());
      work(without, milliseconds(0));
      come_to_rest();
      last = figures();
      if (!first) first = last;
      show("period " + std::to_string(period), last);
    }
    if (!HasFailure()) expect_flat(*first, last);
  }

  fs::path folder_;
  Size size_{};
  std::vector<Origin> origins_;
  std::map<int, std::optional<bool>> paused_;  // by Sync, as it was acknowledged; no value: nobody knows
  child::Child stoker_;
  steady_clock::time_point started_;
  std::mt19937_64 random_{seed::given_or(1)};
  int starts_ = 0, kills_ = 0, writes_ = 0;
};

// B19
TEST_F(SoakTest, KillsInAMinuteLeaveNoMixAndLoseNoWrite) {
  begin({2, 2, 2});
  soak(2, seconds(12), seconds(2), seconds(5));
}

// B19
TEST_F(SoakTest, KillsForAQuarterOfAnHourLeaveNoMixLoseNoWriteAndNothingGrows) {
  const char* given = std::getenv("STOKER_TEST_SOAK");
  const int minutes = given ? std::max(3, std::atoi(given)) : 15;
  begin({4, 5, 5});
  soak(minutes / 3, seconds(100), seconds(5), seconds(65));
}

}  // namespace
}  // namespace plant
