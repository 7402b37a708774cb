// The table of objects, and who is named as an owner by whom. Used within a transaction of the Store.
#pragma once

#include <stoker/records.hpp>

#include <functional>
#include <optional>
#include <vector>

#include "database.hpp"

namespace stoker::local {

constexpr std::uint64_t objects_max = 1'000'000;

struct StoredObject {
  Object object;
  std::string labels;  // JSON text; empty: none
};

// One row while a list is read: the texts are valid until the next one.
struct ObjectRow {
  std::string_view name_space, name, uid, labels, document;
  std::uint64_t version;
};

class Objects {
 public:
  explicit Objects(Database& database) : database_(database) {}

  std::optional<StoredObject> find(const ObjectKey& key);
  std::optional<StoredObject> find_uid(std::string_view uid);
  // In the order of namespace and name. `name_space` empty: of all. Stops at the first error.
  Result<void> each(std::string_view resource, std::string_view name_space,
                    const std::function<Result<void>(const ObjectRow&)>& take);
  std::uint64_t count(std::string_view resource, std::string_view name_space);
  std::uint64_t count();

  void put(const StoredObject& stored, const std::vector<std::string>& owners);
  void erase(const ObjectKey& key);

  // The objects that name this owner, and those that name any.
  std::vector<ObjectKey> owned_by(std::string_view uid);
  std::vector<ObjectKey> owned();

 private:
  Database& database_;
};

}  // namespace stoker::local
