// The writes of the Store. Each reads the object, makes the next document, lets the host check it, and keeps it with
// its change under the next version.
#include "merge_patch.hpp"
#include "refusal.hpp"
#include "store.hpp"

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
  if (text_at(**metadata, "name").empty() && text_at(**metadata, "generateName").empty())
    return invalid("/metadata/name", "a name, or generateName", "");
  return draft;
}

// Gives a name to a draft without one: one that is free, unless all tries hit others.
void name_draft(json::object& draft, std::string_view resource, Objects& objects) {
  constexpr int tries_max = 8;
  json::object& metadata = draft.at("metadata").get_object();
  if (!text_at(metadata, "name").empty()) return;
  for (int tries = 0; tries < tries_max; ++tries) {
    metadata["name"] = generated_name(text_at(metadata, "generateName"));
    if (!objects.find(key_of(resource, draft))) return;
  }
}

// What begins a removal has to fit beside any document that was stored.
constexpr std::size_t bytes_kept_for_removal = 512;

Result<void> check_size(const json::object& document) {
  const std::size_t bytes = text_of(document).size(), bytes_max = STOKER_OBJECT_BYTES_MAX - bytes_kept_for_removal;
  if (bytes <= bytes_max) return {};
  return invalid("", "at most " + std::to_string(bytes_max) + " bytes with its metadata", std::to_string(bytes));
}

Result<json::object> stored_document(const StoredObject& stored) {
  auto document = parse_object(stored.object.document);
  if (!document) throw Failure(Failure::corrupt, named(stored.object.key) + " is not readable");
  return document;
}

}  // namespace

Result<Object> Store::insert(std::string_view resource, std::string_view document, std::string_view by) {
  return write_object([&](Writing& writing) -> Result<Object> {
    auto kind = kind_of(resource);
    if (!kind) return std::move(kind).error();
    auto draft = draft_of(document, *kind);
    if (!draft) return std::move(draft).error();
    name_draft(*draft, resource, writing.tables.objects);
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
    if (auto fits = check_size(*made); !fits) return std::move(fits).error();
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
  if (auto fits = check_size(*made); !fits) return std::move(fits).error();
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
