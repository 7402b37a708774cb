// stoker-bench: makes the trees, runs each workload in a process of its own with its bound beside it, and writes the
// page. Reads as the list of workloads. This process stays small, since its size would count into its children's peak.
#include "fleet_load.hpp"
#include "fleet_rows.hpp"
#include "git_rows.hpp"
#include "page.hpp"
#include "plant.hpp"
#include "program.hpp"
#include "workers.hpp"

#include <malloc.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <thread>

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace bench;

constexpr std::uint64_t mebibyte = 1 << 20;
constexpr std::chrono::minutes patience{3};
constexpr const char* of_trees[] = {"B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8"};  // the other rows need no tree
#ifdef __clang__
constexpr const char* compiler = "";  // its version says its name
#else
constexpr const char* compiler = "g++ ";
#endif

struct Options {
  std::vector<std::size_t> sizes{10'000, 100'000};
  int rounds = 101, scans = 5, starts = 11;
  std::uint64_t seed = 20251118;
  fs::path room, memory = "/dev/shm", page;
  std::vector<std::string> only;
  bool quick = false;
  bool wants(std::string_view id) const {
    return only.empty() || std::find(only.begin(), only.end(), id) != only.end();
  }
};

void until(const char* what, const std::function<bool()>& seen, std::chrono::microseconds pause) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!seen()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error(std::string("not seen: ") + what);
    std::this_thread::sleep_for(pause);
  }
}

class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)) {}
  int run();

 private:
  Grown grow(std::size_t files);
  void say_machine();
  void one_file(const Grown& grown, const fs::path& data, bool durable);
  std::optional<double> calls_a_round(const Grown& grown, const fs::path& data);
  void drift(const Grown& grown);
  void written(const Grown& grown);
  void warm_start(const Grown& grown);
  void memory(const Grown& grown);
  void add(std::vector<Row> rows);
  bool wants_trees() const {
    return std::any_of(std::begin(of_trees), std::end(of_trees), [&](const char* id) { return options_.wants(id); });
  }

  Options options_;
  fs::path memory_room_;
  Page page_;
};

Grown Bench::grow(std::size_t files) {
  Grown grown{files, "", "", "", 0, options_.room / std::to_string(files), {}, {}};
  grown.on_disk = grown.room / "data";
  grown.in_memory = memory_room_ / std::to_string(files);
  fs::create_directories(grown.on_disk);
  fs::create_directories(grown.in_memory);
  std::cerr << "a tree of " << files << " files\n";
  const json::object made = work(worker("repository", grown, grown.on_disk, options_.seed, 0));
  grown.first = std::string(made.at("first").as_string());
  grown.second = std::string(made.at("second").as_string());
  grown.changing = std::string(made.at("changing").as_string());
  grown.bytes = made.at("bytes").to_number<std::uint64_t>();
  for (const fs::path& data : {grown.on_disk, grown.in_memory}) {
    const json::object filled = work(worker("fill", grown, data, options_.seed, 0));
    std::cerr << "  " << file_system_of(data) << ": " << json::serialize(filled) << "\n";
  }
  ::sync();  // what was written by hand is not to be paid for by the rounds
  return grown;
}

