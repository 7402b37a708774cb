// Reads a resource.json, and digests it in a canonical form, so that the order of its keys does not matter.
#include "meaning.hpp"

#include "digest.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace stoker::merge {
namespace {

namespace json = boost::json;

void canonical(const json::value& value, std::string& into) {
  if (const auto* object = value.if_object()) {
    std::vector<const json::key_value_pair*> members;
    for (const auto& member : *object) members.push_back(&member);
    std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->key() < b->key(); });
    into += '{';
    for (const auto* member : members) {
      into += json::serialize(json::string(member->key()));
      into += ':';
      canonical(member->value(), into);
      into += ',';
    }
    into += '}';
  } else if (const auto* array = value.if_array()) {
    into += '[';
    for (const auto& item : *array) {
      canonical(item, into);
      into += ',';
    }
    into += ']';
  } else {
    into += json::serialize(value);
  }
}

std::string actor_of(const json::object& attributes) {
  const auto* stamp = attributes.if_contains("lastModification");
  const auto* actor = stamp && stamp->is_object() ? stamp->get_object().if_contains("actor") : nullptr;
  return actor && actor->is_string() ? std::string(actor->get_string()) : std::string();
}

}  // namespace

std::optional<Resource> read_resource(std::string_view bytes) {
  if (bytes.size() > resource_bytes_max) return std::nullopt;
  boost::system::error_code failed;
  json::value document = json::parse(json::string_view(bytes.data(), bytes.size()), failed);
  if (failed || !document.is_object()) return std::nullopt;
  Resource resource;
  json::object& root = document.get_object();
  if (auto* attributes = root.if_contains("attributes"); attributes && attributes->is_object()) {
    resource.actor = actor_of(attributes->get_object());
    attributes->get_object().erase("lastModification");
    attributes->get_object().erase("lastModificationSignature");
  }
  if (const auto* files = root.if_contains("files"); files && files->is_array())
    for (const auto& file : files->get_array())
      if (file.is_string()) resource.files.emplace_back(file.get_string());
  std::string text;
  canonical(document, text);
  resource.meaning = sha256_of(text);
  return resource;
}

}  // namespace stoker::merge
