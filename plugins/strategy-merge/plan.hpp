// A plan is what a Run would do to a target, as a value: the steps in the order in which they are done, the changes of
// the inventory, notes, and the decision of the plan. Making a plan reads the source, the live tree and the inventory,
// and writes nothing.
#pragma once

#include "mapping.hpp"
#include "rendering.hpp"
#include "state.hpp"

#include <stoker/strategy.hpp>

#include <map>
#include <set>

namespace stoker::merge {

struct Plan {
  ChangeSet set;  // its folders are those to remove; apply finds those to make
  Base base;
  bool adoption = false;                   // there was no inventory, or it is of another Sync: no file is removed
  bool rules_changed = false;              // the base has other inputs, vars or rules
  std::vector<InventoryChange> inventory;  // those that no step makes: files taken over or released
  std::vector<InventoryChange> refreshed;  // written only together with another change
  std::vector<Note> notes;
  Decision decision;
  Rendering rendering;
  bool staged = false;  // staged by this process, so the steps say what is in their slots
  // The step that puts a file there, if there is one.
  const Step* put_at(std::string_view path) const;
};

// The name of the staged file for a path. It is the same whenever the same bytes are wanted there.
std::string slot_of(const Change& change);

// Who wrote a file last, according to the resource.json beside it; may be empty.
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
    std::string after;         // the digest of what was rendered; empty: a plain copy
    std::string name() const;  // as content_name
  };
  // The same without what the live path tells; one exists for each file of the source, so it is small.
  struct Kept {
    std::string blob;
    std::uint64_t bytes = 0;  // of what was rendered, when it is
    std::uint32_t mode = 0, mapping = 0;
  };
  // A live resource.json with the wanted meaning but other bytes. It is written only when another file of its folder
  // changes.
  struct Stamped {
    std::string path;
    Wanted wanted;
    Content content;
  };
  using Row = std::optional<Owned>;

  Result<void> gather();
  Result<bool> gather_deltas();  // false: deltas are not enough, so everything has to be listed
  Result<bool> delta(const Delta& delta, std::set<std::uint32_t>& shrunk);
  Result<void> gather_all();
  Result<bool> has_files(const Mapping& mapping);
  Result<void> find_missing();
  void say_missing(const Mapping& mapping);
  const Mapping* missing_for(const Step& removal) const;
  bool hold_missing();
  Result<void> list(const Mapping& mapping);
  Result<void> want(const Mapping& mapping, File file);
  Result<void> fit_together();
  Result<void> render();
  void say_unused(const PatchUse& normalising, const std::vector<PatchUse>& of_mappings);
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
  bool may_stay_unknown(const Error& why) const;
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
  std::map<std::string, std::string> rendered_;  // the digests of wanted files that are rendered
  std::optional<OwnedRows> rows_;                // for a full listing: read in parallel with the wanted files
  std::set<std::string> gone_;
  std::vector<const Mapping*> missing_;                       // mappings without any file in the source
  std::vector<std::pair<std::string, std::string>> blocked_;  // a path, and the file that is where it needs a folder
  std::vector<std::string> flips_;                            // wanted files whose path is a folder now
  std::vector<Stamped> stamped_;
  std::set<std::string> removed_, away_;
  std::map<std::uint32_t, std::vector<std::string>> removals_;  // by mapping
  std::vector<Step> removes_, puts_, chmods_;
  std::map<std::string, std::uint64_t, std::less<>> notes_;
  Plan plan_;
};

}  // namespace stoker::merge
