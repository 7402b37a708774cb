// What strategy-merge remembers of a target, in one SQLite file: inventory and base, the journal, undo data, staged
// files. Opened when it is first needed and made when it is first written. One process has it; used by one call at a
// time.
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

  // Reading: a file that is not there is an empty state.
  Result<std::optional<Base>> base();
  Result<std::optional<Owned>> owned(std::string_view path);
  Result<std::uint64_t> owned_by(std::uint32_t mapping);
  Result<std::optional<ChangeSet>> open_set();  // the journal
  Result<std::optional<ChangeSet>> find(std::string_view run);
  Result<std::vector<std::string>> runs_done_up_to(std::int64_t sequence);
  Result<bool> newer_than(std::int64_t sequence);
  Result<std::map<std::string, Staged>> staged(std::string_view run);
  Result<std::vector<std::string>> runs_staged();

  // Writing: each is one durable transaction.
  Result<void> create();
  // What is read is durable from here on, also what a dead process wrote and did not sync.
  Result<void> sync();
  Result<void> put_staged(std::string_view run, const std::vector<Step>& steps);  // those whose file is made
  Result<void> drop_staged(const std::vector<std::string>& runs);
  Result<void> adopt(const Base& base, const std::vector<InventoryChange>& changes);
  Result<void> begin(const ChangeSet& set, const Base& base, const EachInventoryChange& changes);
  Result<void> set_journal_state(std::string_view run, JournalState state);
  // Ends an apply: inventory and base become those of `begin`, with what lies live now where it is what a step put.
  using LiveIdentity = std::function<std::optional<Identity>(const Step&)>;
  Result<void> commit(const ChangeSet& set, const LiveIdentity& live);
  // Ends an undo: the journal goes. Ends a revert: inventory and base of before come back as well.
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
  // `passed` gets the path of each row that was not asked for, in order.
  OwnedRows(State& state, Passed passed);
  OwnedRows(OwnedRows&&) noexcept;
  ~OwnedRows();
  // Each path that is asked for comes after the one before.
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
