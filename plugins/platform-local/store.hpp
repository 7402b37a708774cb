// The objects and their rules: what each write of the contract (stoker/abi/platform.h) does, each in one transaction
// with its change and the version. Owned by the LocalPlatform. Its functions may run on any thread; one lock lets one
// in at a time.
#pragma once

#include <stoker/platform.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "change_log.hpp"
#include "database.hpp"
#include "metadata.hpp"
#include "objects.hpp"

namespace stoker::local {

// The open file with its tables.
struct Tables {
  Tables(const std::string& file, ChangeLog::Bounds bounds);
  Database database;
  Objects objects;
  ChangeLog log;
  std::uint64_t version = 0, count = 0;
};

// One write, within its transaction.
struct Writing;

class Store {
 public:
  // Opens the file if that is possible now; else each call tries again and says why it cannot. `changed` is called
  // after a commit that the watches have to be told of, with the lock held.
  Store(std::string file, const Host& host, ChangeLog::Bounds bounds, std::function<void()> changed);

  Result<Object> get(const ObjectKey& key);
  Result<std::uint64_t> list(std::string_view resource, std::string_view name_space, const Selector& selector,
                             const Out<Object>& out);
  Result<Object> insert(std::string_view resource, std::string_view document, std::string_view by);
  Result<Object> update(std::string_view resource, Part part, std::string_view document, std::string_view by);
  Result<Object> patch(const ObjectKey& key, Part part, std::string_view patch, std::string_view by);
  Result<Object> remove(const ObjectKey& key, std::string_view uid, std::uint64_t version);
  // Removes what an earlier process left behind without owners. Each write does it as well.
  void collect();

  // The kind of a resource, and the resource of a kind: errc::not_found when the host knows no such one.
  Result<Kinds::Kind> kind_of(std::string_view resource);
  std::optional<Kinds::Kind> kind_of(std::string_view api_version, std::string_view kind);
  // Is the owner there? For a kind that the host does not know nobody can say.
  enum class Owner { alive, gone, unknown };
  Owner find_owner(Tables& tables, const OwnerReference& reference, std::string_view name_space);

  // Runs `body` with the lock held: outside of a transaction, and in one that is rolled back when `body` fails.
  Result<void> read(const std::function<Result<void>(Tables&)>& body);
  Result<void> write(const std::function<Result<void>(Tables&)>& body);

 private:
  Result<void> attempt(const std::function<Result<void>(Tables&)>& body);
  Result<void> in_transaction(Tables& tables, const std::function<Result<void>(Tables&)>& body);
  Result<Object> write_object(const std::function<Result<Object>(Writing&)>& body);

  Result<Object> replace(Writing& writing, const StoredObject& before, json::object after, Part part,
                         std::string_view by);
  Object keep(Writing& writing, const ObjectKey& key, json::object& document, const StoredObject* before);
  Object drop(Writing& writing, const StoredObject& stored, json::object& document);
  Result<Object> remove(Writing& writing, const StoredObject& stored);

  // Garbage: collection.cpp.
  void collect_unowned();
  Result<void> collect_step(Tables& tables);
  Result<void> collect_some(Writing& writing, const std::vector<ObjectKey>& doubtful);
  bool is_unowned(Tables& tables, const StoredObject& stored);

  const std::string file_;
  const Clock clock_;
  const Kinds kinds_;
  const Log log_;
  const ChangeLog::Bounds bounds_;
  const std::function<void()> changed_;

  std::mutex mutex_;
  std::unique_ptr<Tables> tables_;
  std::vector<Kinds::Kind> known_kinds_;
  std::vector<std::string> gone_owners_;  // of committed removals, whose dependents were not looked at
  std::vector<ObjectKey> doubtful_;       // written with owners that may be gone
};

// What one transaction did; it counts when it is committed.
struct Writing {
  Tables& tables;
  std::string time;
  std::vector<std::string> gone_owners = {};
  std::vector<ObjectKey> doubtful = {};
  std::uint64_t next_version() { return ++tables.version; }
};

}  // namespace stoker::local
