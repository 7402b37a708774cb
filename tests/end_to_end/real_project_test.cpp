// A real project at real gateways (simulated): it arrives whole, follows thirty random commits through ten kills of
// Stoker, and nothing but Stoker's own files is ever touched. What is believed is asked of the files and of what the
// gateways loaded.
#include "plant.hpp"
#include "random_edits.hpp"
#include "support/ignition_sim/digest.hpp"

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <thread>

namespace plant {
namespace {

using ignition_sim::Kind;
using ignition_sim::View;

constexpr const char* project = "projects/MobileHMS";
constexpr const char* views = "projects/MobileHMS/com.inductiveautomation.perspective/views/";
constexpr const char* generous_prune = "        prune: {maxFiles: 10000, maxPercent: 100}\n";
constexpr int commits = 30, kills = 10;

// Nobody's: in the data directory before Stoker comes, in and beside what is mapped.
const std::array<std::string, 6> foreign{
    "projects/Workshop/project.json",
    "projects/MobileHMS/from maria.txt",
    "projects/MobileHMS/.uuid",
    std::string(views) + "1_TEMPLATES/60px/top/Button_Clear/backup.json",
    "projects/stray.txt",
    "config/notes.txt",
};

unsigned seed() {
  const char* given = std::getenv("STOKER_TEST_SEED");
  return given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : 20;
}

struct Entry {
  std::string meaning;
  bool executable = false;
  bool operator==(const Entry&) const = default;
};
using Entries = std::map<std::string, Entry>;

Entries entries_of(const fs::path& root) {
  Entries entries;
  for (const auto& [path, bytes] : ignition_sim::read_tree(root, "projects")) {
    struct stat look {};
    const bool executable = lstat((root / path).c_str(), &look) == 0 && (look.st_mode & S_IXUSR) != 0;
    entries[path] = Entry{ignition_sim::meaning(path, bytes), executable};
  }
  return entries;
}

// The first few paths in which two trees differ; empty when they are equal.
std::string difference(const Entries& wanted, const Entries& found) {
  std::string text;
  int named = 0;
  const auto name = [&](const std::string& what, const std::string& path) {
    if (++named <= 8) text += what + ' ' + path + '\n';
  };
  for (const auto& [path, entry] : wanted) {
    const auto live = found.find(path);
    if (live == found.end())
      name("absent:", path);
    else if (live->second != entry)
      name("differs:", path);
  }
  for (const auto& [path, entry] : found)
    if (!wanted.contains(path)) name("too many:", path);
  return text;
}

class RealProjectTest : public Plant {
 protected:
  struct Press {
    std::string name;
    fs::path data;
    ignition_sim::Gateway* gateway;
  };

  RealProjectTest() {
    child::output_of({"tar", "-xJf", STOKER_TEST_DATA "/mobile-hms.tar.xz", "-C", repository_.folder().string()});
    for (const std::string& path : foreign)
      write_text(data_ / path,
                 path.ends_with("project.json") ? repository::project_json("Not yours", "", false) : "mine");
  }

  // The first gateway is the plant's; the others begin with the same data directory, key included.
  void start_gateways(std::size_t count) {
    ignition_sim::Options options;
    options.signature = ignition_sim::SignatureForm::v8_1;
    start_gateway(options);
    presses_.push_back({"press-1", data_, gateway_.get()});
    options.signature = ignition_sim::SignatureForm::v8_3;
    for (std::size_t number = 2; number <= count; ++number) {
      options.name = "press-" + std::to_string(number);
      options.data = folder_ / options.name;
      fs::create_directories(options.data);
      for (const char* part : {"config", "projects"})
        fs::copy(data_ / part, options.data / part, fs::copy_options::recursive);
      others_.push_back(std::make_unique<ignition_sim::Gateway>(options));
      others_.back()->start();
      presses_.push_back({options.name, options.data, others_.back().get()});
    }
    write_config("log: {level: debug}\n");
    std::string config = text_of(folder_ / "stoker.yaml");
    for (std::size_t i = 1; i < presses_.size(); ++i)
      config += "  - name: " + presses_[i].name +
                "\n    sync: line-a\n    profile: line\n    data: " + presses_[i].data.string() +
                "\n    gateway: {url: \"" + presses_[i].gateway->url() +
                "\", apiKey: {secretRef: {name: press-1, key: apiKey}}}\n";
    write_text(folder_ / "stoker.yaml", config);
    allow_loading({});
  }

