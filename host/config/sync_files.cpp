// Lists the files, and checks what concerns several of them: each name once, and targets whose Sync and profile exist.
#include "host/config/sync_files.hpp"

#include "host/config/validation.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& path, ConfigErrors& errors) {
  std::error_code failure;
  if (!fs::is_directory(path, failure)) return {path};  // a file; load_yaml reports it when it is neither
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(path, failure), end; !failure && entry != end; entry.increment(failure)) {
    const fs::path& file = entry->path();
    const bool yaml = file.extension() == ".yaml" || file.extension() == ".yml";
    if (!yaml || file.filename().string().starts_with('.')) continue;
    files.push_back(file);
    if (files.size() > sync_files_max) break;
  }
  if (failure) errors.add({{path.string(), 0, 0}, "", "a folder that can be read", failure.message()});
  if (files.size() > sync_files_max) {
    errors.add({{path.string(), 0, 0}, "", "at most " + std::to_string(sync_files_max) + " files", "more"});
    files.pop_back();
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The Syncs of one file. When it has a mistake: those of its valid documents, and on a reload the other Syncs of its
// last good version.
std::vector<SyncSpec> read_file(const fs::path& file, const Syncs* last, ConfigErrors& errors) {
  YamlFile yaml = load_yaml(file);
  std::vector<SyncSpec> specs;
  if (yaml.errors.empty()) {
    for (const YamlDocument& document : yaml.documents)
      if (auto spec = read_gateway_sync(document, yaml.errors)) specs.push_back(std::move(*spec));
  }
  if (yaml.errors.empty()) return specs;
  errors.add(yaml.errors);
  if (!last) return specs;  // at the start the valid documents of the file are used
  for (const auto& known : last->good) {
    const SyncSpec& spec = known.second;
    const bool again = std::any_of(specs.begin(), specs.end(), [&](const SyncSpec& s) { return s.name == spec.name; });
    if (spec.file == file.string() && !again) specs.push_back(spec);
  }
  return specs;
}

void check_target(const TargetConfig& target, Syncs& syncs) {
  const auto sync = syncs.good.find(target.sync);
  const std::string pointer = "target " + target.name;
  if (sync == syncs.good.end()) {
    std::string names;
    for (const auto& [name, ignored] : syncs.good) names += (names.empty() ? "" : ", ") + name;
    syncs.errors.add({target.place, pointer, names.empty() ? "a Sync; none was read" : "one of the Syncs " + names,
                      describe(boost::json::value(target.sync))});
  } else if (!sync->second.profiles.contains(target.profile)) {
    std::string names;
    for (const auto& [name, ignored] : sync->second.profiles) names += (names.empty() ? "" : ", ") + name;
    syncs.errors.add({target.place, pointer, "a profile of Sync " + target.sync + " (" + names + ")",
                      describe(boost::json::value(target.profile))});
  }
}

}  // namespace

Syncs load_syncs(const fs::path& path, const std::vector<TargetConfig>& targets, const Syncs* last) {
  Syncs syncs;
  for (const fs::path& file : files_of(path, syncs.errors)) {
    for (SyncSpec& spec : read_file(file, last, syncs.errors)) {
      const std::string name = spec.name;
      const auto [standing, fresh] = syncs.good.try_emplace(name, std::move(spec));
      if (!fresh)
        syncs.errors.add({{file.string(), 0, 0},
                          "/metadata/name",
                          "a name that no other Sync has",
                          "\"" + name + "\", which is also in " + standing->second.file});
    }
  }
  for (const TargetConfig& target : targets) check_target(target, syncs);
  return syncs;
}

}  // namespace stoker::host
