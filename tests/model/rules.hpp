// The rules about paths, implemented a second time and as simply as possible: what a mapping means, what is excluded,
// which paths of Ignition are protected, and what a redundant master replicates. Shares no code with the plugin.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stoker::model {

struct WrittenMapping {
  std::string source, destination, type;
  bool required = false;
};

// What a person sets, as far as files depend on it.
struct Profile {
  std::vector<WrittenMapping> mappings;
  std::vector<std::string> excludes;
  std::map<std::string, std::string> vars{{"line", "a"}};
  std::string role = "independent", preset = "ignition", sync = "line-a";
  int prune_files = 20, prune_percent = 10;
};

struct Mapping {
  std::string source, destination, type;
  bool required = false;
  bool operator==(const Mapping&) const = default;
  // Where a file of the source lands.
  std::optional<std::string> lands(const std::string& source_path) const;
};

struct Rules {
  std::vector<Mapping> mappings;
  std::vector<std::string> excludes;
  std::string role, preset;
  std::set<std::string> wrong;  // the codes of what is wrong with the profile
  bool same_as(const Rules& other) const;

  bool excluded(const std::string& path) const;
  bool guarded(const std::string& path, const Mapping* mapping) const;
  bool writes(const std::string& path, const Mapping& mapping) const;
  bool prunes(const std::string& path) const;
  bool replicated(const std::string& path) const;
  // Is the folder at or above a destination? Such a one is never removed.
  bool holds_a_root(const std::string& folder) const;
  bool in_a_root(const std::string& folder) const;
};

Rules rules_of(const Profile& profile, const std::string& revision);

// Does the pattern name the path itself, whole?
bool glob_matches(const std::string& pattern, const std::string& path);
// The path, or a folder above it.
bool glob_covers(const std::string& pattern, const std::string& path);

}  // namespace stoker::model
