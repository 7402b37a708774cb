// State in SQLite: WAL with an exclusive lock (no shared memory), synchronous FULL. A commit costs one sync and is
// durable in the log. At the end of a Run the log is written back if it has become long. It is not written back and not
// removed when the file is closed, so that a Run without changes writes nothing, even in a new process. Pages are
// small, and tables without a rowid have one tree, so that a Run that changes one file writes little more than that
// file.
#include "state.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace stoker::merge {
namespace {

constexpr std::uintmax_t log_bytes_max =
    512 * 1024;  // the log is read again at each start; this is about ten Runs of one file

constexpr const char* schema = R"(
CREATE TABLE base(id INTEGER PRIMARY KEY CHECK(id = 1), revision, inputs, vars, run, rules, sync);
CREATE TABLE owned(path TEXT PRIMARY KEY, origin, blob, digest, meaning, run, mode, mapping, device, inode, bytes, modified,
  changed) WITHOUT ROWID;
CREATE INDEX owned_mapping ON owned(mapping);
CREATE TABLE staged(run TEXT, slot TEXT, blob, digest, meaning, device, inode, bytes, modified, changed,
  PRIMARY KEY(run, slot)) WITHOUT ROWID;
CREATE TABLE change_set(run TEXT PRIMARY KEY, sequence INTEGER, direction INTEGER) WITHOUT ROWID;
CREATE TABLE set_base(run TEXT, after INTEGER, revision, inputs, vars, base_run, rules, sync, PRIMARY KEY(run, after))
  WITHOUT ROWID;
CREATE TABLE step(run TEXT, number INTEGER, path, origin, blob, before, size, op, mode, mapping, slot, before_meaning,
  before_mode, made_digest, made_meaning, device, inode, bytes, modified, changed, PRIMARY KEY(run, number)) WITHOUT ROWID;
CREATE TABLE folder(run TEXT, number INTEGER, path, made, mode, uid, gid, PRIMARY KEY(run, number)) WITHOUT ROWID;
CREATE TABLE owned_after(run TEXT, path TEXT, present, origin, blob, digest, meaning, owner, mode, mapping, device, inode,
  bytes, modified, changed, PRIMARY KEY(run, path)) WITHOUT ROWID;
CREATE TABLE owned_before(run TEXT, path TEXT, present, origin, blob, digest, meaning, owner, mode, mapping, device, inode,
  bytes, modified, changed, PRIMARY KEY(run, path)) WITHOUT ROWID;
)";

struct Failure : std::runtime_error {
  Failure(int number, const std::string& text) : std::runtime_error(text), code(number & 0xff) {}
  int code;
};
struct Newer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void run(sqlite3* db, const char* sql) {
  char* text = nullptr;
  const int code = sqlite3_exec(db, sql, nullptr, nullptr, &text);
  const std::string why = text ? text : "failed";
  sqlite3_free(text);
  if (code != SQLITE_OK) throw Failure(code, why);
}

// Is it a path as it is stored here: relative, without empty, "." or ".." parts?
bool is_plain(std::string_view path) {
  if (path.empty() || path.find('\0') != std::string_view::npos) return false;
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t end = std::min(path.find('/', from), path.size());
    const std::string_view part = path.substr(from, end - from);
    if (part.empty() || part == "." || part == "..") return false;
    from = end + 1;
  }
  return true;
}

