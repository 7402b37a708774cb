// Versions as tags write them, and ranges of versions: "v1.*", "1.2.x", ">=1.2 <2". Pure. [any thread]
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
  bool matches(std::string_view tag, const Version& version) const;

 private:
  friend std::optional<TagRange> parse_tag_range(std::string_view);
  enum class Order { less, at_most, equal, at_least, greater };
  struct Comparison {
    Order order;
    Version bound;
  };
  std::vector<Comparison> all_;
  bool with_v_only_ = false;  // "v1.*" matches only tags with a "v"; "1.*" matches both
  bool pre_releases_ = false;
};

// No value when the text is not a range. A plain version ("v1.2.3") is a name and not a range.
std::optional<TagRange> parse_tag_range(std::string_view text);

}  // namespace stoker::git
