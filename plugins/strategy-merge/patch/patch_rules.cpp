#include "patch_rules.hpp"

#include "../paths.hpp"
#include "patch_value.hpp"

#include <algorithm>

namespace stoker::merge {
namespace {

Error bad(const std::string& where, const std::string& why) {
  return Error(errc::invalid, where + ": " + why, "merge.bad-patch");
}

Result<std::optional<Glob>> pattern_of(const std::string& file, const std::string& where) {
  if (file.empty()) return std::optional<Glob>();
  if (file.ends_with('/'))
    return bad(where, "'" + file + "' names a folder; write '" + file + "**' for all files in it");
  auto glob = Glob::compile(file, Glob::patch_file);
  if (!glob) return std::move(glob).error().in(where);
  return std::optional<Glob>(std::move(glob).value());
}

Result<ValueToSet> value_of(const std::string& path, const std::string& value, PathDialect dialect,
                            const FillIn& fill_in) {
  auto parsed = PatchPath::parse(path, dialect);
  if (!parsed) return std::move(parsed).error();
  const std::string what = "value for '" + path + "'";
  auto text = fill_in(value);
  if (!text) return std::move(text).error().in(what);
  auto json = value_in_json(*text);
  if (!json) return std::move(json).error().in(what);
  return ValueToSet{std::move(parsed).value(), std::move(json).value()};
}

}  // namespace

Result<Patches> Patches::of_mapping(std::span<const WrittenPatch> written, std::string where, const FillIn& fill_in) {
  return compile(written, std::move(where), fill_in, PathDialect::sjson);
}

Result<Patches> Patches::normalising(std::span<const WrittenPatch> written, std::string where, const FillIn& fill_in) {
  for (std::size_t i = 0; i < written.size(); ++i)
    if (written[i].file.empty())
      return bad(where + "[" + std::to_string(i) + "]", "it says no files; write files: '**/config.json'");
  return compile(written, std::move(where), fill_in, PathDialect::jq);
}

Result<Patches> Patches::compile(std::span<const WrittenPatch> written, std::string where, const FillIn& fill_in,
                                 PathDialect dialect) {
  if (written.size() > patch_entries_max)
    return bad(where, "more than " + std::to_string(patch_entries_max) + " entries");
  Patches patches;
  std::size_t count = 0, bytes = 0;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const std::string here = where + "[" + std::to_string(i) + "]";
    Entry entry;
    entry.file = written[i].file;
    auto glob = pattern_of(entry.file, here);
    if (!glob) return std::move(glob).error();
    entry.glob = std::move(glob).value();
    if (written[i].set.empty()) return bad(here, "it sets nothing");
    for (const auto& [path, text] : written[i].set) {
      if (++count > patch_values_max) return bad(where, "more than " + std::to_string(patch_values_max) + " values");
      auto value = value_of(path, text, dialect, fill_in);
      if (!value) return std::move(value).error().in(here);
      if ((bytes += value->json.size()) > patch_list_bytes_max)
        return bad(where, "its values have more than " + std::to_string(patch_list_bytes_max) + " bytes");
      entry.values.push_back(std::move(value).value());
    }
    patches.entries_.push_back(std::move(entry));
  }
  patches.where_ = std::move(where);
  return patches;
}

std::vector<std::size_t> Patches::chosen(std::string_view path, std::string_view destination) const {
  const bool alone = path == destination;  // the file of a file mapping
  const std::string_view below = alone                 ? name_of(path)
                                 : destination.empty() ? path
                                                       : path.substr(destination.size() + 1);
  std::vector<std::size_t> entries;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].glob ? entries_[i].glob->matches(below) : alone) entries.push_back(i);
  return entries;
}

std::vector<ValueToSet> Patches::values(std::span<const std::size_t> entries) const {
  std::vector<ValueToSet> all;
  for (const std::size_t i : entries) all.insert(all.end(), entries_[i].values.begin(), entries_[i].values.end());
  return all;
}

std::vector<Note> Patches::notes(std::span<const std::uint64_t> used) const {
  std::vector<Note> notes;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (i < used.size() && used[i] > 0) continue;
    const std::string here = where_ + "[" + std::to_string(i) + "]";
    const std::string why = entries_[i].glob
                                ? "no file matches '" + entries_[i].file + "'"
                                : "it names no file, and its mapping delivers a folder; say which files with file";
    notes.push_back({"patch-unused", "", here + ": " + why});
  }
  return notes;
}

std::string Patches::rules() const {
  std::string rules;
  for (const Entry& entry : entries_) {
    rules += "patch " + entry.file + '\n';
    for (const ValueToSet& value : entry.values) rules += value.path.text() + '\0' + value.json + '\n';
  }
  return rules;
}

void PatchUse::count(std::span<const std::size_t> entries) {
  for (const std::size_t i : entries) {
    if (used_.size() <= i) used_.resize(i + 1);
    ++used_[i];
  }
}

Result<Patched> render(std::string bytes, const FilePatches& chosen, const Patches& normalising,
                       const Patches& of_mapping, const PatchLimits& limits) {
  if (chosen.empty()) return Patched{std::move(bytes), {}};
  std::vector<ValueToSet> values = normalising.values(chosen.normalising);
  for (ValueToSet& value : of_mapping.values(chosen.of_mapping)) values.push_back(std::move(value));
  return set_values(std::move(bytes), values, limits);
}

}  // namespace stoker::merge
