#include "host/objects/applied.hpp"

#include <boost/json.hpp>

namespace stoker::host {

namespace json = boost::json;

namespace {

// What a file decides about: labels, annotations and spec. Who the object is stands elsewhere.
json::object decided(const json::object& written) {
  json::object kept;
  if (const json::value* metadata = written.if_contains("metadata"); metadata && metadata->is_object()) {
    json::object of;
    for (const char* key : {"labels", "annotations"})
      if (const json::value* map = metadata->get_object().if_contains(key)) of.emplace(key, *map);
    if (!of.empty()) kept.emplace("metadata", std::move(of));
  }
  if (const json::value* spec = written.if_contains("spec")) kept.emplace("spec", *spec);
  return kept;
}

json::object parsed(std::string_view text) {
  boost::system::error_code none;
  json::value value = json::parse(text, none);
  return none || !value.is_object() ? json::object() : std::move(value.get_object());
}

// What has to change in `live` so that it says what `next` says, and nothing that only `before` said.
json::object difference(const json::object& before, const json::object& next, const json::object& live) {
  json::object patch;
  for (const auto& [key, value] : before)
    if (!next.contains(key) && live.contains(key)) patch.emplace(key, nullptr);
  static const json::object nothing;
  for (const auto& [key, value] : next) {
    const json::value* present = live.if_contains(key);
    const json::value* earlier = before.if_contains(key);
    if (present && value.is_object() && present->is_object()) {
      const json::object& old = earlier && earlier->is_object() ? earlier->get_object() : nothing;
      json::object below = difference(old, value.get_object(), present->get_object());
      if (!below.empty()) patch.emplace(key, std::move(below));
    } else if (!present || *present != value) {
      patch.emplace(key, value);
    }
  }
  return patch;
}

json::object& object_in(json::object& of, std::string_view key) {
  json::value& found = of[key];
  if (!found.is_object()) found.emplace_object();
  return found.get_object();
}

// Labels and annotations are also others': where the file has none any more, it gives up its own, and not the map.
json::object keep_maps(json::object next, const json::object& before) {
  const json::value* had = before.if_contains("metadata");
  if (!had || !had->is_object()) return next;
  for (const auto& [key, map] : had->get_object()) object_in(object_in(next, "metadata"), key);
  return next;
}

void mark(json::object& document, const json::object& applied, const std::string& from) {
  json::object& annotations = object_in(object_in(document, "metadata"), "annotations");
  annotations[last_applied] = json::serialize(applied);
  if (from.empty())
    annotations[applied_from] = nullptr;
  else
    annotations[applied_from] = from;
}

void merge(json::value& into, const json::value& patch) {
  if (!patch.is_object()) {
    into = patch;
    return;
  }
  if (!into.is_object()) into.emplace_object();
  for (const auto& [key, value] : patch.get_object()) {
    if (value.is_null())
      into.get_object().erase(key);
    else
      merge(into.get_object()[key], value);
  }
}

std::string annotation(const json::object& live, const char* key) {
  const json::value* metadata = live.if_contains("metadata");
  const json::value* annotations =
      metadata && metadata->is_object() ? metadata->get_object().if_contains("annotations") : nullptr;
  const json::value* found =
      annotations && annotations->is_object() ? annotations->get_object().if_contains(key) : nullptr;
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

}  // namespace

std::string applied_document(std::string_view written, const std::string& from) {
  json::object document = parsed(written);
  mark(document, decided(document), from);
  if (from.empty()) document["metadata"].get_object()["annotations"].get_object().erase(applied_from);
  return json::serialize(document);
}

std::string applied_patch(std::string_view live, std::string_view written, const std::string& from, bool again) {
  const json::object present = parsed(live), next = decided(parsed(written));
  const std::string before = annotation(present, last_applied);
  const bool same = before == json::serialize(next) && annotation(present, applied_from) == from;
  if (same && !again) return {};
  const json::object earlier = parsed(before);
  json::object patch = difference(earlier, keep_maps(next, earlier), present);
  if (same && patch.empty()) return {};
  mark(patch, next, from);
  return json::serialize(patch);
}

std::string merged(std::string_view document, std::string_view patch) {
  json::value whole = parsed(document);
  merge(whole, parsed(patch));
  return json::serialize(whole);
}

}  // namespace stoker::host
