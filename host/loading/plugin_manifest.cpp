// Reads a Manifest from the note of a library: JSON in which every field has to be checked.
#include "host/loading/plugin_manifest.hpp"

#include <stoker/abi/core.h>
#include <stoker/manifest_note.h>
#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <memory>

#include "host/base/digest.hpp"
#include "host/loading/elf_file.hpp"

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::size_t name_bytes_max = 128;
constexpr std::size_t ids_max = 64;

// The fields of one manifest, with its path for messages.
class Fields {
 public:
  Fields(const json::object& object, const std::filesystem::path& path) : object_(object), path_(path) {}

  Result<std::string> text(std::string_view name) const {
    const json::value* found = object_.if_contains(name);
    if (!found) return missing(name);
    if (!found->is_string()) return wrong(name, "a string");
    const std::string_view value = found->get_string();
    if (value.empty()) return missing(name);
    if (value.size() > name_bytes_max || !printable(value)) return wrong(name, "at most 128 printable characters");
    return std::string(value);
  }

  Result<std::vector<std::string>> texts(std::string_view name) const {
    std::vector<std::string> all;
    const json::value* found = object_.if_contains(name);
    if (!found) return all;
    if (!found->is_array()) return wrong(name, "a list of strings");
    if (found->get_array().size() > ids_max) return wrong(name, "at most 64 entries");
    for (const json::value& entry : found->get_array()) {
      if (!entry.is_string() || entry.get_string().empty() || entry.get_string().size() > name_bytes_max ||
          !printable(entry.get_string()))
        return wrong(name, "a list of strings");
      all.emplace_back(entry.get_string());
    }
    return all;
  }

  Result<std::uint16_t> number(std::string_view name, bool required) const {
    const json::value* found = object_.if_contains(name);
    if (!found) return required ? Result<std::uint16_t>(missing(name)) : Result<std::uint16_t>(std::uint16_t{0});
    if (!found->is_int64() || found->get_int64() < 0 || found->get_int64() > UINT16_MAX)
      return wrong(name, "a number from 0 to 65535");
    return static_cast<std::uint16_t>(found->get_int64());
  }

  Error missing(std::string_view name) const {
    return load_error(LoadFault::missing_field, path_, "no " + std::string(name), std::string(name));
  }
  Error wrong(std::string_view name, std::string_view expected) const {
    return load_error(LoadFault::bad_manifest, path_, "a wrong value of " + std::string(name), expected);
  }

 private:
  static bool printable(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  }
  const json::object& object_;
  const std::filesystem::path& path_;
};

// An object within the manifest; null when it is absent or not an object.
const json::object* object_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found ? found->if_object() : nullptr;
}

Result<void> read_identity(const json::object& object, const Fields& fields, Manifest& manifest) {
  const std::pair<std::string_view, std::string*> texts[] = {
      {"id", &manifest.id}, {"version", &manifest.version}, {"license", &manifest.license}};
  for (const auto& [name, target] : texts) {
    auto value = fields.text(name);
    if (!value) return std::move(value).error();
    *target = std::move(value).value();
  }
  const json::object* abi = object_in(object, "abi");
  if (!abi) return fields.missing("abi");
  const Fields versions(*abi, manifest.path);
  const std::tuple<const Fields*, std::string_view, bool, std::uint16_t*> numbers[] = {
      {&versions, "major", true, &manifest.abi_major},
      {&versions, "minor", true, &manifest.abi_minor},
      {&fields, "minHostMinor", false, &manifest.min_host_minor}};
  for (const auto& [from, name, required, target] : numbers) {
    auto value = from->number(name, required);
    if (!value) return std::move(value).error();
    *target = *value;
  }
  return {};
}

