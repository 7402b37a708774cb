// The oracle computes what a Run of a target must do, over values in memory: the live tree, the tree of the source, and
// the inventory. It is slow and simple, and shares no code with the plugin. One thread.
#pragma once

#include "model/rules.hpp"
#include "model/tree.hpp"

#include "plugins/strategy-merge/merge_fixture.hpp"

namespace stoker::model {

using Codes = std::set<std::string>;
using Noted = std::multiset<std::pair<std::string, std::string>>;  // code, path

// What a plan is made of, beside the live tree.
struct Wish {
  std::string run, revision, inputs, vars_digest, sync;
  const merge::testing::SourceTree* source = nullptr;
  const merge::testing::SourceTree* base = nullptr;  // of the revision that the inventory stands on, if it is known
  Rules rules;
  bool scan_all = false, repair = false;
  int prune_files = 20, prune_percent = 10;
};

struct Op {
  char kind = '+';  // + add, ~ replace, - remove, x chmod
  std::string path, origin, bytes;
  std::optional<Node> seen;  // what the plan saw; a folder is seen as nothing
  bool executable = false, clears_folder = false;
  unsigned made_mode = 0;
  std::string shown() const { return kind + path; }
};

// A file that is ours.
struct Owned {
  std::string origin, bytes, live;  // as the source has it; as it lay there when it became ours
  bool executable = false;
  std::size_t mapping = 0;
};
using Inventory = std::map<std::string, Owned>;

struct Base {
  std::string revision, inputs, vars_digest, sync;
  Rules rules;
};

struct Said {
  Codes fails;  // one of these codes; empty: it does not fail
  std::set<std::string> ops;
  Noted notes, may_note;  // the second: these as well
  std::string held_as;    // empty: allowed
};

struct Outcome {
  Codes fails;  // nothing is done then
  Tree tree;
  Noted notes;
};

class Oracle {
 public:
  const std::optional<Base>& base() const { return base_; }
  const Inventory& inventory() const { return inventory_; }

  // A tree that is nobody's yet, or another Sync's: nothing is removed from it.
  bool adopts(const Wish& wish) const { return !base_ || base_->sync != wish.sync; }

  Said plan(const Tree& live, const Wish& wish);
  void adopt();
  // False: a link is in the way of a file that is to be written.
  bool stage(const Tree& live) const;
  Outcome apply(const Tree& live);
  Outcome revert(const Tree& live, const std::string& run);
  void forget(const std::string& run);

 private:
  struct Wanted {
    std::string origin, bytes;
    bool executable = false;
    std::size_t mapping = 0;
  };
  struct Done {
    std::string run;
    std::vector<Op> ops;
    std::vector<std::pair<std::string, Node>> folders_gone;
    std::vector<std::string> folders_made;
    Inventory before;  // the rows that it changed, as they were
    std::set<std::string> rows;
    std::optional<Base> base;
  };
  void gather(const Wish& wish);
  void examine(const Tree& live, const std::string& path, const Wanted& wanted);
  void examine_live(const Tree& live, const std::string& path, const Wanted& wanted);
  void release(const Tree& live, const std::string& path, const Owned& row);
  void flips(const Tree& live);
  void stamps();
  void decide();
  void unowned(const Tree& live);
  void put(char kind, const std::string& path, const Wanted& wanted, const Found& found);
  void own(const std::string& path, const Wanted& wanted, const std::string& live);
  Codes not_as_seen(const Tree& live) const;
  bool changes_by_delta(const std::string& source_path) const;
  bool removes(const std::string& path) const;
  bool missed(const Op& op) const;
  void note(const std::string& code, const std::string& path);

  std::optional<Base> base_;
  Inventory inventory_;
  std::vector<Done> done_;

  // of the plan
  Wish wish_;
  bool by_delta_ = false;
  Said said_;
  std::map<std::string, Wanted> wanted_;
  std::vector<Op> ops_;
  std::set<std::size_t> missing_;  // mappings that have no source
  std::set<std::string> folders_seen_;
  Inventory next_;
  std::vector<std::pair<std::string, std::string>> blocked_;  // path, the file in its way
  std::map<std::string, std::string> stamped_;                // resource.json -> its live bytes
};

// Equal but for a stamp?
bool same_meaning(const std::string& path, const std::string& one, const std::string& other);
// The path as a note may say it.
std::string sayable(const std::string& path);

}  // namespace stoker::model
