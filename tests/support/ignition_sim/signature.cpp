// Computing reads the parsed document; stamping edits the text in place, so it has a scanner of its own that finds
// where a member's value begins and ends. The scanner only ever sees texts that the parser took.
#include "support/ignition_sim/signature.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <ctime>
#include <vector>

#include "support/ignition_sim/digest.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;
using stoker::errc;
using stoker::Error;
using stoker::Result;

constexpr std::string_view kSignature = "lastModificationSignature";
constexpr std::string_view kModification = "lastModification";

Result<json::object> parsed(std::string_view text) {
  boost::system::error_code failed;
  auto value = json::parse(text, failed);
  if (failed || !value.is_object()) return Error(errc::invalid, "resource.json: not a JSON object");
  return std::move(value.as_object());
}

std::string big_endian(std::int64_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 255);
  return bytes;
}

std::int64_t scope_bits(std::string_view scope) {
  std::int64_t bits = 0;
  for (const char letter : scope) {
    if (letter == 'G') bits |= 1;
    if (letter == 'D') bits |= 2;
    if (letter == 'C') bits |= 4;
    if (letter == 'A') bits |= 7;
  }
  return bits;
}

std::string_view text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

char flag(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_bool() && value->get_bool() ? '\1' : '\0';
}

std::vector<std::string> listed_files(const json::object& resource) {
  std::vector<std::string> names;
  if (const auto* files = resource.if_contains("files"); files && files->is_array())
    for (const auto& name : files->get_array())
      if (name.is_string()) names.emplace_back(name.get_string());
  std::ranges::sort(names);
  return names;
}

std::string head_of(const json::object& resource) {
  std::string message = big_endian(scope_bits(text_of(resource, "scope")));
  const auto documentation = text_of(resource, "documentation");
  message += documentation.empty() ? text_of(resource, "description") : documentation;
  const auto* version = resource.if_contains("version");
  message += big_endian(version && version->is_int64() ? version->get_int64() : 0);
  for (const auto* key : {"locked", "restricted", "overridable"}) message += flag(resource, key);
  return message;
}

std::string attributes_of(const json::object& resource) {
  std::string message;
  const auto* value = resource.if_contains("attributes");
  if (!value || !value->is_object()) return message;
  std::map<std::string, const json::value*> sorted;
  for (const auto& member : value->get_object()) sorted.emplace(member.key(), &member.value());
  for (const auto& [key, attribute] : sorted)
    if (key != kSignature) message += key + json::serialize(*attribute);
  return message;
}

// --- Where things stand in a text ---

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::size_t skip_blank(std::string_view text, std::size_t at) {
  while (at < text.size() && std::string_view(" \t\r\n").find(text[at]) != std::string_view::npos) ++at;
  return at;
}

std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

std::size_t skip_value(std::string_view text, std::size_t at) {
  if (text[at] == '"') return skip_string(text, at);
  int depth = 0;
  while (at < text.size()) {
    const char letter = text[at];
    if (depth == 0 && std::string_view(",]} \t\r\n").find(letter) != std::string_view::npos) return at;
    if (letter == '"') {
      at = skip_string(text, at);
      continue;
    }
    if (letter == '{' || letter == '[') ++depth;
    ++at;
    if ((letter == '}' || letter == ']') && --depth == 0) return at;
  }
  return at;
}

// The value of a member of the object that begins at `object`.
std::optional<Span> value_of(std::string_view text, std::size_t object, std::string_view key) {
  std::size_t at = skip_blank(text, object + 1);
  while (at < text.size() && text[at] == '"') {
    const std::size_t key_end = skip_string(text, at);
    const bool wanted = text.substr(at + 1, key_end - at - 2) == key;
    const std::size_t begin = skip_blank(text, skip_blank(text, key_end) + 1);
    const std::size_t end = skip_value(text, begin);
    if (wanted) return Span{begin, end};
    at = skip_blank(text, skip_blank(text, end) + 1);
  }
  return std::nullopt;
}

std::optional<Span> attribute(std::string_view text, std::string_view key) {
  const auto attributes = value_of(text, skip_blank(text, 0), "attributes");
  if (!attributes) return std::nullopt;
  return value_of(text, attributes->begin, key);
}

std::string json_string(std::string_view text) { return json::serialize(json::string(text)); }

void put(std::string& text, Span where, std::string_view value) {
  text.replace(where.begin, where.end - where.begin, value);
}

std::string gateway_line_ends(std::string_view text) {
  std::string out;
  for (const char letter : text)
    if (letter != '\r') out += letter;
  out.erase(out.find_last_not_of(" \t\n") + 1);
  return out;
}

void put_modification(std::string& text, std::string_view actor, std::string_view timestamp) {
  const std::string whole =
      "{\n      \"actor\": " + json_string(actor) + ",\n      \"timestamp\": " + json_string(timestamp) + "\n    }";
  const auto modification = attribute(text, kModification);
  if (!modification) {
    const auto attributes = value_of(text, skip_blank(text, 0), "attributes");
    text.insert(attributes->begin + 1, "\n    \"lastModification\": " + whole + ",");
    return;
  }
  const auto old_actor = value_of(text, modification->begin, "actor");
  if (!old_actor || !value_of(text, modification->begin, "timestamp")) return put(text, *modification, whole);
  put(text, *old_actor, json_string(actor));
  put(text, *value_of(text, modification->begin, "timestamp"), json_string(timestamp));
}

}  // namespace

Result<std::string> resource_signature(std::string_view resource_json, const Files& files, SignatureForm form) {
  const auto resource = parsed(resource_json);
  if (!resource) return resource.error();
  std::string message = head_of(*resource);
  for (const auto& name : listed_files(*resource)) {
    const auto file = files.find(name);
    if (file == files.end()) return Error(errc::not_found, "resource.json: listed file " + name + " is absent");
    message += name;
    message += form == SignatureForm::v8_1 ? file->second : sha256_hex(file->second);
  }
  return sha256_hex(message + attributes_of(*resource));
}

std::optional<std::string> stored_signature(std::string_view resource_json) {
  const auto resource = parsed(resource_json);
  if (!resource) return std::nullopt;
  const auto* attributes = resource->if_contains("attributes");
  if (!attributes || !attributes->is_object()) return std::nullopt;
  const auto* signature = attributes->get_object().if_contains(kSignature);
  if (!signature || !signature->is_string()) return std::nullopt;
  return std::string(signature->get_string());
}

Result<std::string> stamped(std::string_view resource_json, const Files& files, SignatureForm form,
                            std::string_view actor, std::string_view timestamp) {
  if (!stored_signature(resource_json)) return Error(errc::invalid, "resource.json: carries no signature to renew");
  std::string text = gateway_line_ends(resource_json);
  put_modification(text, actor, timestamp);
  auto signature = resource_signature(text, files, form);
  if (!signature) return signature;
  const auto where = attribute(text, kSignature);
  if (!where) return Error(errc::invalid, "resource.json: the name of its signature is written with escapes");
  put(text, *where, json_string(*signature));
  return text;
}

std::string stamp_time(std::int64_t epoch_ms) {
  const std::time_t seconds = epoch_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  const auto size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return std::string(text, size);
}

}  // namespace ignition_sim
