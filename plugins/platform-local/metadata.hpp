// What the platform itself writes into an object's metadata, and what it reads there. The fields that only the platform
// sets are called read-only: what a client sends of them is ignored. Pure but for new_uid. [any thread]
#pragma once

#include <stoker/records.hpp>

#include <vector>

#include "json_text.hpp"

namespace stoker::local {

constexpr std::size_t by_bytes_max = 256;
constexpr std::size_t managers_max = 10;

// A random UUID, version 4.
std::string new_uid();
// `base` and five random characters, together at most 63.
std::string generated_name(std::string_view base);
// "2025-01-02T03:04:05Z".
std::string time_text(std::int64_t unix_ms);

// The metadata of a document: an empty one is made where there is none. Metadata that is no object: errc::invalid.
Result<json::object*> metadata_of(json::object& document);
// The key of the document; the name is empty where it has none.
ObjectKey key_of(std::string_view resource, const json::object& document);

// Takes the read-only fields of `metadata` away and puts those of `before` in their place.
void keep_read_only(json::object& metadata, const json::object& before);
// Takes away labels, annotations, finalizers and owners that are there without an entry: absent means the same.
void drop_empty(json::object& metadata);
// Replaces what a write of this part may change: everything but the status, or the status alone.
json::object with_part(const json::object& before, const json::object& sent, bool status);

// Are they the same but for who wrote last, and the version?
bool same_but_version(const json::object& one, const json::object& other);
// Does something differ that counts in `generation`: neither metadata nor, when it is a part of its own, status?
bool spec_differs(const json::object& one, const json::object& other, bool has_status);

// Notes in managedFields that `by` wrote, now. The newest ten stay, one for each writer and subresource.
void note_writer(json::object& document, std::string_view by, bool status, std::string_view time);

void set_version(json::object& document, std::uint64_t version);
bool is_being_removed(const json::object& document);
bool has_finalizers(const json::object& document);
// The first finalizer of `after` that `before` does not have; empty: none.
std::string added_finalizer(const json::object& before, const json::object& after);
void raise_generation(json::object& document);
// From now on the object goes when its last finalizer is taken away. Its generation grows, as on a cluster.
void begin_removal(json::object& document, std::string_view time);

struct OwnerReference {
  std::string api_version, kind, name, uid;
};
std::vector<OwnerReference> owners_of(const json::object& document);

// metadata.resourceVersion and metadata.uid of what a client sent: conditions of its write.
struct Conditions {
  std::uint64_t version = 0;  // 0: none
  std::string uid;            // empty: none
};
Result<Conditions> conditions_of(const json::object& document);

}  // namespace stoker::local
