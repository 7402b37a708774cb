// See metadata.hpp.
#include "metadata.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <stdexcept>

#include "refusal.hpp"

namespace stoker::local {
namespace {

constexpr std::string_view read_only[] = {"uid",
                                          "resourceVersion",
                                          "generation",
                                          "creationTimestamp",
                                          "deletionTimestamp",
                                          "deletionGracePeriodSeconds",
                                          "managedFields",
                                          "selfLink"};

template <std::size_t Count>
std::array<unsigned char, Count> random_bytes() {
  std::array<unsigned char, Count> bytes;
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("platform-local: the system has no random bytes");
  return bytes;
}

const json::object& metadata_in(const json::object& document) {
  static const json::object none;
  const json::object* metadata = object_at(document, "metadata");
  return metadata ? *metadata : none;
}

bool is_set(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found && !found->is_null();
}

// Compares all members but the named ones.
bool same_but(const json::object& one, const json::object& other, std::initializer_list<std::string_view> ignored) {
  const auto counts = [&](std::string_view key) {
    return std::find(ignored.begin(), ignored.end(), key) == ignored.end();
  };
  std::size_t members = 0;
  for (const auto& [key, value] : one) {
    if (!counts(key)) continue;
    const json::value* there = other.if_contains(key);
    if (!there || *there != value) return false;
    ++members;
  }
  return std::count_if(other.begin(), other.end(), [&](const auto& member) { return counts(member.key()); }) ==
         static_cast<std::ptrdiff_t>(members);
}

}  // namespace

std::string new_uid() {
  auto bytes = random_bytes<16>();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

std::string generated_name(std::string_view base) {
  constexpr std::string_view letters = "bcdfghjklmnpqrstvwxz2456789";  // no vowels: no words
  constexpr std::size_t base_bytes_max = 58;
  std::string name(base.substr(0, base_bytes_max));
  for (const unsigned char byte : random_bytes<5>()) name += letters[byte % letters.size()];
  return name;
}

std::string time_text(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return std::string(text, length);
}

Result<json::object*> metadata_of(json::object& document) {
  json::value& metadata = document["metadata"];
  if (metadata.is_null()) metadata.emplace_object();
  if (!metadata.is_object()) return invalid("/metadata", "an object", text_of(metadata).substr(0, 64));
  return &metadata.get_object();
}

ObjectKey key_of(std::string_view resource, const json::object& document) {
  const json::object& metadata = metadata_in(document);
  return {std::string(resource), std::string(text_at(metadata, "namespace")), std::string(text_at(metadata, "name"))};
}

void keep_read_only(json::object& metadata, const json::object& before) {
  for (const std::string_view field : read_only) {
    const json::value* kept = before.if_contains(field);
    if (kept)
      metadata[field] = *kept;
    else if (metadata.contains(field))
      metadata.stable_erase(field);
  }
}

json::object with_part(const json::object& before, const json::object& sent, bool status) {
  const json::object& from = status ? sent : before;
  json::object after = status ? before : sent;
  if (const json::value* kept = from.if_contains("status"))
    after["status"] = *kept;
  else if (after.contains("status"))
    after.stable_erase("status");
  return after;
}

bool same_but_version(const json::object& one, const json::object& other) {
  return same_but(one, other, {"metadata"}) &&
         same_but(metadata_in(one), metadata_in(other), {"resourceVersion", "managedFields"});
}

bool spec_differs(const json::object& one, const json::object& other, bool has_status) {
  return has_status ? !same_but(one, other, {"metadata", "status"}) : !same_but(one, other, {"metadata"});
}

void note_writer(json::object& document, std::string_view by, bool status, std::string_view time) {
  if (by.empty()) return;
  json::value& list = document["metadata"].as_object()["managedFields"];
  if (!list.is_array()) list.emplace_array();
  const std::string_view subresource = status ? "status" : "";
  json::array kept;
  for (json::value& entry : list.get_array()) {
    const json::object* before = entry.if_object();
    if (before && (text_at(*before, "manager") != by || text_at(*before, "subresource") != subresource))
      kept.push_back(std::move(entry));
  }
  json::object entry{{"manager", by}, {"operation", "Update"}};
  entry["apiVersion"] = text_at(document, "apiVersion");
  entry["time"] = time;
  if (status) entry["subresource"] = subresource;
  kept.push_back(std::move(entry));
  if (kept.size() > managers_max)
    kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(kept.size() - managers_max));
  list = std::move(kept);
}

void set_version(json::object& document, std::uint64_t version) {
  document["metadata"].as_object()["resourceVersion"] = std::to_string(version);
}

bool is_being_removed(const json::object& document) { return is_set(metadata_in(document), "deletionTimestamp"); }

bool has_finalizers(const json::object& document) {
  const json::array* finalizers = array_at(metadata_in(document), "finalizers");
  return finalizers && !finalizers->empty();
}

std::string added_finalizer(const json::object& before, const json::object& after) {
  const json::array* had = array_at(metadata_in(before), "finalizers");
  const json::array* has = array_at(metadata_in(after), "finalizers");
  if (!has) return {};
  for (const json::value& finalizer : *has)
    if (!had || std::find(had->begin(), had->end(), finalizer) == had->end()) return text_of(finalizer);
  return {};
}

void drop_empty(json::object& metadata) {
  for (const std::string_view field : {"labels", "annotations", "finalizers", "ownerReferences"}) {
    const json::value* found = metadata.if_contains(field);
    if (!found) continue;
    const bool empty = found->is_null() || (found->is_object() && found->get_object().empty()) ||
                       (found->is_array() && found->get_array().empty());
    if (empty) metadata.stable_erase(field);
  }
}

void raise_generation(json::object& document) {
  json::value& generation = document["metadata"].as_object()["generation"];
  generation = generation.is_int64() ? generation.get_int64() + 1 : 1;
}

void begin_removal(json::object& document, std::string_view time) {
  raise_generation(document);
  json::object& metadata = document["metadata"].as_object();
  metadata["deletionTimestamp"] = time;
  metadata["deletionGracePeriodSeconds"] = 0;
}

std::vector<OwnerReference> owners_of(const json::object& document) {
  std::vector<OwnerReference> owners;
  const json::array* references = array_at(metadata_in(document), "ownerReferences");
  if (!references) return owners;
  for (const json::value& reference : *references) {
    const json::object* owner = reference.if_object();
    if (!owner) continue;
    owners.push_back({std::string(text_at(*owner, "apiVersion")), std::string(text_at(*owner, "kind")),
                      std::string(text_at(*owner, "name")), std::string(text_at(*owner, "uid"))});
  }
  return owners;
}

Result<Conditions> conditions_of(const json::object& document) {
  Conditions conditions;
  const json::object& metadata = metadata_in(document);
  conditions.uid = text_at(metadata, "uid");
  const json::value* wanted = metadata.if_contains("resourceVersion");
  if (!wanted) return conditions;
  const std::string_view version = text_at(metadata, "resourceVersion");
  const auto [end, wrong] = std::from_chars(version.data(), version.data() + version.size(), conditions.version);
  if (wrong != std::errc() || end != version.data() + version.size() || conditions.version == 0)
    return invalid("/metadata/resourceVersion", "a version of this platform, as text", text_of(*wanted).substr(0, 64));
  return conditions;
}

}  // namespace stoker::local
