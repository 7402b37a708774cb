// stoker-demo: three simulated gateways, one Stoker, a story in seven steps. Each step says what it waits for and ends
// when that was seen at the gateways themselves: in their files, and in what they have loaded. With --once it ends
// after the story, with 0 only if every step was seen; without, it stays until Ctrl-C. One thread; the children die
// with it.
#include "plant.hpp"

#include "support/child.hpp"
#include "support/repository.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <thread>

namespace demo {
namespace {

using child::Child;
using repository::project_json;
using repository::Repository;

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds step_patience{90};
constexpr std::chrono::seconds several_polls{5};  // the demo polls every second
constexpr std::array gateway_names{"press-1", "press-2", "press-3"};
constexpr const char* main_project = "projects/MobileHMS/project.json";
constexpr const char* views = "projects/MobileHMS/com.inductiveautomation.perspective/views/";

volatile sig_atomic_t interrupted = 0;
void interrupt(int) { interrupted = 1; }

struct Options {
  fs::path root, build;
  bool once = false;
};

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string short_id(const std::string& commit) { return commit.substr(0, 7); }

void fill_in(std::string& text, const std::string& mark, const std::string& value) {
  for (std::size_t at = text.find(mark); at != text.npos; at = text.find(mark, at + value.size()))
    text.replace(at, mark.size(), value);
}

// What stands on the screen. Colours on a terminal only.
class Screen {
 public:
  void title(const std::string& text) const { std::printf("%s%s%s\n", bold(), text.c_str(), plain()); }
  void line(const std::string& text) const { std::printf("      %s\n", text.c_str()); }
  void begin(int number, const std::string& text) {
    std::printf("%s[%d/7]%s %s\n", bold(), number, plain(), text.c_str());
    std::fflush(stdout);
    begun_ = Clock::now();
  }
  void end() const {
    const std::chrono::duration<double> took = Clock::now() - begun_;
    std::printf("      %sseen%s after %.1f s\n", green(), plain(), took.count());
    std::fflush(stdout);
  }
  void failed(const std::string& why) const { std::fprintf(stderr, "%sfailed:%s %s\n", red(), plain(), why.c_str()); }

 private:
  const char* bold() const { return colours_ ? "\033[1m" : ""; }
  const char* green() const { return colours_ ? "\033[32m" : ""; }
  const char* red() const { return colours_ ? "\033[31m" : ""; }
  const char* plain() const { return colours_ ? "\033[0m" : ""; }
  const bool colours_ = isatty(STDOUT_FILENO) != 0;
  Clock::time_point begun_;
};

class Story {
 public:
  Story(const Options& options, fs::path folder) : options_(options), folder_(std::move(folder)) {}

  void tell();
  void stay();

 private:
  void make_repository();
  void start_gateways();
  void start_stoker();
  void deliver_commit();
  void wait_for_designer();
  void take_back_bad_commit();
  void repair();

  bool at(const Gateway& gateway, const ignition_sim::View& wanted) const {
    return gateway.has_loaded(wanted) && gateway.has_files(wanted);
  }
  bool at_all(const ignition_sim::View& wanted) const {
    for (const Gateway& gateway : gateways_)
      if (!at(gateway, wanted)) return false;
    return true;
  }
  void wait_until(const std::string& what, const std::function<bool()>& seen);
  void watch_that(const std::string& what, const std::function<bool()>& stays);
  void look_after_children();
  void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(100)); }

  const Options options_;
  const fs::path folder_;
  Screen screen_;
  std::optional<Repository> repository_;
  std::vector<Gateway> gateways_;
  Child stoker_;  // after the gateways: stopped before them
};

void Story::tell() {
  screen_.title("Stoker: three gateways, one repository");
  for (const auto step : {&Story::make_repository, &Story::start_gateways, &Story::start_stoker, &Story::deliver_commit,
                          &Story::wait_for_designer, &Story::take_back_bad_commit, &Story::repair}) {
    (this->*step)();
    if (!options_.once) watch_that("time to read", [] { return true; });
  }
}

void Story::make_repository() {
  screen_.begin(1, "a git repository with a real project below a small inheritable parent");
  repository_.emplace(folder_ / "repository");
  const fs::path archive = options_.root / "tests/data/mobile-hms.tar.xz";
  child::output_of({"tar", "-xJf", archive.string(), "-C", repository_->folder().string()});
  repository_->write("projects/Global/project.json", project_json("What all lines share", "", true));
  repository_->write("projects/Kiosk/project.json", project_json("A screen in the hall", "Global", false));
  repository_->commit("MobileHMS below a small Global");
  screen_.line(std::to_string(repository_->view().size()) + " files in " + (folder_ / "repository").string());
  screen_.end();
}

