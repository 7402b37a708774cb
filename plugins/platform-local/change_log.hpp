// The log of changes, one for each version: what a watch is told, also one that begins later or in another process.
// Bounded; an older position is answered with "object.expired". Used within a transaction of the Store.
#pragma once

#include <stoker/records.hpp>

#include <functional>
#include <optional>

#include "database.hpp"
#include "selector.hpp"

namespace stoker::local {

struct LoggedChange {
  ObjectEvent::Op op = ObjectEvent::Op::changed;  // added, changed or removed
  Object object;                                  // its version is that of the change
  std::string labels;
  // What it was, when its labels are others now.
  struct Before {
    std::string labels, document;
  };
  std::optional<Before> before;
};

// One change while the log is read: the texts are valid until the next one.
struct ChangeRow {
  std::uint64_t version;
  ObjectEvent::Op op;
  std::string_view resource, name_space, name, uid, labels, document, labels_before, document_before;
  bool relabelled;
};

// What a watch with this selector is told of the change: nothing, when it did not and does not fit.
struct Told {
  ObjectEvent::Op op;
  std::string_view document;
};
std::optional<Told> told(const ChangeRow& change, const Selector& selector);

class ChangeLog {
 public:
  struct Bounds {
    std::uint64_t changes_max = 10'000;
    std::uint64_t bytes_max = 64 * 1024 * 1024;
  };
  ChangeLog(Database& database, Bounds bounds);

  void append(const LoggedChange& change);
  // Drops the oldest beyond the bounds. Called before a commit; it drops in large pieces, so that most commits do not.
  void trim();
  // A transaction was rolled back: the log is counted anew.
  void recount();
  // A watch from this version or a later one misses nothing.
  std::uint64_t begin(std::uint64_t newest);
  // The changes after `from`, in order, until `take` answers false.
  void after(std::uint64_t from, const std::function<bool(const ChangeRow&)>& take);

 private:
  Database& database_;
  const Bounds bounds_;
  std::uint64_t changes_ = 0, bytes_ = 0;
};

}  // namespace stoker::local