Result<void> read_interfaces(const json::object& object, const Fields& fields, Manifest& manifest) {
  const std::pair<std::string_view, std::vector<std::string>*> lists[] = {{"kinds", &manifest.kinds},
                                                                          {"needs", &manifest.needs},
                                                                          {"optionalNeeds", &manifest.optional_needs},
                                                                          {"lacks", &manifest.lacks}};
  for (const auto& [name, target] : lists) {
    auto value = fields.texts(name);
    if (!value) return std::move(value).error();
    *target = std::move(value).value();
  }
  if (manifest.kinds.empty()) return fields.missing("kinds");
  const json::value* concurrency = object.if_contains("concurrency");
  if (!concurrency) return {};
  if (*concurrency == "reentrant")
    manifest.concurrency = Concurrency::reentrant;
  else if (*concurrency != "serial")
    return fields.wrong("concurrency", "serial or reentrant");
  return {};
}

Result<void> read_schemas(const json::object& object, const Fields& fields, Manifest& manifest) {
  const json::value* config = object.if_contains("config");
  if (!config) return {};
  if (!config->is_object()) return fields.wrong("config", "an object");
  const std::pair<std::string_view, std::string*> schemas[] = {{"settings", &manifest.settings_schema},
                                                               {"use", &manifest.use_schema}};
  for (const auto& [name, target] : schemas) {
    const json::value* schema = config->get_object().if_contains(name);
    if (!schema) continue;
    if (!schema->is_object()) return fields.wrong("config." + std::string(name), "a JSON Schema object");
    *target = json::serialize(*schema);
  }
  return {};
}

std::vector<std::filesystem::path> libraries_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    std::error_code ignored;
    if (entry->path().extension() == ".so" && entry->is_regular_file(ignored)) found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// The diagnostic for a library whose id was found before.
Error taken(const Manifest& manifest, const std::filesystem::path& first) {
  std::error_code ignored;
  const bool same = std::filesystem::equivalent(manifest.path, first, ignored) ||
                    content_digest(manifest.path) == content_digest(first);
  return load_error(same ? LoadFault::file_twice : LoadFault::id_twice, manifest.path,
                    manifest.id + " in " + first.string(), "one library for each id");
}

}  // namespace

bool Manifest::offers(std::string_view kind) const {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

Result<Manifest> parse_manifest(std::string_view text, const std::filesystem::path& path) {
  std::error_code failure;
  json::parse_options options;
  options.max_depth = 64;
  const json::value value = json::parse(text, failure, {}, options);
  if (failure) return load_error(LoadFault::bad_manifest, path, failure.message(), "a JSON object");
  if (!value.is_object())
    return load_error(LoadFault::bad_manifest, path, "JSON that is not an object", "a JSON object");
  const json::object& object = value.get_object();
  const Fields fields(object, path);
  Manifest manifest;
  manifest.path = path;
  for (const auto read : {&read_identity, &read_interfaces, &read_schemas})
    if (auto done = read(object, fields, manifest); !done) return std::move(done).error();
  return manifest;
}

Result<Manifest> read_manifest(const std::filesystem::path& path) {
  auto elf = ElfFile::open(path);
  if (!elf) return std::move(elf).error();
  auto note = elf->note(STOKER_MANIFEST_NOTE_OWNER, STOKER_MANIFEST_NOTE_TYPE, STOKER_DOCUMENT_BYTES_MAX);
  if (!note) return std::move(note).error();
  if (!*note) return load_error(LoadFault::no_manifest, path, "no ELF note of the owner Stoker", "a manifest");
  return parse_manifest(**note, path);
}

Scan scan(const std::vector<std::filesystem::path>& folders) {
  Scan result;
  std::map<std::string, std::filesystem::path> first;
  for (const auto& folder : folders) {
    for (const auto& path : libraries_in(folder)) {
      auto manifest = read_manifest(path);
      if (!manifest) {
        result.diagnostics.push_back({path, std::move(manifest).error()});
        continue;
      }
      const auto [place, is_new] = first.try_emplace(manifest->id, path);
      if (is_new)
        result.manifests.push_back(std::move(manifest).value());
      else
        result.diagnostics.push_back({path, taken(*manifest, place->second)});
    }
  }
  return result;
}

std::string content_digest(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  Digest digest;
  std::vector<char> chunk(1 << 16);
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || file.gcount() > 0)
    digest.update({chunk.data(), static_cast<std::size_t>(file.gcount())});
  return file.eof() ? digest.hex() : std::string();
}

}  // namespace stoker::host
