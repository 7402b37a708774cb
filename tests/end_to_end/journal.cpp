// The journal seen from outside; see journal.hpp.
#include "journal.hpp"

#include "plant.hpp"

#include <poll.h>
#include <sqlite3.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace plant {
namespace {

constexpr const char* log_file = "state.db-wal";
constexpr int undo = 1, done = 3;  // records.hpp: apply, undo, revert, done

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};

}  // namespace

JournalWatch::JournalWatch(const fs::path& data)
    : memory_(data / ".stoker/target.json"), events_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  folder_ = inotify_add_watch(events_, memory_.parent_path().c_str(), IN_MOVED_TO);
  state_ = inotify_add_watch(events_, (memory_.parent_path() / "merge").c_str(), IN_MODIFY | IN_OPEN);
  if (folder_ < 0 || state_ < 0) throw std::runtime_error("cannot watch " + memory_.parent_path().string());
}

JournalWatch::~JournalWatch() { close(events_); }

template <class Wanted>
bool JournalWatch::seen(const std::function<bool()>& over, const Wanted& wanted) {
  const auto late = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < late) {
    alignas(inotify_event) char buffer[8192];
    const ssize_t got = read(events_, buffer, sizeof buffer);
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      if (event->len > 0 && wanted(*event)) return true;
    }
    if (got > 0) continue;
    constexpr int look_ms = 50;
    pollfd wait{events_, POLLIN, 0};
    if (poll(&wait, 1, look_ms) == 0 && over()) return false;
  }
  return false;
}

bool JournalWatch::begun(const std::function<bool()>& over) {
  bool armed = false;
  return seen(over, [&](const inotify_event& event) {
    if (event.wd == folder_ && std::strcmp(event.name, "target.json") == 0) armed = locked();
    return armed && event.wd == state_ && (event.mask & IN_MODIFY) != 0 && std::strcmp(event.name, log_file) == 0;
  });
}

bool JournalWatch::taken_up() {
  const auto never = [] { return false; };
  return seen(never, [&](const inotify_event& event) {
    return event.wd == state_ && (event.mask & IN_OPEN) != 0 && std::strcmp(event.name, log_file) == 0;
  });
}

bool JournalWatch::locked() const {
  boost::system::error_code bad;
  const json::value memory = json::parse(text_of(memory_), bad);
  if (bad) return false;
  const json::value* tickets = memory.find_pointer("/inFlight/tickets", bad);
  return tickets && tickets->is_object() && !tickets->get_object().empty();
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
      sqlite3_prepare_v2(raw,
                         "SELECT run, direction, (SELECT count(*) FROM step WHERE step.run = change_set.run) "
                         "FROM change_set WHERE direction <> ?",
                         -1, &read, nullptr) != SQLITE_OK)
    throw std::runtime_error("cannot read the journal: " + std::string(sqlite3_errmsg(raw)));
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(read, sqlite3_finalize);
  sqlite3_bind_int(read, 1, done);
  if (sqlite3_step(read) != SQLITE_ROW) return std::nullopt;
  Journal journal;
  journal.run = reinterpret_cast<const char*>(sqlite3_column_text(read, 0));
  journal.undo = sqlite3_column_int(read, 1) == undo;
  journal.steps = sqlite3_column_int(read, 2);
  return journal;
}

}  // namespace plant