void Bench::say_machine() {
  std::string model = "unknown";
  std::ifstream cpus("/proc/cpuinfo");
  for (std::string text; std::getline(cpus, text);)
    if (text.starts_with("model name")) {
      model = text.substr(text.find(':') + 2);
      break;
    }
  struct utsname kernel {};
  ::uname(&kernel);
  const std::string root = STOKER_ROOT;
  std::string commit = bench::run({"git", "-C", root, "rev-parse", "--short=12", "HEAD"}).out;
  while (!commit.empty() && commit.back() == '\n') commit.pop_back();
  if (!bench::run({"git", "-C", root, "status", "--porcelain", "--untracked-files=no", "--", "host", "plugins", "sdk",
                   "bench"})
           .out.empty())
    commit += ", with changes";
  std::string load;
  std::getline(std::ifstream("/proc/loadavg"), load);
  std::string git = bench::run({"git", "--version"}).out;
  while (!git.empty() && git.back() == '\n') git.pop_back();
  page_.add_fact("CPU", model + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores");
  page_.add_fact("Kernel", std::string(kernel.sysname) + " " + kernel.release);
  page_.add_fact("Compiler", std::string(compiler) + __VERSION__ + ", " STOKER_BUILD_TYPE);
  page_.add_fact("Git", git);
  page_.add_fact("Commit", commit);
  page_.add_fact("Load before", load);
}

// B1 in memory, B2 on a disk.
void Bench::one_file(const Grown& grown, const fs::path& data, bool durable) {
  const bool large = grown.files >= 100'000;
  // Each round opens the revision, which is not measured here and takes longer than all that is.
  const int rounds = large ? std::min(options_.rounds, 31) : options_.rounds;
  const json::value result = work(worker("one-file", grown, data, options_.seed, rounds));
  Row row;
  row.id = durable ? "B2" : "B1";
  row.what = "plan, stage, apply; one file changed";
  row.files = grown.files;
  row.file_system = file_system_of(data);
  row.samples = samples(result, "/ms");
  row.target = durable ? (large ? 120 : 40) : (large ? 60 : 15);
  row.bound_name = "diff-tree + durable write";
  row.bound = samples(result, "/boundMs");
  row.ratio = real(result, "/ratio");
  const Samples durable_write = samples(result, "/durableWriteMs");
  row.floor = durable_write.at(0);
  row.rss_peak_mib = real(result, "/rssPeakKib") / 1024;
  double read = 0, written = 0, syncs = 0;
  for (const std::string part : {"open", "plan", "stage", "apply", "forget"}) {
    const double part_written = real(result, "/" + part + (durable ? "/writtenBytes" : "/writtenChars")) / 1024;
    const double part_syncs = real(result, "/" + part + "/syncs");
    page_.add_part(row.id + ", " + std::to_string(grown.files / 1000) + "k", part,
                   samples(result, "/" + part + "/ms").median(), part_syncs, part_written);
    read += real(result, "/" + part + "/readChars") / 1024;
    written += part_written;
    syncs += part_syncs;
  }
  row.read_kib = read;
  row.written_kib = written;
  row.syncs = syncs;
  row.calls = calls_a_round(grown, data);
  row.reference = durable ? (large ? "65–176 s" : "6–12 s") : (large ? "14 s" : "1.25 s");
  row.note = "with forget; bound: " + std::to_string(samples(result, "/diffTreeMs").median()).substr(0, 5) + " + " +
             std::to_string(durable_write.median()).substr(0, 5) + " ms";
  page_.add(std::move(row));
}

// The difference between many rounds and few, so that loading and opening do not count.
std::optional<double> Bench::calls_a_round(const Grown& grown, const fs::path& data) {
  constexpr int few = 1, many = 11;
  const fs::path scratch = grown.room / "calls";
  const auto one = calls_of(worker("one-file", grown, data, options_.seed, few, false), scratch);
  if (!one) return std::nullopt;
  const auto more = calls_of(worker("one-file", grown, data, options_.seed, many, false), scratch);
  return static_cast<double>(all(*more) - all(*one)) / (many - few);
}

void Bench::drift(const Grown& grown) {
  const Plant plant({grown.room, grown.on_disk});
  plant.point_at(grown.first);
  run_to_end(plant.sync());  // whatever ran before
  const json::value result = work(worker("drift", grown, grown.on_disk, options_.seed, options_.scans));
  const bool large = grown.files >= 100'000;
  for (const bool by_hash : {false, true}) {
    const std::string part = by_hash ? "/byHash" : "/byStat";
    Row row;
    row.id = "B7";
    row.what = by_hash ? "drift scan, every file by its bytes" : "drift scan, every file by stat";
    row.files = grown.files;
    row.file_system = file_system_of(grown.on_disk) + ", warm";
    row.samples = samples(result, part + "/ms");
    if (large) row.target = by_hash ? 2500 : 800;
    row.bound_name = by_hash ? "SHA-256 walk" : "stat walk";
    row.bound = samples(result, by_hash ? "/hashWalkMs" : "/statWalkMs");
    row.ratio = real(result, by_hash ? "/hashRatio" : "/statRatio");
    if (by_hash) row.floor = row.bound.at(0);  // the other walk reads folders, which a look at known paths does not
    row.rss_peak_mib = real(result, by_hash ? "/rssPeakKib" : "/statPeakKib") / 1024;
    row.read_kib = real(result, part + "/readChars") / 1024;
    row.written_kib = real(result, part + "/writtenBytes") / 1024;
    row.syncs = real(result, part + "/syncs");
    page_.add(std::move(row));
  }
}

// B4: the whole program, its memory of the target included.
void Bench::written(const Grown& grown) {
  const Plant plant({grown.room, grown.on_disk});
  plant.point_at(grown.first);
  run_to_end(plant.sync());
  Row row;
  row.id = "B4";
  row.what = "bytes written for an 8 KB change, `stoker sync`";
  row.files = grown.files;
  row.file_system = file_system_of(grown.on_disk);
  row.unit = "KiB";
  row.target = 64;
  Samples peaks;
  for (int round = 0; round < 4; ++round) {
    plant.point_at(round % 2 ? grown.first : grown.second);
    const Ended ended = run_to_end(plant.sync());
    if (ended.out.find("\"applied\"") == ended.out.npos) throw std::runtime_error("not applied: " + ended.out);
    row.samples.add(static_cast<double>(ended.written_bytes) / 1024);
    peaks.add(static_cast<double>(ended.rss_peak_kib) / 1024);
  }
  row.rss_peak_mib = peaks.max();
  plant.point_at(grown.second);
  const auto calls = calls_of(plant.sync(), grown.room / "calls");
  plant.point_at(grown.first);
  run_to_end(plant.sync());
  if (calls) {
    row.syncs = static_cast<double>(syncs(*calls));
    row.calls = static_cast<double>(all(*calls));
  }
  row.reference = grown.files >= 100'000 ? "370 MB" : "37 MB";
  row.note = "a process of its own, looks at all files; pages of the file cache that it made dirty, on any disk";
  page_.add(std::move(row));
}

void Bench::warm_start(const Grown& grown) {
  const Plant plant({grown.room, grown.on_disk});
  plant.point_at(grown.first);
  run_to_end(plant.sync());
  const std::uint64_t cached = plant.cached_bytes();
  plant.take_away();
  Row row;
  row.id = "B6";
  row.what = "warm start without git: process start to /readyz 200";
  row.files = grown.files;
  row.file_system = file_system_of(grown.on_disk);
  row.target = 200;
  Samples peaks;
  for (int round = 0; round < options_.starts; ++round) {
    const Stopwatch watch;
    Running process(plant.serve(), grown.room / "stoker.log");
    until(
        "ready", [&] { return plant.ready(); }, std::chrono::microseconds(500));
    row.samples.add(watch.ms());
    peaks.add(static_cast<double>(status_kib(process.pid(), "VmHWM")) / 1024);
    process.stop();
  }
  plant.bring_back();
  if (plant.cached_bytes() != cached) throw std::runtime_error("a warm start fetched something");
  row.rss_peak_mib = peaks.max();
  row.reference = "full clone, or never";
  row.note = "0 bytes fetched; the repository was not there";
  page_.add(std::move(row));
}

// B8: one process through a start, a look at every file, and a Run of one file, all within the bound.
void Bench::memory(const Grown& grown) {
  const Plant plant({grown.room, grown.on_disk});
  plant.point_at(grown.first);
  run_to_end(plant.sync());
  const auto bound = MemoryBound::make(96 * mebibyte);
  const Arguments serve = bound ? bound->inside(plant.serve()) : plant.serve();
  Running process(serve, grown.room / "stoker.log");
  const auto mib = [&](const char* name) { return static_cast<double>(status_kib(process.pid(), name)) / 1024; };
  const auto pause = std::chrono::milliseconds(20);
  until(
      "the look at every file", [&] { return plant.runs("unchanged") > 0 || !process.alive(); }, pause);
  const double peak_of_look = mib("VmHWM");
  plant.point_at(grown.second);
  until(
      "the Run of one file", [&] { return plant.runs("applied") > 0 || !process.alive(); }, pause);
  if (!process.alive()) throw std::runtime_error("stoker ended, see " + (grown.room / "stoker.log").string());
  const double peak = mib("VmHWM");
  std::this_thread::sleep_for(std::chrono::seconds(2));
  Row row;
  row.id = "B8";
  row.what = "agent, RSS idle after a Run";
  row.files = grown.files;
  row.file_system = file_system_of(grown.on_disk);
  row.unit = "MiB";
  row.samples.add(mib("VmRSS"));
  row.target = 16;
  row.reference = "256 MiB limit";
  row.note = "of it anonymous: " + std::to_string(mib("RssAnon")).substr(0, 4) + " MiB";
  Row most = row;
  most.what = "agent, RSS peak of start, look at all, one-file Run";
  most.samples = Samples();
  most.samples.add(std::max(peak, peak_of_look));
  most.target = 80;
  const Ended ended = process.stop();
  most.note = bound ? std::string("whole process in 96 MiB (") + bound->version() + "), " +
                          std::to_string(bound->kills()) + " kills, exit " + std::to_string(ended.code)
                    : "no control group could be made: not bounded";
  page_.add(std::move(row));
  page_.add(std::move(most));
}

void Bench::add(std::vector<Row> rows) {
  for (Row& row : rows) page_.add(std::move(row));
}

int Bench::run() {
  std::string pattern = (options_.memory / "stoker-bench-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no folder in " + options_.memory.string());
  memory_room_ = pattern;
  std::string room = (options_.room / "stoker-bench-XXXXXX").string();
  fs::create_directories(options_.room);
  if (!::mkdtemp(room.data())) throw std::runtime_error("no folder in " + options_.room.string());
  options_.room = fs::absolute(room);
  const auto sweep = [&] {
    std::error_code left;
    fs::remove_all(memory_room_, left);
    fs::remove_all(options_.room, left);
  };
  try {
    say_machine();
    if (!wants_trees()) options_.sizes.clear();
    for (const std::size_t files : options_.sizes) {
      const Grown grown = grow(files);
      if (options_.wants("B1")) one_file(grown, grown.in_memory, false);
      if (options_.wants("B2")) one_file(grown, grown.on_disk, true);
      fs::remove_all(grown.in_memory);
      if (options_.wants("B4")) written(grown);
      if (options_.wants("B6")) warm_start(grown);
      if (options_.wants("B3") || options_.wants("B5")) add(fetch_rows(grown, options_.seed, options_.quick ? 3 : 7));
      if (options_.wants("B8")) memory(grown);
      if (options_.wants("B8") && !options_.quick) add(first_run_rows(grown, memory_room_));
      if (options_.wants("B7")) drift(grown);  // the last: it moves the times of all files
      fs::remove_all(grown.room);
    }
    if (options_.wants("B10")) add(large_file_rows(options_.room / "large"));
    if (options_.wants("B11") || options_.wants("B12")) add(fleet_rows(options_.room / "fleet", options_.quick));
  } catch (...) {
    sweep();
    throw;
  }
  sweep();
  std::cout << page_.table();
  if (!options_.page.empty()) page_.write(options_.page);
  const auto& rows = page_.rows();
  return std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.impossible(); }) ? 1 : 0;
}