void Story::start_gateways() {
  screen_.begin(2, "three simulated gateways, each with its own data directory and API key");
  for (const char* name : gateway_names)
    gateways_.emplace_back(options_.build / "tests/support/ignition-sim", folder_, name);
  for (const Gateway& gateway : gateways_) screen_.line(gateway.name() + "  " + gateway.url());
  wait_until("running gateways without a project", [this] { return at_all({}); });
  screen_.end();
}

void Story::start_stoker() {
  screen_.begin(3, "Stoker starts and brings the first revision to all three");
  fs::create_directories(folder_ / "syncs");
  std::string config = text_of(options_.root / "examples/demo/stoker.yaml");
  std::string sync = text_of(options_.root / "examples/demo/line-a.yaml");
  for (std::size_t i = 0; i < gateways_.size(); ++i)
    fill_in(config, "http://127.0.0.1:808" + std::to_string(i + 1), gateways_[i].url());
  fill_in(config, "/srv/stoker-demo", folder_.string());
  fill_in(sync, "/srv/stoker-demo", folder_.string());
  std::ofstream(folder_ / "stoker.yaml") << config;
  std::ofstream(folder_ / "syncs/line-a.yaml") << sync;
  stoker_ = Child({(options_.build / "host/stoker").string(), "run", "--config", (folder_ / "stoker.yaml").string()},
                  folder_ / "stoker.log");
  const ignition_sim::View wanted = repository_->view();
  wait_until("the first revision on all three gateways", [&] { return at_all(wanted); });
  screen_.end();
}

void Story::deliver_commit() {
  screen_.begin(4, "a commit arrives: an edit, a renamed view, a deleted view, a new project");
  repository_->write(main_project, project_json("Now with a second press", "Global", false));
  repository_->rename(std::string(views) + "1_TEMPLATES/60px/top/Input_Date",
                      std::string(views) + "1_TEMPLATES/60px/top/Input_Day");
  repository_->remove(std::string(views) + "1_TEMPLATES/60px/top/Input_DateTime");
  repository_->write("projects/Andon/project.json", project_json("Lamps above the line", "Global", false));
  screen_.line("commit " + short_id(repository_->commit("A second press")));
  const ignition_sim::View wanted = repository_->view();
  wait_until("the commit on all three gateways", [&] { return at_all(wanted); });
  screen_.end();
}

void Story::wait_for_designer() {
  const ignition_sim::View before = repository_->view();
  screen_.begin(5, "somebody has a Designer open on press-2: that one waits, the others move");
  gateways_[1].set_designer("maria", "MobileHMS");
  repository_->write(main_project, project_json("With a third press", "Global", false));
  screen_.line("commit " + short_id(repository_->commit("A third press")));
  const ignition_sim::View wanted = repository_->view();
  wait_until("the commit on press-1 and press-3", [&] { return at(gateways_[0], wanted) && at(gateways_[2], wanted); });
  watch_that("press-2 stays as it was", [&] { return at(gateways_[1], before); });
  screen_.line("press-1 and press-3 moved, press-2 stood still; now the Designer closes");
  gateways_[1].set_designer("", "");
  wait_until("the commit on press-2", [&] { return at_all(wanted); });
  screen_.end();
}

// The gateways themselves find it bad: a project whose parent is not inheritable is not loaded.
void Story::take_back_bad_commit() {
  const ignition_sim::View good = repository_->view();
  screen_.begin(6, "a bad commit: valid JSON, but it names a parent that is not inheritable");
  repository_->write(main_project, project_json("With a third press", "Kiosk", false));
  screen_.line("commit " + short_id(repository_->commit("Move the project below Kiosk")));
  ignition_sim::View without_project = repository_->view();
  std::erase_if(without_project, [](const auto& file) { return file.first.starts_with("projects/MobileHMS/"); });
  const auto tried = [&] {
    for (const Gateway& gateway : gateways_)
      if (!gateway.ever_loaded(without_project)) return false;
    return true;
  };
  wait_until("each gateway to try it and to find the project not loadable", tried);
  wait_until("the previous revision back on all three gateways", [&] { return at_all(good); });
  screen_.line("tried, found bad by each gateway, taken back; now it has to stay away");
  std::vector<std::size_t> scans;
  for (const Gateway& gateway : gateways_) scans.push_back(gateway.scans());
  watch_that("the bad revision is not tried again", [&] {
    for (std::size_t i = 0; i < gateways_.size(); ++i)
      if (gateways_[i].scans() != scans[i]) return false;
    return at_all(good);
  });
  screen_.end();
}

