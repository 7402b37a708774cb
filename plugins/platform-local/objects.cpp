// See objects.hpp.
#include "objects.hpp"

namespace stoker::local {
namespace {

std::optional<StoredObject> read_one(Rows& rows) {
  if (!rows.step()) return std::nullopt;
  StoredObject stored;
  stored.object.key.resource = rows.text();
  stored.object.key.name_space = rows.text();
  stored.object.key.name = rows.text();
  stored.object.uid = rows.text();
  stored.object.version = rows.number();
  stored.labels = rows.text();
  stored.object.document = rows.text();
  return stored;
}

std::vector<ObjectKey> read_keys(Rows& rows) {
  std::vector<ObjectKey> keys;
  while (rows.step()) {
    ObjectKey key;
    key.resource = rows.text();
    key.name_space = rows.text();
    key.name = rows.text();
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace

std::optional<StoredObject> Objects::find(const ObjectKey& key) {
  Rows rows = database_.rows(
      "SELECT resource, namespace, name, uid, version, labels, document FROM objects WHERE resource = ? AND "
      "namespace = ? AND name = ?");
  rows << key.resource << key.name_space << key.name;
  return read_one(rows);
}

std::optional<StoredObject> Objects::find_uid(std::string_view uid) {
  Rows rows =
      database_.rows("SELECT resource, namespace, name, uid, version, labels, document FROM objects WHERE uid = ?");
  rows << uid;
  return read_one(rows);
}

Result<void> Objects::each(std::string_view resource, std::string_view name_space,
                           const std::function<Result<void>(const ObjectRow&)>& take) {
  Rows rows = name_space.empty() ? database_.rows(
                                       "SELECT namespace, name, uid, version, labels, document FROM objects WHERE "
                                       "resource = ? ORDER BY namespace, name")
                                 : database_.rows(
                                       "SELECT namespace, name, uid, version, labels, document FROM objects WHERE "
                                       "resource = ? AND namespace = ? ORDER BY name");
  rows << resource;
  if (!name_space.empty()) rows << name_space;
  while (rows.step()) {
    ObjectRow row{};
    row.name_space = rows.text();
    row.name = rows.text();
    row.uid = rows.text();
    row.version = rows.number();
    row.labels = rows.text();
    row.document = rows.text();
    if (auto taken = take(row); !taken) return taken;
  }
  return {};
}

std::uint64_t Objects::count(std::string_view resource, std::string_view name_space) {
  Rows rows = name_space.empty() ? database_.rows("SELECT count(*) FROM objects WHERE resource = ?")
                                 : database_.rows("SELECT count(*) FROM objects WHERE resource = ? AND namespace = ?");
  rows << resource;
  if (!name_space.empty()) rows << name_space;
  return rows.step() ? rows.number() : 0;
}

std::uint64_t Objects::count() {
  Rows rows = database_.rows("SELECT count(*) FROM objects");
  return rows.step() ? rows.number() : 0;
}

void Objects::put(const StoredObject& stored, const std::vector<std::string>& owners) {
  const Object& object = stored.object;
  Rows rows = database_.rows(
      "INSERT INTO objects(resource, namespace, name, uid, version, labels, document) VALUES(?, ?, ?, ?, ?, ?, ?) ON "
      "CONFLICT(resource, namespace, name) DO UPDATE SET uid = excluded.uid, version = excluded.version, labels = "
      "excluded.labels, document = excluded.document RETURNING row");
  rows << object.key.resource << object.key.name_space << object.key.name << object.uid << object.version
       << stored.labels << object.document;
  const std::uint64_t row = rows.step() ? rows.number() : 0;
  rows.once();
  (database_.rows("DELETE FROM owners WHERE object = ?") << row).once();
  for (const std::string& owner : owners)
    (database_.rows("INSERT OR IGNORE INTO owners(owner, object) VALUES(?, ?)") << owner << row).once();
}

void Objects::erase(const ObjectKey& key) {
  (database_.rows("DELETE FROM owners WHERE object = (SELECT row FROM objects WHERE resource = ? AND namespace = ? AND "
                  "name = ?)")
   << key.resource << key.name_space << key.name)
      .once();
  (database_.rows("DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?")
   << key.resource << key.name_space << key.name)
      .once();
}

std::vector<ObjectKey> Objects::owned_by(std::string_view uid) {
  Rows rows = database_.rows(
      "SELECT resource, namespace, name FROM owners JOIN objects ON owners.object = objects.row WHERE owner = ?");
  rows << uid;
  return read_keys(rows);
}

std::vector<ObjectKey> Objects::owned() {
  Rows rows = database_.rows(
      "SELECT resource, namespace, name FROM objects WHERE row IN (SELECT object FROM owners) ORDER BY row");
  return read_keys(rows);
}

}  // namespace stoker::local