int work_as(const std::string& what, const Work& work) {
  if (what == "repository")
    make_repository(work);
  else if (what == "fill")
    fill(work);
  else if (what == "one-file")
    change_one_file(work);
  else if (what == "drift")
    look_for_drift(work);
  else if (what == "fetch")
    fetch_from_server(work);
  else if (what == "large")
    take_large_file(work);
  else
    return 2;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  ::mallopt(M_ARENA_MAX, 2);  // as the program has it
  CLI::App app{"Measures Stoker. Targets are absolute, ratios are against what was run beside."};
  Options options;
  options.room = fs::current_path() / "build";
  app.add_flag("--quick", options.quick, "10k files and few rounds; writes no page");
  app.add_option("--files", options.sizes, "Sizes of the trees");
  app.add_option("--rounds", options.rounds, "Rounds of B1 and B2");
  app.add_option("--only", options.only, "B1, B2, ...");
  app.add_option("--room", options.room, "A folder on a disk")->type_name("DIR");
  app.add_option("--page", options.page, "The page whose table is replaced")->type_name("FILE");
  Work work;
  std::string what;
  bool alone = false;
  CLI::App* child = app.add_subcommand("work", "One workload in this process; used by the program itself");
  child->add_option("what", what)->required();
  child->add_option("--room", work.place.room)->required();
  child->add_option("--data", work.place.data)->required();
  child->add_option("--files", work.files);
  child->add_option("--seed", work.seed);
  child->add_option("--rounds", work.rounds);
  child->add_option("--first", work.first);
  child->add_option("--second", work.second);
  child->add_option("--url", work.place.url);
  child->add_option("--backend", work.place.backend);
  child->add_flag("--submodules", work.place.submodules);
  child->add_flag("--lfs", work.place.lfs);
  int round_trip_ms = 0;
  std::uint64_t mbit = 0;
  child->add_option("--round-trip-ms", round_trip_ms);
  child->add_option("--mbit", mbit);
  child->add_flag("--alone", alone, "Without the bound");
  FleetWork load;
  CLI::App* fleet = app.add_subcommand("fleet", "A fleet in this process; used by the program itself");
  fleet->add_option("--room", load.room, "An empty folder")->required();
  fleet->add_option("--syncs", load.size.syncs);
  fleet->add_option("--targets-of-sync", load.size.targets_of_sync);
  fleet->add_option("--repositories", load.size.repositories);
  fleet->add_option("--rounds", load.rounds);
  CLI11_PARSE(app, argc, argv);
  options.rounds |= 1;  // the last of them goes back to the first commit
  try {
    work.bound = !alone;
    work.link = {std::chrono::milliseconds(round_trip_ms), mbit * 1'000'000};
    if (*child) return work_as(what, work);
    if (*fleet) {
      load_fleet(load);
      return 0;
    }
    if (!options.only.empty()) options.page.clear();  // a page is whole
    if (options.quick) {
      options.sizes = {10'000};
      options.rounds = 21;
      options.scans = options.starts = 3;
      options.page.clear();
    }
    return Bench(std::move(options)).run();
  } catch (const std::exception& broken) {
    std::cerr << "stoker-bench: " << broken.what() << "\n";
    return 1;
  }
}
