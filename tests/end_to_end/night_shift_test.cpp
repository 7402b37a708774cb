// A night shift: `stoker run` with six targets, two repositories and a plugin of somebody else, commits every moment,
// and mishaps that a seed draws. At each rest every target has the newest good commit, no tree is a mix, nothing is
// called verified that nobody verified, and each mishap was said while it lasted and is gone after its repair.
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

constexpr int mishaps_in_all = 40, at_once = 4, files_of_a_commit = 8, targets_of_a_line = 3;

// A repository with its Sync and its targets.
struct Line {
  std::string name;
  std::unique_ptr<repository::Repository> repository;
  std::string newest;  // the last good commit
  int commits = 0;
  bool branch_is_there = true;
};

class NightShift : public testing::Test {
 protected:
  struct Mishap {
    std::string name;
    std::function<void()> begin, end;
    std::string on_page = {};  // while it lasts; empty: it is over at once, or nothing has to be seen
    std::string in_log = {};   // once; empty: nothing
    std::string line = {};     // whose Runs it concerns; empty: it concerns no Run
    std::string hides = {};    // the line whose other mishaps cannot be seen beside it, or "all"
  };

  NightShift() {
    std::string made = (fs::temp_directory_path() / "stoker-night-XXXXXX").string();
    folder_ = ::mkdtemp(made.data());
    control_ = folder_ / "control";
    for (const char* each : {"control", "syncs", "state/secrets/b"}) fs::create_directories(folder_ / each);
    fs::permissions(folder_ / "state/secrets", fs::perms::owner_all);
    fs::permissions(folder_ / "state/secrets/b", fs::perms::owner_all);
    write_secret();
    for (const char* name : {"a", "b"}) {
      Line& line = lines_.emplace_back();
      line.name = name;
      line.repository = std::make_unique<repository::Repository>(folder_ / ("repository-" + line.name));
      commit(line);
      write_sync(line);
    }
    write_config();
  }
  ~NightShift() override {
    stoker_.stop();
    if (HasFailure()) {
      const std::string text = log();
      std::fprintf(stderr, "the end of the log:\n%s\nthe page:\n%s\n",
                   text.substr(text.size() - std::min<std::size_t>(text.size(), 8000)).c_str(), page().c_str());
    }
    std::error_code left;
    fs::remove_all(folder_, left);
  }

  // ---- the plant

  void write_secret() const {
    write_text(folder_ / "state/secrets/b/token", "night");
    fs::permissions(folder_ / "state/secrets/b/token", fs::perms::owner_read | fs::perms::owner_write);
  }
  void write_sync(const Line& line) const {
    const std::string auth = line.name == "b" ? ", auth: {token: {secretRef: {name: b, key: token}}}" : "";
    write_text(folder_ / "syncs" / ("." + line.name),
               "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line-" + line.name +
                   "}\nspec:\n  git: {repo: \"file://" + line.repository->folder().string() + "\", ref: main" + auth +
                   "}\n  polling: {interval: 1s}\n  sync:\n    profiles:\n      p:\n        syncPeriod: 5\n" +
                   "        mappings: [{source: projects, destination: projects, type: dir}]\n");
    fs::rename(folder_ / "syncs" / ("." + line.name), folder_ / "syncs" / (line.name + ".yaml"));
  }
  void write_config() const {
    const std::string night =
        "{library: " + std::string(STOKER_NIGHT_WATCH) + ", settings: {control: " + control_.string() + "}}";
    std::string text = "state: " + (folder_ / "state").string() +
                       "\nmodules:\n  source-git: {settings: {allowFile: true}}\n  trigger-poll: {}\n"
                       "  strategy-merge: {settings: {preset: none}}\n  night-watch: " +
                       night + "\nhttp: {listen: 127.0.0.1:0}\nsyncs: " + (folder_ / "syncs").string() + "\ntargets:\n";
    for (const Line& line : lines_)
      for (int i = 0; i < targets_of_a_line; ++i) {
        fs::create_directories(data_of(line, i));
        text += "  - {name: " + target_of(line, i) + ", sync: line-" + line.name +
                ", profile: p, data: " + data_of(line, i).string() + "}\n";
      }
    write_text(folder_ / "stoker.yaml", text);
  }
  static std::string target_of(const Line& line, int i) { return line.name + "-" + std::to_string(i); }
  fs::path data_of(const Line& line, int i) const { return folder_ / ("data-" + target_of(line, i)); }

