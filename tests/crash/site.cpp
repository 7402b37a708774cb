// The directory that the stops are tried on; see site.hpp.
#include "tests/crash/site.hpp"

#include "tests/crash/successor.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

namespace crash {

namespace host = stoker::host;
using stoker::Error;

namespace {

std::string pattern(std::size_t bytes, std::size_t seed) {
  std::minstd_rand random(static_cast<std::uint32_t>(seed) + 1);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

}  // namespace

Tree tree_of(const fs::path& data) {
  Tree tree;
  for (auto at = fs::recursive_directory_iterator(data); at != fs::recursive_directory_iterator(); ++at) {
    const std::string path = at->path().lexically_relative(data).string();
    if (path == host::state_folder) {
      at.disable_recursion_pending();
      continue;
    }
    struct stat st {};
    lstat(at->path().c_str(), &st);
    std::string what = std::to_string(st.st_mode) + " ";
    if (S_ISREG(st.st_mode)) {
      const auto head = what.size(), size = static_cast<std::size_t>(st.st_size);
      what.resize(head + size);
      std::ifstream(at->path(), std::ios::binary).read(what.data() + head, static_cast<std::streamsize>(size));
    }
    tree.emplace(path, std::move(what));
  }
  return tree;
}

std::string difference(const Tree& have, const Tree& want) {
  std::string text;
  for (const auto& [path, what] : have)
    if (!want.contains(path) || want.at(path) != what) text += " +" + path;
  for (const auto& [path, what] : want)
    if (!have.contains(path)) text += " -" + path;
  return text;
}

void Account::fail(Phase phase, const Error& why) {
  failed_in = phase;
  (why.code + " " + why.message).copy(error, sizeof error - 1);
}

fs::path Site::in_memory() { return access("/dev/shm", W_OK) == 0 ? fs::path("/dev/shm") : fs::temp_directory_path(); }

Site::Site(int extra_files, unsigned seed, const fs::path& place) {
  std::string name = (place / "stoker-crash-XXXXXX").string();
  if (!mkdtemp(name.data())) throw fs::filesystem_error("mkdtemp", place, {errno, std::generic_category()});
  room_ = name;
  data_ = room_ / "data";
  void* shared = mmap(nullptr, sizeof(Account), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::bad_alloc();
  account_ = new (shared) Account();
  load_strategy();
  make_revisions(extra_files, seed);
  settle();
}

Site::~Site() {
  munmap(account_, sizeof(Account));
  std::error_code ignored;
  fs::remove_all(room_, ignored);
}

void Site::make_revisions(int extra_files, unsigned seed) {
  const auto resource = [](const char* what) {
    return std::string(R"({"scope":"G","version":1,"files":["view.json"],"attributes":{"what":")") + what + "\"}}";
  };
  source_.revisions["r1"] = {{"projects/keep/a", "same"},
                             {"projects/keep/b", SourceFile("same", 0755)},
                             {"projects/change/x", "one"},
                             {"projects/change/deep/er/y", "one"},
                             {"projects/change/both", "one"},
                             {"projects/mode/on", "same"},
                             {"projects/mode/off", SourceFile("same", 0755)},
                             {"projects/gone/f", "gone"},
                             {"projects/gone/sub/g", "gone"},
                             {"projects/vanish/only/h", "gone"},
                             {"projects/flip", "file"},
                             {"projects/plop/in", "folder"},
                             {"projects/plop/more/x", "folder"},
                             {"projects/view/resource.json", SourceFile(resource("one"))},
                             {"projects/big", SourceFile(pattern(300'000, 1))}};
  source_.revisions["r2"] = {{"projects/keep/a", "same"},
                             {"projects/keep/b", SourceFile("same", 0755)},
                             {"projects/change/x", "two"},
                             {"projects/change/deep/er/y", "two, longer"},
                             {"projects/change/both", SourceFile("two", 0755)},
                             {"projects/mode/on", SourceFile("same", 0755)},
                             {"projects/mode/off", "same"},
                             {"projects/flip/in/deep", "folder"},
                             {"projects/flip/in/too", "folder"},
                             {"projects/plop", "file"},
                             {"projects/view/resource.json", SourceFile(resource("two"))},
                             {"projects/big", SourceFile(pattern(300'000, 2))},
                             {"projects/new/a", "new"},
                             {"projects/new/deep/er/b", SourceFile("new", 0755)}};
  std::mt19937 random(seed);
  for (int i = 0; i < extra_files; ++i) {
    const std::string path = "projects/extra" + std::to_string(random() % 20) + "/d" + std::to_string(random() % 5) +
                             "/" + std::to_string(i);
    const SourceFile one(pattern(random() % 6000, random()), random() % 4 ? 0644 : 0755);
    const auto fate = random() % 6;
    if (fate != 0) source_.revisions["r1"].emplace(path, one);
    if (fate == 1) continue;
    SourceFile other = one;
    if (fate == 2) other.mode ^= 0111;
    if (fate > 3) other.bytes = pattern(random() % 6000, random());
    source_.revisions["r2"].emplace(path, other);
  }
  source_.revisions["r3"] = source_.revisions["r2"];
}

host::Assignment Site::assignment(const std::string& revision) {
  host::Assignment a = host::testing::assignment_of(revision, "projects");
  a.profile.prune = {1000, 100};
  return a;
}

host::Briefing Site::briefing(const std::string& revision) {
  host::Briefing told(assignment(revision));
  told.facts.state = host::GatewayState::running;
  return told;
}

void Site::empty() {
  fs::remove_all(data_);
  fs::create_directory(data_);
  fs::create_directory(data_ / "db");
  std::ofstream(data_ / "db/foreign") << "not ours";
  sync();
}

void Site::keep(const std::string& name) { fs::copy(data_, room_ / name, fs::copy_options::recursive); }

void Site::restore(const std::string& name) {
  fs::remove_all(data_);
  fs::copy(room_ / name, data_, fs::copy_options::recursive);
  sync();
}

// What a process begins with is no longer its own to sync.
void Site::sync() {
  const int room = open(room_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = room >= 0 && syncfs(room) == 0;
  if (room >= 0) close(room);
  if (!done) throw fs::filesystem_error("syncfs", room_, {errno, std::generic_category()});
}

Tree Site::footprint() const {
  Tree all = tree_of(data_);
  if (!fs::exists(data_ / host::state_folder)) return all;
  for (const auto& entry : fs::recursive_directory_iterator(data_ / host::state_folder))
    all.emplace(entry.path().lexically_relative(data_),
                entry.is_regular_file() && entry.path().filename() != "lock" ? std::to_string(entry.file_size()) : "");
  return all;
}

std::size_t Site::digest() const {
  std::string all;
  for (const fs::path& folder : {data_, data_ / host::state_folder})
    if (fs::exists(folder))
      for (const auto& [path, what] : tree_of(folder)) all += path + '\0' + what + '\0';
  std::map<std::string, std::string> times;  // of files that a process knows again by them
  for (const auto& entry : fs::recursive_directory_iterator(data_)) {
    struct stat st {};
    if (entry.path().filename().string().starts_with("state.db") || lstat(entry.path().c_str(), &st) != 0) continue;
    times[entry.path()] = std::to_string(st.st_ino) + " " + std::to_string(st.st_mtim.tv_sec) + "." +
                          std::to_string(st.st_mtim.tv_nsec) + " " + std::to_string(st.st_ctim.tv_sec) + "." +
                          std::to_string(st.st_ctim.tv_nsec);
  }
  for (const auto& [path, what] : times) all += path + '\0' + what + '\0';
  return std::hash<std::string>()(all);
}

bool Site::in_process(const std::function<void()>& body) {
  *account_ = Account();
  const pid_t process = fork();
  if (process < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (process == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(process, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void Site::settle() {
  const auto reached = [this](const std::string& revision) {
    const bool clean = in_process([&] {
      Successor host(*this);
      (void)host.wake();
      const host::Report ran = host.run(revision);
      if (ran.outcome != host::Outcome::applied) throw std::runtime_error(told(ran));
      host::Memory held = host.memory();
      if (!holds(held, held_before)) held.hold(held_before, "bad", assignment("bad").token, "was bad", 1);
      host.remember(std::move(held));
    });
    if (!clean) throw std::runtime_error("the site cannot be brought to " + revision);
  };
  empty();
  empty_ = tree_of(data_);
  reached("r2");
  fresh_ = tree_of(data_);
  empty();
  reached("r1");
  fs::create_directories(data_ / "projects/gone/other");
  std::ofstream(data_ / "projects/gone/foreign") << "not ours";
  std::ofstream(data_ / "projects/foreign") << "not ours";
  old_ = tree_of(data_);
  fs::rename(data_, room_ / "before");
  restore();
  reached("r2");
  new_ = tree_of(data_);
}

}  // namespace crash
