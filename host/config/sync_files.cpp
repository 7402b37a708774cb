// Lists the files, and checks what concerns more than one of them: each name once, sources that are enabled, and
// targets whose Sync and profile exist.
#include "host/config/sync_files.hpp"

#include "host/config/json_schema.hpp"
#include "host/config/validation.hpp"

#include <stoker/abi/source.h>

#include <boost/json.hpp>

#include <algorithm>
#include <set>

namespace stoker::host {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

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

// The Syncs of one file. When it has a mistake: those of its last good version.
std::vector<SyncSpec> read_file(const fs::path& file, const SyncDefaults& defaults, const Syncs* last,
                                ConfigErrors& errors) {
  YamlFile yaml = load_yaml(file);
  std::vector<SyncSpec> specs;
  if (yaml.errors.empty()) {
    for (const YamlDocument& document : yaml.documents) {
      auto spec = read_gateway_sync(document, yaml.errors, defaults);
      if (!spec) continue;
      spec->document = json::serialize(document.value());
      specs.push_back(std::move(*spec));
    }
  }
  if (yaml.errors.empty()) return specs;
  errors.add(yaml.errors);
  specs.clear();
  if (!last) return specs;
  for (const auto& [name, spec] : last->good)
    if (spec.file == file.string()) specs.push_back(spec);
  return specs;
}

std::string place_of(const SyncSpec& sync) { return sync.file + ":" + std::to_string(sync.line); }

ConfigError error_of(const SyncSpec& sync, std::string pointer, std::string expected, std::string got) {
  return {{sync.file, sync.line, sync.column}, std::move(pointer), std::move(expected), std::move(got)};
}

// A name that stands twice, such as in a backup copy beside the file: neither is taken, because nobody can tell which
// of them was meant.
bool is_alone(const std::vector<SyncSpec>& specs, ConfigErrors& errors) {
  for (std::size_t i = 1; i < specs.size(); ++i)
    errors.add(error_of(specs[i], "/metadata/name", "a name that no other Sync has; neither is used",
                        describe(json::value(specs[i].name)) + ", which is also in " + place_of(specs[0])));
  return specs.size() == 1;
}

std::string names_of(const std::vector<const ModuleConfig*>& modules) {
  std::string names;
  for (const ModuleConfig* module : modules) names += (names.empty() ? "" : ", ") + module->name;
  return names;
}

// The settings of the Sync, checked and completed by what the source says of `source` in the schema of its use.
bool complete_settings(SyncSpec& sync, const ModuleConfig& module, ConfigErrors& errors) {
  boost::system::error_code unreadable;
  const json::value use = json::parse(module.use_schema.empty() ? "{}" : module.use_schema, unreadable);
  const json::value* schema = unreadable ? nullptr : use.find_pointer("/properties/source", unreadable);
  if (!schema || !check_schema(*schema)) {
    errors.add(error_of(sync, "/spec/source", "spec.git, because module " + module.name + " describes no source",
                        "a source of another kind"));
    return false;
  }
  const json::value written = json::parse(sync.source.settings, unreadable);
  if (unreadable) {
    errors.add(error_of(sync, "/spec/source/settings", "settings of less depth", "too many levels"));
    return false;
  }
  const std::vector<Violation> violations = validate(*schema, written);
  for (const Violation& v : violations)
    errors.add(error_of(sync, "/spec/source/settings" + v.pointer, v.expected, v.got));
  sync.source.settings = json::serialize(complete(*schema, written));
  return violations.empty();
}

void check_target(const TargetConfig& target, Syncs& syncs) {
  const auto sync = syncs.good.find(target.sync);
  const std::string pointer = "target " + target.name;
  if (sync == syncs.good.end()) {
    std::string names;
    for (const auto& [name, ignored] : syncs.good) names += (names.empty() ? "" : ", ") + name;
    const std::string unseen = "; one that `stoker apply` made is not seen here";
    syncs.missing.add({target.place, pointer,
                       (names.empty() ? "a Sync in the files; none was read" : "one of the Syncs " + names) + unseen,
                       describe(json::value(target.sync))});
  } else if (!sync->second.profiles.contains(target.profile)) {
    std::string names;
    for (const auto& [name, ignored] : sync->second.profiles) names += (names.empty() ? "" : ", ") + name;
    syncs.errors.add({target.place, pointer, "a profile of Sync " + target.sync + " (" + names + ")",
                      describe(json::value(target.profile))});
  }
}

}  // namespace

bool choose_source(SyncSpec& sync, const std::vector<ModuleConfig>& modules, ConfigErrors& errors) {
  std::vector<const ModuleConfig*> sources;
  for (const ModuleConfig& module : modules)
    if (module.enabled && module.offers(STOKER_SOURCE_ID)) sources.push_back(&module);
  std::string& name = sync.source.module;
  if (name.empty() && sources.size() > 1) {
    errors.add(error_of(sync, "/spec/source/module", "one of the sources " + names_of(sources), "nothing"));
    return false;
  }
  if (name.empty() && sources.size() == 1) name = sources.front()->name;
  const auto chosen =
      std::find_if(sources.begin(), sources.end(), [&](const auto* module) { return module->name == name; });
  if (chosen == sources.end() && !name.empty()) {
    errors.add(
        error_of(sync, "/spec/source/module",
                 sources.empty() ? "an enabled source; none is enabled" : "one of the sources " + names_of(sources),
                 describe(json::value(name))));
    return false;
  }
  return chosen == sources.end() || sync.source.settings.empty() || complete_settings(sync, **chosen, errors);
}

Syncs load_syncs(const Config& config, const Syncs* last) {
  Syncs syncs;
  std::map<std::string, std::vector<SyncSpec>> found;  // by name
  const std::vector<fs::path> files = files_of(config.syncs, syncs.errors);
  for (const fs::path& file : files)
    for (SyncSpec& spec : read_file(file, config.defaults, last, syncs.errors))
      found[spec.name].push_back(std::move(spec));
  std::set<std::string> refused;
  for (auto& [name, specs] : found) {
    const bool alone = is_alone(specs, syncs.errors);
    if (alone && choose_source(specs.front(), config.modules, syncs.errors)) {
      syncs.good.emplace(name, std::move(specs.front()));
      continue;
    }
    refused.insert(name);
    if (last && last->good.contains(name)) syncs.good.emplace(name, last->good.at(name));
  }
  syncs.complete = syncs.errors.empty() && !files.empty();
  for (const TargetConfig& target : config.targets)
    if (!refused.contains(target.sync)) check_target(target, syncs);  // that Sync was said already
  return syncs;
}

}  // namespace stoker::host