  // Every file of a commit begins with its number, so that a mix is seen.
  void commit(Line& line, bool bad = false) {
    if (!line.branch_is_there) return;
    const std::string number = std::to_string(++line.commits);
    for (int i = 0; i < files_of_a_commit; ++i)
      line.repository->write("projects/P/f" + std::to_string(i), (bad ? "BAD " : number + " ") + "text\n");
    const std::string id = line.repository->commit(number);
    if (!bad) line.newest = id;
  }

  void start_stoker() {
    const child::Variable disk("STOKER_TEST_DISK", (control_ / "disk").string()),
        clock("STOKER_TEST_CLOCK", (control_ / "clock").string()), before_all("LD_PRELOAD", STOKER_MISHAP_FAULTS);
    ++starts_;
    stoker_ = child::Child({stoker_program(), "run", "--config", (folder_ / "stoker.yaml").string()},
                           folder_ / ("log-" + std::to_string(starts_)));
  }

  // ---- what is seen

  std::string log() const {
    std::string all;
    for (int i = 1; i <= starts_; ++i) all += text_of(folder_ / ("log-" + std::to_string(i)));
    return all;
  }
  std::size_t log_count(const std::string& text, std::size_t from) const {
    const std::string all = log();
    std::size_t count = 0;
    for (std::size_t at = all.find(text, from); at != all.npos; at = all.find(text, at + 1)) ++count;
    return count;
  }
  std::string page() const {
    const std::string all = text_of(folder_ / ("log-" + std::to_string(starts_)));
    const std::string mark = "listening address=127.0.0.1 port=";
    const std::size_t at = all.rfind(mark);
    if (at == all.npos) return {};
    try {
      return http_client::get("http://127.0.0.1:" + all.substr(at + mark.size(), 5)).body;
    } catch (const std::exception&) {
      return {};
    }
  }
  json::value memory_of(const Line& line, int i) const {
    boost::system::error_code bad;
    return json::parse(text_of(data_of(line, i) / ".stoker/target.json"), bad);
  }
  // The commits whose files lie in the tree.
  std::set<std::string> commits_in(const Line& line, int i) const {
    std::set<std::string> found;
    for (int f = 0; f < files_of_a_commit; ++f) {
      std::ifstream in(data_of(line, i) / "projects/P" / ("f" + std::to_string(f)));
      std::string word;
      in >> word;
      found.insert(word);
    }
    return found;
  }
  bool rests(const Line& line, int i) const {
    const json::value now = memory_of(line, i);
    boost::system::error_code none;
    const json::value* verified = now.find_pointer("/running/verified", none);
    return text_at(now, "/running/revision") == line.newest && verified && *verified == json::value(true) &&
           text_at(now, "/inFlight/run").empty();
  }
  [[nodiscard]] bool eventually(const std::string& what, milliseconds within, const std::function<bool()>& seen) {
    const auto end = std::chrono::steady_clock::now() + within;
    while (!seen()) {
      if (std::chrono::steady_clock::now() > end) {
        ADD_FAILURE() << "not seen: " << what;
        return false;
      }
      std::this_thread::sleep_for(milliseconds(50));
    }
    return true;
  }

  // ---- mishaps

  Line& drawn_line() { return lines_[random_() % lines_.size()]; }
  void tell(const std::string& file, const std::string& word) const { write_text(control_ / file, word + "\n"); }
  void untell(const std::string& file) const { fs::remove(control_ / file); }