class Statement {
 public:
  Statement(sqlite3* db, const char* sql) : db_(db) { check(sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr)); }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& operator<<(std::string_view text) {
    check(sqlite3_bind_text64(statement_, ++bound_, text.data() ? text.data() : "", text.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
    return *this;
  }
  template <std::integral T>
  Statement& operator<<(T number) {
    check(sqlite3_bind_int64(statement_, ++bound_, static_cast<sqlite3_int64>(number)));
    return *this;
  }
  Statement& operator<<(const Identity& id) {
    return *this << id.device << id.inode << id.bytes << id.modified_ns << id.changed_ns;
  }
  bool step() {
    const int code = sqlite3_step(statement_);
    read_ = 0;
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) throw Failure(code, sqlite3_errmsg(db_));
    return false;
  }
  void once() {
    while (step()) {
    }
    check(sqlite3_reset(statement_));
    bound_ = 0;
  }
  std::string text() {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, read_));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, read_++));
    return bytes ? std::string(bytes, size) : std::string();
  }
  // A stored path that could lead out of its folder is a sign of damage. Then the whole state is refused, so that no
  // file elsewhere is changed.
  std::string path() {
    std::string found = text();
    if (!is_plain(found)) throw Failure(SQLITE_CORRUPT, "contains an invalid path");
    return found;
  }
  std::string name() {
    std::string found = path();
    if (found.find('/') != std::string::npos || found.front() == '.')
      throw Failure(SQLITE_CORRUPT, "contains an invalid name");
    return found;
  }
  template <class T>
  T one_of(T low, T high) {
    const auto found = sqlite3_column_int64(statement_, read_++);
    if (found < static_cast<std::int64_t>(low) || found > static_cast<std::int64_t>(high))
      throw Failure(SQLITE_CORRUPT, "contains an invalid value");
    return T(found);
  }
  template <class T>
  T number() {
    return static_cast<T>(sqlite3_column_int64(statement_, read_++));
  }
  Identity identity() {
    Identity id;
    id.device = number<std::uint64_t>();
    id.inode = number<std::uint64_t>();
    id.bytes = number<std::uint64_t>();
    id.modified_ns = number<std::int64_t>();
    id.changed_ns = number<std::int64_t>();
    return id;
  }

 private:
  void check(int code) {
    if (code != SQLITE_OK) throw Failure(code, sqlite3_errmsg(db_));
  }
  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0, read_ = 0;
};

Owned read_owned(Statement& row) {
  Owned owned;
  owned.path = row.path();
  owned.origin = row.text();
  owned.blob = row.text();
  owned.digest = row.text();
  owned.meaning = row.text();
  owned.run = row.text();
  owned.mode = row.number<std::uint32_t>();
  owned.mapping = row.number<std::uint32_t>();
  owned.identity = row.identity();
  return owned;
}

Error failure(const std::string& file, const Failure& thrown) {
  const std::string where = "state '" + file + "': " + thrown.what();
  switch (thrown.code) {
    case SQLITE_FULL: return Error(errc::exhausted, where, "merge.no-space");
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Error(errc::conflict, where + "; another process has the file open", "merge.state-busy");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // the statements are correct, so a table is wrong
      return Error(errc::internal, where + "; move the file away and the tree is adopted again, which deletes nothing",
                   "merge.state-corrupt");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN: return Error(errc::denied, where, "merge.denied");
    default: return Error(errc::internal, where, "merge.io").with_retry(true);
  }
}

}  // namespace

void State::Close::operator()(sqlite3* db) const { sqlite3_close(db); }

template <class Body>
Result<void> State::attempt(Body&& body) {
  try {
    body();
    return {};
  } catch (const Failure& thrown) {
    return failure(file_, thrown);
  } catch (const Newer& thrown) {
    return Error(errc::incompatible, thrown.what(), "merge.newer-format");
  }
}

// Runs one transaction, which is rolled back when anything in it fails.
template <class Body>
Result<void> State::write(Log log, Body&& body) {
  return attempt([&] {
    open(true);
    run(db_.get(), "BEGIN IMMEDIATE");
    try {
      body();
      run(db_.get(), "COMMIT");
    } catch (...) {
      sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
      throw;
    }
    if (log == Log::stays) return;
    // The commit is durable in the log. Writing the log back costs a write for each changed page and two syncs, so it
    // is done only after several Runs. It is not an error when it fails.
    std::error_code no_log;
    if (std::filesystem::file_size(file_ + "-wal", no_log) > log_bytes_max && !no_log)
      sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    sqlite3_db_release_memory(db_.get());  // a target is idle most of the time
  });
}

bool State::there() {
  if (db_) return true;
  if (access(file_.c_str(), F_OK) != 0) return false;
  open(false);
  return true;
}

