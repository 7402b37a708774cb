// The mappings of one Run, with their paths rendered and normalised, and the live paths that they may touch.
// Pure.
#pragma once

#include "assignment.hpp"
#include "glob.hpp"
#include "presets/presets.hpp"

#include <optional>

namespace stoker::merge {

struct Mapping {
  std::uint32_t index = 0;
  std::string source, destination;  // normalised; "" is the root
  std::string type;                 // as written: dir, file or empty
  bool required = false, rendered = false;
  Patches patches;

  // The live path of a file of the source, if it is below the source of this mapping.
  std::optional<std::string> lands(std::string_view source_path) const;
  // The file of the source for a live path.
  std::string origin_of(std::string_view path) const;
};

enum class Reach { open, excluded, guarded };  // guarded: a protected path of the preset that no mapping names

// The mappings and excludes of an assignment, resolved.
class Mappings {
 public:
  static Result<Mappings> resolve(const Assignment& assignment, const Preset& preset, std::string_view folder);
  const std::vector<Mapping>& all() const { return mappings_; }
  // The rules for files of all mappings.
  const Patches& normalising() const { return normalising_; }
  // May this mapping write to the path?
  Reach reach(std::string_view path, const Mapping* mapping) const;
  // Is it a path that is never removed, whoever wrote it?
  Reach prune_reach(std::string_view path) const { return reach(path, nullptr); }
  // Equal for equal rules. Plans with an equal digest can differ only because of the content of files.
  const std::string& digest() const { return digest_; }
  // Can two mappings write the same live path?
  bool overlap() const { return overlap_; }

 private:
  std::vector<Mapping> mappings_;
  Patches normalising_;
  std::vector<Glob> excludes_;
  const Preset* preset_ = nullptr;
  std::string folder_, digest_;
  bool overlap_ = false;
};

}  // namespace stoker::merge
