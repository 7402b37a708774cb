// What a Run would do to a target, as a value: steps in the order in which they are done, what happens to the
// inventory, notes and the plan's own decision. Making one reads the source, the live tree and the inventory, and
// writes nothing.
#pragma once

#include "mapping.hpp"
#include "state.hpp"

#include <stoker/strategy.hpp>

#include <map>
#include <set>

namespace stoker::merge {

struct Plan {
  ChangeSet set;  // of its folders those that go; apply sees which are to be made
  Base base;
  bool adoption = false;                   // there was no inventory, or it was another Sync's: nothing is removed
  bool rules_changed = false;              // the base says other inputs, vars or rules
  std::vector<InventoryChange> inventory;  // beside what the steps do: taken over, let go of
  std::vector<InventoryChange> refreshed;  // worth writing down only together with something else
  std::vector<Note> notes;
  Decision decision;
  bool staged = false;  // by this process: the steps say what lies in their slots
  // The step that puts a file there, if there is one.
  const Step* put_at(std::string_view path) const;
};

// The name of the file that is staged for a path, the same whenever the same bytes are wanted there.
std::string slot_of(const Change& change);

// Who wrote a file last, as the resource.json beside it says; may be empty.
std::string actor_beside(LiveTree& live, std::string_view path);

class Planner {
 public:
  Planner(Call& call, std::string_view run, const Assignment& assignment, const Mappings& mappings,
          const Preset& preset, LiveTree& live, State& state, const View& view);
  Result<Plan> make();

 private:
  struct Wanted {
    File file;
    std::uint32_t mapping = 0;
  };
  // The same without what its live path says: there is one for each file of the source.
  struct Kept {
    std::string blob;
    std::uint64_t bytes = 0;
    std::uint32_t mode = 0, mapping = 0;
  };
  // A resource.json that means what is wanted in other bytes: written only when something beside it changes.
  struct Stamped {
    std::string path;
    Wanted wanted;
    Content content;
  };
  using Row = std::optional<Owned>;

  Result<void> gather();
  Result<bool> gather_deltas();  // false: deltas do not do, list everything
  Result<bool> delta(const Delta& delta, std::set<std::uint32_t>& shrunk);
  Result<void> gather_all();
  Result<void> list(const Mapping& mapping);
  Result<void> want(const Mapping& mapping, File file);
  Result<void> fit_together();
  Result<void> examine(const std::string& path, const Wanted& wanted);
  Result<void> examine_unchanged(const std::string& path, const Wanted& wanted, const Owned& row);
  Result<void> examine_live(const std::string& path, const Wanted& wanted, const Row& row, const Look& look);
  Result<bool> equal(const std::string& path, const Wanted& wanted, const Content& content);
  Result<void> release(const std::string& path, const Owned& row);
  Result<void> flip();
  Result<void> clear_folder(const std::string& path);
  Result<void> stamp();
  Result<void> plan_folders();
  Result<void> say_unowned();
  Result<void> say_unowned(const std::string& folder, std::uint64_t& count);
  Result<void> decide();

  void put(const std::string& path, const Wanted& wanted, const Look& look, const std::string& before,
           const std::string& before_meaning);
  void take(const std::string& path, const Wanted& wanted, const Content& content, const Row& row);
  void let_go(const std::string& path, std::string_view why);
  void note(std::string_view code, std::string_view path, std::string_view text);
  Wanted wanted_at(const std::string& path, const Kept& kept) const;
  Result<Row> row_of(const std::string& path);
  bool kept_by_master(const std::string& path);
  bool is_root(std::string_view folder) const;

  Call& call_;
  const Assignment& assignment_;
  const Mappings& mappings_;
  const Preset& preset_;
  LiveTree& live_;
  Looks looks_;
  State& state_;
  const View& view_;
  std::optional<Base> base_;
  std::map<std::string, Kept> wanted_;
  std::optional<OwnedRows> rows_;  // when everything is listed: read side by side with what is wanted
  std::set<std::string> gone_;
  std::vector<std::pair<std::string, std::string>> blocked_;  // path, the file that lies where it wants a folder
  std::vector<std::string> flips_;                            // files that are wanted where a folder lies
  std::vector<Stamped> stamped_;
  std::set<std::string> removed_, away_;
  std::map<std::uint32_t, std::vector<std::string>> removals_;  // by mapping
  std::vector<Step> removes_, puts_, chmods_;
  std::map<std::string, std::uint64_t, std::less<>> notes_;
  Plan plan_;
};

}  // namespace stoker::merge