void State::open(bool create) {
  if (db_) return;
  sqlite3* raw = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | (create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(file_.c_str(), &raw, flags, nullptr);
  std::unique_ptr<sqlite3, Close> db(raw);
  if (code != SQLITE_OK) throw Failure(code, raw ? sqlite3_errmsg(raw) : "cannot open");
  run(raw,
      "PRAGMA page_size=2048; PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=FULL; PRAGMA cache_size=-512; PRAGMA "
      "temp_store=MEMORY;");
  int keep_log = 1;
  sqlite3_file_control(raw, nullptr, SQLITE_FCNTL_PERSIST_WAL, &keep_log);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  int version = 0;
  {
    Statement read(raw, "PRAGMA user_version");
    if (read.step()) version = read.number<int>();
  }
  if (version > format)
    throw Newer("state '" + file_ + "' has format " + std::to_string(version) + ", this version knows up to " +
                std::to_string(format) + ": run the newer version again, or move the file away to adopt the tree anew");
  if (version == 0) {
    run(raw, "PRAGMA journal_mode=WAL");
    run(raw, "BEGIN IMMEDIATE");
    run(raw, schema);
    run(raw, ("PRAGMA user_version=" + std::to_string(format)).c_str());
    run(raw, "COMMIT");
  }
  db_ = std::move(db);
}

std::optional<Base> State::read_base(const std::string& table_and_where, const std::string& key) {
  Statement read(db_.get(), table_and_where.c_str());
  if (!key.empty()) read << key;
  if (!read.step()) return std::nullopt;
  Base base;
  base.revision = read.text();
  base.inputs = read.text();
  base.vars = read.text();
  base.run = read.text();
  base.rules = read.text();
  base.sync = read.text();
  return base;
}

Result<std::optional<Base>> State::base() {
  std::optional<Base> found;
  auto done = attempt([&] {
    if (there()) found = read_base("SELECT revision, inputs, vars, run, rules, sync FROM base", "");
  });
  if (!done) return std::move(done).error();
  return found;
}

Result<std::optional<Owned>> State::owned(std::string_view path) {
  std::optional<Owned> found;
  auto done = attempt([&] {
    if (!there()) return;
    Statement read(db_.get(), "SELECT * FROM owned WHERE path = ?");
    read << path;
    if (read.step()) found = read_owned(read);
  });
  if (!done) return std::move(done).error();
  return found;
}

Result<std::uint64_t> State::owned_by(std::uint32_t mapping) {
  std::uint64_t count = 0;
  auto done = attempt([&] {
    if (!there()) return;
    Statement read(db_.get(), "SELECT count(*) FROM owned WHERE mapping = ?");
    read << mapping;
    if (read.step()) count = read.number<std::uint64_t>();
  });
  if (!done) return std::move(done).error();
  return count;
}

ChangeSet State::load(const std::string& name, std::int64_t sequence, JournalState state) {
  ChangeSet set{name, sequence, state, {}, {}};
  Statement read(
      db_.get(),
      "SELECT path, origin, blob, before, size, op, mode, mapping, slot, before_meaning, before_mode, "
      "made_digest, made_meaning, device, inode, bytes, modified, changed FROM step WHERE run = ? ORDER BY number");
  read << name;
  while (read.step()) {
    Step step;
    step.change.path = read.path();
    step.change.origin = read.text();
    step.change.blob = read.text();
    step.change.before = read.text();
    step.change.bytes = read.number<std::uint64_t>();
    step.change.op = read.one_of(Change::Op::add, Change::Op::chmod);
    step.change.mode = read.number<std::uint32_t>();
    step.change.mapping = read.number<std::uint32_t>();
    step.slot = read.name();
    step.before_meaning = read.text();
    step.before_mode = read.number<std::uint32_t>();
    step.made_digest = read.text();
    step.made_meaning = read.text();
    step.made = read.identity();
    set.steps.push_back(std::move(step));
  }
  Statement folders(db_.get(), "SELECT path, made, mode, uid, gid FROM folder WHERE run = ? ORDER BY number");
  folders << name;
  while (folders.step()) {
    Folder folder;
    folder.path = folders.path();
    folder.made = folders.number<int>() != 0;
    folder.mode = folders.number<std::uint32_t>();
    folder.uid = folders.number<std::uint32_t>();
    folder.gid = folders.number<std::uint32_t>();
    set.folders.push_back(std::move(folder));
  }
  return set;
}

Result<std::optional<ChangeSet>> State::open_set() {
  std::optional<ChangeSet> found;
  auto done = attempt([&] {
    if (!there()) return;
    Statement read(db_.get(), "SELECT run, sequence, direction FROM change_set WHERE direction <> ?");
    read << static_cast<int>(JournalState::closed);
    if (!read.step()) return;
    const std::string name = read.name();
    const auto sequence = read.number<std::int64_t>();
    found = load(name, sequence, read.one_of(JournalState::applying, JournalState::closed));
  });
  if (!done) return std::move(done).error();
  return found;
}

Result<std::optional<ChangeSet>> State::find(std::string_view name) {
  std::optional<ChangeSet> found;
  auto done = attempt([&] {
    if (!there()) return;
    Statement read(db_.get(), "SELECT sequence, direction FROM change_set WHERE run = ?");
    read << name;
    if (!read.step()) return;
    const auto sequence = read.number<std::int64_t>();
    found = load(std::string(name), sequence, read.one_of(JournalState::applying, JournalState::closed));
  });
  if (!done) return std::move(done).error();
  return found;
}

Result<std::vector<std::string>> State::runs_done_up_to(std::int64_t sequence) {
  std::vector<std::string> runs;
  auto done = attempt([&] {
    Statement read(db_.get(), "SELECT run FROM change_set WHERE sequence <= ? AND direction = ?");
    read << sequence << static_cast<int>(JournalState::closed);
    while (read.step()) runs.push_back(read.name());
  });
  if (!done) return std::move(done).error();
  return runs;
}

Result<bool> State::newer_than(std::int64_t sequence) {
  bool newer = false;
  auto done = attempt([&] {
    Statement read(db_.get(), "SELECT 1 FROM change_set WHERE sequence > ?");
    read << sequence;
    newer = read.step();
  });
  if (!done) return std::move(done).error();
  return newer;
}

Result<std::map<std::string, Staged>> State::staged(std::string_view name) {
  std::map<std::string, Staged> files;
  auto done = attempt([&] {
    if (!there()) return;
    Statement read(
        db_.get(),
        "SELECT slot, blob, digest, meaning, device, inode, bytes, modified, changed FROM staged WHERE run = ?");
    read << name;
    while (read.step()) {
      Staged file;
      file.slot = read.name();
      file.blob = read.text();
      file.digest = read.text();
      file.meaning = read.text();
      file.identity = read.identity();
      files.emplace(file.slot, std::move(file));
    }
  });
  if (!done) return std::move(done).error();
  return files;
}

Result<std::vector<std::string>> State::runs_staged() {
  std::vector<std::string> runs;
  auto done = attempt([&] {
    if (!there()) return;
    Statement read(db_.get(), "SELECT DISTINCT run FROM staged");
    while (read.step()) runs.push_back(read.name());
  });
  if (!done) return std::move(done).error();
  return runs;
}

Result<void> State::create() {
  return attempt([&] { open(true); });
}

Result<void> State::sync() {
  return attempt([&] {
    open(true);
    const int code = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code != SQLITE_OK) throw Failure(code, sqlite3_errmsg(db_.get()));
  });
}

