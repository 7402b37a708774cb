// The journal seen from outside; see journal.hpp.
#include "journal.hpp"

#include "plant.hpp"

#include <poll.h>
#include <sqlite3.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <stdexcept>

namespace plant {
namespace {

constexpr const char* log_file = "state.db-wal";
constexpr int undo = 1, done = 3;  // records.hpp: apply, undo, revert, done
constexpr int change_of_mode = 4;  // stoker/records.hpp

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};

}  // namespace

JournalWatch::JournalWatch(const fs::path& data)
    : memory_(data / ".stoker/target.json"),
      runs_(data / ".stoker/merge/runs"),
      events_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  folder_ = inotify_add_watch(events_, memory_.parent_path().c_str(), IN_MOVED_TO);
  state_ = inotify_add_watch(events_, runs_.parent_path().c_str(), IN_MODIFY | IN_OPEN);
  all_runs_ = inotify_add_watch(events_, runs_.c_str(), IN_CREATE);
  if (folder_ < 0 || state_ < 0 || all_runs_ < 0)
    throw std::runtime_error("cannot watch " + memory_.parent_path().string());
  for (const auto& run : fs::directory_iterator(runs_)) watch_run(run.path());
  read_memory();
  locked_ = false;
}

JournalWatch::~JournalWatch() { close(events_); }

bool JournalWatch::locked(const std::function<bool()>& over) {
  return until([this] { return locked_; }, over);
}

bool JournalWatch::begun(const std::function<bool()>& over) {
  return until([this] { return begun_; }, over);
}

bool JournalWatch::taken_up() {
  return until([this] { return taken_up_; }, [] { return false; });
}

bool JournalWatch::stirs(std::chrono::milliseconds within) {
  pollfd wait{events_, POLLIN, 0};
  poll(&wait, 1, static_cast<int>(within.count()));
  return read_events();
}

int JournalWatch::moved() const {
  const auto known = moved_.find(run_);
  return known == moved_.end() ? 0 : static_cast<int>(known->second.size());
}

template <class Seen>
bool JournalWatch::until(const Seen& seen, const std::function<bool()>& over) {
  constexpr std::chrono::milliseconds look{50};
  const auto late = std::chrono::steady_clock::now() + patience;
  while (!seen()) {
    if (std::chrono::steady_clock::now() > late) return false;
    if (!stirs(look) && over()) return seen();
  }
  return true;
}

bool JournalWatch::read_events() {
  alignas(inotify_event) char buffer[8192];
  bool any = false;
  for (ssize_t got; (got = read(events_, buffer, sizeof buffer)) > 0; any = true) {
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      const std::string name = event->len > 0 ? event->name : "";
      const auto run = run_of_.find(event->wd);
      if (event->wd == folder_ && name == "target.json") read_memory();
      if (event->wd == all_runs_) watch_run(runs_ / name);
      if (event->wd == state_ && name == log_file) {
        begun_ = begun_ || (locked_ && (event->mask & IN_MODIFY) != 0);
        taken_up_ = taken_up_ || (event->mask & IN_OPEN) != 0;
      }
      // not a folder that is made aside, and moved once
      if (run != run_of_.end() && (event->mask & IN_ISDIR) == 0) moved_[run->second].insert(name);
    }
  }
  return any;
}

void JournalWatch::watch_run(const fs::path& folder) {
  const int watch = inotify_add_watch(events_, folder.c_str(), IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR);
  if (watch >= 0) run_of_[watch] = folder.filename().string();  // else it is gone again
}

void JournalWatch::read_memory() {
  boost::system::error_code bad;
  const json::value memory = json::parse(text_of(memory_), bad);
  if (bad) return;
  const json::value* tickets = memory.find_pointer("/inFlight/tickets", bad);
  if (!tickets || !tickets->is_object() || tickets->get_object().empty()) return;
  run_ = text_at(memory, "/inFlight/run");
  locked_ = true;
}

std::optional<Journal> open_journal(const fs::path& data) {
  const fs::path merge = data / ".stoker/merge";
  if (!fs::exists(merge / "state.db")) return std::nullopt;
  // to open a log is to write to it: a copy is looked at
  const fs::path copy = data.parent_path() / (data.filename().string() + "-journal");
  fs::create_directories(copy);
  fs::remove(copy / log_file);
  for (const char* file : {"state.db", log_file})
    if (fs::exists(merge / file)) fs::copy_file(merge / file, copy / file, fs::copy_options::overwrite_existing);

  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2((copy / "state.db").c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, Close> db(raw);
  sqlite3_stmt* read = nullptr;
  if (code != SQLITE_OK ||
      sqlite3_prepare_v2(
          raw,
          "SELECT run, direction, (SELECT count(*) FROM step WHERE step.run = change_set.run AND op <> ?) "
          "FROM change_set WHERE direction <> ?",
          -1, &read, nullptr) != SQLITE_OK)
    throw std::runtime_error("cannot read the journal: " + std::string(sqlite3_errmsg(raw)));
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(read, sqlite3_finalize);
  sqlite3_bind_int(read, 1, change_of_mode);
  sqlite3_bind_int(read, 2, done);
  if (sqlite3_step(read) != SQLITE_ROW) return std::nullopt;
  Journal journal;
  journal.run = reinterpret_cast<const char*>(sqlite3_column_text(read, 0));
  journal.undo = sqlite3_column_int(read, 1) == undo;
  journal.moves = sqlite3_column_int(read, 2);
  return journal;
}

}  // namespace plant
