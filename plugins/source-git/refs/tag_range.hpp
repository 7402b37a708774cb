// Versions as tags write them, and ranges of versions: "v1.*", "1.2.x", ">=1.2 <2", "line-a/v1.*". Pure. [any thread]
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::git {

// "v1.2.3-rc.1+build": up to three numbers; absent ones are 0. Build metadata is ignored.
struct Version {
  std::array<std::uint64_t, 3> numbers{};
  std::string pre_release;
};

std::optional<Version> parse_version(std::string_view tag);

// Returns <0, 0 or >0, by the precedence of Semantic Versioning 2.0.0.
int compare(const Version& a, const Version& b);

// Comparisons that must all be true. A pre-release matches only when a bound of the range names a pre-release.
class TagRange {
 public:
  // `tag`: without the prefix.
  bool matches(std::string_view tag, const Version& version) const;
  // What stands before the version: "line-a/" of "line-a/v1.*", often nothing. Only tags that begin so are in the
  // range.
  const std::string& prefix() const { return prefix_; }

 private:
  friend std::optional<TagRange> parse_tag_range(std::string_view);
  static std::optional<TagRange> comparisons(std::string_view text);
  static std::optional<TagRange> wildcard(std::string_view text);
  enum class Order { less, at_most, equal, at_least, greater };
  struct Comparison {
    Order order;
    Version bound;
  };
  std::string prefix_;
  std::vector<Comparison> all_;
  bool with_v_only_ = false;  // "v1.*" matches only tags with a "v"; "1.*" matches both
  bool pre_releases_ = false;
};

// No value when the text is not a range. A plain version ("v1.2.3") is a name and not a range, and so is a lone "x":
// "fix/x" is the name of a branch.
std::optional<TagRange> parse_tag_range(std::string_view text);

}  // namespace stoker::git
