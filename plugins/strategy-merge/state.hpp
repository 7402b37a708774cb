// What strategy-merge stores about a target, in one SQLite file: the inventory and its base, the journal, undo data,
// and the list of staged files. The file is opened at the first use and created at the first write. Only one process
// may have it open. Used by one call at a time.
#pragma once

#include "records.hpp"

#include <map>
#include <memory>

struct sqlite3;

namespace stoker::merge {

class State {
 public:
  static constexpr int format = 1;
  // `file` is absolute; its folder need not exist before `create`.
  explicit State(std::string file) : file_(std::move(file)) {}

  // Reading. A file that does not exist counts as an empty state.
  Result<std::optional<Base>> base();
  Result<std::optional<Owned>> owned(std::string_view path);
  Result<std::uint64_t> owned_by(std::uint32_t mapping);
  Result<std::optional<ChangeSet>> open_set();  // the journal
  Result<std::optional<ChangeSet>> find(std::string_view run);
  Result<std::vector<std::string>> runs_done_up_to(std::int64_t sequence);
  Result<bool> newer_than(std::int64_t sequence);
  Result<std::map<std::string, Staged>> staged(std::string_view run);
  Result<std::vector<std::string>> runs_staged();

  // Writing. Each function is one durable transaction.
  Result<void> create();
  // Makes everything durable that can be read now, also what a dead process wrote and did not sync.
  Result<void> sync();
  Result<void> put_staged(std::string_view run, const std::vector<Step>& steps);  // the steps whose file is staged
  Result<void> drop_staged(const std::vector<std::string>& runs);
  Result<void> adopt(const Base& base, const std::vector<InventoryChange>& changes);
  Result<void> begin(const ChangeSet& set, const Base& base, const EachInventoryChange& changes);
  Result<void> set_journal_state(std::string_view run, JournalState state);
  // Ends an apply: the inventory and base given to `begin` become current, with the identity of each live file that a
  // step wrote.
  using LiveIdentity = std::function<std::optional<Identity>(const Step&)>;
  Result<void> commit(const ChangeSet& set, const LiveIdentity& live);
  // Ends an undo: removes the journal. Ends a revert: restores also the inventory and base of before.
  Result<void> drop(const ChangeSet& set);
  Result<void> forget_up_to(std::int64_t sequence);

 private:
  friend class OwnedRows;
  struct Close {
    void operator()(sqlite3* db) const;
  };
  template <class Body>
  Result<void> attempt(Body&& body);
  enum class Log { stays, may_go_back };
  template <class Body>
  Result<void> write(Log log, Body&& body);
  void open(bool create);
  bool there();
  ChangeSet load(const std::string& run, std::int64_t sequence, JournalState state);
  void put_base(const Base& base);
  std::optional<Base> read_base(const std::string& table_and_where, const std::string& run);
  void apply_to_inventory(const std::string& run, const char* from, const char* keep);
  std::string file_;
  std::unique_ptr<sqlite3, Close> db_;
};

// The inventory, read once from front to back. Nothing is written while it is open.
class OwnedRows {
 public:
  using Passed = std::function<void(std::string_view)>;
  // Calls `passed` with the path of each row that was skipped, in order.
  OwnedRows(State& state, Passed passed);
  OwnedRows(OwnedRows&&) noexcept;
  ~OwnedRows();
  // The paths have to be asked for in rising order.
  Result<std::optional<Owned>> at(std::string_view path);
  Result<void> to_the_end();

 private:
  struct Open;
  template <class Body>
  Result<void> with_rows(Body&& body);
  State& state_;
  Passed passed_;
  std::unique_ptr<Open> open_;
};

}  // namespace stoker::merge
