// The rules of names are those of Kubernetes: RFC 1123 subdomains and labels, and its qualified names.
#include "host/config/object_metadata.hpp"

#include "host/base/printable.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::size_t error_bytes_max = 64u << 10;  // of message and of detail: stoker_error
constexpr std::string_view own_prefix = "stoker.io";

// Behind the prefix: others that users of stoker-operator have in their files, and that tools write.
constexpr std::string_view annotations_known[] = {"inject",       "injected",     "cr-name",     "profile",
                                                  "gateway-name", "agent-image",  "secret-type", "ref-override",
                                                  "applied-from", "last-applied", "paused"};

bool is_small(unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_label(std::string_view text) {
  return !text.empty() && is_small(static_cast<unsigned char>(text.front())) &&
         is_small(static_cast<unsigned char>(text.back())) &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return is_small(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  if (text.size() > 253) return false;
  for (;;) {
    const std::size_t end = text.find('.');
    if (!is_label(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_word(std::string_view text) {
  const auto plain = [](unsigned char c) { return c < 128 && std::isalnum(c); };
  return !text.empty() && text.size() <= 63 && plain(static_cast<unsigned char>(text.front())) &&
         plain(static_cast<unsigned char>(text.back())) && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
           return plain(c) || c == '-' || c == '_' || c == '.';
         });
}

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](unsigned char c) { return c < 128 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c); });
  return small;
}

bool is_qualified_name(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return is_word(key);
  return is_subdomain(key.substr(0, slash)) && is_word(key.substr(slash + 1));
}

const json::object* part(const json::value& document, const char* pointer) {
  boost::system::error_code none;
  const json::value* found = document.find_pointer(pointer, none);
  return found ? found->if_object() : nullptr;
}

const json::string* text(const json::object& from, std::string_view key) {
  const json::value* found = from.if_contains(key);
  return found ? found->if_string() : nullptr;
}

void check_names(const json::object& metadata, std::vector<Violation>& found) {
  const json::string *name = text(metadata, "name"), *generated = text(metadata, "generateName");
  if (!metadata.contains("name") && !generated) found.push_back({"/metadata/name", "a value", "nothing"});
  constexpr std::string_view small = "small letters, digits, - and ., between letters or digits, at most 253";
  if (name && !is_subdomain(*name)) found.push_back({"/metadata/name", std::string(small), describe(*name)});
  if (!name && generated && !is_subdomain(std::string(*generated) + "x"))
    found.push_back({"/metadata/generateName", std::string(small), describe(*generated)});
  const json::string* space = text(metadata, "namespace");
  if (space && (space->size() > 63 || !is_label(*space)))
    found.push_back({"/metadata/namespace", "small letters, digits and -, between letters or digits, at most 63",
                     describe(*space)});
}

void check_labels(const json::object& labels, std::vector<Violation>& found) {
  for (const auto& [key, value] : labels) {
    if (found.size() >= violations_max) return;
    const std::string pointer = step("/metadata/labels", key);
    if (!is_qualified_name(key))
      found.push_back({pointer, "a key of letters, digits, -, _ and ., at most 63, behind an optional prefix and /",
                       describe_key(key), true});
    else if (const json::string* word = value.if_string(); word && !word->empty() && !is_word(*word))
      found.push_back({pointer, "letters, digits, -, _ and ., between letters or digits, at most 63", describe(value)});
  }
}

void check_annotations(const json::object& annotations, std::vector<Violation>& found) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : annotations) {
    bytes += key.size();
    if (const json::string* written = value.if_string()) bytes += written->size();
    if (found.size() < violations_max && !is_qualified_name(in_small_letters(key)))
      found.push_back({step("/metadata/annotations", key),
                       "a key of letters, digits, -, _ and ., at most 63, behind an optional prefix and /",
                       describe_key(key), true});
  }
  if (bytes > annotation_bytes_max)
    found.push_back({"/metadata/annotations", "at most 256 KiB together", std::to_string(bytes) + " bytes"});
}

bool is_known_elsewhere(std::string_view annotation) {
  return std::find(std::begin(annotations_known), std::end(annotations_known), annotation) !=
         std::end(annotations_known);
}

std::string shown(std::string_view from) { return printable(from.substr(0, 253), 256); }

}  // namespace

