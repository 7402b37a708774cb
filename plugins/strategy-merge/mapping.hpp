// Mappings as they hold for one Run: placeholders filled in, paths normalised, and which live paths they may touch.
// Pure.
#pragma once

#include "assignment.hpp"
#include "glob.hpp"
#include "presets/presets.hpp"

#include <optional>

namespace stoker::merge {

// `{{.GatewayName}}`, `{{ .Vars.line }}`, ... replaced by their values. Anything else between the braces is an
// error that names it.
Result<std::string> filled_in(std::string_view text, const Assignment& assignment);

struct Mapping {
  std::uint32_t index = 0;
  std::string source, destination;  // normalised; "" is the root
  std::string type;                 // as written: dir, file or empty
  bool required = false;

  // Where a file of the source lands, if it is below this mapping's source.
  std::optional<std::string> lands(std::string_view source_path) const;
  // The file of the source that lands there.
  std::string origin_of(std::string_view path) const;
};

enum class Reach { open, excluded, guarded };  // guarded: a path of the preset that no mapping names

// The resolved half of an assignment.
class Mappings {
 public:
  static Result<Mappings> resolve(const Assignment& assignment, const Preset& preset, std::string_view folder);
  const std::vector<Mapping>& all() const { return mappings_; }
  // May this mapping write to the path?
  Reach reach(std::string_view path, const Mapping* mapping) const;
  // Is it among the paths that are never pruned, whoever wrote them?
  Reach prune_reach(std::string_view path) const { return reach(path, nullptr); }
  // Equal for equal rules: plans made under it differ by content only.
  const std::string& digest() const { return digest_; }
  // Do two mappings reach the same live paths?
  bool overlap() const { return overlap_; }

 private:
  std::vector<Mapping> mappings_;
  std::vector<Glob> excludes_;
  const Preset* preset_ = nullptr;
  std::string folder_, digest_;
  bool overlap_ = false;
};

}  // namespace stoker::merge
