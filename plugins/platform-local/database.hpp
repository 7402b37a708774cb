// The SQLite file: opened once, kept by one process, with statements that are prepared once. WAL, synchronous FULL: a
// commit is one sync, and what was committed survives a power cut. A failure of SQLite is thrown as Failure within a
// transaction, and leaves this platform as an Error. Not locked: the Store does that.
#pragma once

#include <stoker/result.hpp>

#include <concepts>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace stoker::local {

struct Failure : std::runtime_error {
  Failure(int number, const std::string& text) : std::runtime_error(text), code(number) {}
  static constexpr int corrupt = 11;  // SQLITE_CORRUPT
  int code;                           // of SQLite, without the extended part
};
// The file has a format that a newer version made.
struct Newer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One use of a prepared statement. Bind with <<, step, read the columns in order. It is put back when this ends.
class Rows {
 public:
  Rows(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  Rows& operator<<(std::string_view text);  // `text` has to live until the end of this use
  template <std::integral T>
  Rows& operator<<(T number) {
    bind_number(static_cast<std::int64_t>(number));
    return *this;
  }
  bool step();
  void once() {
    while (step()) {
    }
  }
  std::string_view text();  // valid until the next step
  std::uint64_t number();

 private:
  void bind_number(std::int64_t number);
  void check(int code);
  sqlite3* db_;
  sqlite3_stmt* statement_;
  int bound_ = 0, read_ = 0;
};

class Database {
 public:
  static constexpr int format = 1;
  static constexpr const char* in_memory = ":memory:";  // in the place of a file: it is empty, and ends with this

  // Opens or makes the file, and keeps it for this process. Throws Failure and Newer.
  explicit Database(const std::string& file);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // `sql` must be a literal: its address names the statement.
  Rows rows(const char* sql);
  std::uint64_t changed_rows() const;

  void begin();
  void commit();
  void roll_back() noexcept;

 private:
  struct Close {
    void operator()(sqlite3* db) const;
    void operator()(sqlite3_stmt* statement) const;
  };
  void prepare_file();
  void run(const char* sql);
  std::unique_ptr<sqlite3, Close> db_;
  std::map<const char*, std::unique_ptr<sqlite3_stmt, Close>> statements_;  // closed before the database
};

// What a person can do about it, with the name of the file. `writing`: a commit was under way.
Error error_of(const std::string& file, const Failure& failure);
Error error_of(const std::string& file, const Newer& newer);

}  // namespace stoker::local
