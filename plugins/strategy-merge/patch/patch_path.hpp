// The place of a value in a JSON text, as a person writes it: keys and indices with dots between them,
// `connections.0.host`. The language is that of sjson, without its queries. Pure.
#pragma once

#include <stoker/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::merge {

constexpr std::size_t patch_path_bytes_max = 4096;
constexpr std::size_t patch_path_parts_max = 256;

struct PathPart {
  std::string key;                     // in an object it is always the key
  std::optional<std::uint64_t> index;  // in an array; also where nothing is yet
  bool forced = false;                 // `:2` and `:name`: the key of an object, even where nothing is yet
  bool appends() const { return !forced && key == "-1"; }
  bool counts() const { return !forced && index; }  // makes an array where nothing is
};

// jq: a leading dot is allowed, as in `.systemName`, and brackets have to be escaped.
enum class PathDialect { sjson, jq };

class PatchPath {
 public:
  // Fails with merge.bad-patch, which names the path and what to write instead.
  static Result<PatchPath> parse(std::string_view text, PathDialect dialect = PathDialect::sjson);
  const std::string& text() const { return text_; }
  const std::vector<PathPart>& parts() const { return parts_; }
  // The first `count` parts, as they were written.
  std::string_view first(std::size_t count) const;

 private:
  std::string text_;
  std::vector<PathPart> parts_;
  std::vector<std::size_t> ends_;  // where each part ends in the text
};

}  // namespace stoker::merge
