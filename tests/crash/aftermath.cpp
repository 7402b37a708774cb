// Looks at what a stopped process left; see aftermath.hpp.
#include "tests/crash/aftermath.hpp"

#include "tests/crash/successor.hpp"

#include <sqlite3.h>

#include <set>

namespace crash {

namespace host = stoker::host;

namespace {

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
  complaints.unless(reached && ran.settled, "the next Run: " + told(ran));
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

}  // namespace crash
