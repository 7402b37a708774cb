#include "tests/crash/site.hpp"

#include "host/plugin_library.hpp"
#include "tests/support/host_loop.hpp"

#include <stoker/source.hpp>

#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <random>

namespace crash {

namespace host = stoker::host;
using stoker::Error;
using stoker::merge::testing::Answer;
using stoker::merge::testing::Instance;
using stoker::merge::testing::MergeTest;
using stoker::merge::testing::RevisionView;

namespace {

constexpr const char* held_before = "a-key-that-was-held-before";

Result<void> result_of(const Answer& answer) {
  if (answer.ok()) return {};
  return answer.error.message.empty() ? Error(stoker::errc::internal, "said nothing") : answer.error;
}

std::string pattern(std::size_t bytes, std::size_t seed) {
  std::minstd_rand random(static_cast<std::uint32_t>(seed) + 1);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// The library by the host's own loader: once, before any fork.
const stoker_strategy_v1* strategy_table() {
  static host::PluginLibraries libraries;
  static const stoker_strategy_v1* table = [] {
    auto manifest = host::read_manifest(STOKER_PLUGIN_DIR "/strategy-merge.so");
    if (!manifest) throw std::runtime_error(manifest.error().message);
    auto library = libraries.load(*manifest);
    if (!library) throw std::runtime_error(library.error().message);
    return (*library)->table<stoker_strategy_v1>(STOKER_STRATEGY_ID);
  }();
  return table;
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

// ---------------------------------------------------------------- the directory

Site::Site(int extra_files, unsigned seed) {
  const fs::path place = access("/dev/shm", W_OK) == 0 ? fs::path("/dev/shm") : fs::temp_directory_path();
  std::string name = (place / "stoker-crash-XXXXXX").string();
  if (!mkdtemp(name.data())) throw fs::filesystem_error("mkdtemp", place, {errno, std::generic_category()});
  room_ = name;
  data_ = room_ / "data";
  void* shared = mmap(nullptr, sizeof(Account), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::bad_alloc();
  account_ = new (shared) Account();
  (void)strategy_table();  // here, so that every fork has it
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
  a.facts.state = "running";
  return a;
}

void Site::empty() {
  fs::remove_all(data_);
  fs::create_directory(data_);
  fs::create_directory(data_ / "db");
  std::ofstream(data_ / "db/foreign") << "not ours";
}

void Site::keep(const std::string& name) { fs::copy(data_, room_ / name, fs::copy_options::recursive); }

void Site::restore(const std::string& name) {
  fs::remove_all(data_);
  fs::copy(room_ / name, data_, fs::copy_options::recursive);
}

Tree Site::footprint() const {
  Tree all = tree_of(data_);
  if (!fs::exists(data_ / host::state_folder)) return all;
  for (const auto& entry : fs::recursive_directory_iterator(data_ / host::state_folder))
    all.emplace(entry.path().lexically_relative(data_),
                entry.is_regular_file() && entry.path().filename() != "lock" ? std::to_string(entry.file_size()) : "");
  return all;
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

// ---------------------------------------------------------------- the one that is stopped

bool OneRun::step(Phase phase, const std::function<Result<void>()>& body) {
  mark(phase);
  auto done = body();
  mark(Phase::none);
  if (!done && site_.account().failed_in == Phase::none) site_.account().fail(phase, done.error());
  return static_cast<bool>(done);
}

bool OneRun::remember(const std::function<void(host::Memory&)>& change) {
  host::Memory next = memory_->now();
  change(next);
  return step(Phase::memory, [&] { return memory_->write(std::move(next)); });
}

bool OneRun::open() {
  const bool opened = step(Phase::open, [&]() -> Result<void> {
    auto memory = host::TargetMemory::open(site_.data());
    if (!memory) return std::move(memory).error();
    memory_.emplace(std::move(memory).value());
    return {};
  });
  if (opened) strategy_.emplace(site_.data(), "none");
  return opened;
}

bool OneRun::plan_and_stage() {
  const host::Assignment a = Site::assignment(revision_);
  if (!step(Phase::memory, [&] { return memory_->assign(a); })) return false;
  const RevisionView view(site_.source(), revision_);
  const Answer planned = strategy_->plan(id, to_json(a), view);
  if (!planned.ok()) throw std::runtime_error(planned.error.message);
  if (!step(Phase::stage, [&] { return result_of(strategy_->stage(id, view)); })) {
    step(Phase::forget, [&] { return result_of(strategy_->forget(id)); });
    return false;
  }
  const bool waits = remember([&](host::Memory& m) { m.waiting = host::Waiting{id, "digest", a.held_key(), {}}; });
  return waits && remember([&](host::Memory& m) {
           m.in_flight = host::InFlight{id, a, {}, false, false};
         }) &&
         remember([&](host::Memory& m) { m.in_flight->moved = true; });
}

// What failed is taken back by its own journal, and remembered as over.
bool OneRun::apply() {
  Answer applied;
  if (step(Phase::apply, [&] { return result_of(applied = strategy_->apply(id)); })) return true;
  if (applied.status == STOKER_E_CONFLICT) return false;
  site_.account().turned_back = true;
  if (!step(Phase::revert, [&] { return result_of(strategy_->revert(id)); })) return false;
  if (remember([&](host::Memory& m) {
        m.in_flight.reset();
        m.waiting.reset();
      }))
    step(Phase::forget, [&] { return result_of(strategy_->forget(id)); });
  return false;
}

void OneRun::run(bool bad) {
  const host::Assignment a = Site::assignment(revision_);
  host::Running running{a.revision, a.ref, a.inputs(), a.vars_digest(), a.held_key(), id, false, "", 1, a.facts.role};
  const bool applied = open() && plan_and_stage() && apply() && remember([&](host::Memory& m) {
                         m.strategy = "strategy-merge";
                         m.unverified.push_back(id);
                         m.running = running;
                         m.waiting.reset();
                       });
  if (applied && bad) {
    take_back();
  } else if (applied && remember([&](host::Memory& m) {
               running.verified = true;
               m.running = m.good = running;
               m.sync = a.sync;
               m.unverified.clear();
               m.in_flight.reset();
             })) {
    step(Phase::forget, [&] { return result_of(strategy_->forget(id)); });
  }
  site_.account().ended = true;
}

void OneRun::take_back() {
  const host::Assignment a = Site::assignment(revision_);
  const bool held = remember([&](host::Memory& m) {
    m.hold(a.held_key(), a.revision, a, "bad", 1);
    m.in_flight->go_back = true;
  });
  if (!held || !step(Phase::revert, [&] { return result_of(strategy_->revert(id)); })) return;
  if (remember([&](host::Memory& m) {
        m.running = m.good;
        m.unverified.clear();
        m.in_flight->go_back = false;
      }))
    remember([&](host::Memory& m) { m.in_flight.reset(); });
}

void OneRun::recover() {
  if (open() && step(Phase::recover, [&] { return result_of(strategy_->recover(id)); }))
    remember([&](host::Memory& m) { m.history.push_back("recovered"); });
  site_.account().ended = true;
}

// ---------------------------------------------------------------- the next process

namespace {

class MemoryTree final : public stoker::Tree {
 public:
  MemoryTree(Repository& source, std::string revision) : source_(source), revision_(std::move(revision)) {}
  Result<void> list(stoker::Call&, std::string_view under, const stoker::Out<stoker::File>& out) override {
    for (const auto& [path, file] : source_.revisions.at(revision_))
      if (under.empty() || path == under || path.starts_with(std::string(under) + "/"))
        if (auto put = out.put(source_.file(path, file)); !put) return put;
    return {};
  }
  Result<void> read(stoker::Call&, std::string_view path, const stoker::Bytes& out) override {
    return out.put(source_.revisions.at(revision_).at(std::string(path)).bytes);
  }
  Result<void> diff(stoker::Call&, std::string_view, const stoker::Out<stoker::Delta>&) override {
    return Error(stoker::errc::not_found, "everything is listed");
  }

 private:
  Repository& source_;
  std::string revision_;
};

class MemorySource final : public stoker::Source {
 public:
  MemorySource(const stoker::Config&, stoker::Host&) {}
  Result<void> resolve(stoker::Call&, const std::vector<std::string_view>&, const stoker::Out<stoker::Resolved>&,
                       const stoker::Out<stoker::Note>&) override {
    return {};
  }
  Result<std::unique_ptr<stoker::Tree>> open(stoker::Call&, std::string_view revision) override {
    return std::unique_ptr<stoker::Tree>(std::make_unique<MemoryTree>(*source, std::string(revision)));
  }
  static inline Repository* source = nullptr;
};

// One process of the host with one target.
class Successor : host::testing::HostLoop {
 public:
  explicit Successor(Site& site) : HostLoop(2) {
    MemorySource::source = &site.source();
    const std::string use = R"({"settings":{"preset":"none"},"use":{"target":{"name":"press-1","data":")" +
                            site.data().string() + R"("},"folder":".stoker"}})";
    source_ = or_throw(make<host::SourceModule>("source", stoker::glue::source_table<MemorySource>(), use));
    strategy_ = or_throw(make<host::StrategyModule>("strategy-merge", strategy_table(), use));
    target_ =
        target(or_throw(host::TargetMemory::open(site.data())), *source_, *strategy_, {}, [this] { return ++now_; });
  }
  ~Successor() {
    target_.reset();
    (void)await(source_->end());
    (void)await(strategy_->end());
  }
  host::Report wake() {
    const auto& last = target_->memory.assignment();
    return await(host::wake(*target_, last ? *last : Site::assignment("r1"), {}));
  }
  host::Report run(const std::string& revision) {
    const host::Assignment a = Site::assignment(revision);
    if (auto kept = target_->memory.assign(a); !kept) throw std::runtime_error("assign: " + kept.error().message);
    return await(host::run(*target_, a, {}));
  }
  const host::Memory& memory() const { return target_->memory.now(); }
  void remember(host::Memory next) {
    if (auto kept = target_->memory.write(std::move(next)); !kept) throw std::runtime_error(kept.error().message);
  }

 private:
  template <class T>
  static T or_throw(Result<T> made) {
    if (!made) throw std::runtime_error(made.error().message);
    return std::move(made).value();
  }
  std::int64_t now_ = 1'700'000'000'000;
  std::unique_ptr<host::SourceModule> source_;
  std::unique_ptr<host::StrategyModule> strategy_;
  std::unique_ptr<host::Target> target_;
};

struct Inventory {
  std::string revision;  // of the base
  std::set<std::string> owned;
  int leftovers = 0;  // rows of journals, undo data and staging
};

// Read from a copy, since the plugin has it open; the exclusive lock needs no file for shared memory beside it.
Inventory inventory_of(const fs::path& data) {
  Inventory found;
  const fs::path file = data.parent_path() / "state.db";
  for (const char* end : {"", "-wal"}) {
    const std::string from = (data / ".stoker/merge/state.db").string() + end, to = file.string() + end;
    fs::remove(to);
    if (fs::exists(from)) fs::copy_file(from, to);
  }
  if (!fs::exists(file)) return found;
  sqlite3* db = nullptr;
  sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr);
  sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", nullptr, nullptr, nullptr);
  const auto each_row = [db](const std::string& sql, const std::function<void(const char*)>& row) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
    while (sqlite3_step(statement) == SQLITE_ROW) row(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
    sqlite3_finalize(statement);
  };
  each_row("SELECT revision FROM base", [&](const char* text) { found.revision = text; });
  each_row("SELECT path FROM owned", [&](const char* text) { found.owned.insert(text); });
  for (const char* table : {"change_set", "set_base", "step", "folder", "owned_after", "owned_before", "staged"})
    each_row(std::string("SELECT 1 FROM ") + table, [&](const char*) { ++found.leftovers; });
  sqlite3_close(db);
  return found;
}

std::set<std::string> paths_of(const SourceTree& tree) {
  std::set<std::string> paths;
  for (const auto& [path, file] : tree) paths.insert(path);
  return paths;
}

class Complaints {
 public:
  void add(const std::string& text) { all_ += "    " + text + "\n"; }
  void unless(bool so, const std::string& text) {
    if (!so) add(text);
  }
  const std::string& all() const { return all_; }

