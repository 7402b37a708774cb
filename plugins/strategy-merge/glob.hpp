// Path patterns with the syntax of doublestar, compiled once. A pattern is matched against a whole path with
// `/` as separator, case-sensitively, byte for byte but for `?` and classes, which take one code point. Pure.
#pragma once

#include <stoker/result.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::merge {

class Glob {
 public:
  // `./` in front is dropped, a trailing slash means the folder and all below. Invalid: merge.bad-exclude, with the
  // pattern.
  static Result<Glob> compile(std::string_view pattern);
  // Is `path` the thing that the pattern names?
  bool matches(std::string_view path) const;
  // Is it that, or below it? A folder that matches takes everything below with it.
  bool covers(std::string_view path) const;
  bool covers(std::span<const std::string_view> parts) const;  // of a path, for who asks many patterns
  const std::string& text() const { return text_; }

 private:
  using Components = std::vector<std::string>;
  // Does it name the first i parts, for any i from `least` to `most`?
  bool names(std::span<const std::string_view> parts, std::size_t least, std::size_t most) const;
  std::string text_;
  std::vector<Components> alternatives_;  // braces expanded
  bool folder_only_ = false;
};

}  // namespace stoker::merge