const std::vector<OwnAnnotation>& own_annotations() {
  static const std::vector<OwnAnnotation> all = {
      {"retry",
       "Another text tries revisions again that proved bad, and frees targets from quarantine, on all targets of the "
       "Sync. Each text acts once. At most 256 characters."},
      {"repair",
       "Another text puts back delivered files that were changed at the gateway, on all targets of the Sync. Each text "
       "acts once. At most 256 characters."},
      {"requested-ref",
       "A ref that counts in the place of the ref in the spec, as long as both differ. A leading v makes no "
       "difference. "
       "At most 1024 characters."},
      {"requested-at", "When that ref was requested (RFC 3339)."},
      {"requested-by", "Who requested it: github, argocd, kargo, generic, or a person."},
      {"paused-by", "Who paused the Sync."},
      {"paused-because", "Why, for people."},
      {"look-at", "Each new text asks for a look at once; `stoker sync` writes it."},
      {"plan-at", "Each new text asks for a dry run of every target; `stoker sync --dry-run` writes it."}};
  return all;
}

void add_metadata_violations(const json::value& document, std::vector<Violation>& found) {
  std::vector<Violation> more;
  if (const json::object* metadata = part(document, "/metadata")) check_names(*metadata, more);
  if (const json::object* labels = part(document, "/metadata/labels")) check_labels(*labels, more);
  if (const json::object* annotations = part(document, "/metadata/annotations")) check_annotations(*annotations, more);
  for (Violation& v : more) {
    const bool is_said =
        std::any_of(found.begin(), found.end(), [&](const Violation& each) { return each.pointer == v.pointer; });
    if (!is_said) found.push_back(std::move(v));
  }
}

std::vector<Violation> annotation_violations(const json::value& document, bool all) {
  std::vector<Violation> found;
  const json::object* annotations = part(document, "/metadata/annotations");
  if (!annotations) return found;
  std::vector<std::string> names;
  for (const OwnAnnotation& one : own_annotations()) names.emplace_back(one.name);
  for (const auto& [key, ignored] : *annotations) {
    const std::size_t slash = key.find('/');
    if (slash == json::string_view::npos || in_small_letters(key.substr(0, slash)) != own_prefix) continue;
    const std::string_view name = key.substr(slash + 1);
    const bool exact = key.substr(0, slash) == own_prefix;
    if (exact && (std::find(names.begin(), names.end(), name) != names.end() || is_known_elsewhere(name))) continue;
    const std::string meant = nearest(name, names);
    if (meant.empty() && !all) continue;
    if (found.size() >= violations_max) break;
    std::string list;
    for (const std::string& one : names) list += (list.empty() ? "one of stoker.io/" : ", stoker.io/") + one;
    found.push_back({step("/metadata/annotations", key), meant.empty() ? list : "\"stoker.io/" + meant + "\"",
                     "the unknown annotation " + describe_key(key), true});
  }
  return found;
}

std::string object_label(const json::value& document) {
  const json::object* whole = document.if_object();
  const json::string* kind = whole ? text(*whole, "kind") : nullptr;
  const json::object* metadata = part(document, "/metadata");
  const json::string* name = metadata ? text(*metadata, "name") : nullptr;
  const json::string* space = metadata ? text(*metadata, "namespace") : nullptr;
  return (kind ? shown(*kind) : "object") + " " + (space ? shown(*space) : "default") + "/" +
         (name ? shown(*name) : "(no name)");
}

Error object_error(const ConfigErrors& errors) {
  std::string message = errors.text();
  while (message.ends_with('\n')) message.pop_back();
  if (message.size() > error_bytes_max) {
    const std::size_t end = message.rfind('\n', error_bytes_max);
    message.resize(end == std::string::npos ? 0 : end);
  }
  std::string detail = "[";
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const std::string one = json::serialize(json::object{
        {"pointer", shown_pointer(errors[i].pointer)}, {"expected", errors[i].expected}, {"got", errors[i].got}});
    if (detail.size() + one.size() + 2 > error_bytes_max) break;
    detail += (i == 0 ? "" : ",") + one;
  }
  Error made(errc::invalid, std::move(message), "object.invalid");
  made.detail = detail + "]";
  return made;
}

Error object_error(const std::string& label, const std::vector<Violation>& violations) {
  ConfigErrors errors;
  for (const Violation& v : violations) errors.add({{label, 0, 0}, v.pointer, v.expected, v.got});
  return object_error(errors);
}

}  // namespace stoker::host
