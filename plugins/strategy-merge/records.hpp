// What strategy-merge remembers and what it is about to do, as plain values.
#pragma once

#include "live_tree.hpp"

#include <stoker/records.hpp>

#include <functional>
#include <optional>

namespace stoker::merge {

// A file that we wrote, or took over because it was as wanted.
struct Owned {
  std::string path, origin, blob;
  std::string digest, meaning;  // of what lay there when it became ours
  std::string run;
  std::uint32_t mode = 0644, mapping = 0;
  Identity identity;
};

// What the inventory stands on.
struct Base {
  std::string revision, inputs, vars, run;
  std::string rules;  // Mappings::digest
  std::string sync;   // <namespace>/<name>
};

// A file that lies in its slot.
struct Staged {
  std::string slot, blob, digest, meaning;
  Identity identity;
};

// One change, from the plan through the journal to the undo data. Its slot is a file in the run's folder: before the
// rename it holds what will be live, afterwards what was.
struct Step {
  Change change;
  std::string slot;
  std::string before_meaning;
  std::uint32_t before_mode = 0;
  Identity seen;  // what the plan looked at
  std::string made_digest, made_meaning;
  Identity made;  // the staged file
  void made_as(const Staged& staged) {
    made_digest = staged.digest;
    made_meaning = staged.meaning;
    made = staged.identity;
  }
  bool puts() const { return change.op == Change::Op::add || change.op == Change::Op::replace; }
};

// A folder that a run makes, or that it removes when it is empty by then.
struct Folder {
  std::string path;
  bool made = false;
  std::uint32_t mode = 0, uid = 0, gid = 0;
};

// What recovery does with the journal of a Run. The number is stored, in the column `direction`.
enum class JournalState {
  applying,   // open: finish the apply when that is possible, else undo it
  undoing,    // open: the apply failed or was given up; undo it, never finish it
  reverting,  // open: the apply had succeeded and is being taken back; undo it
  closed,     // applied: nothing to do; the steps are the undo data of the Run
};

// The journal of one Run; once closed, its undo data.
struct ChangeSet {
  std::string run;
  std::int64_t sequence = 0;
  JournalState state = JournalState::applying;
  std::vector<Step> steps;
  std::vector<Folder> folders;
};

// What is to happen to the inventory: a row is put, or goes.
struct InventoryChange {
  std::string path;
  std::optional<Owned> row;
};

// Makes one after the other: those of a first Run are as many as its files, and are needed once.
using EachInventoryChange = std::function<void(const std::function<void(const InventoryChange&)>&)>;

}  // namespace stoker::merge
