// See store.hpp. A write reads the object, makes the next document, lets the host check it, and keeps it with its
// change under the next version. Removing what nobody owns any more: collection.cpp.
#include "store.hpp"

#include <algorithm>
#include <iterator>

#include "merge_patch.hpp"
#include "refusal.hpp"

namespace stoker::local {
namespace {

std::string labels_of(const json::object& document) {
  const json::object* metadata = object_at(document, "metadata");
  const json::object* labels = metadata ? object_at(*metadata, "labels") : nullptr;
  return labels && !labels->empty() ? text_of(*labels) : std::string();
}

std::string api_version_of(const Kinds::Kind& kind) {
  return kind.group.empty() ? kind.version : kind.group + "/" + kind.version;
}

Result<void> check_kind(const Kinds::Kind& kind, const json::object& document) {
  if (text_at(document, "apiVersion") != api_version_of(kind))
    return invalid("/apiVersion", api_version_of(kind), "'" + std::string(text_at(document, "apiVersion")) + "'");
  if (text_at(document, "kind") != kind.kind)
    return invalid("/kind", kind.kind, "'" + std::string(text_at(document, "kind")) + "'");
  return {};
}

Result<void> check_key(const ObjectKey& key, const json::object& document) {
  const ObjectKey found = key_of(key.resource, document);
  if (found.name != key.name) return invalid("/metadata/name", key.name, "'" + found.name + "'");
  if (found.name_space != key.name_space)
    return invalid("/metadata/namespace", "'" + key.name_space + "'", "'" + found.name_space + "'");
  return {};
}

Result<void> check_conditions(const Conditions& conditions, const Object& present) {
  if (!conditions.uid.empty() && conditions.uid != present.uid)
    return conflict(present.key, "uid", conditions.uid, present.uid);
  if (conditions.version != 0 && conditions.version != present.version)
    return conflict(present.key, "resourceVersion", std::to_string(conditions.version),
                    std::to_string(present.version));
  return {};
}

// What `insert` takes of a document: nothing that the platform sets, and no status.
Result<json::object> draft_of(std::string_view document, const Kinds::Kind& kind) {
  auto draft = parse_object(document);
  if (!draft) return draft;
  if (auto fits = check_kind(kind, *draft); !fits) return std::move(fits).error();
  auto metadata = metadata_of(*draft);
  if (!metadata) return std::move(metadata).error();
  if (const std::string_view version = text_at(**metadata, "resourceVersion"); !version.empty())
    return invalid("/metadata/resourceVersion", "absent in a new object", version.substr(0, 64));
  keep_read_only(**metadata, {});
  drop_empty(**metadata);
  if (kind.has_status && draft->contains("status")) draft->stable_erase("status");
  if (text_at(**metadata, "name").empty()) {
    const std::string_view base = text_at(**metadata, "generateName");
    if (base.empty()) return invalid("/metadata/name", "a name, or generateName", "");
    (**metadata)["name"] = generated_name(base);
  }
  return draft;
}

Result<json::object> stored_document(const StoredObject& stored) {
  auto document = parse_object(stored.object.document);
  if (!document) throw Failure(11 /* SQLITE_CORRUPT */, named(stored.object.key) + " is not readable");
  return document;
}

}  // namespace

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
  auto opened = read([](Tables&) { return Result<void>(); });
  if (!opened) log_.error(opened.error().message, {{"code", opened.error().code}});
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

// ---- Writes

Result<Object> Store::insert(std::string_view resource, std::string_view document, std::string_view by) {
  return write_object([&](Writing& writing) -> Result<Object> {
    auto kind = kind_of(resource);
    if (!kind) return std::move(kind).error();
    auto draft = draft_of(document, *kind);
    if (!draft) return std::move(draft).error();
    json::object& metadata = draft->at("metadata").get_object();
    metadata["uid"] = new_uid();
    metadata["generation"] = 1;
    metadata["creationTimestamp"] = writing.time;
    auto complete = kinds_.check(resource, "", text_of(*draft));
    if (!complete) return std::move(complete).error();
    auto made = parse_object(*complete);
    if (!made) return std::move(made).error();
    const ObjectKey key = key_of(resource, *made);
    if (writing.tables.objects.find(key)) return exists(key);
    if (writing.tables.count >= objects_max)
      return Error(errc::exhausted,
                   named(key) + ": there are " + std::to_string(objects_max) + " objects, and no more are kept here",
                   "platform-local.full")
          .with_retry(false);
    note_writer(*made, by, false, writing.time);
    ++writing.tables.count;
    return keep(writing, key, *made, nullptr);
  });
}

Result<Object> Store::update(std::string_view resource, Part part, std::string_view document, std::string_view by) {
  auto sent = parse_object(document);
  if (!sent) return std::move(sent).error();
  auto metadata = metadata_of(*sent);
  if (!metadata) return std::move(metadata).error();
  const ObjectKey key = key_of(resource, *sent);
  auto conditions = conditions_of(*sent);
  if (!conditions) return std::move(conditions).error();
  return write_object([&](Writing& writing) -> Result<Object> {
    auto kind = kind_of(resource);
    if (!kind) return std::move(kind).error();
    if (auto fits = check_kind(*kind, *sent); !fits) return std::move(fits).error();
    if (key.name.empty()) return invalid("/metadata/name", "the name of the object", "");
    const auto before = writing.tables.objects.find(key);
    if (!before) return not_found(key);
    if (conditions->version == 0) return invalid("/metadata/resourceVersion", "the version that is replaced", "");
    if (auto met = check_conditions(*conditions, before->object); !met) return std::move(met).error();
    return replace(writing, *before, std::move(*sent), part, by);
  });
}

Result<Object> Store::patch(const ObjectKey& key, Part part, std::string_view text, std::string_view by) {
  auto patch = parse_object(text);
  if (!patch) return std::move(patch).error();
  auto conditions = conditions_of(*patch);
  if (!conditions) return std::move(conditions).error();
  return write_object([&](Writing& writing) -> Result<Object> {
    auto kind = kind_of(key.resource);
    if (!kind) return std::move(kind).error();
    const auto before = writing.tables.objects.find(key);
    if (!before) return not_found(key);
    if (auto met = check_conditions(*conditions, before->object); !met) return std::move(met).error();
    auto merged = stored_document(*before);
    merge(*merged, *patch);
    if (auto fits = check_kind(*kind, *merged); !fits) return std::move(fits).error();
    if (auto metadata = metadata_of(*merged); !metadata) return std::move(metadata).error();
    if (auto fits = check_key(key, *merged); !fits) return std::move(fits).error();
    return replace(writing, *before, std::move(*merged), part, by);
  });
}

// `sent`: the whole document as the client wants it, of which this part counts.
Result<Object> Store::replace(Writing& writing, const StoredObject& before, json::object sent, Part part,
                              std::string_view by) {
  const ObjectKey& key = before.object.key;
  auto kind = kind_of(key.resource);
  if (!kind) return std::move(kind).error();
  const bool status = part == Part::status;
  if (status && !kind->has_status)
    return Error(errc::not_found, key.resource + " has no status of its own", "object.no-status");
  auto was = stored_document(before);
  json::object after = kind->has_status ? with_part(*was, sent, status) : std::move(sent);
  keep_read_only(after.at("metadata").get_object(), was->at("metadata").get_object());
  drop_empty(after.at("metadata").get_object());
  auto complete = kinds_.check(key.resource, before.object.document, text_of(after));
  if (!complete) return std::move(complete).error();
  auto made = parse_object(*complete);
  if (!made) return std::move(made).error();
  if (same_but_version(*was, *made)) return before.object;
  if (is_being_removed(*was))
    if (const std::string added = added_finalizer(*was, *made); !added.empty())
      return invalid("/metadata/finalizers", "without new ones while the object is being removed", added);
  if (spec_differs(*was, *made, kind->has_status)) raise_generation(*made);
  note_writer(*made, by, status, writing.time);
  if (is_being_removed(*made) && !has_finalizers(*made)) {
    // The watches are told of what it was before this write, as on a cluster; who wrote gets what was written.
    Object gone = drop(writing, before, *was);
    set_version(*made, gone.version);
    gone.document = text_of(*made);
    return gone;
  }
  return keep(writing, key, *made, &before);
}

Result<Object> Store::remove(const ObjectKey& key, std::string_view uid, std::uint64_t version) {
  return write_object([&](Writing& writing) -> Result<Object> {
    if (auto kind = kind_of(key.resource); !kind) return std::move(kind).error();
    const auto stored = writing.tables.objects.find(key);
    if (!stored) return not_found(key);
    if (auto met = check_conditions({version, std::string(uid)}, stored->object); !met) return std::move(met).error();
    return remove(writing, *stored);
  });
}

Result<Object> Store::remove(Writing& writing, const StoredObject& stored) {
  auto document = stored_document(stored);
  if (!has_finalizers(*document)) return drop(writing, stored, *document);
  if (is_being_removed(*document)) return stored.object;
  begin_removal(*document, writing.time);
  return keep(writing, stored.object.key, *document, &stored);
}

// Stores the document under the next version, with its change. `before`: what it replaces; null for a new object.
Object Store::keep(Writing& writing, const ObjectKey& key, json::object& document, const StoredObject* before) {
  LoggedChange change;
  change.op = before ? ObjectEvent::Op::changed : ObjectEvent::Op::added;
  Object& object = change.object;
  object.key = key;
  object.version = writing.next_version();
  set_version(document, object.version);
  object.uid = text_at(document.at("metadata").get_object(), "uid");
  object.document = text_of(document);
  change.labels = labels_of(document);
  if (before && before->labels != change.labels) {
    auto was = stored_document(*before);
    set_version(*was, object.version);
    change.before = {before->labels, text_of(*was)};
  }
  std::vector<std::string> owners;
  for (OwnerReference& owner : owners_of(document)) owners.push_back(std::move(owner.uid));
  if (!owners.empty()) writing.doubtful.push_back(key);
  writing.tables.objects.put({object, change.labels}, owners);
  writing.tables.log.append(change);
  return std::move(object);
}

// Removes the object; `document` is the stored one.
Object Store::drop(Writing& writing, const StoredObject& stored, json::object& document) {
  LoggedChange change;
  change.op = ObjectEvent::Op::removed;
  change.object.key = stored.object.key;
  change.object.uid = stored.object.uid;
  change.object.version = writing.next_version();
  set_version(document, change.object.version);
  change.object.document = text_of(document);
  change.labels = stored.labels;
  writing.tables.objects.erase(stored.object.key);
  writing.tables.log.append(change);
  --writing.tables.count;
  writing.gone_owners.push_back(stored.object.uid);
  return std::move(change.object);
}

}  // namespace stoker::local