Result<void> State::put_staged(std::string_view name, const std::vector<Step>& steps) {
  return write(Log::stays, [&] {
    Statement clear(db_.get(), "DELETE FROM staged WHERE run = ?");
    (clear << name).once();
    Statement put(db_.get(), "INSERT INTO staged VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const Step& step : steps)
      if (!step.made_digest.empty())
        (put << name << step.slot << content_name(step.change) << step.made_digest << step.made_meaning << step.made)
            .once();
  });
}

Result<void> State::drop_staged(const std::vector<std::string>& runs) {
  if (runs.empty()) return {};
  return write(Log::may_go_back, [&] {
    Statement clear(db_.get(), "DELETE FROM staged WHERE run = ?");
    for (const std::string& name : runs) (clear << name).once();
  });
}

void State::put_base(const Base& base) {
  Statement put(db_.get(), "INSERT OR REPLACE INTO base VALUES(1, ?, ?, ?, ?, ?, ?)");
  (put << base.revision << base.inputs << base.vars << base.run << base.rules << base.sync).once();
}

Result<void> State::adopt(const Base& base, const std::vector<InventoryChange>& changes) {
  return write(Log::may_go_back, [&] {
    Statement gone(db_.get(), "DELETE FROM owned WHERE path = ?");
    Statement put(db_.get(), "INSERT OR REPLACE INTO owned VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const InventoryChange& change : changes) {
      const Owned row = change.row.value_or(Owned());
      if (change.row)
        (put << row.path << row.origin << row.blob << row.digest << row.meaning << row.run << row.mode << row.mapping
             << row.identity)
            .once();
      else
        (gone << change.path).once();
    }
    put_base(base);
  });
}

Result<void> State::begin(const ChangeSet& set, const Base& base, const EachInventoryChange& changes) {
  return write(Log::stays, [&] {
    Statement head(db_.get(),
                   "INSERT INTO change_set(run, sequence, direction) SELECT ?, coalesce(max(sequence), 0) + 1, ? FROM "
                   "change_set");
    (head << set.run << static_cast<int>(set.state)).once();
    Statement bases(db_.get(), "INSERT INTO set_base VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
    if (const auto before = read_base("SELECT revision, inputs, vars, run, rules, sync FROM base", ""))
      (bases << set.run << 0 << before->revision << before->inputs << before->vars << before->run << before->rules
             << before->sync)
          .once();
    (bases << set.run << 1 << base.revision << base.inputs << base.vars << base.run << base.rules << base.sync).once();
    Statement steps(db_.get(), "INSERT INTO step VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    int number = 0;
    for (const Step& s : set.steps) {
      const Change& c = s.change;
      (steps << set.run << number++ << c.path << c.origin << content_name(c) << c.before << c.bytes
             << static_cast<std::uint32_t>(c.op) << c.mode << c.mapping << s.slot << s.before_meaning << s.before_mode
             << s.made_digest << s.made_meaning << s.made)
          .once();
    }
    Statement folders(db_.get(), "INSERT INTO folder VALUES(?, ?, ?, ?, ?, ?, ?)");
    number = 0;
    for (const Folder& f : set.folders)
      (folders << set.run << number++ << f.path << (f.made ? 1 : 0) << f.mode << f.uid << f.gid).once();
    Statement rows(db_.get(), "INSERT OR REPLACE INTO owned_after VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    changes([&](const InventoryChange& change) {
      const Owned row = change.row.value_or(Owned());
      (rows << set.run << change.path << (change.row ? 1 : 0) << row.origin << row.blob << row.digest << row.meaning
            << row.run << row.mode << row.mapping << row.identity)
          .once();
    });
  });
}

Result<void> State::set_journal_state(std::string_view name, JournalState state) {
  return write(Log::stays, [&] {
    Statement update(db_.get(), "UPDATE change_set SET direction = ? WHERE run = ?");
    (update << static_cast<int>(state) << name).once();
  });
}

// Moves the rows of `from` into the inventory. The rows that they replace are kept in `keep`, unless it is null.
void State::apply_to_inventory(const std::string& name, const char* from, const char* keep) {
  const std::string rows = std::string(" FROM ") + from + " WHERE run = ?";
  if (keep) {
    Statement was(db_.get(),
                  (std::string("INSERT OR REPLACE INTO ") + keep +
                   " SELECT a.run, a.path, o.path IS NOT NULL, o.origin, o.blob, o.digest, o.meaning, o.run, o.mode, "
                   "o.mapping, o.device, o.inode, o.bytes, o.modified, o.changed FROM " +
                   from + " a LEFT JOIN owned o ON o.path = a.path WHERE a.run = ?")
                      .c_str());
    (was << name).once();
  }
  Statement gone(db_.get(), ("DELETE FROM owned WHERE path IN (SELECT path" + rows + " AND NOT present)").c_str());
  (gone << name).once();
  Statement put(db_.get(),
                ("INSERT INTO owned SELECT path, origin, blob, digest, meaning, owner, mode, mapping, device, inode, "
                 "bytes, modified, changed" +
                 rows +
                 " AND present ON CONFLICT(path) DO UPDATE SET origin = excluded.origin, blob = excluded.blob, digest "
                 "= excluded.digest, meaning = excluded.meaning, run = excluded.run, mode = excluded.mode, device = "
                 "excluded.device, inode = excluded.inode, bytes = excluded.bytes, modified = excluded.modified, "
                 "changed = excluded.changed")
                    .c_str());
  (put << name).once();
  // In a statement of its own, because the column is indexed and hardly ever changes.
  Statement moved(db_.get(), (std::string("UPDATE owned SET mapping = a.mapping FROM ") + from +
                              " a WHERE a.run = ? AND a.present AND a.path = owned.path AND a.mapping <> owned.mapping")
                                 .c_str());
  (moved << name).once();
}

Result<void> State::commit(const ChangeSet& set, const LiveIdentity& live) {
  return write(Log::stays, [&] {
    Statement known(db_.get(),
                    "UPDATE owned_after SET device = ?, inode = ?, bytes = ?, modified = ?, changed = ? WHERE run = ? "
                    "AND path = ?");
    for (const Step& step : set.steps)
      if (const auto identity = live(step)) (known << *identity << set.run << step.change.path).once();
    apply_to_inventory(set.run, "owned_after", "owned_before");
    Statement clear(db_.get(), "DELETE FROM owned_after WHERE run = ?");
    (clear << set.run).once();
    if (const auto after = read_base(
            "SELECT revision, inputs, vars, base_run, rules, sync FROM set_base WHERE after = 1 AND run = ?", set.run))
      put_base(*after);
    Statement staged(db_.get(), "DELETE FROM staged WHERE run = ?");
    (staged << set.run).once();
    Statement done(db_.get(), "UPDATE change_set SET direction = ? WHERE run = ?");
    (done << static_cast<int>(JournalState::closed) << set.run).once();
  });
}

Result<void> State::drop(const ChangeSet& set) {
  return write(Log::may_go_back, [&] {
    if (set.state == JournalState::reverting) {
      apply_to_inventory(set.run, "owned_before", nullptr);
      run(db_.get(), "DELETE FROM base");
      if (const auto before = read_base(
              "SELECT revision, inputs, vars, base_run, rules, sync FROM set_base WHERE after = 0 AND run = ?",
              set.run))
        put_base(*before);
    }
    for (const char* table : {"change_set", "set_base", "step", "folder", "owned_after", "owned_before", "staged"}) {
      Statement clear(db_.get(), (std::string("DELETE FROM ") + table + " WHERE run = ?").c_str());
      (clear << set.run).once();
    }
  });
}

Result<void> State::forget_up_to(std::int64_t sequence) {
  auto runs = runs_done_up_to(sequence);
  if (!runs) return std::move(runs).error();
  return write(Log::may_go_back, [&] {
    for (const std::string& name : *runs)
      for (const char* table : {"set_base", "step", "folder", "owned_after", "owned_before", "change_set"}) {
        Statement clear(db_.get(), (std::string("DELETE FROM ") + table + " WHERE run = ?").c_str());
        (clear << name).once();
      }
  });
}

struct OwnedRows::Open {
  explicit Open(sqlite3* at) : db(at), read(at, "SELECT * FROM owned ORDER BY path") { next(); }
  ~Open() { sqlite3_db_release_memory(db); }
  void next() {
    row.reset();
    if (read.step()) row = read_owned(read);
  }
  sqlite3* db;
  Statement read;
  std::optional<Owned> row;
};

OwnedRows::OwnedRows(State& state, Passed passed) : state_(state), passed_(std::move(passed)) {}
OwnedRows::OwnedRows(OwnedRows&&) noexcept = default;
OwnedRows::~OwnedRows() = default;

template <class Body>
Result<void> OwnedRows::with_rows(Body&& body) {
  return state_.attempt([&] {
    if (!open_ && !state_.there()) return;
    if (!open_) open_ = std::make_unique<Open>(state_.db_.get());
    body(open_->row);
  });
}

Result<std::optional<Owned>> OwnedRows::at(std::string_view path) {
  std::optional<Owned> found;
  auto done = with_rows([&](std::optional<Owned>& row) {
    for (; row && row->path < path; open_->next()) passed_(row->path);
    if (!row || row->path != path) return;
    found = std::move(row);
    open_->next();
  });
  if (!done) return std::move(done).error();
  return found;
}

Result<void> OwnedRows::to_the_end() {
  return with_rows([&](const std::optional<Owned>& row) {
    for (; row; open_->next()) passed_(row->path);
  });
}

}  // namespace stoker::merge
