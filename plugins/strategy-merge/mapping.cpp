// Rendered paths, and the rules that decide which live paths a mapping may touch.
#include "mapping.hpp"

#include "digest.hpp"
#include "paths.hpp"
#include "rendering.hpp"

#include <algorithm>

namespace stoker::merge {
namespace {

constexpr std::size_t path_bytes_max = 4096;
constexpr std::size_t rules_bytes_max = 32u << 20;  // of all mappings; mostly the values of their patches

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

// `side` is source or destination.
Result<std::string> resolved_path(const std::string& written, std::uint32_t mapping, std::string_view side,
                                  const templates::Values& values) {
  const std::string number = std::to_string(mapping);
  const std::string what = "mapping[" + number + "]: " + std::string(side);
  auto path = templates::render_short(written, "/profile/mappings/" + number + "/" + std::string(side), values);
  if (!path) return std::move(path).error();
  if (path->bytes.size() > path_bytes_max) return Error(errc::invalid, what + " is too long", "merge.bad-path");
  return normalised(path->bytes, what);
}

// The texts of these values may have placeholders.
FillIn fill_in_with(const templates::Values& values) {
  return [&values](std::string_view text) -> Result<std::string> {
    auto filled = templates::render_short(text, "text", values);
    if (!filled) return std::move(filled).error();
    return std::move(filled->bytes);
  };
}

// `folder`: Stoker's own.
Result<Mapping> resolved_mapping(const WrittenMapping& written, std::uint32_t index, std::string_view folder,
                                 const templates::Values& values, const FillIn& fill_in) {
  Mapping mapping;
  mapping.index = index;
  mapping.type = written.type;
  mapping.required = written.required;
  mapping.rendered = written.rendered;
  auto source = resolved_path(written.source, index, "source", values);
  if (!source) return std::move(source).error();
  auto destination = resolved_path(written.destination, index, "destination", values);
  if (!destination) return std::move(destination).error();
  mapping.source = std::move(source).value();
  mapping.destination = std::move(destination).value();
  const std::string where = "mapping[" + std::to_string(index) + "]";
  if (!folder.empty() && lies_at_or_below(mapping.destination, folder))
    return Error(errc::invalid, where + ": destination '" + mapping.destination + "' lies in Stoker's own folder",
                 "merge.bad-path");
  auto patches = Patches::of_mapping(written.patches, where + ".patches", fill_in);
  if (!patches) return std::move(patches).error();
  mapping.patches = std::move(patches).value();
  return mapping;
}

std::string rules_of(const Mapping& mapping) {
  return mapping.source + '\0' + mapping.destination + '\0' + mapping.type + (mapping.rendered ? " template\n" : "\n") +
         mapping.patches.rules();
}

bool any_covers(const std::vector<Glob>& globs, std::span<const std::string_view> parts) {
  return std::any_of(globs.begin(), globs.end(), [&](const Glob& glob) { return glob.covers(parts); });
}

Result<std::vector<Glob>> compiled_excludes(const std::vector<std::string>& written) {
  std::vector<Glob> globs;
  for (const std::string& one : written) {
    const std::string_view pattern = trimmed(one);
    const bool known =
        std::any_of(globs.begin(), globs.end(), [&](const Glob& glob) { return glob.text() == pattern; });
    if (pattern.empty() || known) continue;
    auto glob = Glob::compile(pattern);
    if (!glob) return std::move(glob).error();
    globs.push_back(std::move(glob).value());
  }
  return globs;
}

}  // namespace

std::optional<std::string> Mapping::lands(std::string_view source_path) const {
  if (!lies_at_or_below(source_path, source)) return std::nullopt;
  if (source_path == source) return destination;
  return join(destination, source_path.substr(source.empty() ? 0 : source.size() + 1));
}

std::string Mapping::origin_of(std::string_view path) const {
  if (path == destination) return source;
  return join(source, path.substr(destination.empty() ? 0 : destination.size() + 1));
}

Result<Mappings> Mappings::resolve(const Assignment& assignment, const Preset& preset, std::string_view folder) {
  Mappings resolved;
  resolved.preset_ = &preset;
  resolved.folder_ = std::string(folder);
  const templates::Values values = values_of(assignment);
  const FillIn fill_in = fill_in_with(values);
  std::string rules = "role=" + assignment.role + '\n';
  bool renders = false;
  for (const WrittenMapping& written : assignment.mappings) {
    const auto index = static_cast<std::uint32_t>(resolved.mappings_.size());
    auto mapping = resolved_mapping(written, index, folder, values, fill_in);
    if (!mapping) return std::move(mapping).error();
    renders = renders || mapping->rendered;
    for (const Mapping& other : resolved.mappings_)
      resolved.overlap_ = resolved.overlap_ || lies_at_or_below(other.destination, mapping->destination) ||
                          lies_at_or_below(mapping->destination, other.destination);
    rules += rules_of(*mapping);
    if (rules.size() > rules_bytes_max)
      return Error(errc::invalid,
                   "mapping[" + std::to_string(index) + "]: the mappings up to this one have more than " +
                       std::to_string(rules_bytes_max) + " bytes of patches",
                   "merge.bad-patch");
    resolved.mappings_.push_back(std::move(mapping).value());
  }
  auto excludes = compiled_excludes(assignment.excludes);
  if (!excludes) return std::move(excludes).error();
  resolved.excludes_ = std::move(excludes).value();
  for (const Glob& glob : resolved.excludes_) rules += "exclude " + glob.text() + '\n';
  auto normalising = Patches::normalising(assignment.normalize, "normalize", fill_in);
  if (!normalising) return std::move(normalising).error();
  resolved.normalising_ = std::move(normalising).value();
  if (!resolved.normalising_.empty()) rules += "normalize\n" + resolved.normalising_.rules();
  rules += preset.protected_paths.empty() ? "no preset" : "preset";
  // Which values the templates of files ask for is known only when they are rendered, so each of them counts.
  if (renders) rules += "\nvalues " + text_of(values);
  resolved.digest_ = sha256_of(rules);
  return resolved;
}

Reach Mappings::reach(std::string_view path, const Mapping* mapping) const {
  if (!folder_.empty() && lies_at_or_below(path, folder_)) return Reach::guarded;
  const auto parts = parts_of(path);
  if (any_covers(always_excluded(), parts) || any_covers(excludes_, parts)) return Reach::excluded;
  for (const Glob& glob : preset_->protected_paths)
    if (glob.covers(parts) && !(mapping && glob.covers(mapping->destination))) return Reach::guarded;
  return Reach::open;
}

}  // namespace stoker::merge
