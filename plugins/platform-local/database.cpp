// See database.hpp. The exclusive lock of SQLite needs no shared memory, is gone with the process, and tells a second
// process at once. The cache is small: the pages of the file are in the system's cache anyway.
#include "database.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>

namespace stoker::local {
namespace {

// objects: `labels` as JSON text, so that a selector reads no document. owners: which object names which owner.
// changes: one for each version; what the object was before only where its labels changed, because only then a watch
// with a selector asks for it.
constexpr const char* schema = R"(
CREATE TABLE store(id INTEGER PRIMARY KEY CHECK(id = 1), version INTEGER NOT NULL);
INSERT INTO store VALUES(1, 1);
CREATE TABLE objects(row INTEGER PRIMARY KEY, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  uid TEXT NOT NULL, version INTEGER NOT NULL, labels TEXT NOT NULL, document TEXT NOT NULL);
CREATE UNIQUE INDEX objects_key ON objects(resource, namespace, name);
CREATE UNIQUE INDEX objects_uid ON objects(uid);
CREATE TABLE owners(owner TEXT, object INTEGER, PRIMARY KEY(owner, object)) WITHOUT ROWID;
CREATE INDEX owners_object ON owners(object);
CREATE TABLE changes(version INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, op INTEGER NOT NULL, resource TEXT NOT NULL,
  namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL, labels TEXT NOT NULL, document TEXT NOT NULL,
  labels_before TEXT, document_before TEXT);
CREATE TABLE elections(name TEXT PRIMARY KEY, candidate TEXT NOT NULL, ttl INTEGER NOT NULL, terms INTEGER NOT NULL)
  WITHOUT ROWID;
)";

}  // namespace

Rows::~Rows() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Rows::check(int code) {
  if (code != SQLITE_OK) throw Failure(code & 0xff, sqlite3_errmsg(db_));
}

Rows& Rows::operator<<(std::string_view text) {
  check(sqlite3_bind_text64(statement_, ++bound_, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
  return *this;
}

void Rows::bind_number(std::int64_t number) { check(sqlite3_bind_int64(statement_, ++bound_, number)); }

bool Rows::step() {
  read_ = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) throw Failure(code & 0xff, sqlite3_errmsg(db_));
  return false;
}

std::string_view Rows::text() {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, read_));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, read_++));
  return bytes ? std::string_view(bytes, size) : std::string_view();
}

std::uint64_t Rows::number() { return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, read_++)); }

void Database::Close::operator()(sqlite3* db) const { sqlite3_close(db); }
void Database::Close::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Database::Database(const std::string& file) {
  // Objects are for nobody else. A file that is there is not touched: to close it again would end locks of this
  // process.
  const int made = file == in_memory ? -1 : ::open(file.c_str(), O_CREAT | O_EXCL | O_CLOEXEC | O_RDWR, 0600);
  if (made >= 0) ::close(made);
  sqlite3* raw = nullptr;
  // The file itself may not be a link; the way to it may have some, which SQLITE_OPEN_NOFOLLOW would refuse.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  if (std::filesystem::is_symlink(file)) throw Failure(SQLITE_CANTOPEN, "is a symbolic link");
  const int code = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
  db_.reset(raw);
  if (code != SQLITE_OK) throw Failure(code & 0xff, raw ? sqlite3_errmsg(raw) : "cannot be opened");
  prepare_file();
}

void Database::prepare_file() {
  run("PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=FULL; PRAGMA cache_size=-256; PRAGMA temp_store=MEMORY; "
      "PRAGMA journal_size_limit=8388608;");
  const int version = static_cast<int>([this] {
    Rows read = rows("PRAGMA user_version");
    return read.step() ? read.number() : 0;
  }());
  if (version > format)
    throw Newer("has format " + std::to_string(version) + ", this version knows up to " + std::to_string(format));
  run("PRAGMA journal_mode=WAL");
  run("BEGIN IMMEDIATE");  // takes the lock that stays
  if (version == 0) {
    run(schema);
    run(("PRAGMA user_version=" + std::to_string(format)).c_str());
  }
  run("COMMIT");
}

void Database::run(const char* sql) {
  char* text = nullptr;
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, &text);
  const std::string why = text ? text : "failed";
  sqlite3_free(text);
  if (code != SQLITE_OK) throw Failure(code & 0xff, why);
}

Rows Database::rows(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    sqlite3_stmt* made = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    statement.reset(made);
    if (code != SQLITE_OK) throw Failure(code & 0xff, sqlite3_errmsg(db_.get()));
  }
  return Rows(db_.get(), statement.get());
}

std::uint64_t Database::changed_rows() const { return static_cast<std::uint64_t>(sqlite3_changes64(db_.get())); }

void Database::begin() { rows("BEGIN IMMEDIATE").once(); }
void Database::commit() { rows("COMMIT").once(); }
void Database::roll_back() noexcept {
  if (!sqlite3_get_autocommit(db_.get())) sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Error error_of(const std::string& file, const Failure& failure) {
  const std::string where = "objects '" + file + "': " + failure.what();
  switch (failure.code) {
    case SQLITE_FULL: return {errc::exhausted, where + "; make room on this disk", "platform-local.no-space"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(errc::denied,
                   where +
                       "; another process has the file: end it, or name another `file` in the settings of "
                       "platform-local",
                   "platform-local.in-use")
          .with_retry(true);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // the statements are correct, so a table is wrong
      return {errc::internal,
              where +
                  "; stop Stoker, move the file and those beside it (-wal) away, and put the last copy there; "
                  "without one apply the objects again from git",
              "platform-local.broken"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return {errc::denied, where + "; the user of this process must be able to write the file and its folder",
              "platform-local.denied"};
    default: return {errc::unreachable, where + "; whether it was written is unknown", "platform-local.io"};
  }
}

Error error_of(const std::string& file, const Newer& newer) {
  return {errc::incompatible,
          "objects '" + file + "': " + newer.what() +
              ": run the newer version again, or put a copy there that this version has made",
          "platform-local.newer-format"};
}

}  // namespace stoker::local
