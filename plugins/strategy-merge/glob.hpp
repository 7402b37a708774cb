// Path patterns with the syntax of doublestar, compiled once. A pattern is matched against a whole path with
// `/` as separator, case-sensitively and byte by byte; only `?` and classes match one code point. Pure.
#pragma once

#include <stoker/result.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::merge {

class Glob {
 public:
  // What a pattern is for, as errors say it.
  struct Use {
    std::string_view name, code, base;
  };
  static constexpr Use exclude{"exclude pattern", "merge.bad-exclude", "the data root"};
  static constexpr Use patch_file{"patch file pattern", "merge.bad-patch", "the destination of the mapping"};
  // A leading `./` is dropped. A trailing slash means the folder and all below it. Fails with the code of the use and
  // the pattern when it is not valid.
  static Result<Glob> compile(std::string_view pattern, const Use& use = exclude);
  // Does the pattern match `path` itself?
  bool matches(std::string_view path) const;
  // Does the pattern match `path`, or a folder above it?
  bool covers(std::string_view path) const;
  bool covers(
      std::span<const std::string_view> parts) const;  // the parts of a path, for a caller that tries many patterns
  const std::string& text() const { return text_; }

 private:
  using Components = std::vector<std::string>;
  // Does it match the first i parts, for any i from `least` to `most`?
  bool names(std::span<const std::string_view> parts, std::size_t least, std::size_t most) const;
  std::string text_;
  std::vector<Components> alternatives_;  // the pattern with its braces expanded
  bool folder_only_ = false;
};

}  // namespace stoker::merge