  Mishap draw(const std::string& kind) {
    Line& line = drawn_line();
    // Two mishaps of one target would hide each other.
    const int i = kind == "a link in the way" ? 2 : kind == "a verifier that throws" ? 1 : 0;
    const fs::path sync = folder_ / "syncs" / (line.name + ".yaml");
    const fs::path file = data_of(line, i) / "projects/P/f3", secret = folder_ / "state/secrets/b/token";
    const std::string target = target_of(line, i), here = line.repository->folder().string();
    const auto git = [here](const std::string& words) {
      if (std::system(("git -C " + here + " " + words + " >/dev/null 2>&1").c_str()) != 0) ADD_FAILURE() << words;
    };
    if (kind == "a typo in a Sync")
      return {kind + " " + line.name, [=] { write_text(sync, "kind: [\n"); }, [this, &line] { write_sync(line); },
              sync.filename().string(), "GatewaySync files have mistakes"};
    if (kind == "a branch that is gone")
      return {kind + " " + line.name,
              [=, &line] {
                if (std::exchange(line.branch_is_there, false)) git("branch -m main away");
              },
              [=, &line] {
                if (!std::exchange(line.branch_is_there, true)) git("branch -m away main");
              },
              "git.ref-not-found",
              "the ref of a Sync cannot be used",
              line.name,
              line.name};
    if (kind == "a secret that is gone")
      return {kind, [=] { fs::remove(secret); }, [this] { write_secret(); }, "secret.not-found", "secret b/token", "b",
              "b"};
    if (kind == "a link in the way")
      return {kind + " of " + target,
              [=] {
                fs::remove(file);
                fs::create_symlink("nowhere", file);
              },
              [=] { fs::remove(file); },
              "hold blocked",
              "hold blocked",
              line.name};
    if (kind == "a receiver that is down")
      return {kind,
              [this] { tell("notify", "down"); },
              [this] { untell("notify"); },
              "the bell is down",
              "the bell is down",
              "the bell"};
    if (kind == "a notifier that throws")
      return {kind,
              [this] { tell("notify-throw", "throw"); },
              [this] { untell("notify-throw"); },
              "thrown by the bell",
              "thrown by the bell",
              "the bell",
              "the bell"};
    if (kind == "a verifier that throws")
      return {kind + " at " + target,
              [=, this] { tell("admit-" + target, "throw"); },
              [=, this] { untell("admit-" + target); },
              "thrown by night for " + target,
              "",
              line.name};
    if (kind == "a verifier that hangs")
      return {kind + " at " + target, [=, this] { tell("admit-" + target, "hang"); },
              [=, this] { untell("admit-" + target); }, "", ""};
    if (kind == "a full disk")
      return {kind, [this] { tell("disk", "full"); }, [this] { untell("disk"); }, "", "", "", "all"};
    if (kind == "a clock that jumps")
      return {kind, [this] { tell("clock", random_() % 2 ? "172800" : "-172800"); }, [this] { untell("clock"); }, "",
              ""};
    if (kind == "a bad commit")
      return {kind + " " + line.name, [this, &line] { commit(line, true); }, [] {}, "", "a bad commit", line.name};
    return {kind,
            [this] {
              stoker_.kill_now();
              start_stoker();
            },
            [] {}, "", ""};
  }

  // Each kind comes before any comes again.
  std::vector<Mishap> draw_some() {
    std::vector<Mishap> some;
    while (some.size() < at_once) {
      if (kinds_.empty()) {
        kinds_ = {"a typo in a Sync",
                  "a branch that is gone",
                  "a secret that is gone",
                  "a link in the way",
                  "a receiver that is down",
                  "a notifier that throws",
                  "a verifier that throws",
                  "a verifier that hangs",
                  "a full disk",
                  "a clock that jumps",
                  "a bad commit",
                  "kill -9"};
        std::shuffle(kinds_.begin(), kinds_.end(), random_);
      }
      some.push_back(draw(kinds_.back()));
      kinds_.pop_back();
    }
    return some;
  }

  // ---- rounds

