// Removing what nobody owns any more: after a write, in transactions of its own, so that the write itself stays small.
// An object goes when all owners that it names are gone. An owner in another namespace counts as gone, as on a cluster.
// What fails here is tried again after the next write, and after a start.
#include <algorithm>
#include <iterator>

#include "store.hpp"

namespace stoker::local {
namespace {

constexpr std::size_t objects_at_once_max = 256;

}  // namespace

Store::Owner Store::find_owner(Tables& tables, const OwnerReference& reference, std::string_view name_space) {
  const auto kind = kind_of(reference.api_version, reference.kind);
  if (!kind) return Owner::unknown;
  const auto found = tables.objects.find_uid(reference.uid);
  if (!found) return Owner::gone;
  const ObjectKey& key = found->object.key;
  const bool reachable = key.name_space.empty() || key.name_space == name_space;
  return reachable && key.resource == kind->resource && key.name == reference.name ? Owner::alive : Owner::gone;
}

bool Store::is_unowned(Tables& tables, const StoredObject& stored) {
  const auto document = parse_object(stored.object.document);
  if (!document || is_being_removed(*document)) return false;
  const auto owners = owners_of(*document);
  for (const OwnerReference& reference : owners)
    if (find_owner(tables, reference, stored.object.key.name_space) != Owner::gone) return false;
  return !owners.empty();
}

Result<void> Store::collect_some(Writing& writing, const std::vector<ObjectKey>& doubtful) {
  for (const ObjectKey& key : doubtful) {
    const auto stored = writing.tables.objects.find(key);
    if (!stored || !is_unowned(writing.tables, *stored)) continue;
    log_.info("removed because its owners are gone",
              {{"resource", key.resource}, {"namespace", key.name_space}, {"name", key.name}});
    if (auto removed = remove(writing, *stored); !removed) return std::move(removed).error();
  }
  return {};
}

Result<void> Store::collect_step(Tables& tables) {
  if (doubtful_.empty()) {
    doubtful_ = tables.objects.owned_by(gone_owners_.back());
    gone_owners_.pop_back();
    return {};
  }
  const std::size_t kept = doubtful_.size() - std::min(doubtful_.size(), objects_at_once_max);
  const std::vector<ObjectKey> some(doubtful_.begin() + static_cast<std::ptrdiff_t>(kept), doubtful_.end());
  Writing writing{tables, time_text(clock_.wall_ms())};
  auto done = in_transaction(tables, [&](Tables&) { return collect_some(writing, some); });
  if (!done) return done;
  doubtful_.resize(kept);
  std::move(writing.gone_owners.begin(), writing.gone_owners.end(), std::back_inserter(gone_owners_));
  return {};
}

void Store::collect() {
  const std::lock_guard lock(mutex_);
  collect_unowned();
}

void Store::collect_unowned() {
  while (!gone_owners_.empty() || !doubtful_.empty()) {
    auto done = attempt([this](Tables& tables) { return collect_step(tables); });
    if (done) continue;
    log_.warning("objects without owners are removed later", {{"error", done.error().message}});
    return;
  }
}

}  // namespace stoker::local