  void allow_loading(View commit) {
    for (const std::string& path : foreign) {
      const fs::path owner = fs::path(path).parent_path();
      const bool loaded =
          path == foreign[0] || (path.starts_with(project) && commit.contains(project + std::string("/project.json")));
      if (loaded) commit[path] = ignition_sim::meaning(path, text_of(data_ / path));
    }
    loadable_.insert(ignition_sim::loaded_digest(commit));
    last_loaded_ = ignition_sim::loaded_digest(commit);
  }

  std::string commit(const std::string& subject) {
    const std::string revision = repository_.commit(subject);
    allow_loading(repository_.view());
    return revision;
  }

  bool remembered(const Press& press, const std::string& revision) const {
    boost::system::error_code bad;
    const json::value memory = json::parse(text_of(press.data / ".stoker/target.json"), bad);
    if (bad || text_at(memory, "/running/revision") != revision) return false;
    const json::value* verified = memory.find_pointer("/running/verified", bad);
    return verified && *verified == json::value(true);
  }

  // Every gateway says that it is done; then files and loaded projects have to be this commit's, at once.
  void expect_everywhere(const std::string& revision) {
    const auto done = [&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return std::all_of(presses_.begin(), presses_.end(), [&](const Press& p) { return remembered(p, revision); });
    };
    ASSERT_TRUE(eventually("revision " + revision + " verified at all gateways", done));
    Entries wanted = entries_of(repository_.folder());
    for (const std::string& path : foreign)
      if (path.starts_with("projects/")) wanted[path] = Entry{ignition_sim::sha256_hex(text_of(data_ / path)), false};
    for (const Press& press : presses_) {
      EXPECT_EQ(difference(wanted, entries_of(press.data)), "") << press.name << " at " << revision;
      EXPECT_EQ(press.gateway->digest("projects"), last_loaded_) << press.name << " loaded something else";
    }
  }

  // What is nobody's, each file with identity, times and bytes.
  std::string nobodys(const Press& press) const {
    std::string text;
    for (const std::string& path : foreign) text += identity(press.data, path);
    for (const auto& entry : fs::recursive_directory_iterator(press.data)) {
      const std::string path = entry.path().lexically_relative(press.data).string();
      const bool others =
          path.starts_with("projects") || path.starts_with(".stoker") || path.find(".resources") != path.npos;
      if (!others && entry.is_regular_file()) text += identity(press.data, path);
    }
    return text;
  }
  static std::string identity(const fs::path& data, const std::string& path) {
    struct stat look {};
    if (lstat((data / path).c_str(), &look) != 0) return path + " is gone\n";
    return path + ' ' + std::to_string(look.st_ino) + ' ' + std::to_string(look.st_mode) + ' ' +
           std::to_string(look.st_mtim.tv_sec) + '.' + std::to_string(look.st_mtim.tv_nsec) + ' ' +
           text_of(data / path) + '\n';
  }

  void expect_no_mix_was_loaded() {
    for (const Press& press : presses_) {
      std::size_t loads = 0;
      for (const auto& scan : press.gateway->scans()) {
        if (scan.kind != Kind::projects) continue;
        ++loads;
        EXPECT_TRUE(loadable_.contains(scan.digest)) << press.name << " loaded what is no commit, load " << loads;
      }
      EXPECT_GT(loads, 1u) << press.name;
      EXPECT_EQ(press.gateway->unknown(), std::vector<std::string>());
    }
  }

  void start() {
    start_stoker();
    ++starts_;
  }
  // A hint that is no timer's; none before it listens, when a SIGHUP would end it.
  void hint() {
    if (log_count("stoker: running targets=") == starts_) stoker_.send(SIGHUP);
  }

  // Such a hint, and the Run of each target that answers it.
  void look_again() {
    std::vector<std::size_t> before;
    for (const Press& press : presses_) before.push_back(unchanged(press));
    stoker_.send(SIGHUP);
    for (std::size_t i = 0; i < presses_.size(); ++i)
      ASSERT_TRUE(
          eventually("a further look at " + presses_[i].name, [&] { return unchanged(presses_[i]) > before[i]; }));
  }
  std::size_t unchanged(const Press& press) const { return log_count("target=" + press.name + " outcome=unchanged"); }

  std::vector<std::string> snapshots() const {
    std::vector<std::string> all;
    for (const Press& press : presses_) all.push_back(snapshot(press.data));
    return all;
  }

