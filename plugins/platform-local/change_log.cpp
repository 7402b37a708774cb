// See change_log.hpp.
#include "change_log.hpp"

#include <algorithm>

namespace stoker::local {

std::optional<Told> told(const ChangeRow& change, const Selector& selector) {
  using Op = ObjectEvent::Op;
  const bool fits = selector.fits(change.labels);
  if (change.op != Op::changed || !change.relabelled)
    return fits ? std::optional(Told{change.op, change.document}) : std::nullopt;
  const bool fitted = selector.fits(change.labels_before);
  if (fits) return Told{fitted ? Op::changed : Op::added, change.document};
  if (fitted) return Told{Op::removed, change.document_before};
  return std::nullopt;
}

ChangeLog::ChangeLog(Database& database, Bounds bounds) : database_(database), bounds_(bounds) { recount(); }

void ChangeLog::recount() {
  Rows rows = database_.rows("SELECT count(*), coalesce(sum(bytes), 0) FROM changes");
  if (!rows.step()) return;
  changes_ = rows.number();
  bytes_ = rows.number();
}

void ChangeLog::append(const LoggedChange& change) {
  Rows rows = change.before ? database_.rows("INSERT INTO changes VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
                            : database_.rows("INSERT INTO changes VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)");
  const Object& object = change.object;
  const std::uint64_t bytes = object.document.size() + (change.before ? change.before->document.size() : 0);
  rows << object.version << bytes << static_cast<std::uint32_t>(change.op) << object.key.resource
       << object.key.name_space << object.key.name << object.uid << change.labels << object.document;
  if (change.before) rows << change.before->labels << change.before->document;
  rows.once();
  ++changes_;
  bytes_ += bytes;
}

void ChangeLog::trim() {
  if (changes_ <= bounds_.changes_max + bounds_.changes_max / 10 && bytes_ <= bounds_.bytes_max) return;
  std::uint64_t changes = changes_, bytes = bytes_, last = 0;
  {
    Rows rows = database_.rows("SELECT version, bytes FROM changes ORDER BY version");
    while (changes > 1 && (changes > bounds_.changes_max || bytes > bounds_.bytes_max / 10 * 9) && rows.step()) {
      last = rows.number();
      bytes -= std::min(bytes, rows.number());
      --changes;
    }
  }
  (database_.rows("DELETE FROM changes WHERE version <= ?") << last).once();
  changes_ = changes;
  bytes_ = bytes;
}

std::uint64_t ChangeLog::begin(std::uint64_t newest) {
  Rows rows = database_.rows("SELECT min(version) FROM changes");
  const std::uint64_t oldest = rows.step() ? rows.number() : 0;
  return oldest == 0 ? newest : oldest - 1;
}

void ChangeLog::after(std::uint64_t from, const std::function<bool(const ChangeRow&)>& take) {
  Rows rows = database_.rows(
      "SELECT version, op, resource, namespace, name, uid, labels, document, labels_before IS NOT NULL, labels_before, "
      "document_before FROM changes WHERE version > ? ORDER BY version");
  rows << from;
  while (rows.step()) {
    ChangeRow row{};
    row.version = rows.number();
    row.op = ObjectEvent::Op(static_cast<std::uint32_t>(rows.number()));
    row.resource = rows.text();
    row.name_space = rows.text();
    row.name = rows.text();
    row.uid = rows.text();
    row.labels = rows.text();
    row.document = rows.text();
    row.relabelled = rows.number() != 0;
    row.labels_before = rows.text();
    row.document_before = rows.text();
    if (!take(row)) return;
  }
}

}  // namespace stoker::local
