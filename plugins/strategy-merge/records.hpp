// The plain values that strategy-merge stores and works with.
#pragma once

#include "digest.hpp"
#include "live_tree.hpp"

#include <stoker/records.hpp>

#include <functional>
#include <optional>

namespace stoker::merge {

// A file that Stoker owns: it wrote it, or took it over because it had the wanted content.
struct Owned {
  std::string path, origin, blob;
  std::string digest, meaning;  // of the file when Stoker began to own it
  std::string run;
  std::uint32_t mode = 0644, mapping = 0;
  Identity identity;
};

// What the inventory was made from.
struct Base {
  std::string revision, inputs, vars, run;
  std::string rules;  // Mappings::digest
  std::string sync;   // <namespace>/<name>
};

// A staged file, which is in its slot.
struct Staged {
  std::string slot, blob, digest, meaning;
  Identity identity;
};

// The name of the bytes that a change puts there: the blob of the source, or the digest of what was rendered from it.
// The inventory and the journal know content by it.
inline std::string content_name(const Change& change) {
  return change.after.empty() ? change.blob : sha256_blob(change.after);
}

// One change, from the plan through the journal to the undo data. Its slot is a file in the folder of the
// run: before the rename it holds the new content, and afterwards the old content.
struct Step {
  Change change;
  std::string slot;
  std::string before_meaning;
  std::uint32_t before_mode = 0;
  Identity seen;  // the live file that the plan saw
  std::string made_digest, made_meaning;
  Identity made;  // the staged file
  void made_as(const Staged& staged) {
    made_digest = staged.digest;
    made_meaning = staged.meaning;
    made = staged.identity;
  }
  bool puts() const { return change.op == Change::Op::add || change.op == Change::Op::replace; }
};

// A folder that a run makes, or that it removes if it is empty then.
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

// A change of the inventory: a row is written, or is removed (no value).
struct InventoryChange {
  std::string path;
  std::optional<Owned> row;
};

// Calls a function with one change after the other. They are not kept in a list, because a first Run has as many as it
// has files, and each is needed once.
using EachInventoryChange = std::function<void(const std::function<void(const InventoryChange&)>&)>;

}  // namespace stoker::merge