  void pause(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

  std::vector<std::unique_ptr<ignition_sim::Gateway>> others_;
  std::vector<Press> presses_;
  std::size_t starts_ = 0;
  std::set<std::string> loadable_;  // digests of what a gateway may ever have loaded
  std::string last_loaded_;
};

// pitfalls P01, P04, P05, P06, P07, P42
TEST_F(RealProjectTest, ThirtyCommitsAndTenKillsLeaveEveryFileAsCommitted) {
  start_gateways(3);
  for (const Press& press : presses_) press.gateway->self_writes();
  Sync sync;
  sync.more = generous_prune;
  write_sync(sync);
  std::vector<std::string> before;
  for (const Press& press : presses_) before.push_back(nobodys(press));

  const std::string first = commit("MobileHMS below a small Global");
  start();
  expect_everywhere(first);

  std::printf("seed %u; another one: STOKER_TEST_SEED=n\n", seed());
  const std::string kept = std::string(views) + "1_TEMPLATES/60px/top/Button_Clear";
  RandomEdits edits(repository_, project, {kept}, seed());
  std::set<int> killed;
  while (killed.size() < kills) killed.insert(edits.below(commits));
  std::string revision;
  int quiet = 0;
  for (int number = 0; number < commits && !HasFailure(); ++number) {
    revision = edits.commit();
    allow_loading(repository_.view());
    // overlapping hints, the poll's among them
    for (int hints = edits.below(4); hints > 0; --hints) {
      hint();
      pause(edits.below(60));
    }
    if (killed.contains(number)) {
      pause(edits.below(3) == 0 ? 0 : edits.below(700));
      stoker_.kill_now();
      start();
    }
    if (edits.below(4) == 0) {
      expect_everywhere(revision);
      ++quiet;
    } else {
      pause(edits.below(400));
    }
  }
  expect_everywhere(revision);
  std::printf("%s; looked at whole trees %d times in between\n", edits.counts().c_str(), quiet);

  expect_no_mix_was_loaded();
  for (std::size_t i = 0; i < presses_.size(); ++i) EXPECT_EQ(nobodys(presses_[i]), before[i]) << presses_[i].name;
  look_again();  // the first one after a kill may look at every file
  const std::vector<std::string> at_rest = snapshots();
  look_again();
  EXPECT_TRUE(snapshots() == at_rest) << "a second Run of the same commit wrote below a data directory";
}

// pitfalls P42
TEST_F(RealProjectTest, LooksAtAnUnchangedCommitWriteNothing) {
  start_gateways(2);
  write_sync({});
  const std::string first = commit("MobileHMS below a small Global");
  start();
  expect_everywhere(first);
  EXPECT_NE(text_of(presses_[1].data / (std::string(views) + "1_TEMPLATES/60px/top/Input_Date/resource.json"))
                .find("\"external\""),
            std::string::npos)
      << "the gateway is to have stamped what it loaded";

  const std::vector<std::string> at_rest = snapshots();
  for (int look = 0; look < 20; ++look) look_again();
  EXPECT_TRUE(snapshots() == at_rest);

  // a new process looks at every owned file, stamped ones too
  stoker_.stop();
  std::vector<std::string> trees;
  for (const Press& press : presses_) trees.push_back(snapshot(press.data, ".stoker"));
  for (int look = 0; look < 2; ++look)
    for (const Press& press : presses_) {
      const json::object report = sync_once(0, {"--target", press.name});
      EXPECT_EQ(text_at(report, "/outcome"), "unchanged");
      EXPECT_EQ(text_at(report, "/notes/0/code"), "") << "a stamp is no drift";
    }
  for (std::size_t i = 0; i < presses_.size(); ++i) EXPECT_TRUE(snapshot(presses_[i].data, ".stoker") == trees[i]);
}

// pitfalls P02, P40
TEST_F(RealProjectTest, ACommitThatDeletesMostFilesIsHeldUntilPruneIsRaised) {
  start_gateways(1);
  write_sync({});
  const std::string first = commit("MobileHMS below a small Global");
  start();
  expect_everywhere(first);
  const std::string before = snapshot(data_ / "projects");
  const std::string mine = nobodys(presses_[0]);

  repository_.remove(views);
  const std::string emptied = commit("Only the queries are left");
  const auto held = [&] { return log_count("target=press-1 outcome=held") > 0; };
  ASSERT_TRUE(eventually("the hold", held));
  EXPECT_GT(log_count("mass-delete"), 0u);
  EXPECT_EQ(snapshot(data_ / "projects"), before);
  EXPECT_TRUE(remembered(presses_[0], first));

  stoker_.send(SIGHUP);  // looking again frees nothing
  ASSERT_TRUE(eventually("held again", [&] { return log_count("target=press-1 outcome=held") > 1; }));
  EXPECT_TRUE(snapshot(data_ / "projects") == before);

  Sync sync;
  sync.more = generous_prune;
  write_sync(sync);
  expect_everywhere(emptied);
  EXPECT_EQ(nobodys(presses_[0]), mine);
  expect_no_mix_was_loaded();
}

}  // namespace
}  // namespace plant
