// The plant of the real project; see real_project.hpp.
#include "real_project.hpp"

#include "support/ignition_sim/digest.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace plant {

using ignition_sim::Kind;
using ignition_sim::View;

namespace {

// Nobody's: in the data directory before Stoker comes, in and beside what is mapped.
const std::array<std::string, 6> foreign{
    "projects/Workshop/project.json",
    "projects/MobileHMS/from maria.txt",
    "projects/MobileHMS/.uuid",
    std::string(shared_folder) + "/backup.json",
    "projects/stray.txt",
    "config/notes.txt",
};

std::string identity(const fs::path& data, const std::string& path) {
  struct stat look {};
  if (lstat((data / path).c_str(), &look) != 0) return path + " is gone\n";
  return path + ' ' + std::to_string(look.st_ino) + ' ' + std::to_string(look.st_mode) + ' ' +
         std::to_string(look.st_mtim.tv_sec) + '.' + std::to_string(look.st_mtim.tv_nsec) + ' ' + text_of(data / path) +
         '\n';
}

}  // namespace

Entries entries_of(const fs::path& root) {
  Entries entries;
  for (const auto& [path, bytes] : ignition_sim::read_tree(root, "projects")) {
    struct stat look {};
    const bool executable = lstat((root / path).c_str(), &look) == 0 && (look.st_mode & S_IXUSR) != 0;
    entries[path] = Entry{ignition_sim::meaning(path, bytes), executable};
  }
  return entries;
}

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

fs::path fast_folder() {
  struct statvfs room {};
  const bool memory = statvfs("/dev/shm", &room) == 0 && access("/dev/shm", W_OK) == 0 &&
                      room.f_bavail * room.f_frsize > (std::uint64_t{512} << 20);
  return memory ? fs::path("/dev/shm") : fs::temp_directory_path();
}

RealProject::RealProject(const fs::path& below) : Plant(below) {
  child::output_of({"tar", "-xJf", STOKER_TEST_DATA "/mobile-hms.tar.xz", "-C", repository_.folder().string()});
  for (const std::string& path : foreign)
    write_text(data_ / path,
               path.ends_with("project.json") ? repository::project_json("Not yours", "", false) : "mine");
}

void RealProject::start_gateways(const std::vector<ignition_sim::SignatureForm>& forms) {
  ignition_sim::Options options;
  options.signature = forms.at(0);
  start_gateway(options);
  presses_.push_back({"press-1", data_, gateway_.get()});
  for (std::size_t number = 2; number <= forms.size(); ++number) {
    options.signature = forms[number - 1];
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

void RealProject::allow_loading(View commit) {
  for (const std::string& path : foreign) {
    const bool loaded =
        path == foreign[0] || (path.starts_with(project) && commit.contains(project + std::string("/project.json")));
    if (loaded) commit[path] = ignition_sim::meaning(path, text_of(data_ / path));
  }
  last_loaded_ = ignition_sim::loaded_digest(commit);
  loadable_.insert(last_loaded_);
}

std::string RealProject::commit(const std::string& subject) {
  const std::string revision = repository_.commit(subject);
  note_commit();
  return revision;
}

void RealProject::note_commit() {
  last_ = entries_of(repository_.folder());
  View commit;
  for (const auto& [path, entry] : last_) commit.emplace_hint(commit.end(), path, entry.meaning);
  allow_loading(std::move(commit));
  for (const std::string& path : foreign)
    if (path.starts_with("projects/")) last_[path] = Entry{ignition_sim::sha256_hex(text_of(data_ / path)), false};
}

std::string RealProject::begin(const Sync& sync) {
  for (const Press& press : presses_) untouched_.push_back(nobodys(press));
  write_sync(sync);
  std::string first = commit("MobileHMS below a small Global");
  start();
  expect_everywhere(first);
  return first;
}

void RealProject::start() {
  start_stoker();
  ++starts_;
}

// None before it listens: it is deaf until then.
void RealProject::hint() {
  if (log_count("stoker: running targets=") == starts_) stoker_.send(SIGHUP);
}

void RealProject::look_again() {
  std::vector<std::size_t> before;
  for (const Press& press : presses_) before.push_back(unchanged(press));
  stoker_.send(SIGHUP);
  for (std::size_t i = 0; i < presses_.size(); ++i)
    ASSERT_TRUE(
        eventually("a further look at " + presses_[i].name, [&] { return unchanged(presses_[i]) > before[i]; }));
}

std::size_t RealProject::unchanged(const Press& press) const {
  return log_count("target=" + press.name + " outcome=unchanged");
}

bool RealProject::remembered(const Press& press, const std::string& revision) const {
  boost::system::error_code bad;
  const json::value memory = json::parse(text_of(press.data / ".stoker/target.json"), bad);
  if (bad || text_at(memory, "/running/revision") != revision) return false;
  const json::value* verified = memory.find_pointer("/running/verified", bad);
  return verified && *verified == json::value(true);
}

void RealProject::expect_everywhere(const std::string& revision) {
  const auto done = [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return std::all_of(presses_.begin(), presses_.end(), [&](const Press& p) { return remembered(p, revision); });
  };
  ASSERT_TRUE(eventually("revision " + revision + " verified at all gateways", done));
  for (const Press& press : presses_) {
    EXPECT_EQ(difference(last_, entries_of(press.data)), "") << press.name << " at " << revision;
    EXPECT_EQ(press.gateway->digest("projects"), last_loaded_) << press.name << " loaded something else";
  }
}

void RealProject::expect_no_mix_was_loaded() {
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

void RealProject::expect_nothing_else_was_touched() {
  expect_no_mix_was_loaded();
  for (std::size_t i = 0; i < presses_.size(); ++i) EXPECT_EQ(nobodys(presses_[i]), untouched_[i]) << presses_[i].name;
  look_again();  // the first one after a kill may look at every file
  const std::vector<std::string> at_rest = snapshots();
  look_again();
  EXPECT_TRUE(snapshots() == at_rest) << "a second Run of the same commit wrote below a data directory";
}

std::size_t RealProject::loads() const {
  std::size_t count = 0;
  for (const Press& press : presses_)
    for (const auto& scan : press.gateway->scans()) count += scan.kind == Kind::projects ? 1 : 0;
  return count;
}

std::string RealProject::nobodys(const Press& press) const {
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

std::vector<std::string> RealProject::snapshots() const {
  std::vector<std::string> all;
  for (const Press& press : presses_) all.push_back(snapshot(press.data));
  return all;
}

}  // namespace plant