  void pass(milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      for (Line& line : lines_) commit(line);
      std::this_thread::sleep_for(milliseconds(400));
    }
  }
  static bool is_hidden(const Mishap& mishap, const std::vector<Mishap>& by) {
    return std::any_of(by.begin(), by.end(), [&](const Mishap& other) {
      if (other.name == mishap.name || other.hides.empty()) return false;
      return other.hides == "all" || (!mishap.line.empty() && other.hides == mishap.line);
    });
  }
  void be_seen(const Mishap& mishap, std::size_t from) {
    if (mishap.on_page.empty()) return;
    SCOPED_TRACE(mishap.name);
    EXPECT_TRUE(eventually("on the page: " + mishap.on_page, seconds(20), [&] {
      for (Line& line : lines_) commit(line);
      return page().find(mishap.on_page) != std::string::npos;
    }));
    if (mishap.in_log.empty()) return;
    EXPECT_GE(log_count(mishap.in_log, from), 1u);
  }
  void come_to_rest(bool nudged) {
    const seconds within(nudged ? 40 : 340);
    for (Line& line : lines_) commit(line);
    auto again = std::chrono::steady_clock::now();
    for (const Line& line : lines_)
      for (int i = 0; i < targets_of_a_line; ++i) {
        const bool there = eventually(target_of(line, i) + " at " + line.newest, within, [&] {
          if (nudged && std::chrono::steady_clock::now() >= again) {  // a person does not wait for a back-off
            stoker_.send(SIGHUP);
            again = std::chrono::steady_clock::now() + seconds(3);
          }
          return rests(line, i);
        });
        if (!there) continue;
        EXPECT_EQ(commits_in(line, i), std::set<std::string>{std::to_string(line.commits)});
      }
  }
  // What a Report calls verified was seen by the verifier.
  void nothing_is_verified_that_is_not() const {
    std::set<std::string> seen;
    std::ifstream verified(control_ / "verified");
    for (std::string line; std::getline(verified, line);) seen.insert(line);
    std::ifstream reports(control_ / "reports");
    for (std::string line; std::getline(reports, line);) {
      const json::value report = json::parse(line);
      if (text_at(report, "/outcome") != "applied" || report.at("verified") != json::value(true)) continue;
      const std::string what = text_at(report, "/target") + " " + text_at(report, "/revision");
      EXPECT_TRUE(seen.contains(what)) << what << " was called verified";
    }
  }

  void work(milliseconds hold, bool nudged) {
    start_stoker();
    come_to_rest(nudged);
    for (int round = 0; round < mishaps_in_all / at_once && !HasFailure(); ++round) {
      std::vector<Mishap> mishaps = draw_some();
      std::string names;
      for (const Mishap& mishap : mishaps) names += (names.empty() ? "" : ", ") + mishap.name;
      SCOPED_TRACE("round " + std::to_string(round) + ": " + names);
      std::vector<std::size_t> from;
      for (Mishap& mishap : mishaps) {
        from.push_back(log().size());
        mishap.begin();
      }
      pass(hold);
      for (std::size_t i = 0; i < mishaps.size(); ++i)
        if (!is_hidden(mishaps[i], mishaps)) be_seen(mishaps[i], from[i]);
      for (Mishap& mishap : mishaps) mishap.end();
      come_to_rest(nudged);
      for (const Mishap& mishap : mishaps) {
        const auto gone = [&] { return mishap.on_page.empty() || page().find(mishap.on_page) == std::string::npos; };
        EXPECT_TRUE(eventually("gone from the page: " + mishap.on_page, seconds(nudged ? 20 : 340), gone));
      }
    }
    nothing_is_verified_that_is_not();
  }

  fs::path folder_, control_;
  std::vector<Line> lines_;
  child::Child stoker_;
  int starts_ = 0;
  std::mt19937_64 random_{seed::given_or(1)};
  std::vector<std::string> kinds_;
};

TEST_F(NightShift, FortyMishapsInAMinute) { work(milliseconds(2500), true); }

// Nobody nudges it: every wait is Stoker's own.
TEST_F(NightShift, FortyMishapsAndNobodyIsThere) { work(seconds(45), false); }

}  // namespace
}  // namespace plant