void Story::repair() {
  screen_.begin(7, "a good commit repairs it");
  repository_->write(main_project, project_json("With a third press, below Global again", "Global", false));
  screen_.line("commit " + short_id(repository_->commit("Back below Global")));
  const ignition_sim::View wanted = repository_->view();
  wait_until("the repair on all three gateways", [&] { return at_all(wanted); });
  screen_.end();
}

void Story::stay() {
  screen_.title("All of it was seen at the gateways. It goes on until Ctrl-C; to try by hand:");
  screen_.line("edit below " + (folder_ / "repository").string() + " and commit");
  screen_.line("tail -f " + (folder_ / "stoker.log").string());
  for (const Gateway& gateway : gateways_) {
    screen_.line(gateway.name() + ": files in " + gateway.data().string() + ", loaded: curl " + gateway.control_url() +
                 "/sim/projects");
    screen_.line("         open a Designer: curl -d '[{\"id\":\"1\",\"user\":\"you\",\"project\":\"MobileHMS\"}]' " +
                 gateway.control_url() + "/sim/designers; close it: the same with '[]'");
  }
  while (!interrupted) {
    look_after_children();
    pause();
  }
}

void Story::wait_until(const std::string& what, const std::function<bool()>& seen) {
  const auto patience_ends = Clock::now() + step_patience;
  while (!seen()) {
    if (Clock::now() > patience_ends)
      throw std::runtime_error("not seen within " + std::to_string(step_patience.count()) + " s: " + what);
    look_after_children();
    pause();
  }
}

void Story::watch_that(const std::string& what, const std::function<bool()>& stays) {
  for (const auto ends = Clock::now() + several_polls; Clock::now() < ends; pause()) {
    if (!stays()) throw std::runtime_error("does not hold: " + what);
    look_after_children();
  }
}

void Story::look_after_children() {
  if (interrupted) throw std::runtime_error("interrupted");
  for (Gateway& gateway : gateways_)
    if (!gateway.alive()) throw std::runtime_error(gateway.name() + " ended by itself, see its gateway.log");
  if (repository_ && fs::exists(folder_ / "stoker.log") && !stoker_.alive())
    throw std::runtime_error("stoker ended by itself");
}

Options options_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--once")
      options.once = true;
    else if (word == "--root" && i + 1 < argc)
      options.root = fs::absolute(argv[++i]);
    else if (word == "--build" && i + 1 < argc)
      options.build = fs::absolute(argv[++i]);
    else
      throw std::invalid_argument("usage: stoker-demo --root CHECKOUT --build BUILD-FOLDER [--once]");
  }
  if (options.root.empty() || options.build.empty())
    throw std::invalid_argument("--root and --build are needed; use ./run demo");
  return options;
}

fs::path new_folder() {
  std::string pattern = (fs::temp_directory_path() / "stoker-demo-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  return pattern;
}

void print_end_of(const fs::path& log) {
  if (!fs::exists(log)) return;
  const std::string text = text_of(log);
  constexpr std::size_t bytes_max = 4000;
  std::fprintf(stderr, "the end of %s:\n%s\n", log.c_str(),
               text.substr(text.size() - std::min(text.size(), bytes_max)).c_str());
}

int run(const Options& options) {
  const fs::path folder = new_folder();
  try {
    Story story(options, folder);
    const auto begun = Clock::now();
    story.tell();
    std::printf("story told in %.1f s\n", std::chrono::duration<double>(Clock::now() - begun).count());
    if (!options.once) story.stay();
  } catch (const std::exception& why) {
    if (interrupted) {
      fs::remove_all(folder);
      return 130;
    }
    Screen().failed(why.what());
    print_end_of(folder / "stoker.log");
    std::fprintf(stderr, "everything is kept in %s\n", folder.c_str());
    return 1;
  }
  fs::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace demo

int main(int argc, char** argv) try {
  struct sigaction action {};
  action.sa_handler = demo::interrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return demo::run(demo::options_of(argc, argv));
} catch (const std::exception& why) {
  std::fprintf(stderr, "stoker-demo: %s\n", why.what());
  return 2;
}
