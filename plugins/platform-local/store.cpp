// See store.hpp. Here: the lock, the file, the transaction, and reads. What writes do: writes.cpp; removing what nobody
// owns any more: collection.cpp.
#include "store.hpp"

#include <algorithm>
#include <iterator>

#include "refusal.hpp"

namespace stoker::local {

Tables::Tables(const std::string& file, ChangeLog::Bounds bounds)
    : database(file), objects(database), log(database, bounds) {
  Rows rows = database.rows("SELECT version FROM store");
  if (rows.step()) version = rows.number();
  count = objects.count();
}

Store::Store(std::string file, const Host& host, ChangeLog::Bounds bounds, std::function<void()> changed)
    : file_(std::move(file)),
      clock_(host.clock()),
      kinds_(host.kinds()),
      log_(host.log()),
      bounds_(bounds),
      changed_(std::move(changed)) {
  (void)read([](Tables&) { return Result<void>(); });  // what is wrong with the file is said at each call
}

// ---- The lock, the file, the transaction

Result<void> Store::attempt(const std::function<Result<void>(Tables&)>& body) {
  try {
    if (!tables_) {
      tables_ = std::make_unique<Tables>(file_, bounds_);
      doubtful_ = tables_->objects.owned();  // an earlier process may have ended before it looked
    }
    return body(*tables_);
  } catch (const Failure& failure) {
    tables_.reset();  // what is in memory may not be what is stored: open it again
    return error_of(file_, failure);
  } catch (const Newer& newer) {
    return error_of(file_, newer);
  } catch (...) {
    tables_.reset();
    throw;
  }
}

Result<void> Store::read(const std::function<Result<void>(Tables&)>& body) {
  const std::lock_guard lock(mutex_);
  return attempt(body);
}

Result<void> Store::in_transaction(Tables& tables, const std::function<Result<void>(Tables&)>& body) {
  const std::uint64_t version = tables.version, count = tables.count;
  const auto undo = [&] {
    tables.database.roll_back();
    tables.version = version;
    tables.count = count;
  };
  tables.database.begin();
  try {
    auto done = body(tables);
    if (!done) {
      const bool logged = tables.version != version;
      undo();
      if (logged) tables.log.recount();
      return done;
    }
    if (tables.version != version) {
      (tables.database.rows("UPDATE store SET version = ?") << tables.version).once();
      tables.log.trim();
    }
    tables.database.commit();
    if (tables.version != version) changed_();
    return done;
  } catch (...) {
    undo();
    changed_();  // a commit that failed may have been one
    throw;
  }
}

Result<void> Store::write(const std::function<Result<void>(Tables&)>& body) {
  const std::lock_guard lock(mutex_);
  return attempt([&](Tables& tables) { return in_transaction(tables, body); });
}

Result<Object> Store::write_object(const std::function<Result<Object>(Writing&)>& body) {
  const std::lock_guard lock(mutex_);
  Object written;
  auto done = attempt([&](Tables& tables) {
    Writing writing{tables, time_text(clock_.wall_ms())};
    auto committed = in_transaction(tables, [&](Tables&) -> Result<void> {
      auto object = body(writing);
      if (!object) return std::move(object).error();
      written = std::move(*object);
      return {};
    });
    if (!committed) return committed;
    std::move(writing.gone_owners.begin(), writing.gone_owners.end(), std::back_inserter(gone_owners_));
    std::move(writing.doubtful.begin(), writing.doubtful.end(), std::back_inserter(doubtful_));
    return committed;
  });
  if (!done) return std::move(done).error();
  collect_unowned();
  return written;
}

// ---- Kinds

Result<Kinds::Kind> Store::kind_of(std::string_view resource) {
  const auto find = [&] {
    return std::find_if(known_kinds_.begin(), known_kinds_.end(),
                        [&](const Kinds::Kind& kind) { return kind.resource == resource; });
  };
  if (find() == known_kinds_.end()) {
    auto listed = kinds_.list();
    if (!listed) return std::move(listed).error();
    known_kinds_ = std::move(*listed);
  }
  const auto found = find();
  if (found == known_kinds_.end()) return no_resource(resource);
  return *found;
}

std::optional<Kinds::Kind> Store::kind_of(std::string_view api_version, std::string_view kind) {
  const std::size_t slash = api_version.find('/');
  const std::string_view group = slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
  for (int looks = 0; looks < 2; ++looks) {
    for (const Kinds::Kind& known : known_kinds_)
      if (known.group == group && known.kind == kind) return known;
    if (auto listed = kinds_.list(); looks == 0 && listed) known_kinds_ = std::move(*listed);
  }
  return std::nullopt;
}

// ---- Reads

Result<Object> Store::get(const ObjectKey& key) {
  std::optional<StoredObject> found;
  auto done = read([&](Tables& tables) -> Result<void> {
    if (auto kind = kind_of(key.resource); !kind) return std::move(kind).error();
    found = tables.objects.find(key);
    return {};
  });
  if (!done) return std::move(done).error();
  if (!found) return not_found(key);
  return std::move(found->object);
}

Result<std::uint64_t> Store::list(std::string_view resource, std::string_view name_space, const Selector& selector,
                                  const Out<Object>& out) {
  std::uint64_t version = 0;
  auto done = read([&](Tables& tables) -> Result<void> {
    if (auto kind = kind_of(resource); !kind) return std::move(kind).error();
    version = tables.version;
    Object object;
    object.key.resource = resource;
    return tables.objects.each(resource, name_space, [&](const ObjectRow& row) -> Result<void> {
      if (!selector.fits(row.labels)) return {};
      object.key.name_space = row.name_space;
      object.key.name = row.name;
      object.uid = row.uid;
      object.version = row.version;
      object.document = row.document;
      return out.put(object);
    });
  });
  if (!done) return std::move(done).error();
  return version;
}

}  // namespace stoker::local
