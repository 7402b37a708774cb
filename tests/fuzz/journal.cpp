// The strategy's records with any content: inventory, journal, staged files, and files in the tree beside them. Each
// line of the input is one row or one file; then all that reads them runs, and what is outside stays as it was.
//   <table letter> value,value,...   "#12" a number, "@ab" bytes, "%" null, else text
//   / path,content                   a file below the data directory
#include "target_folder.hpp"

#include <sqlite3.h>

namespace stoker::fuzz {
namespace {

struct Table {
  char letter;
  const char* name;
  const char* columns = "*";  // in the order of a line
};
constexpr Table tables[] = {
    {'b', "base"},        {'o', "owned"}, {'s', "staged"}, {'c', "change_set", "sequence, run, direction"},
    {'e', "set_base"},    {'t', "step"},  {'f', "folder"}, {'a', "owned_after"},
    {'k', "owned_before"}};
constexpr std::size_t lines_max = 200;

std::string_view take(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

void bind(sqlite3_stmt* statement, int index, std::string_view value) {
  if (value == "%") return;
  const auto size = static_cast<int>(value.size());
  if (value.starts_with('#'))
    sqlite3_bind_int64(statement, index, std::strtoll(std::string(value.substr(1)).c_str(), nullptr, 10));
  else if (value.starts_with('@'))
    sqlite3_bind_blob(statement, index, value.data() + 1, size - 1, SQLITE_TRANSIENT);
  else
    sqlite3_bind_text(statement, index, value.data(), size, SQLITE_TRANSIENT);
}

using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

Statement prepared(sqlite3* db, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) promise(false, sqlite3_errmsg(db));
  return {statement, &sqlite3_finalize};
}

void insert(sqlite3* db, const Table& table, std::string_view values) {
  const Statement all = prepared(db, std::string("SELECT ") + table.columns + " FROM " + table.name);
  const int columns = sqlite3_column_count(all.get());
  std::string names, marks;
  for (int i = 0; i < columns; ++i) {
    names += (i ? "," : "") + std::string(sqlite3_column_name(all.get(), i));
    marks += i ? ",?" : "?";
  }
  const std::string sql = std::string("INSERT OR REPLACE INTO ") + table.name + "(" + names + ") VALUES(" + marks + ")";
  const Statement statement = prepared(db, sql);
  for (int i = 1; i <= columns && !values.empty(); ++i) bind(statement.get(), i, take(values, ','));
  sqlite3_step(statement.get());  // a row that SQLite refuses is not there
}

void file(const fs::path& data, std::string_view line) {
  const std::string path(take(line, ','));
  if (path.empty() || path.find("..") != std::string::npos || path.find('\0') != std::string::npos) return;
  if (path[0] == '/' || path.starts_with("foreign") || path.starts_with(".foreign")) return;
  std::error_code refused;
  fs::create_directories((data / path).parent_path(), refused);
  if (!refused) std::ofstream(data / path, std::ios::binary) << line;
}

// An empty set of records, as the strategy makes it; all of it in the one file.
const std::string& empty_records(TargetFolder& target) {
  static const std::string bytes = [&] {
    target.empty();
    promise(bool(merge::State(target.database().string()).create()), "records can be made");
    sqlite3* db = nullptr;
    promise(sqlite3_open(target.database().c_str(), &db) == SQLITE_OK, "the records can be opened");
    promise(sqlite3_exec(db, "SELECT * FROM base", nullptr, nullptr, nullptr) == SQLITE_OK, "they can be read");
    sqlite3_close(db);  // writes the log back
    return bytes_of(target.database());
  }();
  return bytes;
}

}  // namespace
}  // namespace stoker::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stoker::fuzz;
  static TargetFolder target;
  const std::string& records = empty_records(target);
  if (size > 16384) return 0;
  target.empty();
  put(target.database(), records);
  sqlite3* db = nullptr;
  promise(sqlite3_open(target.database().c_str(), &db) == SQLITE_OK, "the records can be opened");
  sqlite3_exec(db, "PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; BEGIN", nullptr, nullptr, nullptr);
  std::string_view text = text_of(data, size);
  for (std::size_t lines = 0; !text.empty() && lines < lines_max; ++lines) {
    std::string_view line = take(text, '\n');
    if (line.size() < 3 || line[1] != ' ') continue;
    const char letter = line[0];
    line.remove_prefix(2);
    if (letter == '/') file(target.data(), line);
    for (const Table& table : tables)
      if (table.letter == letter) insert(db, table, line);
  }
  sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(db);
  recover_and_run(target.data());
  target.unharmed();
  return 0;
}