 private:
  std::string all_;
};

std::string told(const host::Report& report) {
  return summary(report) + (report.error ? " (" + report.error->code + " " + report.error->message + ")" : "");
}

bool holds(const host::Memory& memory, const std::string& key) {
  return std::any_of(memory.held.begin(), memory.held.end(), [&](const host::Held& h) { return h.key == key; });
}

// After the wake: which revision it is, and that all who remember one agree. Answers whether r2 is held.
bool look_at_woken(Site& site, const Expected& expected, const host::Memory& memory, Complaints& complaints) {
  const Tree now = tree_of(site.data());
  const bool is_old = now == (expected.fresh ? site.empty_tree() : site.old_tree());
  const bool is_new = now == (expected.fresh ? site.fresh_tree() : site.new_tree());
  complaints.unless(is_old || is_new, "a mix: against the old tree" + difference(now, site.old_tree()) +
                                          "; against the new one" + difference(now, site.new_tree()));
  complaints.unless(!is_old || expected.may_be_old, "the tree is the old one");
  complaints.unless(!is_new || expected.may_be_new, "the tree is the new one");
  const std::string revision = is_new ? "r2" : expected.fresh ? "" : "r1";
  const Inventory inventory = inventory_of(site.data());
  complaints.unless(inventory.revision == revision, "the inventory stands on '" + inventory.revision + "'");
  const auto owned = revision.empty() ? std::set<std::string>() : paths_of(site.source().revisions.at(revision));
  complaints.unless(inventory.owned == owned, "the inventory has other files");
  const std::string runs = memory.running ? memory.running->revision : "";
  complaints.unless(runs == revision, "the memory says that '" + runs + "' runs");
  complaints.unless(!memory.in_flight && memory.unverified.empty(), "the memory has something in flight");
  complaints.unless(expected.fresh || holds(memory, held_before), "the held revision is not held any more");
  const bool held = holds(memory, Site::assignment("r2").held_key());
  complaints.unless(!held || expected.may_hold, "r2 is held");
  complaints.unless(!held || is_old, "r2 is held and runs");
  return held;
}

// A whole Run to `to`, and nothing that is left of any.
void look_at_converged(Site& site, const Expected& expected, Complaints& complaints) {
  const Tree now = tree_of(site.data());
  const Tree& wanted = expected.fresh ? site.fresh_tree() : site.new_tree();
  complaints.unless(now == wanted, "the next Run did not converge:" + difference(now, wanted));
  const Inventory inventory = inventory_of(site.data());
  const bool owns = inventory.owned == paths_of(site.source().revisions.at("r2"));
  complaints.unless(owns, "the inventory has other files after the next Run");
  complaints.unless(inventory.leftovers == 0, "rows of dead Runs are left: " + std::to_string(inventory.leftovers));
  const std::set<std::string> known{"lock",       "target.json",    "assignment.json",   "merge",
                                    "merge/runs", "merge/state.db", "merge/state.db-wal"};
  for (const auto& entry : fs::recursive_directory_iterator(site.data() / host::state_folder)) {
    const std::string path = entry.path().lexically_relative(site.data() / host::state_folder).string();
    complaints.unless(known.contains(path), "left over: " + path);
  }
}

void wake_and_run(Site& site, const Expected& expected, Complaints& complaints) {
  Successor next(site);
  const host::Report woke = next.wake();
  const bool back = woke.outcome == host::Outcome::reverted && expected.may_hold;
  complaints.unless(woke.outcome == host::Outcome::unchanged || back, "the wake: " + told(woke));
  const bool held = look_at_woken(site, expected, next.memory(), complaints);
  if (held) {
    const host::Report refused = next.run("r2");
    complaints.unless(refused.outcome == host::Outcome::held, "the held revision: " + told(refused));
  }
  const std::string to = held ? "r3" : "r2";
  const host::Report ran = next.run(to);
  const bool reached = ran.outcome == host::Outcome::applied || ran.outcome == host::Outcome::unchanged;
  complaints.unless(reached && ran.verified, "the next Run: " + told(ran));
  const host::Report again = next.run(to);
  complaints.unless(again.outcome == host::Outcome::unchanged, "the Run after it: " + told(again));
  complaints.unless(expected.fresh || holds(next.memory(), held_before), "the held revision is held no more");
  look_at_converged(site, expected, complaints);
}

}  // namespace

void succeed(Site& site, const Expected& expected) {
  Complaints complaints;
  try {
    wake_and_run(site, expected, complaints);
  } catch (const std::exception& thrown) {
    complaints.add(thrown.what());
  }
  complaints.all().copy(site.account().complaint, sizeof(Account::complaint) - 1);
}

void Site::settle() {
  const auto reached = [this](const std::string& revision) {
    const bool clean = in_process([&] {
      Successor host(*this);
      (void)host.wake();
      const host::Report ran = host.run(revision);
      if (ran.outcome != host::Outcome::applied) throw std::runtime_error(told(ran));
      host::Memory held = host.memory();
      if (!holds(held, held_before)) held.hold(held_before, "bad", assignment("bad"), "was bad", 1);
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
