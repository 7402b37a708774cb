// One random story of a target: what lies there, what the source has, what people set, which Runs come and what
// somebody does to the files meanwhile. A value, so that a failing one can be made smaller and printed.
#pragma once

#include "model/rules.hpp"
#include "model/tree.hpp"

#include "plugins/strategy-merge/merge_fixture.hpp"

namespace stoker::model {

// What somebody else does to the live tree.
struct Touch {
  enum What { write, rewrite, remove, remove_all, chmod, stamp, link, folder } what = write;
  std::string path, text;
  unsigned mode = 0644;
  Owner owner = {};
};
using Touches = std::vector<Touch>;

struct Step {
  std::size_t revision = 0, profile = 0;
  bool scan_all = false, repair = false, restart = false, since_known = true;
  bool confirm = false;  // a person raises the limit that held the Run
  bool resume = false;   // the process dies when all is staged, and the next one goes on
  bool revert = false, forget = false;
  bool links_stay = false;  // links that were planted during the Run
  Touches between, after_plan, after_stage, after_apply;
};

struct Case {
  Tree live;
  std::vector<merge::testing::SourceTree> revisions;
  std::vector<Profile> profiles;
  std::vector<Step> steps;
  bool git_ids = true;
};

Case drawn(unsigned seed);
std::string shown(const Case& story);

// How often what was seen, over all cases.
struct Counts {
  std::map<std::string, int> of;
  void add(const std::string& what) { ++of[what]; }
};

// Plays the story against the built plugin; what is not as the oracle says, or nothing.
std::optional<std::string> played(const Case& story, Counts& counts);

// The smallest story found that still fails, and how.
std::pair<Case, std::string> shrunk(Case story, std::string failure);

}  // namespace stoker::model
