// Placeholders, and the rules that decide which live paths a mapping may touch.
#include "mapping.hpp"

#include "digest.hpp"
#include "paths.hpp"

#include <algorithm>

namespace stoker::merge {
namespace {

constexpr std::size_t path_bytes_max = 4096;
constexpr std::string_view spaces = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

Result<std::string> value_of(std::string_view name, const Assignment& a) {
  const auto key_of = [&](std::string_view prefix, const auto& map) -> Result<std::string> {
    const auto found = map.find(name.substr(prefix.size()));
    if (found != map.end()) return found->second;
    return Error(errc::invalid, "there is no value for '{{" + std::string(name) + "}}'", "merge.missing-value");
  };
  if (name == ".GatewayName") return a.target;
  if (name == ".PodName") return a.pod;
  if (name == ".PodOrdinal") return std::to_string(a.ordinal);
  if (name == ".Namespace") return a.name_space;
  if (name == ".CRName") return a.sync;
  if (name == ".Ref") return a.ref;
  if (name == ".Commit") return a.revision;
  if (name.starts_with(".Labels.")) return key_of(".Labels.", a.labels);
  if (name.starts_with(".Vars.")) return key_of(".Vars.", a.vars);
  return Error(errc::invalid, "'{{" + std::string(name) + "}}' is not a placeholder that a path may contain",
               "merge.bad-placeholder");
}

Result<std::string> resolved_path(const std::string& written, const Assignment& assignment, std::string_view what) {
  auto text = filled_in(written, assignment);
  if (!text) return std::move(text).error().in(what);
  if (text->size() > path_bytes_max) return Error(errc::invalid, std::string(what) + " is too long", "merge.bad-path");
  return normalised(*text, what);
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

Result<std::string> filled_in(std::string_view text, const Assignment& assignment) {
  std::string filled;
  for (;;) {
    const std::size_t open = text.find("{{");
    filled += text.substr(0, open);
    if (open == std::string_view::npos) return filled;
    text.remove_prefix(open + 2);
    const std::size_t close = text.find("}}");
    if (close == std::string_view::npos)
      return Error(errc::invalid, "'{{" + std::string(text) + "' is not closed by }}", "merge.bad-placeholder");
    std::string_view name = text.substr(0, close);
    while (!name.empty() && spaces.find(name.front()) != std::string_view::npos) name.remove_prefix(1);
    while (!name.empty() && spaces.find(name.back()) != std::string_view::npos) name.remove_suffix(1);
    auto value = value_of(name, assignment);
    if (!value) return value;
    filled += *value;
    text.remove_prefix(close + 2);
  }
}

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
  std::string rules = "role=" + assignment.role + '\n';
  for (const WrittenMapping& written : assignment.mappings) {
    Mapping mapping;
    mapping.index = static_cast<std::uint32_t>(resolved.mappings_.size());
    mapping.type = written.type;
    mapping.required = written.required;
    const std::string where = "mapping[" + std::to_string(mapping.index) + "]: ";
    auto source = resolved_path(written.source, assignment, where + "source");
    if (!source) return std::move(source).error();
    auto destination = resolved_path(written.destination, assignment, where + "destination");
    if (!destination) return std::move(destination).error();
    mapping.source = std::move(source).value();
    mapping.destination = std::move(destination).value();
    if (!folder.empty() && lies_at_or_below(mapping.destination, folder))
      return Error(errc::invalid, where + "destination '" + mapping.destination + "' lies in Stoker's own folder",
                   "merge.bad-path");
    for (const Mapping& other : resolved.mappings_)
      resolved.overlap_ = resolved.overlap_ || lies_at_or_below(other.destination, mapping.destination) ||
                          lies_at_or_below(mapping.destination, other.destination);
    rules += mapping.source + '\0' + mapping.destination + '\0' + mapping.type + '\n';
    resolved.mappings_.push_back(std::move(mapping));
  }
  auto excludes = compiled_excludes(assignment.excludes);
  if (!excludes) return std::move(excludes).error();
  resolved.excludes_ = std::move(excludes).value();
  for (const Glob& glob : resolved.excludes_) rules += "exclude " + glob.text() + '\n';
  rules += preset.protected_paths.empty() ? "no preset" : "preset";
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
